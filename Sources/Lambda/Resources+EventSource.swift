import Cloud
import Notation

extension LambdaResources {
    /// Source: AWS CloudFormation Template Reference, AWS::Lambda::EventSourceMapping.
    static var eventSource: ResourceType {
        ResourceType(
            "AWS::Lambda::EventSourceMapping",
            enforces: "BatchSize Enabled EventSourceArn FilterCriteria FunctionName FunctionResponseTypes "
                + "MaximumBatchingWindowInSeconds ScalingConfig Tags",
            stores: "MetricsConfig KmsKeyArn", requires: "FunctionName", replacedBy: "EventSourceArn",
            attributes: "Id EventSourceMappingArn",
            ResourceType.Actions(
                create: { request in
                    var input = mappingInput(request)
                    input["EventSourceArn"] = request.properties["EventSourceArn"]
                    input["Tags"] = .object(JSONObject(request.allTags.map { ($0.key, JSON.string($0.value)) }))
                    do {
                        return mappingState(try await request.call("lambda", "CreateEventSourceMapping", input))
                    } catch let error as AWSError where error.code == "ResourceConflictException" {
                        return try await made(request, input) ?? { throw error }()
                    }
                },
                update: { request in
                    var input = mappingInput(request)
                    input["UUID"] = .string(request.physicalID ?? "")
                    return mappingState(try await request.call("lambda", "UpdateEventSourceMapping", input))
                },
                delete: { request in
                    try await remove(request, "DeleteEventSourceMapping", ["UUID": .string(request.physicalID ?? "")])
                },
                read: { request in
                    do {
                        let input: JSON = ["UUID": .string(request.physicalID ?? "")]
                        let known = try await request.call("lambda", "GetEventSourceMapping", input)
                        return pick(
                            known,
                            "BatchSize EventSourceArn MaximumBatchingWindowInSeconds FilterCriteria ScalingConfig")
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
                }))
    }

    /// The mapping that an earlier attempt at this action made: function and queue have one at most, and this is what
    /// it was to be.
    private static func made(_ request: ResourceRequest, _ input: JSON) async throws -> ResourceState? {
        let query = pick(input, "EventSourceArn FunctionName")
        let found = try await request.call("lambda", "ListEventSourceMappings", query)["EventSourceMappings"]?.array
        guard let known = found?.first else { return nil }
        let arn = known["EventSourceMappingArn"]?.string ?? ""
        let tags = try await request.call("lambda", "ListTags", ["Resource": .string(arn)])["Tags"]
        guard tags?["aws:cloudformation:stack-id"]?.string == request.stackID,
            tags?["aws:cloudformation:logical-id"]?.string == request.logicalID
        else { return nil }
        return mappingState(known)
    }

    private static func mappingInput(_ request: ResourceRequest) -> JSON {
        var input = pick(
            request.properties,
            "FunctionName FilterCriteria FunctionResponseTypes MetricsConfig ScalingConfig Enabled BatchSize "
                + "MaximumBatchingWindowInSeconds")
        input["KMSKeyArn"] = request.properties["KmsKeyArn"]
        for name in ["BatchSize", "MaximumBatchingWindowInSeconds"] {
            if let number = input[name]?.string.flatMap({ Int($0) }) { input[name] = .int(number) }
        }
        if let text = input["Enabled"]?.string { input["Enabled"] = .bool(text == "true") }
        if let limit = input["ScalingConfig"]?["MaximumConcurrency"]?.string.flatMap({ Int($0) }) {
            input["ScalingConfig"] = ["MaximumConcurrency": .int(limit)]
        }
        // What is no longer in the template goes back to what it was without it.
        for (name, value) in ["FilterCriteria": ["Filters": []], "FunctionResponseTypes": [], "ScalingConfig": [:]]
            as [String: JSON]
        where input[name] == nil && request.previous?[name] != nil {
            input[name] = value
        }
        return input
    }

    private static func mappingState(_ answer: JSON) -> ResourceState {
        let id = answer["UUID"] ?? ""
        return ResourceState(
            id.string ?? "", attributes: ["Id": id, "EventSourceMappingArn": answer["EventSourceMappingArn"] ?? ""])
    }
}
