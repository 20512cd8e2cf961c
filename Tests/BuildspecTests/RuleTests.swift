import Buildspec
import Testing

@Suite("Rules of builds")
struct RuleTests {
    @Test(
        "which phase comes next",
        arguments: [
            (BuildPhase.submitted, BuildPhase.finalizing, BuildPhase.finalizing, BuildPhase.finalizing),
            (.provisioning, .finalizing, .finalizing, .finalizing),
            (.downloadSource, .finalizing, .finalizing, .finalizing),
            (.install, .finalizing, .finalizing, .preBuild), (.preBuild, .finalizing, .finalizing, .build),
            (.build, .postBuild, .finalizing, .postBuild),
            (.postBuild, .uploadArtifacts, .finalizing, .uploadArtifacts),
            (.uploadArtifacts, .finalizing, .finalizing, .finalizing),
            (.finalizing, .completed, .completed, .completed),
        ])
    func transitions(_ phase: BuildPhase, _ usual: BuildPhase, _ abort: BuildPhase, _ proceed: BuildPhase) {
        #expect(PhaseTransition.next(after: phase, .failed) == .enter(usual))
        #expect(PhaseTransition.next(after: phase, .failed, onFailure: .abort) == .enter(abort))
        #expect(PhaseTransition.next(after: phase, .failed, onFailure: .proceed) == .enter(proceed))
        #expect(PhaseTransition.next(after: phase, .succeeded) == phase.following.map { .enter($0) } ?? .end)
    }

    @Test("the last phase is followed by nothing")
    func end() {
        #expect(PhaseTransition.next(after: .completed, .succeeded) == .end)
    }

    @Test("a phase is run again as often as allowed, while its output fits")
    func retries() {
        let rule = OnFailure.retry(count: 2, pattern: "net(work)? down")
        let bad = "x\nnetwork down\n"
        #expect(PhaseTransition.next(after: .build, .failed(runs: 1, output: bad), onFailure: rule) == .again)
        #expect(PhaseTransition.next(after: .build, .failed(runs: 2, output: bad), onFailure: rule) == .again)
        #expect(
            PhaseTransition.next(after: .build, .failed(runs: 3, output: bad), onFailure: rule) == .enter(.finalizing))
        #expect(
            PhaseTransition.next(after: .build, .failed(runs: 1, output: "other"), onFailure: rule)
                == .enter(.finalizing))
    }

    // MARK: Files

    private func rules(
        _ files: [String], base: String? = nil, excludes: [String] = [], discards: Bool = false
    ) throws -> ArtifactRules {
        var rules = FileRules()
        (rules.files, rules.baseDirectory, rules.excludes, rules.discardsPaths) = (files, base, excludes, discards)
        return try ArtifactRules(rules)
    }

    private static let tree = [
        "app.jar", "README.md", "target/a.jar", "target/lib/b.jar", "dist1/x.js", "dist1/sub/x.js", "dist2/y.js",
        ".hidden", "docs/a.md",
    ]

    @Test(
        "files are chosen by patterns",
        arguments: [
            (["app.jar"], ["app.jar"]), (["./app.jar"], ["app.jar"]), (["target/*"], ["target/a.jar"]),
            (["target/**/*"], ["target/a.jar", "target/lib/b.jar"]), (["*.md"], ["README.md"]),
            (["**/*.md"], ["README.md", "docs/a.md"]), (["**/*"], tree.sorted()), (["nothing"], []),
        ])
    func patterns(_ files: [String], _ expected: [String]) throws {
        let rules = try rules(files)
        #expect(rules.listings.map(\.folder) == [""])
        let selection = rules.select([Self.tree])
        #expect(selection.files.map(\.name) == expected)
        #expect(selection.unmatched == (expected.isEmpty ? files : []))
    }

    @Test("names count from the base; one that is a pattern stands for several folders")
    func bases() throws {
        let fixed = try rules(["**/*"], base: "target/lib/")
        #expect(fixed.listings.map(\.folder) == ["target/lib"])
        #expect(fixed.select([["b.jar"]]).files.map(\.name) == ["b.jar"])
        let moving = try rules(["**/*"], base: "dist*", excludes: ["sub/**"])
        #expect(moving.listings.map(\.folder) == [""])
        #expect(moving.select([Self.tree]).files.map(\.name) == ["x.js", "y.js"])
        #expect(try rules(["*"], base: "build/libs*").listings.map(\.folder) == ["build"])
    }

    @Test("without their paths, files may want the same name, and the last one has it")
    func flat() throws {
        let selection = try rules(["**/*.js"], base: "dist1", discards: true).select([["x.js", "sub/x.js"]])
        #expect(selection.files.map(\.name) == ["x.js"] && selection.files.map(\.path) == ["x.js"])
        #expect(selection.collisions == ["x.js"])
    }

    @Test("what lies outside the source keeps its last name alone")
    func outside() throws {
        let rules = try rules(["/tmp/out/*.zip", "a", "/etc/passwd", "/x"])
        #expect(rules.listings.map(\.folder) == ["/tmp/out", "", "/etc", "/"])
        let selection = rules.select([["a.zip", "b.txt", "sub/c.zip"], ["a"], ["passwd", "shadow"], ["x"]])
        #expect(selection.files.map(\.name) == ["a", "a.zip", "passwd", "x"])
        #expect(selection.files.map(\.folder) == ["", "/tmp/out", "/etc", "/"])
    }

    // MARK: Variables

    @Test("the request's value counts before the project's, and that before the specification's")
    func precedence() throws {
        var spec = SpecEnvironment()
        spec.variables = ["A": "spec", "B": "spec", "C": "spec"]
        spec.parameters = ["P": "/p"]
        let environment = BuildEnvironment(
            spec: spec, project: [.init(name: "A", value: "project"), .init(name: "B", value: "project")],
            overrides: [
                .init(name: "A", value: "request"), .init(name: "S", value: "db:password", type: "SECRETS_MANAGER"),
                .init(name: "C", value: "/c", type: "PARAMETER_STORE"),
                .init(name: "X", value: "", type: "SECRETS_MANAGER"),
            ])
        #expect(environment.sources["A"] == .plain("request") && environment.sources["B"] == .plain("project"))
        #expect(environment.sources["C"] == .parameter("/c") && environment.sources["X"] == nil)
        #expect(environment.maskedNames == ["C", "P", "S"] && environment.faults.count == 1)
        #expect(environment.exportable(["A", "C", "AWS_X", "NEW"]) == ["A", "NEW"])
    }

    @Test("variables are put into texts, and what else a shell does is not")
    func expansion() {
        let values = ["A": "1", "HOME": "/root"]
        let text = BuildEnvironment.expand("$A-${HOME}/x $NONE ${NONE} $(date) $$ $1 ${A", { values[$0] })
        #expect(text == "1-/root/x   $(date) $$ $1 ${A")
    }

    @Test("secrets are hidden, the longest first, line by line, and nothing too short")
    func masks() {
        let mask = Mask(["pass", "password", "ab", "line one\nline two"])
        #expect(mask.apply("password pass ab line two") == "*** *** ab ***")
    }
}
