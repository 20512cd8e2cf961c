internal import Cloud
internal import Ledger
internal import Logging
internal import Notation

/// All rules, in a form that finds those that want an event quickly. Read from the ledger, and again after each change.
final class RuleBook: Sendable {
    private let ledger: Ledger
    private let log = Logger(label: "events")
    /// Raised with every change of a rule.
    let signal = Signal()

    init(ledger: Ledger) { self.ledger = ledger }

    /// Says that a rule has changed: called after the change is on disk and before it is answered.
    func changed() { signal.raise() }

    /// The rules as they are.
    func read() async throws -> RuleIndex {
        let turn = signal.turn
        let rules = try await ledger.list(EventStore.rules).map(\.value)
        return RuleIndex(rules, turn: turn) { rule, error in
            self.log.error("a rule cannot be read", metadata: ["rule": "\(rule.arn)", "error": "\(error)"])
        }
    }
}

/// Rules by what they want: an event that no rule wants costs two look-ups in a table.
struct RuleIndex: Sendable {
    /// One rule, its pattern read.
    struct Entry: Sendable {
        let rule: Rule
        let pattern: RulePattern?
    }
    /// The rules of a bus.
    private struct Shelf: Sendable {
        /// Those that name the sources they want.
        var bySource: [String: [Entry]] = [:]
        /// Those that name the kinds of event instead.
        var byDetailType: [String: [Entry]] = [:]
        /// The others.
        var rest: [Entry] = []
    }
    private var shelves: [String: Shelf] = [:]
    private var byKey: [String: Entry] = [:]
    /// The state of the book that this is.
    let turn: Int
    /// Up to here no event of the log is for any rule.
    private(set) var start = Int64.max

    /// An index of the rules that are enabled.
    init(_ rules: [Rule], turn: Int, unreadable: (Rule, any Error) -> Void = { _, _ in }) {
        self.turn = turn
        for rule in rules where rule.isEnabled {
            do {
                try add(Entry(rule: rule, pattern: try rule.pattern.map { try RulePattern($0) }))
            } catch { unreadable(rule, error) }
        }
    }

    private mutating func add(_ entry: Entry) throws {
        let key = entry.rule.bus.key
        byKey[entry.rule.key] = entry
        start = min(start, entry.rule.since)
        guard let pattern = entry.pattern else { return }
        if let sources = pattern.texts("source") {
            for source in sources { shelves[key, default: Shelf()].bySource[source, default: []].append(entry) }
        } else if let types = pattern.texts("detail-type") {
            for type in types { shelves[key, default: Shelf()].byDetailType[type, default: []].append(entry) }
        } else {
            shelves[key, default: Shelf()].rest.append(entry)
        }
    }

    var isEmpty: Bool { byKey.isEmpty }

    /// The rules that want the event at that place of the log.
    func rules(for logged: LoggedEvent) -> [Rule] {
        let event = BusEvent(logged.event)
        if event.event.source == "aws.events", event.event.detailType == "Scheduled Event", event.replay == nil {
            // The tick of a schedule is for the rule that it names.
            return event.event.resources.compactMap(Rule.key(ofARN:)).compactMap { byKey[$0]?.rule }
        }
        guard let shelf = shelves[event.bus.key] else { return [] }
        let candidates =
            (shelf.bySource[event.event.source] ?? []) + (shelf.byDetailType[event.event.detailType] ?? []) + shelf.rest
        guard !candidates.isEmpty else { return [] }
        let envelope = event.envelope
        return candidates.filter { entry in
            guard logged.sequence > entry.rule.since, let pattern = entry.pattern else { return false }
            if let replay = event.replay, !replay.rules.isEmpty, !replay.rules.contains(entry.rule.arn) { return false }
            return pattern.matches(envelope)
        }.map(\.rule)
    }
}
