import Notation
import Testing

@testable import SAMTransform

@Suite("Templates as a whole")
struct TemplateTests {
    @Test("what is not SAM's is kept as it is")
    func keepsOthers() throws {
        let template = """
            AWSTemplateFormatVersion: "2010-09-09"
            Transform: AWS::Serverless-2016-10-31
            Parameters: {P: {Type: String}}
            Conditions: {C: !Equals [a, b]}
            Resources:
              Queue: {Type: AWS::SQS::Queue, Condition: C, Properties: {QueueName: !Sub "${P}-x"}}
            Outputs: {Out: {Value: !GetAtt Queue.Arn}}
            """
        var expected = try YAML().parse(template)
        expected["Transform"] = nil
        #expect(try transformed(template) == expected)
    }

    @Test("a template without resources is refused", arguments: ["{}", "Resources: {}", "Resources: []", "a"])
    func needsResources(text: String) throws {
        let message = try refusal(text)
        #expect(message?.hasSuffix("Structure of the SAM template is invalid. 'Resources' section is required") == true)
    }

    @Test("all faults are told at once, by logical id, each once")
    func collectsFaults() throws {
        let template = """
            Resources:
              B: {Type: AWS::Serverless::Function, Properties: {Wrong: 1}}
              A: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: id, Type: X}}}
            """
        #expect(
            try refusal(template)
                == "Invalid Serverless Application Specification document. Number of errors found: 2. "
                + "Resource with id [A] is invalid. Invalid 'Type' \"X\". "
                + "Resource with id [B] is invalid. property Wrong not defined for resource of type "
                + "AWS::Serverless::Function")
    }

    @Test("what is generated may not take a name that is taken")
    func refusesDuplicates() throws {
        let template = function() + "\n  FnRole: {Type: AWS::SQS::Queue}"
        let message = try refusal(template)
        #expect(
            message?.contains("attempts to create a new resource with id [FnRole] and type \"AWS::IAM::Role\"") == true)
    }

    @Test("Globals are merged: objects by member, lists joined, functions and values replaced")
    func mergesGlobals() throws {
        let globals = """
            Globals:
              Function:
                Timeout: 3
                MemorySize: !Ref Size
                Environment: {Variables: {A: shared, B: shared}}
                Layers: [arn:one]

            """
        let result = try transformed(
            globals
                + function(
                    """
                    MemorySize: 256
                    Environment: {Variables: {B: own}}
                    Layers: [arn:two]
                    """)
        ).at("Resources/Fn/Properties")
        #expect(result?["Timeout"] == 3)
        #expect(result?["MemorySize"] == 256)
        #expect(result?.at("Environment/Variables") == ["A": "shared", "B": "own"])
        #expect(result?["Layers"] == ["arn:one", "arn:two"])
        let ignored = try transformed(globals + function() + "\n    IgnoreGlobals: [Timeout]")
        #expect(ignored.at("Resources/Fn/Properties/Timeout") == nil)
        #expect(ignored.at("Resources/Fn/Properties/Layers") == ["arn:one"])
    }

    @Test("partitions show in ARNs")
    func partitions() throws {
        let result = try transformed(function("Tracing: Active")) { $0.partition = "aws-cn" }
        #expect(
            result.at("Resources/FnRole/Properties/ManagedPolicyArns") == [
                "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
                "arn:aws-cn:iam::aws:policy/AWSXRayDaemonWriteAccess",
            ])
    }

    @Test("random changes to a template give a template or a fault, the same one each time")
    func survivesChanges() throws {
        var random = SeededGenerator(seed: 20_240_611)
        let base = try YAML().parse(
            function(
                """
                AutoPublishAlias: live
                DeploymentPreference: {Type: AllAtOnce, Alarms: [a]}
                Policies: [{SQSPollerPolicy: {QueueName: q}}, AmazonS3FullAccess]
                EventInvokeConfig: {DestinationConfig: {OnSuccess: {Type: SQS}}}
                Events:
                  S: {Type: Schedule, Properties: {Schedule: rate(1 day), DeadLetterConfig: {Type: SQS}}}
                  Q: {Type: SQS, Properties: {Queue: arn, DestinationConfig: {OnFailure: {Type: SNS, Destination: d}}}}
                  A: {Type: Api, Properties: {Path: /, Method: get}}
                """))
        let transform = SAMTransform(context: SAMTransform.Context(region: "eu-central-1"))
        for _ in 0..<500 {
            let changed = shaken(base, &random)
            #expect(outcome(transform, changed) == outcome(transform, changed))
        }
    }

    /// The template, or the message; anything but a ``SAMError`` is a failure of the test.
    private func outcome(_ transform: SAMTransform, _ template: JSON) -> String {
        do {
            return try transform.transform(template).text(.canonical)
        } catch let error as SAMError {
            return error.message
        } catch {
            Issue.record("not an error of SAM: \(error)")
            return ""
        }
    }

    /// The tree with a few values somewhere replaced.
    private func shaken(_ value: JSON, _ random: inout SeededGenerator) -> JSON {
        let values: [JSON] = [
            .null, "", "x", 0, true, [], [:], ["Ref": "X"], ["Fn::If": ["C", 1, 2]], ["a": ["b": 1]],
        ]
        if random.next() % 23 == 0 { return values[Int(random.next() % UInt64(values.count))] }
        switch value {
        case .object(let object): return .object(object.mapValues { shaken($0, &random) })
        case .array(let elements): return .array(elements.map { shaken($0, &random) })
        default: return value
        }
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
