internal import Cloud
internal import HTTP
internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// Brings log events to a Lambda function, at least once whatever crashes in between.
struct LogDelivery: Machine {
    enum Event: Codable, Sendable { case begin, delivered, woken }
    struct Command: Codable, Sendable {
        let scope: String
        let destination: String
        /// What the function gets, before it is compressed.
        let message: JSON
    }

    static let kind = "logs.delivery"
    static let woken = Event.woken

    let command: Command
    private(set) var isDone = false

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        guard !isDone else { return Reaction() }
        switch event {
        case .begin: return Reaction([command])
        case .woken: return Reaction()
        case .delivered:
            isDone = true
            var reaction = Reaction<Command>()
            reaction.isFinished = true
            return reaction
        }
    }

    /// The id of the delivery of one part of a batch: no two deliveries share one, since events are numbered in their
    /// stream.
    static func id(_ stream: LogStream, _ filter: String, first: Int, place: Int) -> String {
        "\(stream.id)/\(filter)/\(first)/\(place)"
    }

    /// An asynchronous invocation takes 256 KB at most; compression by nothing, base64 and names included, this many
    /// bytes of messages fit.
    private static let partLimit = 150 << 10

    /// Deliveries of the events, small enough each.
    static func parts(
        of events: [LogEvent], _ group: LogGroup, _ stream: LogStream, _ filter: SubscriptionFilter
    ) -> [LogDelivery] {
        var parts: [[LogEvent]] = []
        var room = 0
        for event in events {
            let size = event.message.utf8.count * 5 / 4 + 120
            if size > room {
                parts.append([])
                room = partLimit
            }
            parts[parts.count - 1].append(event)
            room -= size
        }
        return parts.map { LogDelivery($0, group, stream, filter) }
    }

    /// Source: Amazon CloudWatch Logs User Guide, "Subscription filters with AWS Lambda".
    private init(_ events: [LogEvent], _ group: LogGroup, _ stream: LogStream, _ filter: SubscriptionFilter) {
        command = Command(
            scope: group.scope, destination: filter.destination,
            message: [
                "messageType": "DATA_MESSAGE", "owner": .string(group.account), "logGroup": .string(group.name),
                "logStream": .string(stream.name), "subscriptionFilters": [.string(filter.name)],
                "logEvents": .array(
                    events.map { event in
                        [
                            "id": .string(EventID.text(event, stream.id)), "timestamp": .int(Int(event.time)),
                            "message": .string(event.message),
                        ]
                    }),
            ])
    }
}

/// Runs deliveries, and forgets each as soon as it is done.
enum LogDeliveries {
    static func runner(cloud: Cloud, ledger: Ledger) -> MachineRunner<LogDelivery> {
        let box = Box()
        let runner = MachineRunner<LogDelivery>(ledger: ledger) { transaction, id, _, after in
            if after.isDone { try box.runner.withLock { $0 }?.remove(id, in: transaction) }
        }
        box.runner.withLock { $0 = runner }
        runner.use(LogCarrier(cloud: cloud))
        return runner
    }

    /// The runner, for its own projection.
    private final class Box: Sendable {
        let runner = Mutex<MachineRunner<LogDelivery>?>(nil)
    }
}

/// Invokes the function a delivery is for.
struct LogCarrier: Performer {
    typealias Engine = LogDelivery
    let cloud: Cloud
    private let log = Logger(label: "logs")

    init(cloud: Cloud) { self.cloud = cloud }

    func perform(_ command: LogDelivery.Command, of id: String, key: String) async throws -> LogDelivery.Event? {
        let parts = command.scope.split(separator: "/").map(String.init)
        let group = command.message["logGroup"]?.string ?? ""
        let caller = Caller.service(
            "logs.amazonaws.com", for: "arn:aws:logs:\(parts[1]):\(parts[0]):log-group:\(group):*", account: parts[0],
            region: parts[1])
        let payload: JSON = ["awslogs": ["data": .string(Base64.encode(Gzip.stored(command.message.bytes())))]]
        do {
            _ = try await cloud.call(
                "lambda", "Invoke", ["FunctionName": .string(command.destination), "InvocationType": "Event"],
                payload: .bytes(payload.bytes()), as: caller)
        } catch let error as AWSError where error.isSender || error.status == 501 {
            // The function is gone or will not have it: trying again would not help.
            log.warning(
                "log events could not be delivered",
                metadata: ["destination": "\(command.destination)", "error": "\(error)"])
        }
        return .delivered
    }
}
