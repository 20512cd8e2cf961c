import Buildspec
import NotationTesting
import Testing

@Suite("Reading build specifications")
struct BuildspecReaderTests {
    /// Everything the language has.
    static let full = """
        version: 0.2
        run-as: builder
        env:
          shell: bash
          variables: {JAVA_HOME: /usr/lib/jvm, PORT: 080, EMPTY: , FLAG: yes}
          parameter-store: {LOGIN: /app/login}
          secrets-manager: {TOKEN: "prod/app:token:AWSCURRENT"}
          exported-variables: [PORT, TOKEN, AWS_KEY]
          git-credential-helper: yes
        proxy: {upload-artifacts: no, logs: yes}
        phases:
          install:
            runtime-versions: {python: 3.10, nodejs: 18}
          pre_build:
            run-as: root
            on-failure: ABORT
            commands:
              - echo one
              - |
                cd here
                ls
            finally: [echo done]
          build:
            on-failure: RETRY-2-timed out
            commands: [make, 5]
        reports:
          unit:
            files: ["**/*.xml"]
            base-directory: target
          arn:aws:codebuild:eu-west-1:1:report-group/cov:
            files: coverage.xml
            file-format: CoberturaXml
        artifacts:
          files: ["**/*"]
          name: shop-$(date +%Y)
          base-directory: dist*
          discard-paths: "no"
          exclude-paths: "**/*.map"
          enable-symlinks: true
          s3-prefix: releases
          secondary-artifacts:
            docs: {files: [docs/*], discard-paths: yes, name: manual}
        cache:
          key: npm-$(codebuild-hash-files package-lock.json)
          fallback-keys: [npm-]
          action: restore
          paths: [/root/.npm/**/*]
        """

    @Test("everything that is written is read, as it was written")
    func everything() throws {
        let reading = try BuildspecReader.read(Self.full)
        let spec = reading.spec
        #expect(spec.version == .shared && spec.runAs == "builder")
        #expect(spec.environment.shell == "bash" && spec.environment.usesGitCredentialHelper)
        #expect(
            spec.environment.variables == ["JAVA_HOME": "/usr/lib/jvm", "PORT": "080", "EMPTY": "", "FLAG": "yes"])
        #expect(spec.environment.parameters == ["LOGIN": "/app/login"])
        #expect(spec.environment.secrets["TOKEN"]?.key == "token")
        #expect(spec.proxy.logs && !spec.proxy.uploadsArtifacts)
        #expect(spec.phases[.install]?.runtimes == ["python": "3.10", "nodejs": "18"])
        #expect(spec.phases[.preBuild]?.commands == ["echo one", "cd here\nls\n"])
        #expect(spec.phases[.preBuild]?.finally == ["echo done"] && spec.phases[.preBuild]?.onFailure == .abort)
        #expect(spec.phases[.build]?.onFailure == .retry(count: 2, pattern: "timed out"))
        #expect(spec.phases[.build]?.commands == ["make", "5"] && spec.phases[.postBuild] == nil)
        #expect(spec.reports.map(\.format) == ["JUNITXML", "COBERTURAXML"] && spec.reports[1].isCoverage)
        #expect(spec.artifacts?.files.baseDirectory == "dist*" && spec.artifacts?.keepsSymlinks == true)
        #expect(spec.artifacts?.files.excludes == ["**/*.map"] && spec.artifacts?.files.discardsPaths == false)
        #expect(spec.artifacts?.secondary["docs"]?.files.discardsPaths == true)
        #expect(spec.cache?.action == .restore && spec.cache?.fallbackKeys == ["npm-"])
        #expect(reading.warnings.map(\.line) == [8, 8])
    }

    @Test("JSON is read like YAML, also when it is indented with tabs")
    func json() throws {
        let text = "{\n\t\"version\": 0.2,\n\t\"phases\": {\"build\": {\"commands\": [\"make\", 1]}}}"
        #expect(try BuildspecReader.read(text).spec.phases[.build]?.commands == ["make", "1"])
    }

    @Test("version 0.1 is read as well")
    func oldVersion() throws {
        let spec = try BuildspecReader.read("version: 0.1\nphases: {build: {commands: [make]}}").spec
        #expect(spec.version == .isolated)
    }

    @Test(
        "what is wrong is said, with its line",
        arguments: [
            ("", "The buildspec must be a mapping with 'version' and 'phases'"),
            ("phases: {build: {commands: [a]}}", "The buildspec has no 'version'; it must be 0.2 at line 1"),
            (
                "version: 0.3\nphases: {build: {commands: [a]}}",
                "The buildspec's 'version' must be 0.1 or 0.2, not '0.3' at line 1"
            ),
            ("version: 0.2", "The buildspec has no 'phases' at line 1"),
            ("version: 0.2\nphases: {}", "'phases' has no phase at line 2"),
            (
                "version: 0.2\nartifact: {}\nphases: {build: {commands: [a]}}",
                "Unknown key 'artifact' in the buildspec; did you mean 'artifacts'? at line 2"
            ),
            (
                "version: 0.2\nphases:\n  post-build:\n    commands: [a]",
                "Unknown phase 'post-build'; there are install, pre_build, build, post_build; did you mean "
                    + "'post_build'? at line 3"
            ),
            ("version: 0.2\nphases:\n  build:\n    commands: []", "The phase 'build' has no 'commands' at line 3"),
            ("version: 0.2\nphases:\n  install:\n    finally: []", "The phase 'install' has no 'commands' at line 3"),
            (
                "version: 0.2\nphases:\n  build:\n    commands:\n      - echo \"Hello: world\"\n",
                "Expected Commands[0] to be of string type: found subkeys instead at line 5, "
                    + "value of the key tag on line 4 might be empty"
            ),
            ("version: 0.2\nenv: {}\nphases: {build: {commands: [a]}}", "'env' has no members at line 2"),
            (
                "version: 0.2\nenv: {variables: {CODEBUILD_X: 1}}\nphases: {build: {commands: [a]}}",
                "'CODEBUILD_X' begins with CODEBUILD_, which is reserved at line 2"
            ),
            (
                "version: 0.2\nenv: {variables: {1X: 1}}\nphases: {build: {commands: [a]}}",
                "'1X' is no name of an environment variable at line 2"
            ),
            (
                "version: 0.2\nphases:\n  build:\n    on-failure: STOP\n    commands: [a]",
                "'on-failure' must be ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex or RETRY-count-regex, "
                    + "not 'STOP' at line 4"
            ),
            (
                "version: 0.2\nphases: {build: {commands: [a]}}\nartifacts: {discard-paths: maybe, files: [a]}",
                "'artifacts.discard-paths' must be yes or no, not 'maybe' at line 3"
            ),
            (
                "version: 0.2\nphases: {build: {commands: [a]}}\nartifacts:\n  name: x",
                "'artifacts' has no 'files' at line 3"
            ),
            (
                "version: 0.2\nphases: {build: {commands: [a]}}\nartifacts:\n  files: ['{a']",
                "'{a' is no pattern of files: '}' is missing. at line 4"
            ),
            (
                "version: 0.2\nphases: {build: {commands: [a]}}\nreports: {x: {files: [a], file-format: PDF}}",
                "'file-format' must be one of JUNITXML, CUCUMBERJSON, NUNITXML, NUNIT3XML, TESTNGXML, VISUALSTUDIOTRX, "
                    + "CLOVERXML, COBERTURAXML, JACOCOXML, SIMPLECOV, not 'PDF' at line 3"
            ),
            ("version: 0.2\nphases: {build: {commands: [a]}}\ncache: {paths: []}", "'cache' has no 'paths' at line 3"),
            ("version: 0.2\nphases:\n\tbuild: x", "found character that cannot start any token at line 3"),
        ])
    func problems(_ text: String, _ expected: String) {
        let error = #expect(throws: BuildspecError.self) { try BuildspecReader.read(text) }
        #expect(error?.description.hasSuffix(expected) == true, "\(error?.description ?? "")")
    }

    @Test("all problems are found at once, in the order of their lines")
    func together() {
        let text = "version: 0.2\nenv: {}\nphases:\n  build: {}\n  deploy: {}\ncache: {}\nwrong: 1\n"
        let error = #expect(throws: BuildspecError.self) { try BuildspecReader.read(text) }
        #expect(error?.problems.map(\.line) == [2, 4, 5, 6, 7])
    }

    @Test("what has no effect is said and does no harm")
    func warnings() throws {
        let text = """
            version: 0.2
            phases:
              build:
                comands: [a]
                commands: [b, ]
                runtime-versions: {go: 1}
            """
        let reading = try BuildspecReader.read(text)
        #expect(reading.spec.phases[.build]?.commands == ["b"])
        #expect(
            reading.warnings.map(\.description) == [
                "'phases.build.comands' is not known and has no effect; did you mean 'commands'? at line 4",
                "'runtime-versions' has an effect in the install phase alone at line 6",
            ])
    }

    @Test(
        "on-failure in all its forms",
        arguments: [
            ("ABORT", OnFailure.abort as OnFailure?), ("CONTINUE", .proceed), ("RETRY", .retry(count: 3, pattern: nil)),
            ("RETRY-5", .retry(count: 5, pattern: nil)), ("RETRY-5-net.*", .retry(count: 5, pattern: "net.*")),
            ("RETRY-net.*", .retry(count: 3, pattern: "net.*")), ("RETRY-0", nil), ("RETRY-", nil), ("RETRY-3-(", nil),
            ("retry", .retry(count: 3, pattern: nil)), ("NEVER", nil), ("RETRY-5x", .retry(count: 3, pattern: "5x")),
        ])
    func onFailure(_ text: String, _ expected: OnFailure?) {
        #expect(OnFailure(text) == expected)
    }

    @Test(
        "references to secrets",
        arguments: [
            ("prod/db", "prod/db"), ("prod/db:password", "prod/db:password"),
            ("prod/db:password:AWSPREVIOUS:v1", "prod/db:password:AWSPREVIOUS:v1"), ("s:::v", "s:::v"),
            (
                "arn:aws:secretsmanager:eu-west-1:1:secret:x-abc:key",
                "arn:aws:secretsmanager:eu-west-1:1:secret:x-abc:key"
            ),
            ("a:b:c:d:e", nil), ("", nil),
        ])
    func secrets(_ text: String, _ expected: String?) {
        #expect(SecretReference(text)?.description == expected)
    }

    @Test("a damaged text is a specification or an error, in bounded time", arguments: 0..<8)
    func damaged(part: Int) {
        var chance = Chance(UInt64(part) + 11)
        let snippets = [
            "version: ", "phases:\n", "  - ", ": ", "&a ", "*a", "<<: *a", "[", "]", "{", "}", "\n", "\t", "|\n", "'",
            "\"",
            "commands:", "null", "~", "batch:\n  build-graph:\n", "!!binary ", "é", "\u{0}", "RETRY-9-(a+)+$",
        ]
        let start = ContinuousClock.now
        for round in 0..<120 {
            let text = chance.damage(round % 2 == 0 ? Self.full : BatchTests.graph, snippets)
            do {
                let spec = try BuildspecReader.read(text).spec
                _ = spec.batch.map { BatchPlan($0).decide([:]) }
                if let artifacts = spec.artifacts { _ = try ArtifactRules(artifacts.files).select([["dist/a", "b"]]) }
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("an alias that unfolds to a billion values is refused")
    func laughs() {
        var text = "version: 0.2\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<9 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(throws: BuildspecError.self) { try BuildspecReader.read(text) }
    }
}
