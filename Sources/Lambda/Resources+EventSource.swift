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
                    let answer = try await request.call("lambda", "UpdateEventSourceMapping", input)
                    try await retag(request, answer["EventSourceMappingArn"] ?? "")
                    return mappingState(answer)
                },
                delete: { request in
                    try await remove(request, "DeleteEventSourceMapping", ["UUID": .string(request.physicalID ?? "")])
                },
                read: readMapping,
                list: { request in
                    let all = try await request.pages(
                        "lambda", "ListEventSourceMappings", pick(request.properties, "FunctionName EventSourceArn"),
                        of: "EventSourceMappings", token: "Marker", answeredAs: "NextMarker")
                    return all.map { ResourceState($0["UUID"]?.string ?? "", attributes: ["Id": $0["UUID"] ?? ""]) }
                }))
    }

    @Sendable private static func readMapping(_ request: ResourceRequest) async throws -> JSON? {
        let input: JSON = ["UUID": .string(request.physicalID ?? "")]
        guard let known = try await present(request, "GetEventSourceMapping", input) else { return nil }
        var properties = pick(
            known,
            "BatchSize EventSourceArn MaximumBatchingWindowInSeconds FilterCriteria FunctionResponseTypes MetricsConfig "
                + "ScalingConfig EventSourceMappingArn")
        properties["Id"] = known["UUID"]
        properties["KmsKeyArn"] = known["KMSKeyArn"]
        let state = known["State"]?.string ?? ""
        properties["Enabled"] = .bool(!["Disabled", "Disabling"].contains(state))
        properties["FunctionName"] = function(
            request.properties["FunctionName"], of: known["FunctionArn"]?.string ?? "")
        for name in ["FilterCriteria", "FunctionResponseTypes", "ScalingConfig"]
        where properties[name] == nil && request.properties[name] != nil {
            properties[name] = name == "FunctionResponseTypes" ? [] : [:]
        }
        let arn = known["EventSourceMappingArn"] ?? ""
        let tags = try await present(request, "ListTags", ["Resource": arn])?["Tags"]?.object ?? [:]
        properties["Tags"] = .array(
            tags.sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
                .map { ["Key": .string($0.key), "Value": $0.value] })
        return properties
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
        let defaults: [String: JSON] = [
            "FilterCriteria": ["Filters": []], "FunctionResponseTypes": [], "ScalingConfig": [:], "Enabled": true,
            "BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "MetricsConfig": ["Metrics": []],
        ]
        for (name, value) in defaults where input[name] == nil && request.previous?[name] != nil {
            input[name] = value
        }
        if request.previous?["KmsKeyArn"] != nil, input["KMSKeyArn"] == nil { input["KMSKeyArn"] = "" }
        return input
    }

    private static func mappingState(_ answer: JSON) -> ResourceState {
        let id = answer["UUID"] ?? ""
        return ResourceState(
            id.string ?? "", attributes: ["Id": id, "EventSourceMappingArn": answer["EventSourceMappingArn"] ?? ""])
    }
}
