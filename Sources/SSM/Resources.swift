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
            read: { request in try await read(request) },
            list: { request in
                try await request.pages("ssm", "DescribeParameters", of: "Parameters", token: "NextToken")
                    .map { ResourceState($0["Name"]?.string ?? "") }
            })
    ).withinLedger()

    private static func read(_ request: ResourceRequest) async throws -> JSON? {
        guard let name = request.physicalID else { return nil }
        do {
            let found = try await request.call("ssm", "GetParameter", ["Name": .string(name)])["Parameter"]
            var properties: JSON = ["Name": .string(name)]
            for member in ["Type", "Value", "DataType"] { properties[member] = found?[member] }
            let filter: JSON = ["Key": "Name", "Option": "Equals", "Values": [.string(name)]]
            let described = try await request.call("ssm", "DescribeParameters", ["ParameterFilters": [filter]])
            let known = described["Parameters"]?[0]
            for member in ["Description", "AllowedPattern"] { properties[member] = known?[member] }
            // Intelligent tiering is a wish; what it comes to is one of the others.
            let isIntelligent = request.properties["Tier"] == "Intelligent-Tiering"
            properties["Tier"] = isIntelligent ? nil : known?["Tier"]
            let query: JSON = ["ResourceId": .string(name), "ResourceType": "Parameter"]
            let tags = try await request.call("ssm", "ListTagsForResource", query)["TagList"]?.array ?? []
            properties["Tags"] = .object(
                JSONObject(
                    tags.compactMap { tag in
                        guard let key = tag["Key"]?.string, !key.hasPrefix("aws:") else { return nil }
                        return (key, tag["Value"] ?? "")
                    }))
            return properties
        } catch let error as AWSError where error.code == "ParameterNotFound" { return nil }
    }

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
            // What is no longer in the template goes back to what it was without it.
            for (property, value) in ["Description": "", "AllowedPattern": "", "Tier": "Standard", "DataType": "text"]
                as [String: JSON]
            where input[property] == nil && request.previous?[property] != nil {
                input[property] = value
            }
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
        let tags = tags(request)
        let known = try await request.call("ssm", "ListTagsForResource", place)["TagList"]?.array ?? []
        guard !Set(tags).isSubset(of: known) else { return }
        var input = place
        input["Tags"] = .array(tags)
        try await request.call("ssm", "AddTagsToResource", input)
    }
}
