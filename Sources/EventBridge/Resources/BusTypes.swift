internal import Cloud
internal import Notation

extension EventBridgeService {
    /// Source: AWS CloudFormation Template Reference, AWS::Events::EventBus.
    static var busType: ResourceType {
        ResourceType(
            "AWS::Events::EventBus", enforces: "Name Policy Tags", stores: "Description DeadLetterConfig",
            requires: "Name", replacedBy: "Name", attributes: "Arn Name", nameProperty: "Name",
            ResourceType.Actions(
                create: { request in try await putBus(request) }, update: { request in try await putBus(request) },
                delete: { request in
                    guard let name = request.physicalID else { return }
                    try await request.call("events", "DeleteEventBus", ["Name": .string(name)])
                },
                read: { request in
                    do {
                        let name = request.physicalID ?? ""
                        var bus = try await request.call("events", "DescribeEventBus", ["Name": .string(name)])
                        for member in ["CreationTime", "LastModifiedTime"] { bus[member] = nil }
                        if let text = bus["Policy"]?.string { bus["Policy"] = try JSON(parsing: text) }
                        bus["Tags"] = try await tags(of: bus["Arn"] ?? "", request)
                        return bus
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
                },
                list: { request in
                    try await buses(request).filter { $0 != BusID.defaultName }
                        .map { ResourceState($0, attributes: ["Name": .string($0)]) }
                })
        ).withinLedger()
    }

    /// The names of all buses.
    static func buses(_ request: ResourceRequest) async throws -> [String] {
        try await request.pages("events", "ListEventBuses", of: "EventBuses", token: "NextToken")
            .compactMap { $0["Name"]?.string }
    }

    /// The tags of a thing of EventBridge's, without those that CloudFormation puts there.
    static func tags(of arn: JSON, _ request: ResourceRequest) async throws -> JSON {
        let tags = try await request.call("events", "ListTagsForResource", ["ResourceARN": arn])["Tags"]?.array ?? []
        return .array(tags.filter { $0["Key"]?.string?.hasPrefix("aws:") != true })
    }

    /// Brings a thing's tags from the previous properties' to the new ones'.
    static func retag(_ arn: String, _ request: ResourceRequest) async throws {
        let all = request.allTags
        let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }.filter { all[$0] == nil }
        let arn = JSON.string(arn)
        if !gone.isEmpty {
            try await request.call(
                "events", "UntagResource", ["ResourceARN": arn, "TagKeys": .array(gone.map(JSON.string))])
        }
        let tags = all.sorted { $0.key < $1.key }.map { tag -> JSON in
            ["Key": .string(tag.key), "Value": .string(tag.value)]
        }
        try await request.call("events", "TagResource", ["ResourceARN": arn, "Tags": .array(tags)])
    }

    private static func putBus(_ request: ResourceRequest) async throws -> ResourceState {
        let properties = request.properties
        let name = request.physicalID ?? properties["Name"]?.string ?? request.generatedName()
        var input: JSON = ["Name": .string(name)]
        for member in ["DeadLetterConfig", "Description"] { input[member] = properties[member] }
        let arn = BusID(name, for: request.caller).arn
        let tags = request.allTags.sorted { $0.key < $1.key }.map { tag -> JSON in
            ["Key": .string(tag.key), "Value": .string(tag.value)]
        }
        if request.previous == nil {
            var first = input
            first["Tags"] = .array(tags)
            do { try await request.call("events", "CreateEventBus", first) } catch let error as AWSError
                where error.code == "ResourceAlreadyExistsException"
            {
                try await checkOwn(arn, request, error)
            }
        } else {
            // What is no longer in the template goes back to what it was without it.
            for (member, empty) in ["Description": "", "DeadLetterConfig": [:]] as [String: JSON]
            where input[member] == nil && request.previous?[member] != nil {
                input[member] = empty
            }
            try await request.call("events", "UpdateEventBus", input)
            try await retag(arn, request)
        }
        // An unchanged policy is let be: the bus may have statements of EventBusPolicy resources beside it.
        if let policy = properties["Policy"], policy != request.previous?["Policy"] {
            let text = policy.string ?? policy.text()
            try await request.call("events", "PutPermission", ["EventBusName": .string(name), "Policy": .string(text)])
        } else if request.previous?["Policy"] != nil {
            try await request.call(
                "events", "RemovePermission", ["EventBusName": .string(name), "RemoveAllPermissions": true])
        }
        return ResourceState(name, attributes: ["Arn": .string(arn), "Name": .string(name)])
    }

    /// Whether what is there was made by an earlier attempt of this very action: it carries the resource's tags.
    private static func checkOwn(_ arn: String, _ request: ResourceRequest, _ error: AWSError) async throws {
        let answer = try await request.call("events", "ListTagsForResource", ["ResourceARN": .string(arn)])
        let tags = (answer["Tags"]?.array ?? []).reduce(into: [String: String]()) { tags, tag in
            tags[tag["Key"]?.string ?? ""] = tag["Value"]?.string
        }
        guard tags["aws:cloudformation:stack-id"] == request.stackID,
            tags["aws:cloudformation:logical-id"] == request.logicalID
        else { throw error }
    }
}
