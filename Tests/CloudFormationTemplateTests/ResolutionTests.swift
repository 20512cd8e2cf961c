import CloudFormationTemplate
import Notation
import Testing

@Suite("Resolving templates for a stack")
struct ResolutionTests {
    private static let conditional = """
        Parameters: {Env: {Type: String, Default: dev}}
        Conditions: {IsProd: !Equals [!Ref Env, prod]}
        Resources:
          Always: {Type: T, Properties: {P: !If [IsProd, !Ref Prod, none]}}
          Prod: {Type: T, Condition: IsProd}
        Outputs:
          Name: {Value: !Ref Prod, Condition: IsProd, Export: {Name: !Sub '${Env}-name'}}
        """

    @Test("conditions decide what exists, and untaken branches lean on nothing")
    func conditions() throws {
        let dev = try resolved(Self.conditional)
        #expect(dev.resources.map(\.logicalID) == ["Always"])
        #expect(dev.outputs.isEmpty)
        #expect(dev["Always"]?.needs == [])
        let prod = try resolved(Self.conditional, ["Env": "prod"])
        #expect(prod.resources.map(\.logicalID) == ["Always", "Prod"])
        #expect(prod["Always"]?.needs == ["Prod"])
        #expect(prod.outputs.first?.exportName?.literal == "prod-name")
        #expect(prod.conditions == ["IsProd": true])
    }

    @Test(
        "leaning on a resource whose condition does not hold is refused",
        arguments: [
            ("  Q: {Type: T, Properties: {P: !Ref Prod}}", "Resources"),
            ("  Q: {Type: T, Properties: {P: !GetAtt Prod.Arn}}", "Resources"),
            ("  Q: {Type: T, DependsOn: [Prod]}", "Resources"),
            ("  Q: {Type: T}\nOutputs:\n  O: {Value: !Ref Prod}", "Outputs"),
        ])
    func absent(_ yaml: String, _ block: String) {
        let head = Self.conditional.split(separator: "Outputs:")[0]
        #expect(
            failure { _ = try resolved(head + yaml) }
                == "Template format error: Unresolved resource dependencies [Prod] in the \(block) block of the template"
        )
    }

    @Test("circles are named")
    func circles() {
        let yaml = """
            Resources:
              A: {Type: T, Properties: {P: !Ref B}}
              B: {Type: T, Properties: {P: !Sub '${C.Arn}'}}
              C: {Type: T, DependsOn: A}
              D: {Type: T, DependsOn: A}
            """
        #expect(failure { _ = try resolved(yaml) } == "Circular dependency between resources: [A, B, C]")
        let itself = "Resources:\n  A: {Type: T, Properties: {P: !GetAtt A.Arn}}"
        #expect(failure { _ = try resolved(itself) } == "Circular dependency between resources: [A]")
    }

    @Test("rules hold parameters to each other")
    func rules() throws {
        let yaml = """
            Parameters: {Env: {Type: String, Default: prod}, Size: {Type: String, Default: small}}
            Rules:
              Big:
                RuleCondition: !Equals [!Ref Env, prod]
                Assertions:
                  - Assert: {'Fn::Contains': [[large, huge], !Ref Size]}
                    AssertDescription: production is large
            Resources:
              A: {Type: T}
            """
        #expect(failure { _ = try resolved(yaml) }?.contains("production is large") == true)
        #expect(try resolved(yaml, ["Size": "huge"]).resources.count == 1)
        #expect(try resolved(yaml, ["Env": "dev"]).resources.count == 1)
    }

    @Test("every wrong property is found at once")
    func everythingAtOnce() {
        let yaml = """
            Resources:
              A: {Type: T, Properties: {P: !Select [5, [a]], Q: !Base64 [x], R: fine}}
              B: {Type: T, Properties: {P: !Select [6, [a]]}}
            """
        #expect(
            throws: TemplateError.self,
            performing: { try resolved(yaml) })
        do { _ = try resolved(yaml) } catch let error as TemplateError {
            #expect(
                error.report.errors.map(\.path.description) == [
                    "Resources.A.Properties.P", "Resources.A.Properties.Q", "Resources.B.Properties.P",
                ])
        } catch {}
    }

    @Test("policies default to Delete and may be worked out with language extensions")
    func policies() throws {
        let template = try resolved(
            """
            Transform: [AWS::LanguageExtensions]
            Parameters: {Keep: {Type: String, Default: Retain}}
            Resources:
              A: {Type: T, DeletionPolicy: !Ref Keep, UpdateReplacePolicy: Snapshot}
              B: {Type: T}
            """)
        #expect(template["A"]?.deletionPolicy == .retain)
        #expect(template["A"]?.updateReplacePolicy == .snapshot)
        #expect(template["B"]?.deletionPolicy == .delete)
    }
}

@Suite("Dependency graphs")
struct DependencyGraphTests {
    @Test("waves hold what can be worked on side by side")
    func waves() {
        let needs: [String: Set<String>] = ["C": ["A", "B"], "D": ["C"], "E": ["A"]]
        let graph = DependencyGraph(nodes: ["D", "C", "B", "A", "E"]) { needs[$0] ?? [] }
        #expect(graph.waves() == [["B", "A"], ["C", "E"], ["D"]])
        #expect(graph.dependencies(of: "C") == ["B", "A"])
        #expect(graph.dependents(of: "A") == ["C", "E"])
    }

    @Test(
        "an order is an order, for random graphs, and circles are found in others", arguments: 0..<40 as Range<UInt64>)
    func random(seed: UInt64) {
        var chance = Chance(seed)
        let nodes = (0..<60).map { "N\($0)" }
        var needs: [String: Set<String>] = [:]
        for index in nodes.indices.dropFirst() {
            for _ in 0..<3 where chance.next(3) > 0 {
                needs[nodes[index], default: []].insert(nodes[chance.next(index)])
            }
        }
        let shuffled = nodes.sorted { _, _ in chance.next(2) == 0 }
        let graph = DependencyGraph(nodes: shuffled) { needs[$0] ?? [] }
        let rank = Dictionary(uniqueKeysWithValues: (graph.order() ?? []).enumerated().map { ($1, $0) })
        #expect(rank.count == nodes.count)
        for (node, own) in needs { for other in own { #expect(rank[other, default: 99] < rank[node, default: -1]) } }
        #expect(graph.cycles().isEmpty)
        needs["N0"] = ["N59"]
        needs["N59", default: []].insert("N0")
        let circular = DependencyGraph(nodes: shuffled) { needs[$0] ?? [] }
        #expect(circular.order() == nil)
        #expect(circular.cycles().count == 1)
    }

    @Test("a chain of 20000 does not use up the stack")
    func chain() {
        let nodes = (0..<20_000).map(String.init)
        let graph = DependencyGraph(nodes: nodes) { Int($0).map { $0 > 0 ? ["\($0 - 1)"] : [] } ?? [] }
        #expect(graph.cycles().isEmpty)
        #expect(graph.order()?.count == 20_000)
    }
}

/// A seeded source of chance.
struct Chance {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next(_ limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(limit))
    }
}
