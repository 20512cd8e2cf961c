import Cloud
import Notation

extension SSMService {
    /// Source: AWS CloudFormation Template Reference, AWS::SSM::Parameter.
    static let parameterType = ResourceType(
        "AWS::SSM::Parameter", enforces: "Name Type Value AllowedPattern Tags Tier", stores: "Description DataType",
        requires: "Type Value", replacedBy: "Name", attributes: "Type Value", nameProperty: "Name",
        ResourceType.Actions(
            create: { request in try await put(request, name: name(request)) },
            update: { request in
                let state = try await put(request, name: request.physicalID ?? name(request))
                try await retag(request, state.physicalID)
                return state
            },
            delete: { request in
                guard let name = request.physicalID else { return }
                do { try await request.call("ssm", "DeleteParameter", ["Name": .string(name)]) } catch let error
                    as AWSError
                    where error.code == "ParameterNotFound"
                {}
            },
            read: { request in
                guard let name = request.physicalID else { return nil }
                do {
                    let answer = try await request.call("ssm", "GetParameter", ["Name": .string(name)])["Parameter"]
                    var properties: JSON = ["Name": .string(name)]
                    for member in ["Type", "Value"] { properties[member] = answer?[member] }
                    return properties
                } catch let error as AWSError where error.code == "ParameterNotFound" { return nil }
            },
            list: { request in
                try await request.pages("ssm", "DescribeParameters", of: "Parameters", token: "NextToken")
                    .map { ResourceState($0["Name"]?.string ?? "") }
            }))

    /// CloudFormation names parameters `CFN-Logical-SUFFIX`.
    private static func name(_ request: ResourceRequest) -> String {
        request.properties["Name"]?.string ?? "CFN-\(request.logicalID)-\(request.suffix)"
    }

    private static func put(_ request: ResourceRequest, name: String) async throws -> ResourceState {
        var input: JSON = ["Name": .string(name)]
        for property in ["Type", "Value", "AllowedPattern", "Tier", "Description", "DataType"] {
            input[property] = request.properties[property]
        }
        if request.previous != nil {
            input["Overwrite"] = true
            try await request.call("ssm", "PutParameter", input)
        } else {
            let tags = tags(request)
            if !tags.isEmpty { input["Tags"] = .array(tags) }
            try await create(request, input, name)
        }
        return ResourceState(
            name,
            attributes: ["Type": request.properties["Type"] ?? "String", "Value": request.properties["Value"] ?? ""])
    }

    /// Makes the parameter. One of that name that carries this resource's tags was made by an earlier attempt.
    private static func create(_ request: ResourceRequest, _ input: JSON, _ name: String) async throws {
        do {
            try await request.call("ssm", "PutParameter", input)
        } catch let error as AWSError where error.code == "ParameterAlreadyExists" {
            let query: JSON = ["ResourceId": .string(name), "ResourceType": "Parameter"]
            let tags = try await request.call("ssm", "ListTagsForResource", query)["TagList"]?.array ?? []
            let marks = ["stack-id": request.stackID, "logical-id": request.logicalID]
            let isOurs = marks.allSatisfy { mark, value in
                tags.contains { $0["Key"]?.string == "aws:cloudformation:" + mark && $0["Value"]?.string == value }
            }
            guard isOurs else {
                throw AWSError(
                    "AlreadyExists", "\(name) already exists in stack, or outside of it. Choose another name.")
            }
        }
    }

    /// `Tags` is a map of this type's own; the others have lists.
    private static func tags(_ request: ResourceRequest) -> [JSON] {
        var all = request.allTags
        for (key, value) in request.properties["Tags"]?.object ?? [:] { all[key] = value.string ?? value.text() }
        return all.sorted { $0.key < $1.key }.map { ["Key": .string($0.key), "Value": .string($0.value)] }
    }

    private static func retag(_ request: ResourceRequest, _ name: String) async throws {
        let place: JSON = ["ResourceId": .string(name), "ResourceType": "Parameter"]
        let wanted = request.properties["Tags"]?.object ?? [:]
        let gone = (request.previous?["Tags"]?.object ?? [:]).keys.filter { !wanted.contains($0) }
        if !gone.isEmpty {
            var input = place
            input["TagKeys"] = .array(gone.map(JSON.string))
            try await request.call("ssm", "RemoveTagsFromResource", input)
        }
        var input = place
        input["Tags"] = .array(tags(request))
        try await request.call("ssm", "AddTagsToResource", input)
    }
}
