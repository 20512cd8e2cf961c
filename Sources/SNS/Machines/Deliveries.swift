internal import Cloud
internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// The deliveries under way. Each is forgotten as soon as it is done.
struct Deliveries: Sendable {
    let runner: MachineRunner<Delivery>

    init(ledger: Ledger) {
        let box = RunnerBox()
        runner = MachineRunner<Delivery>(ledger: ledger, log: Logger(label: "sns")) { write, id, _, after in
            if after.phase == .done { try box.runner.withLock { $0 }?.remove(id, in: write) }
        }
        let runner = runner
        box.runner.withLock { $0 = runner }
    }

    /// Lets the message be delivered, as part of that write: by itself, or behind the others of its group.
    ///
    /// - Throws: `Throttled` when too many messages of the group wait already.
    func add(_ message: Message, for subscription: Subscription, _ topic: Topic, in write: Transaction) throws {
        let isOrdered = message.sequence != nil
        let id = subscription.key + "/" + (isOrdered ? message.group ?? "" : message.id)
        if isOrdered, let known = try runner.machine(id, in: write) {
            guard known.line.count < Delivery.lineLimit else {
                throw AWSError(
                    "Throttled",
                    "\(Delivery.lineLimit) messages of the group "
                        + "\(message.group ?? "") wait for \(subscription.endpoint) already.",
                    status: 429)
            }
            try runner.send(.publish(message), to: id, in: write)
            return
        }
        try runner.begin(id, Delivery(to: try Self.target(subscription, topic)), with: .publish(message), in: write)
    }

    private static func target(_ subscription: Subscription, _ topic: Topic) throws -> Delivery.Target {
        Delivery.Target(
            subscription: subscription.arn, topic: topic.id, way: subscription.delivery,
            endpoint: subscription.endpoint, isRaw: subscription.isRaw, retry: try retry(subscription, topic),
            deadLetterQueue: subscription.deadLetterQueue,
            signatureVersion: topic.attributes["SignatureVersion"] ?? "1")
    }

    /// Source: Amazon SNS Developer Guide, "Creating an HTTP/S delivery policy": the subscription's, else the topic's.
    static func retry(_ subscription: Subscription, _ topic: Topic) throws -> RetryPolicy {
        guard subscription.delivery == .http || subscription.delivery == .https else { return .managed }
        let common = try RetryPolicy.topic(topic.attributes["DeliveryPolicy"] ?? "")
        guard let own = subscription.attributes["DeliveryPolicy"], !own.isEmpty, !common.isFinal else {
            return common.policy
        }
        return try RetryPolicy(subscription: own)
    }

    private final class RunnerBox: Sendable {
        let runner = Mutex<MachineRunner<Delivery>?>(nil)
    }
}
