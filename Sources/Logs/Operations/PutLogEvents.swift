internal import Cloud
internal import Ledger
internal import Notation

extension LogsService {
    private struct PutInput: Decodable {
        struct Event: Decodable {
            let timestamp: Int64
            let message: String
        }
        let logGroupName, logStreamName: String
        let logEvents: [Event]
    }

    /// The limits of one call. Source: CloudWatch Logs API Reference, PutLogEvents.
    private static let countLimit = 10_000
    private static let byteLimit = 1 << 20
    private static let spanLimit: Int64 = 86_400_000

    /// The events are on disk when it answers. Sequence tokens are accepted and not looked at, as AWS does since 2023.
    var putLogEvents: Operation {
        Operation("PutLogEvents", enforces: "logGroupName logStreamName logEvents", stores: "sequenceToken") {
            (input: PutInput, call) in
            try check(input.logEvents)
            let store = store
            let output = try await ledger.write { transaction -> JSON in
                guard var group = try transaction.get(Collections.groups, call.caller.key(input.logGroupName))?.value
                else {
                    throw Refusal.noGroup
                }
                let key = Collections.streamKey(group, input.logStreamName)
                guard var stream = try transaction.get(Collections.streams, key)?.value else { throw Refusal.noStream }
                let sorted = Self.sort(input.logEvents, group, transaction.now)
                try store.append(sorted.accepted, &stream, &group, transaction)
                var output: JSON = ["nextSequenceToken": .string(EventID.padded(String(stream.eventCount), 56))]
                if !sorted.rejected.isEmpty { output["rejectedLogEventsInfo"] = .object(sorted.rejected) }
                return output
            }
            return output
        }
    }

    private func check(_ events: [PutInput.Event]) throws {
        guard events.count <= Self.countLimit else {
            throw Refusal.invalid("Log event count exceeds the maximum of \(Self.countLimit).")
        }
        for (place, event) in events.enumerated() where LogEvent.size(event.message) > Self.byteLimit {
            throw Refusal.invalid(
                "Log event too large: \(LogEvent.size(event.message)) bytes exceeds limit of \(Self.byteLimit) "
                    + "(event \(place + 1))."
            )
        }
        let size = events.reduce(0) { $0 + LogEvent.size($1.message) }
        guard size <= Self.byteLimit else {
            throw Refusal.invalid("Upload too large: \(size) bytes exceeds limit of \(Self.byteLimit)")
        }
        guard zip(events, events.dropFirst()).allSatisfy({ $0.timestamp <= $1.timestamp }) else {
            throw Refusal.invalid("Log events in a single PutLogEvents request must be in chronological order.")
        }
        guard let first = events.first, let last = events.last, last.timestamp - first.timestamp <= Self.spanLimit
        else {
            throw Refusal.invalid(
                "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        }
    }

    /// The events that are neither too old nor too new, and where in the call the others are.
    private static func sort(
        _ events: [PutInput.Event], _ group: LogGroup, _ now: Timestamp
    ) -> (accepted: [LogStore.Line], rejected: JSONObject) {
        let newest = now.milliseconds + 2 * 3_600_000, oldest = now.milliseconds - 14 * 86_400_000
        let horizon = group.horizon(now) ?? .min
        var rejected: JSONObject = [:]
        if let first = events.firstIndex(where: { $0.timestamp > newest }) {
            rejected["tooNewLogEventStartIndex"] = .int(first)
        }
        if let last = events.lastIndex(where: { $0.timestamp < oldest }) {
            rejected["tooOldLogEventEndIndex"] = .int(last + 1)
        }
        if let last = events.lastIndex(where: { $0.timestamp < horizon }) {
            rejected["expiredLogEventEndIndex"] = .int(last + 1)
        }
        let accepted = events.filter { $0.timestamp <= newest && $0.timestamp >= max(oldest, horizon) }
        return (accepted.map { LogStore.Line(time: $0.timestamp, message: $0.message) }, rejected)
    }
}
