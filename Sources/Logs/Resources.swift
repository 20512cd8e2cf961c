internal import Cloud
internal import Notation

extension LogsService {
    static var groupType: ResourceType {
        ResourceType(
            "AWS::Logs::LogGroup", enforces: "LogGroupName RetentionInDays Tags LogGroupClass",
            replacedBy: "LogGroupName LogGroupClass",
            attributes: "Arn", nameProperty: "LogGroupName",
            ResourceType.Actions(
                create: { request in
                    let name = request.properties["LogGroupName"]?.string ?? request.generatedName(limit: 512)
                    var input: JSON = ["logGroupName": .string(name), "tags": tags(request)]
                    if let value = request.properties["LogGroupClass"] { input["logGroupClass"] = value }
                    do { try await request.call("logs", "CreateLogGroup", input) } catch let error as AWSError
                        where error.code == "ResourceAlreadyExistsException"
                    {
                        // It is a repeat after a crash only if the group carries this stack's mark.
                        guard try await isOwn(request, name) else { throw error }
                    }
                    return try await settle(request, name)
                },
                update: { request in try await settle(request, request.physicalID ?? "") },
                delete: { request in
                    try await ignoringAbsence {
                        try await request.call(
                            "logs", "DeleteLogGroup", ["logGroupName": .string(request.physicalID ?? "")])
                    }
                },
                read: { request in
                    let name = request.physicalID ?? ""
                    let answer = try await request.call(
                        "logs", "DescribeLogGroups", ["logGroupNamePrefix": .string(name)])
                    guard let group = answer["logGroups"]?.array?.first(where: { $0["logGroupName"]?.string == name })
                    else { return nil }
                    var found: JSON = ["LogGroupName": .string(name)]
                    found["Arn"] = group["arn"]
                    if let days = group["retentionInDays"] { found["RetentionInDays"] = days }
                    found["LogGroupClass"] = group["logGroupClass"]
                    let tags = try await request.call("logs", "ListTagsLogGroup", ["logGroupName": .string(name)])[
                        "tags"]
                    found["Tags"] = .array(
                        (tags?.object ?? [:]).sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
                            .map { ["Key": .string($0.key), "Value": $0.value] })
                    return found
                },
                list: { request in
                    try await request.pages("logs", "DescribeLogGroups", of: "logGroups", token: "nextToken")
                        .map { ResourceState($0["logGroupName"]?.string ?? "") }
                })
        ).withinLedger()
    }

    private static func tags(_ request: ResourceRequest) -> JSON {
        .object(JSONObject(request.allTags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }

    /// Whether the group was made by this very step, before a crash.
    private static func isOwn(_ request: ResourceRequest, _ name: String) async throws -> Bool {
        let tags = try await request.call("logs", "ListTagsLogGroup", ["logGroupName": .string(name)])["tags"]
        return tags?["aws:cloudformation:stack-id"]?.string == request.stackID
            && tags?["aws:cloudformation:logical-id"]?.string == request.logicalID
    }

    private static func settle(_ request: ResourceRequest, _ name: String) async throws -> ResourceState {
        let group: JSON = ["logGroupName": .string(name)]
        var tagging = group
        tagging["tags"] = tags(request)
        try await request.call("logs", "TagLogGroup", tagging)
        let old = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }.filter {
            request.allTags[$0] == nil
        }
        if !old.isEmpty {
            var untagging = group
            untagging["tags"] = .array(old.map(JSON.string))
            try await request.call("logs", "UntagLogGroup", untagging)
        }
        if let days = request.properties["RetentionInDays"] {
            var retention = group
            retention["retentionInDays"] = days.int.map(JSON.int) ?? days.string.flatMap(Int.init).map(JSON.int) ?? days
            try await request.call("logs", "PutRetentionPolicy", retention)
        } else if request.previous?["RetentionInDays"] != nil {
            try await request.call("logs", "DeleteRetentionPolicy", group)
        }
        return ResourceState(name, attributes: ["Arn": .string(request.caller.arn("logs", "log-group:\(name):*"))])
    }

    private static func ignoringAbsence(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as AWSError where error.code == "ResourceNotFoundException" {}
    }

    static var streamType: ResourceType {
        ResourceType(
            "AWS::Logs::LogStream", enforces: "LogGroupName LogStreamName", requires: "LogGroupName",
            replacedBy: "LogGroupName LogStreamName",
            nameProperty: "LogStreamName",
            ResourceType.Actions(
                create: { request in
                    let name = request.properties["LogStreamName"]?.string ?? request.generatedName(limit: 512)
                    do { try await request.call("logs", "CreateLogStream", names(request, name)) } catch let error
                        as AWSError
                        where error.code == "ResourceAlreadyExistsException"
                        && request.properties["LogStreamName"] == nil
                    {
                        // A generated name is this resource's own: the call is a repeat after a crash.
                    }
                    return ResourceState(name)
                },
                delete: { request in
                    try await ignoringAbsence {
                        try await request.call("logs", "DeleteLogStream", names(request, request.physicalID ?? ""))
                    }
                }, read: readStream,
                list: { request in
                    try await below(request, "DescribeLogStreams", "logStreams").map { group, stream in
                        let name = stream["logStreamName"] ?? ""
                        return ResourceState(
                            name.string ?? "", attributes: ["LogGroupName": group, "LogStreamName": name])
                    }
                })
        ).withinLedger()
    }

    @Sendable private static func readStream(_ request: ResourceRequest) async throws -> JSON? {
        let name = JSON.string(request.physicalID ?? "")
        let group = request.properties["LogGroupName"] ?? ""
        do {
            let found = try await request.call(
                "logs", "DescribeLogStreams", ["logGroupName": group, "logStreamNamePrefix": name])
            let isThere = found["logStreams"]?.array?.contains { $0["logStreamName"] == name } == true
            return isThere ? ["LogGroupName": group, "LogStreamName": name] : nil
        } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
    }

    /// What lies below each log group, or below the one that is named.
    private static func below(
        _ request: ResourceRequest, _ operation: String, _ member: String
    ) async throws -> [(group: JSON, item: JSON)] {
        let all = try await request.pages("logs", "DescribeLogGroups", of: "logGroups", token: "nextToken")
            .compactMap { $0["logGroupName"] }
        var found: [(group: JSON, item: JSON)] = []
        for group in request.properties["LogGroupName"].map({ [$0] }) ?? all {
            let items = try await request.pages(
                "logs", operation, ["logGroupName": group], of: member, token: "nextToken")
            found += items.map { (group, $0) }
        }
        return found
    }

    /// A filter of a group's as its properties.
    private static func filter(
        _ request: ResourceRequest, _ operation: String, _ member: String
    ) async throws -> JSON? {
        let name = JSON.string(request.physicalID ?? "")
        let group = request.properties["LogGroupName"] ?? ""
        do {
            let found = try await request.call(
                "logs", operation, ["logGroupName": group, "filterNamePrefix": name])[member]
            guard let filter = found?.array?.first(where: { $0["filterName"] == name }) else { return nil }
            var properties: JSON = ["LogGroupName": group]
            for (key, value) in filter.object ?? [:] where key != "creationTime" && key != "logGroupName" {
                properties[key.prefix(1).uppercased() + key.dropFirst()] = value
            }
            return properties
        } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
    }

    private static func listFilters(
        _ request: ResourceRequest, _ operation: String, _ member: String
    ) async throws -> [ResourceState] {
        try await below(request, operation, member).map { group, filter in
            let name = filter["filterName"] ?? ""
            return ResourceState(name.string ?? "", attributes: ["LogGroupName": group, "FilterName": name])
        }
    }

    private static func names(_ request: ResourceRequest, _ stream: String) -> JSON {
        ["logGroupName": request.properties["LogGroupName"] ?? .null, "logStreamName": .string(stream)]
    }

    static var metricFilterType: ResourceType {
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let name =
                request.physicalID ?? request.properties["FilterName"]?.string ?? request.generatedName(limit: 512)
            let transformations = request.properties["MetricTransformations"]?.array ?? []
            try await request.call(
                "logs", "PutMetricFilter",
                [
                    "logGroupName": request.properties["LogGroupName"] ?? .null, "filterName": .string(name),
                    "filterPattern": request.properties["FilterPattern"] ?? "",
                    "metricTransformations": .array(transformations.map(transformation)),
                ])
            return ResourceState(name)
        }
        return ResourceType(
            "AWS::Logs::MetricFilter", enforces: "LogGroupName FilterName FilterPattern MetricTransformations",
            requires: "LogGroupName FilterPattern MetricTransformations", replacedBy: "LogGroupName FilterName",
            nameProperty: "FilterName",
            ResourceType.Actions(
                create: put, update: put,
                delete: { request in try await ignoringAbsence { try await deleteFilter(request, "DeleteMetricFilter") }
                },
                read: { request in
                    guard var found = try await filter(request, "DescribeMetricFilters", "metricFilters") else {
                        return nil
                    }
                    found["MetricTransformations"] = .array(
                        (found["MetricTransformations"]?.array ?? []).map(property(of:)))
                    return found
                }, list: { try await listFilters($0, "DescribeMetricFilters", "metricFilters") })
        ).withinLedger()
    }

    private static func deleteFilter(_ request: ResourceRequest, _ operation: String) async throws {
        try await request.call(
            "logs", operation,
            [
                "logGroupName": request.properties["LogGroupName"] ?? .null,
                "filterName": .string(request.physicalID ?? ""),
            ])
    }

    /// The template's names begin with capitals; its dimensions are a list, its numbers may be texts.
    private static func transformation(_ property: JSON) -> JSON {
        var input = JSONObject()
        for (key, value) in property.object ?? [:] {
            let name = key.prefix(1).lowercased() + key.dropFirst()
            switch key {
            case "Dimensions":
                input[name] = .object(
                    JSONObject((value.array ?? []).map { ($0["Key"]?.string ?? "", $0["Value"] ?? "") }))
            case "MetricValue": input[name] = .string(value.string ?? value.text())
            case "DefaultValue": input[name] = value.string.flatMap(Double.init).map(JSON.double) ?? value
            default: input[name] = value
            }
        }
        return .object(input)
    }

    /// The other way.
    private static func property(of transformation: JSON) -> JSON {
        var property = JSONObject()
        for (key, value) in transformation.object ?? [:] {
            let isMap = key == "dimensions"
            property[key.prefix(1).uppercased() + key.dropFirst()] =
                isMap
                ? .array((value.object ?? [:]).map { ["Key": .string($0.key), "Value": $0.value] }) : value
        }
        return .object(property)
    }

    static var subscriptionFilterType: ResourceType {
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let name =
                request.physicalID ?? request.properties["FilterName"]?.string ?? request.generatedName(limit: 512)
            var input: JSON = [
                "logGroupName": request.properties["LogGroupName"] ?? .null, "filterName": .string(name),
                "filterPattern": request.properties["FilterPattern"] ?? "",
                "destinationArn": request.properties["DestinationArn"] ?? .null,
            ]
            if let distribution = request.properties["Distribution"] { input["distribution"] = distribution }
            try await request.call("logs", "PutSubscriptionFilter", input)
            return ResourceState(name)
        }
        return ResourceType(
            "AWS::Logs::SubscriptionFilter", enforces: "LogGroupName FilterName FilterPattern DestinationArn",
            stores: "Distribution",
            requires: "LogGroupName FilterPattern DestinationArn", replacedBy: "LogGroupName FilterName",
            nameProperty: "FilterName",
            ResourceType.Actions(
                create: put, update: put,
                delete: { request in
                    try await ignoringAbsence { try await deleteFilter(request, "DeleteSubscriptionFilter") }
                }, read: { try await filter($0, "DescribeSubscriptionFilters", "subscriptionFilters") },
                list: { try await listFilters($0, "DescribeSubscriptionFilters", "subscriptionFilters") }))
    }
}
