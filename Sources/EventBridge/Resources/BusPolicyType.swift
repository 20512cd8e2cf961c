internal import Cloud
internal import Notation

extension EventBridgeService {
    /// Whoever changes a part of a bus's policy reads it, and writes the whole: one at a time.
    private static let turns = Turns()

    /// Source: AWS CloudFormation Template Reference, AWS::Events::EventBusPolicy.
    static var busPolicyType: ResourceType {
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let properties = request.properties
            let sid = properties["StatementId"] ?? ""
            var input: JSON = [:]
            input["EventBusName"] = properties["EventBusName"]
            if let statement = properties["Statement"] {
                // A bus has one policy, and resources are made side by side.
                try await turns.take { try await putStatement(statement, sid, request) }
            } else {
                for member in ["StatementId", "Action", "Principal", "Condition"] { input[member] = properties[member] }
                let permission = input
                _ = try await turns.take { try await request.call("events", "PutPermission", permission) }
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
                    let permission = input
                    do {
                        _ = try await turns.take { try await request.call("events", "RemovePermission", permission) }
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" {}
                }, read: { try await readStatement($0) },
                list: { request in
                    var found: [ResourceState] = []
                    for bus in try await buses(request) {
                        for statement in try await statements(of: bus, request) {
                            let id: JSONObject = ["EventBusName": .string(bus), "StatementId": statement["Sid"] ?? ""]
                            found.append(
                                ResourceState(bus + "|" + (statement["Sid"]?.string ?? ""), attributes: id))
                        }
                    }
                    return found
                })
        ).withinLedger()
    }

    private static func statements(of bus: String, _ request: ResourceRequest) async throws -> [JSON] {
        let text = try await request.call("events", "DescribeEventBus", ["Name": .string(bus)])["Policy"]?.string
        return try text.map { try JSON(parsing: $0) }?["Statement"]?.array ?? []
    }

    /// The statement as the template says it: whole, or by who may do what.
    private static func readStatement(_ request: ResourceRequest) async throws -> JSON? {
        let parts = (request.physicalID ?? "").split(separator: "|", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let all: [JSON]
        do { all = try await statements(of: parts[0], request) } catch let error as AWSError
            where error.code == "ResourceNotFoundException"
        { return nil }
        guard var statement = all.first(where: { $0["Sid"]?.string == parts[1] }) else { return nil }
        var properties: JSON = ["EventBusName": .string(parts[0]), "StatementId": .string(parts[1])]
        guard request.properties["Action"] != nil else {
            if request.properties["Statement"]?["Sid"] == nil { statement["Sid"] = nil }
            properties["Statement"] = statement
            return properties
        }
        properties["Action"] = statement["Action"]
        let principal = statement["Principal"]?["AWS"]?.string ?? statement["Principal"]?.string
        properties["Principal"] = principal.map { who in
            // Accounts are named by their root there.
            .string(who.hasSuffix(":root") ? who.split(separator: ":").dropLast().last.map(String.init) ?? who : who)
        }
        if let test = statement["Condition"]?.object?.first, let value = test.value.object?.first {
            properties["Condition"] = ["Type": .string(test.key), "Key": .string(value.key), "Value": value.value]
        }
        return properties
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

/// Lets bodies run one after the other.
private actor Turns {
    private var last: Task<Void, Never>?

    func take<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let before = last
        let turn = Task {
            await before?.value
            return try await body()
        }
        last = Task { _ = try? await turn.value }
        return try await turn.value
    }
}
