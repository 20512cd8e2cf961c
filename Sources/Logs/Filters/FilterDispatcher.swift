internal import Cloud
internal import Ledger
internal import Logging
package import Notation
internal import Synchronization

/// Takes the metric values that log events stand for. The composition root plugs in the metrics service; what this
/// room needs of it is this.
package protocol MetricRecording: Sendable {
    /// Takes in one value and returns at once.
    func record(
        _ namespace: String, _ name: String, dimensions: [(String, String)], value: Double, unit: String,
        at moment: Timestamp?,
        account: String, region: String)
}

/// Does what a group's filters ask for with the events that come in.
final class FilterDispatcher: Sendable {
    private struct State {
        var patterns: [String: FilterPattern] = [:]
        /// The last minute for which a filter gave a value, by group and filter.
        var minutes: [String: Int64] = [:]
    }
    private let state = Mutex(State())
    private let metrics: any MetricRecording
    private let deliveries: MachineRunner<LogDelivery>
    private let log = Logger(label: "logs")

    init(metrics: any MetricRecording, deliveries: MachineRunner<LogDelivery>) {
        self.metrics = metrics
        self.deliveries = deliveries
    }

    /// Deliveries are begun as part of the write that stores the events; metrics are recorded once they are on disk.
    func dispatch(_ events: [LogEvent], _ group: LogGroup, _ stream: LogStream, _ transaction: Transaction) throws {
        for filter in group.subscriptionFilters {
            guard let pattern = pattern(filter.pattern) else { continue }
            let wanted = events.filter { pattern.matches($0.message) }
            for (place, part) in LogDelivery.parts(of: wanted, group, stream, filter).enumerated() {
                let id = LogDelivery.id(stream, filter.name, first: events[0].number, place: place)
                try deliveries.begin(id, part, with: .begin, in: transaction)
            }
        }
        guard !group.metricFilters.isEmpty else { return }
        transaction.afterCommit { self.record(events, group) }
    }

    /// The pattern of a text, parsed once.
    private func pattern(_ text: String) -> FilterPattern? {
        if let known = state.withLock({ $0.patterns[text] }) { return known }
        // Texts were checked when their filters were put.
        guard let pattern = try? FilterPattern(parsing: text) else { return nil }
        state.withLock { state in
            if state.patterns.count >= 1000 { state.patterns = [:] }
            state.patterns[text] = pattern
        }
        return pattern
    }

    private func record(_ events: [LogEvent], _ group: LogGroup) {
        for filter in group.metricFilters {
            guard let pattern = pattern(filter.pattern) else { continue }
            var isMatched = false
            for event in events {
                guard let match = pattern.match(event.message) else { continue }
                isMatched = record(filter.transformation, match, event, group) || isMatched
            }
            recordDefault(filter, events, group, isMatched: isMatched)
        }
    }

    /// Says whether there was a value to record: one that is no number, or lacks a dimension, is none.
    private func record(
        _ transformation: MetricFilter.Transformation, _ match: PatternMatch, _ event: LogEvent, _ group: LogGroup
    ) -> Bool {
        let text = transformation.metricValue
        guard let value = text.hasPrefix("$") ? match.value(text).flatMap(Double.init) : Double(text) else {
            return false
        }
        var dimensions: [(String, String)] = []
        for (name, reference) in transformation.dimensions ?? [:] {
            guard let value = match.value(reference), !value.isEmpty else { return false }
            dimensions.append((name, value))
        }
        metrics.record(
            transformation.metricNamespace, transformation.metricName, dimensions: dimensions, value: value,
            unit: transformation.unit ?? "None", at: Timestamp(microseconds: event.time * 1000), account: group.account,
            region: group.region)
        return true
    }

    /// The default value stands for a minute in which events came in and none matched; here it is given with the
    /// first such batch.
    private func recordDefault(_ filter: MetricFilter, _ events: [LogEvent], _ group: LogGroup, isMatched: Bool) {
        guard let value = filter.transformation.defaultValue, let time = events.last?.time else { return }
        let minute = time / 60_000
        let key = group.id + "/" + filter.name
        let isNew = state.withLock { state in
            if state.minutes.count >= 10_000 { state.minutes = [:] }
            return state.minutes.updateValue(minute, forKey: key) != minute
        }
        guard isNew, !isMatched else { return }
        metrics.record(
            filter.transformation.metricNamespace, filter.transformation.metricName, dimensions: [], value: value,
            unit: filter.transformation.unit ?? "None", at: Timestamp(microseconds: time * 1000),
            account: group.account,
            region: group.region)
    }
}
