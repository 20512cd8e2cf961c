import CloudFormationTemplate
import Notation
import Testing

@Suite("Planning changes")
struct ChangePlanTests {
    private static let rules = ReplacementRules(
        createOnly: ["Name", "Code/Uri"], conditionallyCreateOnly: ["Zone"], volatileAttributes: ["Token"])

    private func plan(_ old: String, _ new: String, _ values: [String: String] = [:]) throws -> [ResourceChange] {
        let before = try resolved(old)
        var deployed: [String: ChangePlan.Deployed] = [:]
        let known: @Sendable (String, String?) -> JSON? = { name, attribute in
            before[name] == nil ? nil : .string("\(name)-\(attribute ?? "id")")
        }
        var evaluator = before.evaluator
        evaluator.attributes = known
        for resource in before.resources {
            deployed[resource.logicalID] = .init(
                type: resource.type, properties: try evaluator.value(of: resource.properties) ?? [:],
                deletionPolicy: resource.deletionPolicy)
        }
        let template = try template(new)
        var after = try template.resolve(context(template, values))
        after.know(known)
        return ChangePlan(from: deployed, before: before, to: after) { _ in Self.rules }.changes
    }

    private static let base = """
        Parameters: {Stage: {Type: String, Default: one}}
        Resources:
          A: {Type: T, Properties: {Name: a, Size: 1, Stage: !Ref Stage}}
          B: {Type: T, Properties: {Parent: !Ref A, Size: 1}}
          C: {Type: T, Properties: {Parent: !GetAtt B.Arn, Token: !GetAtt B.Token}, DeletionPolicy: Retain}
        """

    @Test("the same template changes nothing, whatever the spelling of scalars")
    func nothing() throws {
        #expect(try plan(Self.base, Self.base).isEmpty)
        #expect(try plan(Self.base, Self.base.replacing("Size: 1", with: "Size: '1'")).isEmpty)
    }

    @Test("a change in place reaches only what its attributes may change")
    func inPlace() throws {
        let changes = try plan(
            Self.base, Self.base.replacing("Parent: !Ref A, Size: 1", with: "Parent: !Ref A, Size: 2"))
        #expect(changes.map(\.logicalID) == ["B", "C"])
        #expect(changes.map(\.replacement) == [.no, .no])
        #expect(changes[0].details.map(\.path) == ["/Properties/Size"])
        #expect(changes[0].details[0].before == 1 && changes[0].details[0].after == 2)
        #expect(changes[1].details.map(\.cause) == ["B.Token"])
        #expect(changes[1].details[0].isDynamic)
    }

    @Test("a replacement reaches everything that refers to it")
    func replaced() throws {
        let changes = try plan(Self.base, Self.base.replacing("Name: a", with: "Name: b"))
        #expect(changes.map(\.logicalID) == ["A", "B", "C"])
        #expect(changes.map(\.replacement) == [.yes, .no, .no])
        #expect(changes[0].policy == .delete)
        #expect(changes[1].details.map(\.source) == ["ResourceReference"])
        #expect(changes[1].details.map(\.cause) == ["A"])
    }

    @Test("a changed parameter is named as the cause")
    func parameter() throws {
        let changes = try plan(Self.base, Self.base, ["Stage": "two"])
        #expect(changes.map(\.logicalID) == ["A"])
        #expect(changes[0].details[0].source == "ParameterReference")
        #expect(changes[0].details[0].cause == "Stage")
    }

    @Test("additions come in order, removals last and backwards, with what becomes of them")
    func addedAndRemoved() throws {
        let new = """
            Resources:
              Z: {Type: T, Properties: {P: !Ref Y}}
              Y: {Type: T}
            """
        let changes = try plan(Self.base, new)
        #expect(changes.map(\.logicalID) == ["Y", "Z", "C", "B", "A"])
        #expect(changes.map(\.action) == [.add, .add, .remove, .remove, .remove])
        #expect(changes.map(\.policy) == [nil, nil, .retain, .delete, .delete])
    }

    @Test(
        "what a change means depends on the place",
        arguments: [
            (["Name"], ReplacementRules.Effect.replace), (["Code", "Uri"], .replace), (["Code"], .replace),
            (["Code", "Key"], .update), (["Zone"], .maybeReplace), (["Size"], .update),
        ])
    func effects(_ steps: [String], _ effect: ReplacementRules.Effect) {
        #expect(Self.rules.effect(of: steps) == effect)
    }

    @Test("differences rebuild the new value from the old", arguments: 0..<50 as Range<UInt64>)
    func differences(seed: UInt64) {
        var chance = Chance(seed + 1)
        let before = Self.tree(&chance, depth: 3)
        let after = Self.tree(&chance, depth: 3)
        let found = PropertyDifference.all(from: before, to: after)
        #expect(found.isEmpty == (before == after))
        #expect(PropertyDifference.all(from: after, to: after).isEmpty)
        let added = PropertyDifference.all(from: [:], to: after)
        #expect(added.map(\.property) == after.object?.keys)
        for difference in found where difference.kind != .remove {
            let path = difference.steps.reduce(Optional(after)) { value, step in
                value?.array != nil ? Int(step).flatMap { value?[$0] } : value?[step]
            }
            #expect(path == difference.after)
        }
    }

    private static func tree(_ chance: inout Chance, depth: Int) -> JSON {
        var object = JSONObject()
        for _ in 0..<chance.next(4) {
            let value: JSON =
                switch depth > 0 ? chance.next(3) : 0 {
                case 0: .string("v\(chance.next(3))")
                case 1: .array((0..<chance.next(3)).map { _ in .string("e\(chance.next(2))") })
                default: tree(&chance, depth: depth - 1)
                }
            object["k\(chance.next(4))"] = value
        }
        return .object(object)
    }
}
