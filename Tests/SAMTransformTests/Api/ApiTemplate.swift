import Notation
import SAMTransform
import Testing

/// Short templates with APIs, transformed.
enum ApiTemplate {
    /// The resources that a template's `Resources` (as YAML) become.
    static func resources(_ yaml: String) throws -> JSON {
        try #require(try transformed("Resources:\n" + indented(yaml))["Resources"])
    }

    /// What a whole template becomes.
    static func transformed(_ yaml: String, region: String = "eu-west-1", partition: String = "aws") throws -> JSON {
        let context = SAMTransform.Context(region: region, partition: partition, time: 1_700_000_000)
        return try SAMTransform(context: context).transform(try YAML().parse(yaml))
    }

    /// The message with which a template's `Resources` are refused, without how many faults there are.
    static func refusal(_ yaml: String) throws -> String? {
        do {
            _ = try resources(yaml)
            return nil
        } catch let error as SAMError {
            return error.causes.map(\.message).joined(separator: " ")
        }
    }

    static func indented(_ yaml: String) -> String {
        yaml.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
    }

    /// A function with events, as YAML.
    static func function(_ events: String, id: String = "Fn") -> String {
        """
        \(id):
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.13
            Handler: a.b
            InlineCode: x
            Events:
        \(indented(indented(indented(events))))

        """
    }

    /// A resource of a SAM type with these properties, as YAML.
    static func resource(_ id: String, _ type: String, _ properties: String) -> String {
        """
        \(id):
          Type: AWS::Serverless::\(type)
          Properties:
        \(indented(indented(properties)))

        """
    }
}

extension JSON {
    /// The only resource of a type, by its name.
    func only(_ type: String) throws -> (name: String, resource: JSON) {
        let found = (object ?? [:]).filter { $1["Type"]?.string == type }
        try #require(found.count == 1, "\(found.keys) are of type \(type)")
        return (found.keys[0], found.values[0])
    }
}
