internal import Cloud
internal import Ledger
internal import Logging
internal import Notation
internal import ServiceLifecycle

/// Reads the one log and begins a delivery for every event and target that belong together.
///
/// A delivery is begun in the write that notes how far the reader has come: none is lost and none begun twice, whatever
/// crashes. Without rules nothing is read.
struct EventReader: Service {
    private static let cursor = "events.rules"
    /// How many events may be read again after a crash although no rule wanted them.
    private static let noteEvery: Int64 = 1000

    let ledger: Ledger
    let book: RuleBook
    let deliveries: Deliveries
    let figures: any EventFigures
    private let log = Logger(label: "events")

    init(ledger: Ledger, book: RuleBook, deliveries: Deliveries, figures: any EventFigures) {
        self.ledger = ledger
        self.book = book
        self.deliveries = deliveries
        self.figures = figures
    }

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await read() } } catch is CancellationError {}
    }

    private func read() async throws {
        try await deliveries.restore()
        var place = try await ledger.cursor(Self.cursor)
        var noted = place
        var index = try await book.read()
        while !Task.isCancelled {
            if index.isEmpty {
                try await book.signal.wait(after: index.turn)
                index = try await book.read()
                continue
            }
            place = max(place, index.start)
            let batch = try await next(after: place)
            // A rule that was answered before one of these events was put is in the book by now.
            if book.signal.turn != index.turn { index = try await book.read() }
            guard let last = batch.last?.sequence else { continue }
            let wanted = batch.flatMap { logged in index.rules(for: logged).map { (logged.sequence, $0) } }
            if !wanted.isEmpty || last - noted >= Self.noteEvery {
                try await begin(wanted, upTo: last)
                noted = last
            }
            place = last
        }
    }

    /// Events after that place; waits until there are some, or a rule changes.
    private func next(after place: Int64) async throws -> [LoggedEvent] {
        let batch = try await ledger.events(after: place)
        guard batch.isEmpty else { return batch }
        for try await event in ledger.follow(after: place) { return [event] }
        return []
    }

    private func begin(_ wanted: [(Int64, Rule)], upTo last: Int64) async throws {
        let dropped = try await ledger.write { write -> [Rule] in
            var dropped: [Rule] = []
            for (sequence, rule) in wanted {
                for target in rule.targets where try !deliveries.begin(Self.order(target, rule, sequence), in: write) {
                    dropped.append(rule)
                }
            }
            try write.setCursor(Self.cursor, last)
            return dropped
        }
        for (_, rule) in wanted {
            figures.count("MatchedEvents", rule: rule.name, rule.bus.owner)
            figures.count("TriggeredRules", rule: rule.name, rule.bus.owner)
        }
        for rule in dropped {
            figures.count("FailedInvocations", rule: rule.name, rule.bus.owner)
            log.error(
                "a rule's event was dropped: \(Limit.backlog) deliveries wait already",
                metadata: ["rule": "\(rule.arn)"])
        }
    }

    private static func order(_ target: JSON, _ rule: Rule, _ sequence: Int64) -> EventDelivery.Order {
        let policy = target["RetryPolicy"]
        return EventDelivery.Order(
            rule: rule.key, target: target["Id"]?.string ?? "", sequence: sequence,
            retries: policy?["MaximumRetryAttempts"]?.int ?? EventDelivery.standardRetries,
            age: policy?["MaximumEventAgeInSeconds"]?.int ?? EventDelivery.standardAge,
            hasDeadLetterQueue: target["DeadLetterConfig"]?["Arn"]?.string?.isEmpty == false)
    }
}
