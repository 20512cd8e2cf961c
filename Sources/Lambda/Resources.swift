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

    /// The same, as a state's attributes.
    static func named(_ properties: JSON, _ names: String) -> JSONObject { pick(properties, names).object ?? [:] }

    /// Calls a deleting operation; what is gone already is deleted.
    static func remove(_ request: ResourceRequest, _ operation: String, _ input: JSON) async throws {
        do {
            try await request.call("lambda", operation, input)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return
        }
    }

    /// The answer; nil when there is no such thing.
    static func present(_ request: ResourceRequest, _ operation: String, _ input: JSON) async throws -> JSON? {
        do { return try await request.call("lambda", operation, input) } catch let error as AWSError
            where error.code == "ResourceNotFoundException"
        { return nil }
    }

    /// The functions that a listing goes through: the one that is named, or all.
    static func functions(_ request: ResourceRequest, named property: String = "FunctionName") async throws -> [JSON] {
        if let only = request.properties[property] { return [only] }
        return try await request.pages(
            "lambda", "ListFunctions", of: "Functions", token: "Marker", answeredAs: "NextMarker"
        ).compactMap { $0["FunctionName"] }
    }

    /// What lies below each function.
    static func below(
        _ request: ResourceRequest, _ operation: String, of member: String, named property: String = "FunctionName"
    ) async throws -> [(function: JSON, item: JSON)] {
        var found: [(function: JSON, item: JSON)] = []
        for function in try await functions(request, named: property) {
            let items = try await request.pages(
                "lambda", operation, ["FunctionName": function], of: member, token: "Marker", answeredAs: "NextMarker")
            found += items.map { (function, $0) }
        }
        return found
    }

    /// A function's name as the template has it, when it means the one of that ARN: names, partial and whole ARNs do.
    static func function(_ asked: JSON?, of arn: String) -> JSON {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 6 else { return .string(arn) }
        let plain = parts.prefix(7).joined(separator: ":")
        let names = [
            parts[6], "function:\(parts[6])", "\(parts[4]):function:\(parts[6])", "\(parts[4]):\(parts[6])", plain, arn,
        ]
        return asked.flatMap { names.contains($0.string ?? "") ? $0 : nil } ?? .string(parts[6])
    }

    /// The statement of that id in a policy that is text.
    static func statement(_ id: String, in policy: JSON?) throws -> JSON? {
        guard let text = policy?.string else { return nil }
        return try JSON(parsing: text)["Statement"]?.array?.first { $0["Sid"]?.string == id }
    }

    /// Who a statement is for, as the one word that a template has.
    static func principal(_ statement: JSON, asked: JSON?) -> JSON? {
        guard let who = statement["Principal"] else { return nil }
        let word = who.string ?? who["Service"]?.string ?? who["AWS"]?.string ?? ""
        // An account and its root are the same.
        let account = word.split(separator: ":").dropLast().last.map(String.init)
        return word.hasSuffix(":root") && asked?.string != word ? account.map(JSON.string) : .string(word)
    }

    /// A name that stays the same when the action is repeated.
    static func statementID(_ request: ResourceRequest) -> String {
        "\(request.stackName.prefix(60))-\(request.logicalID.prefix(20))-\(request.suffix)"
    }
}
