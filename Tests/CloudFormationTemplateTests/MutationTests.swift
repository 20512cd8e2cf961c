import CloudFormationTemplate
import Notation
import Testing

@Suite("Templates damaged at random")
struct MutationTests {
    private static let whole = """
        Transform: [AWS::LanguageExtensions]
        Parameters:
          Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
          List: {Type: CommaDelimitedList, Default: 'a,b'}
        Mappings: {M: {dev: {Size: 1}, prod: {Size: 2}}}
        Conditions:
          Prod: !Equals [!Ref Env, prod]
          Not: !Not [!Condition Prod]
        Rules:
          R: {Assertions: [{Assert: {'Fn::Contains': [[dev, prod], !Ref Env]}}]}
        Resources:
          Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
          F:
            Type: AWS::Lambda::Function
            DependsOn: [Role]
            Properties:
              Role: !GetAtt Role.Arn
              Timeout: !FindInMap [M, !Ref Env, Size]
              Code: {ZipFile: !Sub ['${A}-${Env}', {A: !Select [0, !Ref List]}]}
              Environment: {Variables: {X: !If [Prod, !Ref 'AWS::NoValue', !Join ['-', !Split [',', 'a,b']]]}}
          Fn::ForEach::Queues:
            - Name
            - !Ref List
            - Queue${Name}: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}, DeletionPolicy: Retain}
        Outputs:
          O: {Value: !Ref F, Condition: Not, Export: {Name: !Sub '${AWS::StackName}-f'}}
        """

    @Test("the whole template is in order")
    func undamaged() throws {
        #expect(try walk(TemplateText(parsing: Self.whole).body) == nil)
    }

    @Test("whatever is damaged, it ends in a template or in diagnostics", arguments: 0..<300 as Range<UInt64>)
    func damaged(seed: UInt64) throws {
        var chance = Chance(seed + 11)
        var body = try TemplateText(parsing: Self.whole).body
        for _ in 0...chance.next(4) { body = Self.damaged(body, &chance) }
        if let message = try walk(body) { #expect(!message.isEmpty) }
    }

    /// Takes a template all the way. What may be thrown is a template's error, nothing else.
    private func walk(_ body: JSON) throws -> String? {
        do {
            let (draft, _) = Template.read(body, isBeforeTransforms: true)
            let surroundings = try context(draft)
            let expanded = try LanguageExtensions(body, surroundings).expanding(body)
            let (template, report) = Template.read(expanded)
            guard report.isValid else { throw TemplateError(report) }
            let resolved = try template.resolve(context(template))
            let plan = ChangePlan(from: [:], before: nil, to: resolved) { _ in nil }
            #expect(plan.changes.count == resolved.resources.count)
            return resolved.check(schema: PublicSchemas.schema).message
        } catch let error as TemplateError {
            return error.message
        }
    }

    private static let pieces: [JSON] = [
        .null, 1, -1, "", "F", "${", "${Env", true, [], [:], ["Ref": "F"], ["Ref": "Nope"], ["Fn::If": ["Prod"]],
        ["Fn::GetAtt": "F"], ["Fn::Sub": "${F.Arn}${!x}"], ["Fn::Nope": 1], ["Fn::Cidr": ["10.0.0.0/8", 300, 99]],
        ["Fn::Select": [9, ["Fn::Split": ["", "a"]]]], ["Condition": "Prod"], ["Fn::Join": [["a"], "b"]], 1.5,
    ]

    /// The tree with one place replaced, removed, renamed or doubled.
    private static func damaged(_ value: JSON, _ chance: inout Chance) -> JSON {
        if chance.next(6) == 0 { return pieces[chance.next(pieces.count)] }
        switch value {
        case .array(var elements) where !elements.isEmpty:
            let place = chance.next(elements.count)
            if chance.next(8) == 0 {
                elements.remove(at: place)
            } else {
                elements[place] = damaged(elements[place], &chance)
            }
            return .array(elements)
        case .object(var members) where !members.isEmpty:
            let name = members.keys[chance.next(members.count)]
            switch chance.next(8) {
            case 0: members.remove(name)
            case 1: members["Fn::" + name] = members[name]
            case 2: members[name + "!"] = members[name]
            default: members[name] = damaged(members[name] ?? .null, &chance)
            }
            return .object(members)
        default: return pieces[chance.next(pieces.count)]
        }
    }
}
