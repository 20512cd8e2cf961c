internal import Cloud
internal import Ledger
internal import Logging
internal import Notation

/// Carries out what deliveries want.
struct DeliveryPerformer: Performer {
    typealias Engine = EventDelivery

    let cloud: Cloud
    let ledger: Ledger
    let deliveries: Deliveries
    let invoker: TargetInvoker
    let lanes: Lanes
    let figures: any EventFigures
    private let log = Logger(label: "events")

    /// Attempts at once at one target of a rule: a slow one holds up neither the others nor memory.
    static let lane = 16

    init(
        cloud: Cloud, ledger: Ledger, deliveries: Deliveries, invoker: TargetInvoker, figures: any EventFigures
    ) {
        self.cloud = cloud
        self.ledger = ledger
        self.deliveries = deliveries
        self.invoker = invoker
        self.figures = figures
        lanes = Lanes(width: Self.lane)
    }

    func perform(_ command: EventDelivery.Command, of id: String, key: String) async throws -> EventDelivery.Event? {
        guard let order = try await deliveries.runner.machine(id)?.order else { return nil }
        switch command {
        case .attempt(let number):
            return try await lanes.run(order.rule + "/" + order.target) {
                .attempted(try await attempt(number, order, key))
            }
        case .bury(let attempt, let exhausted):
            try await bury(attempt, exhausted, order)
            return .buried
        }
    }

    private func attempt(
        _ number: Int, _ order: EventDelivery.Order, _ key: String
    ) async throws -> EventDelivery.Attempt {
        guard let rule = try await ledger.get(EventStore.rules, order.rule)?.value,
            let target = rule.target(order.target), let logged = try await event(order.sequence)
        else { return .init(number: number, result: .gone) }
        var result = EventDelivery.Attempt.Result.delivered
        var refusal: AWSError?
        do {
            let delivery = TargetInvoker.Delivery(rule: rule, target: target, event: BusEvent(logged), key: key)
            try await invoker.invoke(delivery)
        } catch let error as AWSError {
            refusal = error
            result = Self.mayPass(error) ? .failed : .refused
        }
        try Task.checkCancellation()
        let isLast = result == .refused || result == .failed && number > order.retries
        figures.count(number == 1 ? "Invocations" : "RetryInvocationAttempts", rule: rule.name, rule.bus.owner)
        if isLast { figures.count("FailedInvocations", rule: rule.name, rule.bus.owner) }
        return .init(number: number, result: result, code: refusal?.code ?? "", message: refusal?.message ?? "")
    }

    /// The event at that place of the log; nil when it is no longer there.
    private func event(_ sequence: Int64) async throws -> LedgerEvent? {
        let found = try await ledger.events(after: sequence - 1, limit: 1).first
        return found?.sequence == sequence ? found?.event : nil
    }

    /// Whether another attempt may go better.
    static func mayPass(_ error: AWSError) -> Bool {
        if error.status == 501 { return false }
        if !error.isSender || error.status == 429 { return true }
        let signs = ["Throttl", "TooManyRequests", "LimitExceeded", "ConcurrentModification", "ServiceUnavailable"]
        return signs.contains { error.code.contains($0) }
    }

    /// Source of the attributes: Amazon EventBridge User Guide, "Using dead-letter queues to process undelivered
    /// events".
    private func bury(_ attempt: EventDelivery.Attempt, _ exhausted: String?, _ order: EventDelivery.Order) async throws
    {
        guard let rule = try await ledger.get(EventStore.rules, order.rule)?.value,
            let target = rule.target(order.target), let logged = try await event(order.sequence),
            let queue = target["DeadLetterConfig"]?["Arn"]?.string
        else { return }
        var attributes: [(String, String)] = [
            ("RULE_ARN", rule.arn), ("TARGET_ARN", target["Arn"]?.string ?? ""), ("ERROR_CODE", attempt.code),
            ("ERROR_MESSAGE", attempt.message), ("RETRY_ATTEMPTS", String(attempt.number - 1)),
        ]
        if let exhausted { attributes.append(("EXHAUSTED_RETRY_CONDITION", exhausted)) }
        let letter = BusEvent(logged).envelope.text()
        do {
            try await invoker.send(letter, toQueue: queue, attributes: attributes, as: rule)
            figures.count("InvocationsSentToDlq", rule: rule.name, rule.bus.owner)
        } catch let error as AWSError where !Self.mayPass(error) {
            figures.count("InvocationsFailedToBeSentToDlq", rule: rule.name, rule.bus.owner)
            log.error(
                "an event was given up, and its dead-letter queue would not have it",
                metadata: [
                    "rule": "\(rule.arn)", "event": "\(logged.id)", "queue": "\(queue)", "error": "\(error)",
                    "attempt": "\(attempt.code): \(attempt.message)",
                ])
        }
    }
}
