import CloudFormationTemplate
import Foundation
import Notation
import Testing

@Suite("Whole templates damaged at random")
struct FuzzTests {
    private static let texts = Samples.own + Samples.corpus
    /// Damaged texts of each sample. There are some hundred samples when the corpus lies beside the package.
    private static let textRounds = 6
    /// Damaged trees of each sample.
    private static let treeRounds = 4
    /// No sample takes a hundredth of it undamaged, also on a busy machine.
    private static let patience = Duration.seconds(10)

    @Test("the samples are read, and those of our own are in order")
    func undamaged() throws {
        for text in Samples.own { #expect(try Self.walk(TemplateText(parsing: text).body) == nil) }
        #expect(Samples.corpus.isEmpty || Samples.corpus.count > 100)
        for text in Samples.corpus { _ = Self.outcome { try Self.walk(TemplateText(parsing: text).body) } }
    }

    @Test("a damaged text ends in a template or in diagnostics, in bounded time", arguments: 0..<8)
    func texts(part: Int) {
        for place in stride(from: part, to: Self.texts.count, by: 8) {
            var chance = Chance(UInt64(place) + 1)
            for round in 0..<Self.textRounds {
                var text = Array(Self.texts[place].utf8)
                for _ in 0...chance.next(4) { Self.damage(&text, &chance) }
                Self.expectBounded("text \(place), round \(round)") {
                    try Self.walk(TemplateText(parsing: String(decoding: text, as: UTF8.self)).body)
                }
            }
        }
    }

    @Test("a tree with parts of another template in it does so too", arguments: 0..<8)
    func trees(part: Int) {
        let bodies = Self.texts.compactMap { try? TemplateText(parsing: $0).body }
        for place in stride(from: part, to: bodies.count, by: 8) {
            var chance = Chance(UInt64(place) + 7919)
            for round in 0..<Self.treeRounds {
                var body = bodies[place]
                for _ in 0...chance.next(5) {
                    let donor = Self.part(of: bodies[chance.next(bodies.count)], &chance)
                    body = Self.grafted(body, donor, &chance)
                }
                let tree = body
                Self.expectBounded("tree \(place), round \(round)") { try Self.walk(tree) }
            }
        }
    }

    /// Anything but a template's error is a failure, and so is taking too long.
    private static func expectBounded(_ name: String, _ walk: () throws -> String?) {
        let start = ContinuousClock.now
        if let message = outcome(walk) { #expect(!message.isEmpty, "\(name)") }
        #expect(ContinuousClock.now - start < patience, "\(name)")
    }

    private static func outcome(_ walk: () throws -> String?) -> String? {
        do {
            return try walk()
        } catch let error as TemplateError {
            return error.message
        } catch {
            Issue.record("\(error) is no template's error")
            return nil
        }
    }

    /// Takes a template all the way to a plan, with a value for every parameter. Returns what is wrong with it.
    private static func walk(_ body: JSON) throws -> String? {
        let (draft, _) = Template.read(body, isBeforeTransforms: true)
        let open = draft.parameters.filter { $0.defaultValue == nil }.map { ($0.name, $0.allowedValues?.first ?? "1") }
        let values = Dictionary(open) { first, _ in first }
        let calls = try LocalTransform.next(in: body)
        let included = calls.reduce(body) { $1.replacing(in: $0, with: ["Included": true]) }
        let expanded = try LanguageExtensions(included, context(draft, values)).expanding(included)
        let (template, report) = Template.read(expanded)
        guard report.isValid else { throw TemplateError(report) }
        var resolved = try template.resolve(context(template, values))
        _ = resolved.check(schema: PublicSchemas.schema)
        resolved.know { _, _ in "known" }
        let plan = ChangePlan(from: [:], before: nil, to: resolved) { _ in nil }
        #expect(plan.changes.count == resolved.resources.count)
        _ = (TemplateSummary(template).summary, Capabilities(template, transforms: template.transforms))
        return nil
    }

    // MARK: Damage

    private static let snippets = [
        "${", "}", "!Sub ", "!GetAtt ", "!If [", "&a ", "*a", "<<: ", "{{resolve:ssm:a}}", "{{resolve:", "Fn::", ": ",
        "- ", "\n", "\t", "\"", "'", "|\n", ">-\n", "[", "]", "{", "}", "#", "%", "\u{0}", "\u{FEFF}", "é", "null",
        "~", "Fn::ForEach::X: ", "AWS::NoValue", "---\n", "!!binary ", "1e999", "0x", "Ref",
    ]

    private static func damage(_ text: inout [UInt8], _ chance: inout Chance) {
        guard !text.isEmpty else { return text = Array("{".utf8) }
        let start = chance.next(text.count)
        let end = min(text.count, start + 1 + chance.next(chance.next(4) == 0 ? 200 : 8))
        switch chance.next(6) {
        case 0: text.removeSubrange(start..<end)
        case 1: text.insert(contentsOf: text[start..<end], at: chance.next(text.count))
        case 2: text[start] = UInt8(chance.next(256))
        case 3: text.removeSubrange(end...)
        default: text.insert(contentsOf: snippets[chance.next(snippets.count)].utf8, at: start)
        }
    }

    /// A part of the tree at any depth.
    private static func part(of value: JSON, _ chance: inout Chance) -> JSON {
        guard chance.next(5) > 0 else { return value }
        switch value {
        case .array(let elements) where !elements.isEmpty:
            return part(of: elements[chance.next(elements.count)], &chance)
        case .object(let members) where !members.isEmpty:
            return part(of: members[members.keys[chance.next(members.count)]] ?? .null, &chance)
        default: return value
        }
    }

    /// The tree with the donor in some place of it.
    private static func grafted(_ value: JSON, _ donor: JSON, _ chance: inout Chance) -> JSON {
        switch value {
        case .array(var elements) where !elements.isEmpty && chance.next(6) > 0:
            let place = chance.next(elements.count)
            elements[place] = grafted(elements[place], donor, &chance)
            return .array(elements)
        case .object(var members) where !members.isEmpty && chance.next(6) > 0:
            let name = members.keys[chance.next(members.count)]
            members[name] = grafted(members[name] ?? .null, donor, &chance)
            return .object(members)
        default: return donor
        }
    }
}

/// Templates to start from.
private enum Samples {
    static let own = [
        """
        AWSTemplateFormatVersion: '2010-09-09'
        Parameters:
          Env: {Type: String, Default: dev, AllowedValues: [dev, prod], ConstraintDescription: dev or prod}
          Sizes: {Type: List<Number>, Default: '1,2'}
          Secret: {Type: String, Default: abcdefgh, NoEcho: true, AllowedPattern: '[a-z]{8,}'}
        Mappings: {M: {dev: {Size: 1}, prod: {Size: 2}}}
        Conditions:
          Prod: !Equals [!Ref Env, prod]
          Any: !Or [!Condition Prod, !Not [!Equals [!Select [0, !Ref Sizes], '9']]]
        Rules:
          R: {RuleCondition: !Equals [!Ref Env, prod], Assertions: [{Assert: {'Fn::Contains': [[dev], !Ref Env]}}]}
        Resources:
          Base: &base {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !FindInMap [M, !Ref Env, Size]}}
          Other: {<<: *base, DependsOn: Base, DeletionPolicy: Retain, Condition: Any}
          Text:
            Type: AWS::SSM::Parameter
            Properties:
              Type: String
              Value: !Sub
                - "${Base.Arn}/${Env}/${X}/${!kept} {{resolve:ssm:/a:1}}"
                - {X: !Join [',', !Split ['|', 'a|b']]}
        Outputs:
          O: {Value: !GetAtt Base.Arn, Export: {Name: !Sub '${AWS::StackName}-o'}}
        """,
        """
        {"Transform": ["AWS::LanguageExtensions"],
         "Parameters": {"L": {"Type": "CommaDelimitedList", "Default": "a,b,c"}},
         "Resources": {
          "Fn::ForEach::Outer": ["X", {"Ref": "L"}, {"Fn::ForEach::Inner": ["Y", ["1", "2"], {
            "P${X}${Y}": {"Type": "AWS::SSM::Parameter", "DeletionPolicy": {"Fn::FindInMap": ["M", "a", "p",
              {"DefaultValue": "Retain"}]}, "Properties": {"Type": "String",
              "Value": {"Fn::ToJsonString": {"n": {"Fn::Length": {"Ref": "L"}}}}}}}]}]},
         "Mappings": {"M": {"a": {"q": "Delete"}}}}
        """,
        "Resources:\n"
            + (0..<120).map { place in
                "  R\(place): {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: "
                    + (place == 0 ? "a" : "!GetAtt R\(place - 1).Value") + "}}\n"
            }.joined(),
    ]

    /// The public SAM cases, where they lie beside the package.
    static let corpus: [String] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/conformance/sam/input")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path()))?.sorted() ?? []
        return names.compactMap { try? String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    }()
}
