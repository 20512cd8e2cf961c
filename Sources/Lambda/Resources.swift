import Cloud
import Notation

/// The CloudFormation types that Lambda runs.
///
/// Source: AWS CloudFormation Template Reference, "AWS Lambda": which changes replace, what Ref and GetAtt return.
enum LambdaResources {
    static var all: [ResourceType] {
        [function, version, alias, permission, url, eventInvoke, eventSource, layer, layerPermission]
    }

    /// Some of a template's properties, by the names that the API has for them.
    static func pick(_ properties: JSON, _ names: String) -> JSON {
        var picked: JSON = [:]
        for name in names.split(separator: " ").map(String.init) {
            if let value = properties[name], !value.isNull { picked[name] = value }
        }
        return picked
    }

    /// Calls a deleting operation; what is gone already is deleted.
    static func remove(_ request: ResourceRequest, _ operation: String, _ input: JSON) async throws {
        do {
            try await request.call("lambda", operation, input)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return
        }
    }

    /// A name that stays the same when the action is repeated.
    static func statementID(_ request: ResourceRequest) -> String {
        "\(request.stackName.prefix(60))-\(request.logicalID.prefix(20))-\(request.suffix)"
    }
}
