internal import Cloud
internal import Notation

/// An alarm's metric over a time, with its threshold and what it says in words.
struct AlarmDrawing: Sendable {
    let name: String
    let state: String
    let reason: String
    let metric: Metric?
    let threshold: Double?
    let comparison: String
    let periods: Int

    /// An alarm of DescribeAlarms.
    init(alarm: JSON) {
        name = alarm.text("AlarmName")
        state = alarm.text("StateValue")
        reason = alarm.text("StateReason")
        metric = Metric(alarm: alarm)
        threshold = alarm["Threshold"]?.double
        comparison = alarm.text("ComparisonOperator")
        periods = alarm["EvaluationPeriods"]?.int ?? 1
    }

    /// An alarm of DescribeDeployment.
    init(reading: JSON) {
        let definition = reading["definition"] ?? [:]
        name = reading.text("name")
        state = reading.text("state")
        reason = reading.text("reason")
        metric = Metric(definition: definition)
        threshold = definition["threshold"]?.double
        comparison = definition.text("comparison")
        periods = definition["evaluationPeriods"]?.int ?? 1
    }

    private static let signs = [
        "GreaterThanThreshold": "above", "GreaterThanOrEqualToThreshold": "at least",
        "LessThanThreshold": "below", "LessThanOrEqualToThreshold": "at most",
    ]

    /// When it fires: `Sum of Errors per 10 s is at least 3`.
    var rule: String {
        guard let metric, let threshold else { return "Watches an expression or other alarms." }
        let sign = Self.signs[comparison] ?? comparison
        let times = periods == 1 ? "" : ", \(periods) times in a row"
        return
            "Fires when \(metric.statistic) of \(metric.name) per \(Moments.span(.seconds(metric.period))) is \(sign) "
            + "\(Moments.number(threshold))\(times)"
    }

    /// The drawing; nil when there is no single metric to draw.
    func chart(_ desk: Desk, from start: Timestamp, to end: Timestamp, marks: [Chart.Mark] = []) async throws(AWSError)
        -> HTML?
    {
        guard let metric else { return nil }
        let points = try await desk.points([metric], from: start, to: end).first ?? []
        let newest = points.last.map { Moments.number($0.value) } ?? "none"
        var chart = Chart(
            label:
                "\(metric.statistic) of \(metric.name), newest value \(newest), "
                + "threshold \(threshold.map(Moments.number) ?? "none")",
            points: points, start: start, end: end, period: metric.period, threshold: threshold, marks: marks)
        chart.isBadBelow = comparison.hasPrefix("LessThan")
        return chart.html
    }
}
