internal import Cloud
internal import Ledger
internal import Notation

extension EventBridgeService {
    /// Event buses and who may use them.
    var busOperations: [Operation] {
        [
            Operation("CreateEventBus", enforces: "Name Tags", stores: "Description DeadLetterConfig", raw: createBus),
            Operation("UpdateEventBus", enforces: "Name", stores: "Description DeadLetterConfig", raw: updateBus),
            Operation("DeleteEventBus", enforces: "Name", raw: deleteBus),
            Operation("DescribeEventBus", enforces: "Name", raw: describeBus),
            Operation("ListEventBuses", enforces: "NamePrefix NextToken Limit", raw: listBuses),
            Operation(
                "PutPermission", enforces: "EventBusName Action Principal StatementId Condition Policy",
                raw: putPermission),
            Operation(
                "RemovePermission", enforces: "EventBusName StatementId RemoveAllPermissions", raw: removePermission),
        ]
    }

    private func createBus(_ call: Call) async throws -> Reply {
        let id = BusID(call.text("Name"), for: call.caller)
        guard !id.name.contains("/") else {
            throw EventError.invalid("The event bus name \(id.name) contains '/', which only partner event buses have.")
        }
        let tags = try call.tags()
        let deadLetter = try Self.deadLetterARN(call.input["DeadLetterConfig"])
        let bus = try await ledger.write { write in
            let isKnown = try write.get(EventStore.buses, id.key) != nil
            guard !id.isDefault, !isKnown else { throw EventError.exists("Event bus \(id.name)") }
            guard try write.list(EventStore.buses, prefix: call.caller.scope, limit: Limit.buses).count < Limit.buses
            else {
                throw EventError.limit("The requested resource exceeds the maximum number allowed.")
            }
            var bus = EventBus(id, now: write.now)
            bus.description = call.input["Description"]?.string
            bus.deadLetterARN = deadLetter
            bus.tags = tags
            try write.put(EventStore.buses, id.key, bus)
            try write.note("CreateEventBus", id.arn, on: id)
            return bus
        }
        var output: JSON = ["EventBusArn": .string(id.arn)]
        output["Description"] = bus.description.map(JSON.string)
        output["DeadLetterConfig"] = bus.deadLetterARN.map { ["Arn": .string($0)] }
        return Reply(output)
    }

    private func updateBus(_ call: Call) async throws -> Reply {
        let id = BusID(call.input["Name"]?.string, for: call.caller)
        let deadLetter = try Self.deadLetterARN(call.input["DeadLetterConfig"])
        let bus = try await changeBus(id, "UpdateEventBus") { bus in
            bus.description = call.input["Description"]?.string ?? bus.description
            if call.input["DeadLetterConfig"] != nil { bus.deadLetterARN = deadLetter }
        }
        var output: JSON = ["Name": .string(id.name), "Arn": .string(id.arn)]
        output["Description"] = bus.description.map(JSON.string)
        output["DeadLetterConfig"] = bus.deadLetterARN.map { ["Arn": .string($0)] }
        return Reply(output)
    }

    /// The queue of a DeadLetterConfig; nil when there is none.
    ///
    /// - Throws: `ValidationException` when it is no standard queue's ARN.
    static func deadLetterARN(_ config: JSON?) throws -> String? {
        guard let arn = config?["Arn"]?.string, !arn.isEmpty else { return nil }
        guard arn.hasPrefix("arn:aws:sqs:"), arn.split(separator: ":").count == 6, !arn.hasSuffix(".fifo") else {
            throw EventError.invalid(
                "Parameter DeadLetterConfig.Arn is not valid. Reason: it must be a standard queue's ARN.")
        }
        return arn
    }

    @discardableResult
    func changeBus(
        _ id: BusID, _ operation: String, _ change: @escaping @Sendable (inout EventBus) throws -> Void
    ) async throws -> EventBus {
        try await ledger.write { write in
            var bus = try write.bus(id)
            try change(&bus)
            bus.modified = write.now
            try write.put(EventStore.buses, id.key, bus)
            try write.note(operation, id.arn, on: id)
            return bus
        }
    }

    /// Deleting what is not there succeeds, as on AWS.
    private func deleteBus(_ call: Call) async throws -> Reply {
        let id = BusID(call.text("Name"), for: call.caller)
        guard !id.isDefault else { throw EventError.invalid("Cannot delete event bus default.") }
        try await ledger.write { write in
            guard try write.list(EventStore.rules, prefix: id.key + "/", limit: 1).isEmpty else {
                throw EventError.invalid("Event bus \(id.name) can't be deleted since it has rules.")
            }
            if try write.delete(EventStore.buses, id.key) { try write.note("DeleteEventBus", id.arn, on: id) }
        }
        return Reply()
    }

    private func describeBus(_ call: Call) async throws -> Reply {
        let id = BusID(call.input["Name"]?.string, for: call.caller)
        let bus = try await bus(id)
        var view = bus.view
        view["DeadLetterConfig"] = bus.deadLetterARN.map { ["Arn": .string($0)] }
        return Reply(view)
    }

    /// The bus as it stands.
    ///
    /// - Throws: `ResourceNotFoundException`.
    func bus(_ id: BusID) async throws -> EventBus {
        if let bus = try await ledger.get(EventStore.buses, id.key)?.value { return bus }
        guard id.isDefault else { throw EventError.notFound("Event bus \(id.name)") }
        return EventBus(id, now: ledger.surroundings.now)
    }

    private func listBuses(_ call: Call) async throws -> Reply {
        let scope = call.caller.scope
        let standard = try await bus(BusID(nil, for: call.caller))
        let others = try await ledger.list(EventStore.buses, prefix: scope).map(\.value).filter { !$0.id.isDefault }
        let all = ([standard] + others).filter { $0.id.name.hasPrefix(call.text("NamePrefix")) }
            .sorted { $0.id.name < $1.id.name }
        return try EventPage(all, call) { $0.id.name }.reply("EventBuses", \.view)
    }

    // MARK: Permissions

    private func putPermission(_ call: Call) async throws -> Reply {
        let id = call.bus
        let input = call.input
        let statements = try input["Policy"]?.string.map(Self.statements)
        let single: JSON? = statements == nil ? try Self.statement(input, id) : Optional.none
        try await changeBus(id, "PutPermission") { bus in
            if let single {
                let others = (bus.policy ?? []).filter { $0["Sid"] != single["Sid"] }
                bus.policy = others + [single]
            } else {
                bus.policy = statements
            }
            guard (bus.policyText ?? "").utf8.count <= Limit.policyBytes else {
                throw AWSError(
                    "PolicyLengthExceededException", "The policy is larger than \(Limit.policyBytes) bytes.")
            }
        }
        return Reply()
    }

    /// The statements of a whole policy.
    private static func statements(of text: String) throws -> [JSON] {
        guard let tree = try? JSON(parsing: text), let statement = tree["Statement"] else {
            throw EventError.invalid("The policy is no JSON document with statements.")
        }
        let statements = statement.array ?? [statement]
        for statement in statements {
            guard statement["Principal"] != nil, statement["Action"] != nil, statement["Resource"] != nil,
                ["Allow", "Deny"].contains(statement["Effect"]?.string)
            else {
                throw EventError.invalid(
                    "Each statement of the policy needs an Effect, a Principal, an Action and a Resource.")
            }
        }
        return statements
    }

    /// The one statement that an account and an action make. Source: EventBridge API Reference, PutPermission.
    private static func statement(_ input: JSON, _ bus: BusID) throws -> JSON {
        guard let sid = input["StatementId"], let principal = input["Principal"]?.string,
            let action = input["Action"]
        else { throw EventError.invalid("Parameters Action, Principal and StatementId are required.") }
        guard action == "events:PutEvents" else {
            throw EventError.invalid("Provided value in parameter 'action' is not supported.")
        }
        var statement: JSON = [
            "Sid": sid, "Effect": "Allow",
            "Principal": principal == "*" ? "*" : ["AWS": .string("arn:aws:iam::\(principal):root")],
            "Action": action, "Resource": .string(bus.arn),
        ]
        if let condition = input["Condition"] {
            let test = condition["Type"]?.string ?? ""
            let key = condition["Key"]?.string ?? ""
            statement["Condition"] = .object([test: .object([key: condition["Value"] ?? ""])])
        }
        return statement
    }

    private func removePermission(_ call: Call) async throws -> Reply {
        let sid = call.input["StatementId"]
        let isAll = call.input["RemoveAllPermissions"]?.bool == true
        guard isAll || sid != nil else { throw EventError.invalid("Parameter StatementId is required.") }
        try await changeBus(call.bus, "RemovePermission") { bus in
            guard !isAll else { return bus.policy = nil }
            let kept = (bus.policy ?? []).filter { $0["Sid"] != sid }
            guard kept.count < (bus.policy ?? []).count else {
                throw EventError.notFound("Statement with the provided id \(sid?.string ?? "")")
            }
            bus.policy = kept.isEmpty ? nil : kept
        }
        return Reply()
    }

    /// The policy of that bus, for whoever judges calls; nil when it has none or is not there.
    package func policy(ofBus arn: String) async throws -> String? {
        guard let id = BusID(arn: arn) else { return nil }
        return try await ledger.get(EventStore.buses, id.key)?.value.policyText
    }
}
