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
                        for member in ["Arn", "CreationTime", "LastModifiedTime"] { bus[member] = nil }
                        if let text = bus["Policy"]?.string { bus["Policy"] = try JSON(parsing: text) }
                        return bus
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
                }))
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
            try await request.call("events", "UpdateEventBus", input)
            try await request.call("events", "TagResource", ["ResourceARN": .string(arn), "Tags": .array(tags)])
        }
        if let policy = properties["Policy"] {
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

    /// Source: AWS CloudFormation Template Reference, AWS::Events::EventBusPolicy.
    static var busPolicyType: ResourceType {
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let properties = request.properties
            let sid = properties["StatementId"] ?? ""
            var input: JSON = [:]
            input["EventBusName"] = properties["EventBusName"]
            if let statement = properties["Statement"] {
                try await putStatement(statement, sid, request)
            } else {
                for member in ["StatementId", "Action", "Principal", "Condition"] { input[member] = properties[member] }
                try await request.call("events", "PutPermission", input)
            }
            let bus = properties["EventBusName"]?.string ?? BusID.defaultName
            return ResourceState(bus + "|" + (sid.string ?? ""))
        }
        return ResourceType(
            "AWS::Events::EventBusPolicy", enforces: "EventBusName StatementId Statement Action Principal Condition",
            requires: "StatementId", replacedBy: "EventBusName StatementId",
            ResourceType.Actions(
                create: put, update: put,
                delete: { request in
                    var input: JSON = ["StatementId": request.properties["StatementId"] ?? ""]
                    input["EventBusName"] = request.properties["EventBusName"]
                    do { try await request.call("events", "RemovePermission", input) } catch let error as AWSError
                        where error.code == "ResourceNotFoundException"
                    {}
                }))
    }

    /// Puts a whole statement among those the bus has.
    private static func putStatement(_ statement: JSON, _ sid: JSON, _ request: ResourceRequest) async throws {
        var statement = statement
        statement["Sid"] = sid
        let bus = request.properties["EventBusName"]?.string ?? BusID.defaultName
        let text = try await request.call("events", "DescribeEventBus", ["Name": .string(bus)])["Policy"]?.string
        let known = try text.map { try JSON(parsing: $0) }?["Statement"]?.array ?? []
        let policy: JSON = [
            "Version": "2012-10-17", "Statement": .array(known.filter { $0["Sid"] != sid } + [statement]),
        ]
        try await request.call(
            "events", "PutPermission", ["EventBusName": .string(bus), "Policy": .string(policy.text())])
    }
}
