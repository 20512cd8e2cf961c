import CloudFormationTemplate
import Notation
import Testing

@Suite("What there is, beside what was asked for")
struct AlignmentTests {
    private func differences(_ type: String, _ wanted: JSON, _ there: JSON) throws -> [String] {
        let schema = try #require(PublicSchemas.schema(type))
        return PropertyDifference.all(from: wanted, to: schema.aligned(there, to: wanted)).map {
            "\($0.kind.rawValue) \($0.steps.joined(separator: "/"))"
        }
    }

    @Test("members that were not asked for are no difference, also in elements of lists")
    func members() throws {
        let wanted: JSON = ["Environment": ["Type": "X", "EnvironmentVariables": [["Name": "A", "Value": "b"]]]]
        let there: JSON = [
            "Environment": [
                "Type": "X", "PrivilegedMode": false,
                "EnvironmentVariables": [["Name": "A", "Value": "b", "Type": "PLAINTEXT"]],
            ]
        ]
        #expect(try differences("AWS::CodeBuild::Project", wanted, there) == [])
        let other: JSON = ["Environment": ["Type": "X", "EnvironmentVariables": [["Name": "A", "Value": "c"]]]]
        #expect(
            try differences("AWS::CodeBuild::Project", wanted, other)
                == ["Modify Environment/EnvironmentVariables/0/Value"])
    }

    @Test("lists without an order are compared as sets, others by position")
    func order() throws {
        let pair: JSON = [["Name": "b", "Value": "x"], ["Name": "a", "Value": "y"]]
        let turned: JSON = [["Name": "a", "Value": "y"], ["Name": "b", "Value": "x"]]
        let type = "AWS::CloudWatch::Alarm"
        #expect(try differences(type, ["Dimensions": pair], ["Dimensions": turned]) == [])
        let metric = { (dimensions: JSON) -> JSON in
            ["Metrics": [["Id": "m", "MetricStat": ["Metric": ["Dimensions": dimensions]]]]]
        }
        #expect(try differences(type, metric(pair), metric(turned)) == [])
        #expect(
            try differences(type, ["AlarmActions": ["a", "b"]], ["AlarmActions": ["b", "a"]])
                == ["Modify AlarmActions/0", "Modify AlarmActions/1"])
        let changed: JSON = [["Name": "a", "Value": "z"], ["Name": "b", "Value": "x"]]
        #expect(
            try differences(type, ["Dimensions": pair], ["Dimensions": changed]) == ["Modify Dimensions/1/Value"])
        let more: JSON = ["ManagedPolicyArns": ["a", "c", "b"]]
        #expect(
            try differences("AWS::IAM::Role", ["ManagedPolicyArns": ["b", "a"]], more) == ["Add ManagedPolicyArns/2"])
    }

    @Test("a document is the same as text and written out, however its numbers are written")
    func documents() throws {
        let text: JSON = #"{"deadLetterTargetArn": "q", "maxReceiveCount": "3"}"#
        let there: JSON = ["deadLetterTargetArn": "q", "maxReceiveCount": 3]
        #expect(try differences("AWS::SQS::Queue", ["RedrivePolicy": text], ["RedrivePolicy": there]) == [])
        #expect(try differences("AWS::SQS::Queue", ["RedrivePolicy": there], ["RedrivePolicy": text]) == [])
        let other: JSON = ["deadLetterTargetArn": "q", "maxReceiveCount": 4]
        #expect(
            try differences("AWS::SQS::Queue", ["RedrivePolicy": text], ["RedrivePolicy": other])
                == ["Modify RedrivePolicy"])
    }

    @Test("what was added to a document or a map is a difference")
    func additions() throws {
        let pattern: JSON = ["EventPattern": ["source": ["a"]]]
        #expect(
            try differences("AWS::Events::Rule", pattern, ["EventPattern": ["source": ["a"], "detail": ["x": [1]]]])
                == ["Add EventPattern/detail"])
        let variables: JSON = ["Environment": ["Variables": ["A": "1"]]]
        #expect(
            try differences("AWS::Lambda::Function", variables, ["Environment": ["Variables": ["A": 1, "B": "2"]]])
                == ["Add Environment/Variables/B"])
    }
}
