import Buildspec
import Notation
import NotationTesting
import Testing

@Suite("Build specifications: the same in other words")
struct EquivalenceTests {
    private static let yaml = YAML(tags: .refused, resolvesScalars: false)

    @Test("YAML and the JSON of the same tree are read alike")
    func yamlAndJSON() throws {
        for text in [BuildspecReaderTests.full, BatchTests.graph] {
            let tree = try Self.yaml.parse(text)
            #expect(try BuildspecReader.read(text).spec == BuildspecReader.read(tree.text(.pretty)).spec)
        }
    }

    @Test("what is read can be stored and read back")
    func coding() throws {
        for text in [BuildspecReaderTests.full, BatchTests.graph] {
            let spec = try BuildspecReader.read(text).spec
            #expect(try JSON(encoding: spec).decode(Buildspec.self) == spec)
        }
    }

    @Test("anchors and merge keys are YAML's")
    func anchors() throws {
        let text = """
            version: 0.2
            phases:
              pre_build: &base
                on-failure: CONTINUE
                commands: [a]
              build:
                <<: *base
                commands: [b]
            """
        let phases = try BuildspecReader.read(text).spec.phases
        #expect(phases[.build]?.onFailure == .proceed && phases[.build]?.commands == ["b"])
    }

    @Test("whatever is taken from a specification, the rest is read or refused, and never both", arguments: 0..<30)
    func leavingOut(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 5)
        var tree = try Self.yaml.parse(BuildspecReaderTests.full)
        for _ in 0...chance.next(3) { tree = Self.without(tree, &chance) }
        do {
            let reading = try BuildspecReader.read(tree.text())
            #expect(
                reading.spec.phases.values.allSatisfy {
                    !$0.commands.isEmpty || !$0.runtimes.isEmpty || !$0.finally.isEmpty
                })
            #expect(reading.spec.artifacts.map { !$0.files.files.isEmpty || !$0.secondary.isEmpty } ?? true)
            #expect(reading.spec.cache.map { !$0.paths.isEmpty } ?? true)
        } catch {
            #expect(!error.problems.isEmpty && error.problems.allSatisfy { !$0.message.isEmpty })
        }
    }

    /// The tree without one of its members, at any depth.
    private static func without(_ tree: JSON, _ chance: inout Chance) -> JSON {
        guard var members = tree.object, !members.isEmpty else { return tree }
        let name = members.keys[chance.next(members.count)]
        let below = members[name] ?? .null
        members[name] = chance.next(2) == 0 || below.object == nil ? nil : without(below, &chance)
        return .object(members)
    }

    @Test("every course of phases ends, and what failed early never uploads", arguments: 0..<40)
    func courses(seed: Int) {
        var chance = Chance(UInt64(seed) + 70)
        let rules: [OnFailure?] = [nil, .abort, .proceed, .retry(count: 2, pattern: nil)]
        var phase = BuildPhase.submitted
        var way = [phase]
        var runs = 1
        var failedBefore: BuildPhase?
        for _ in 0..<60 {
            let fails = chance.next(4) == 0
            let rule = rules[chance.next(rules.count)]
            let outcome: PhaseTransition.Outcome = fails ? .failed(runs: runs, output: "x") : .succeeded
            switch PhaseTransition.next(after: phase, outcome, onFailure: phase.specName == nil ? nil : rule) {
            case .end:
                #expect(phase == .completed && way.last == .completed)
                if let failedBefore, failedBefore < .install { #expect(!way.contains(.install)) }
                return
            case .again:
                runs += 1
                #expect(runs <= 3)
            case .enter(let next):
                #expect(next > phase)
                if fails, failedBefore == nil { failedBefore = phase }
                (phase, runs) = (next, 1)
                way.append(next)
            }
        }
        Issue.record("the build never ended: \(way)")
    }

    @Test("patterns choose the same files whatever order they come in", arguments: 0..<20)
    func order(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 9)
        var rules = FileRules()
        rules.files = ["**/*.js", "a/*"]
        rules.excludes = ["**/x*"]
        rules.baseDirectory = chance.next(2) == 0 ? "src*" : nil
        var paths =
            (0..<12).map { "src\($0 % 3)/\(["a", "b"][$0 % 2])/\(["x", "y"][$0 / 6])\($0).js" } + ["a/z", "top.js"]
        let chooser = try ArtifactRules(rules)
        let first = chooser.select(Array(repeating: paths, count: 2))
        paths.shuffle(using: &chance)
        #expect(chooser.select(Array(repeating: paths, count: 2)) == first)
        #expect(first.files.allSatisfy { !$0.name.contains("/x") && paths.contains($0.path) })
    }
}
