internal import Cloud
internal import Ledger
internal import Notation
internal import Patterns

extension EventBridgeService {
    /// Taking events in, and trying patterns out.
    var eventOperations: [Operation] {
        [
            Operation("PutEvents", enforces: "Entries", raw: putEvents),
            Operation("TestEventPattern", enforces: "EventPattern Event", raw: testPattern),
        ]
    }

    /// What became of one entry.
    private enum Taken: Sendable {
        case event(LedgerEvent, BusID)
        case refused(code: String, message: String)
    }

    /// All entries that are good go into the log in one write; the answer names those that are not.
    private func putEvents(_ call: Call) async throws -> Reply {
        let entries = call.input["Entries"]?.array ?? []
        let size = entries.reduce(0) { $0 + Self.size($1) }
        guard size <= Limit.eventBytes else {
            throw EventError.invalid("Total size of the entries in the request is over the limit.")
        }
        let taken = entries.map { take($0, call) }
        let results = try await ledger.write { write in
            try taken.map { entry -> JSON in
                switch entry {
                case .refused(let code, let message):
                    return ["ErrorCode": .string(code), "ErrorMessage": .string(message)]
                case .event(let event, let bus):
                    do { _ = try write.bus(bus) } catch let error as AWSError {
                        return ["ErrorCode": .string(error.code), "ErrorMessage": .string(error.message)]
                    }
                    try Self.append(event, on: bus, write)
                    return ["EventId": .string(event.id)]
                }
            }
        }
        let failures = results.count { $0["ErrorCode"] != nil }
        return Reply(["FailedEntryCount": .int(failures), "Entries": .array(results)])
    }

    private static func append(_ event: LedgerEvent, on bus: BusID, _ write: Transaction) throws {
        guard bus.isDefault, bus.account == event.account, bus.region == event.region else {
            return try write.append(try BusEvent(event, on: bus).wrapped(id: event.id, now: write.now))
        }
        try write.append(event)
    }

    /// What AWS counts of an entry. Source: Amazon EventBridge User Guide, "Calculating PutEvents event entry size".
    private static func size(_ entry: JSON) -> Int {
        var size = entry["Time"] == nil ? 0 : 14
        for member in ["Source", "DetailType", "Detail"] { size += entry[member]?.string?.utf8.count ?? 0 }
        for resource in entry["Resources"]?.array ?? [] { size += resource.string?.utf8.count ?? 0 }
        return size
    }

    private func take(_ entry: JSON, _ call: Call) -> Taken {
        for member in ["Source", "DetailType", "Detail"] where (entry[member]?.string ?? "").isEmpty {
            return .refused(
                code: "InvalidArgument",
                message: "Parameter \(member) is not valid. Reason: \(member) is a required argument.")
        }
        let source = entry["Source"]?.string ?? ""
        // Other parts of Slipway read the log by these sources: nobody else may speak in their name.
        guard !source.hasPrefix("aws."), !source.hasPrefix("slipway.") else {
            return .refused(
                code: "NotAuthorizedForSourceException", message: "Not authorized for the source.")
        }
        guard let detail = try? JSON(parsing: entry["Detail"]?.string ?? "", limits: .init(depth: 64)),
            detail.object != nil
        else { return .refused(code: "MalformedDetail", message: "Detail is malformed.") }
        let caller = call.caller
        let event = LedgerEvent(
            id: ledger.surroundings.chance.uuid(),
            time: entry["Time"]?.double.map { Timestamp(seconds: $0) } ?? call.time, source: source,
            detailType: entry["DetailType"]?.string ?? "", account: caller.account, region: caller.region,
            resources: (entry["Resources"]?.array ?? []).compactMap(\.string), detail: detail)
        return .event(event, BusID(entry["EventBusName"]?.string, for: caller))
    }

    private func testPattern(_ call: Call) async throws -> Reply {
        let pattern = try RulePattern(call.text("EventPattern"))
        guard let event = try? JSON(parsing: call.text("Event")), event.object != nil else {
            throw EventError.invalid("Parameter Event is not valid. Reason: it is no JSON object.")
        }
        for member in ["id", "account", "source", "time", "region", "resources", "detail-type"]
        where event[member] == nil {
            throw EventError.invalid("Parameter Event is not valid. Reason: the member '\(member)' is missing.")
        }
        return Reply(["Result": .bool(pattern.matches(event))])
    }
}
