internal import Cloud
internal import Ledger
internal import Logging
internal import Notation

/// Carries out what deliveries want.
struct DeliveryPerformer: Performer {
    typealias Engine = Delivery

    let ledger: Ledger
    let runner: MachineRunner<Delivery>
    let sender: MessageSender
    let lanes: Lanes
    let figures: any TopicFigures
    private let log = Logger(label: "sns")

    /// Attempts at once for one subscription: a slow endpoint holds up neither the others nor memory.
    static let lane = 16

    init(ledger: Ledger, runner: MachineRunner<Delivery>, sender: MessageSender, figures: any TopicFigures) {
        self.ledger = ledger
        self.runner = runner
        self.sender = sender
        self.figures = figures
        lanes = Lanes(width: Self.lane)
    }

    func perform(_ command: Delivery.Command, of id: String, key: String) async throws -> Delivery.Event? {
        guard let machine = try await runner.machine(id), let message = machine.line.first else { return nil }
        let target = machine.target
        switch command {
        case .attempt(let wanted, let number):
            guard wanted == message.id else { return nil }
            return try await lanes.run(target.subscription) {
                .attempted(try await attempt(number, message, target))
            }
        case .bury(let wanted, let reason):
            guard wanted == message.id else { return nil }
            try await bury(message, target, reason)
            return .buried(message: wanted)
        }
    }

    private func attempt(_ number: Int, _ message: Message, _ target: Delivery.Target) async throws -> Delivery.Attempt
    {
        // The farewell is for one that is gone; everything else needs a subscription.
        if message.kind != .farewell {
            let key = try Subscription.key(ofARN: target.subscription)
            guard try await ledger.get(SNSStore.subscriptions, key) != nil else {
                return .init(message: message.id, number: number, result: .gone)
            }
        }
        do {
            try await sender.send(message, to: target)
            figures.count("NumberOfNotificationsDelivered", target.topic)
            return .init(message: message.id, number: number, result: .delivered)
        } catch let error as AWSError {
            try Task.checkCancellation()
            let mayPass = Self.mayPass(error)
            if !mayPass { figures.count("NumberOfNotificationsFailed", target.topic) }
            return .init(
                message: message.id, number: number, result: mayPass ? .failed : .refused, reason: error.description)
        }
    }

    /// Whether another attempt may go better.
    static func mayPass(_ error: AWSError) -> Bool {
        if error.status == 501 { return false }
        if !error.isSender || error.status == 429 { return true }
        return ["Throttl", "TooManyRequests", "ServiceUnavailable"].contains { error.code.contains($0) }
    }

    private func bury(_ message: Message, _ target: Delivery.Target, _ reason: String) async throws {
        do {
            try await sender.send(message, toQueue: target.deadLetterQueue ?? "", target)
            figures.count("NumberOfNotificationsRedrivenToDlq", target.topic)
        } catch let error as AWSError where !Self.mayPass(error) {
            figures.count("NumberOfNotificationsFailedToRedriveToDlq", target.topic)
            log.error(
                "a message was given up, and its dead-letter queue would not have it",
                metadata: [
                    "subscription": "\(target.subscription)", "message": "\(message.id)", "error": "\(error)",
                    "attempt": "\(reason)",
                ])
        }
    }
}

/// Where SNS's figures go. Owned here, met by the composition root.
package protocol TopicFigures: Sendable {
    /// Counts one of AWS's metrics of topics, such as `NumberOfMessagesPublished`. Returns at once.
    func count(_ name: String, topic: String, account: String, region: String)
}

/// Counts nothing.
package struct NoFigures: TopicFigures {
    /// It.
    package init() {}
    package func count(_ name: String, topic: String, account: String, region: String) {}
}

extension TopicFigures {
    func count(_ name: String, _ topic: TopicID) {
        count(name, topic: topic.name, account: topic.account, region: topic.region)
    }
}
