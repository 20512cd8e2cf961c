internal import Notation

/// A period as an alarm saw it.
struct EvaluatedDatapoint: Sendable, Hashable {
    /// Where it begins, in seconds since 1970.
    let time: Int64
    let value: Double?
    let sampleCount: Double?
}

/// Says why an alarm changed its state, in the words that scripts take apart.
struct AlarmReason {
    let condition: MetricCondition
    /// The periods judged, newest first, those without data included.
    let judged: [EvaluatedDatapoint]
    /// The state before, and after.
    let from: AlarmState
    let to: AlarmState

    private var real: [EvaluatedDatapoint] { judged.filter { $0.value != nil } }
    private var gaps: Int { judged.count - real.count }
    private var treatment: MissingData { condition.missingData ?? .missing }
    /// Whether gaps were counted one way or the other.
    private var fillsGaps: Bool { gaps > 0 && (treatment == .breaching || treatment == .notBreaching) }

    /// The text of `StateReason`.
    var text: String {
        if to == .insufficientData {
            let count = condition.evaluationPeriods
            return "Insufficient Data: \(count) datapoint\(count == 1 ? " was" : "s were") unknown."
        }
        let told = datapointsTold
        let fillers =
            fillsGaps
            ? " and \(gaps) missing datapoint\(gaps == 1 ? " was" : "s were") treated as [\(treatment.word)]" : ""
        guard !told.isEmpty else { return nothing(fillers) }
        let list = told.map { "\(number($0.value ?? 0)) (\(day($0.time)))" }.joined(separator: ", ")
        let verb = (told.count == 1 ? "was" : "were") + (to == .alarm ? " " : " not ") + condition.comparison.words
        let threshold = "(\(number(condition.threshold)))"
        guard condition.datapointsToAlarm != nil else {
            let count = "\(told.count) datapoint\(told.count == 1 ? "" : "s")"
            return "Threshold Crossed: \(count) [\(list)] \(verb) \(threshold)\(fillers)."
        }
        return
            "Threshold Crossed: \(told.count) out of the last \(condition.evaluationPeriods) datapoints "
            + "[\(list)] \(verb) "
            + "\(threshold)\(fillers) (minimum \(minimum) for \(from.rawValue) -> \(to.rawValue) transition)."
    }

    /// No period told of crossed the threshold the way the new state says.
    private func nothing(_ fillers: String) -> String {
        let count = judged.count
        let periods = "\(count) period\(count == 1 ? "" : "s")"
        let received =
            real.isEmpty ? "no datapoints were" : "\(real.count) datapoint\(real.count == 1 ? " was" : "s were")"
        return "Threshold Crossed: \(received) received for \(periods)\(fillers)."
    }

    /// The periods on the side of the threshold that the new state is about, newest first.
    private var datapointsTold: [EvaluatedDatapoint] {
        real.filter { point in
            point.value.map { condition.comparison.breaches($0, condition.threshold) } == (to == .alarm)
        }
    }

    private var minimum: String {
        let count = to == .alarm ? condition.needed : condition.evaluationPeriods - condition.needed + 1
        return "\(count) datapoint\(count == 1 ? "" : "s")"
    }

    private func number(_ value: Double) -> String { value.description }

    /// `14/03/24 09:12:00`.
    private func day(_ time: Int64) -> String {
        let text = Timestamp(microseconds: time * 1_000_000).iso8601()
        let parts = text.prefix(10).split(separator: "-")
        return "\(parts[2])/\(parts[1])/\(parts[0].suffix(2)) \(text.dropFirst(11).prefix(8))"
    }

    /// The text of `StateReasonData`.
    func data(now: Timestamp) -> String {
        var tree: JSON = ["version": "1.0", "queryDate": .string(now.alarmText)]
        let oldest = real.map(\.time).min()
        if let oldest { tree["startDate"] = .string(Timestamp(microseconds: oldest * 1_000_000).alarmText) }
        if let unit = condition.unit { tree["unit"] = .string(unit) }
        if let statistic = condition.statistic { tree["statistic"] = .string(statistic) }
        tree["period"] = .int(Int(condition.width))
        tree["recentDatapoints"] = .array(real.reversed().map { .double($0.value ?? 0) })
        tree["threshold"] = .double(condition.threshold)
        tree["evaluatedDatapoints"] = .array(
            judged.map { point in
                var item: JSON = ["timestamp": .string(Timestamp(microseconds: point.time * 1_000_000).alarmText)]
                if let count = point.sampleCount { item["sampleCount"] = .double(count) }
                if let value = point.value { item["value"] = .double(value) }
                return item
            })
        return tree.text()
    }
}

extension Timestamp {
    /// As alarms write times: `2026-11-23T09:30:00.000+0000`.
    var alarmText: String { String(iso8601(fraction: 3).dropLast()) + "+0000" }
}
