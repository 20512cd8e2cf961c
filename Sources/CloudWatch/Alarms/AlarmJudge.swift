internal import Notation

/// Reads a metric alarm's data and judges them.
struct AlarmJudge: Sendable {
    let reader: MetricReader
    /// Whether only whole periods count, seen once a minute as AWS does.
    let strict: Bool

    /// What came out, and from which periods, newest first.
    struct Result: Sendable {
        let verdict: AlarmVerdict
        let judged: [EvaluatedDatapoint]
    }

    /// The evaluation range reaches this many periods beyond those judged, so that data that come late or with gaps
    /// are seen. AWS documents one example: 5 periods for 3.
    private static let margin: Int64 = 2

    func judge(_ condition: MetricCondition, now: Timestamp) async throws -> Result {
        let width = condition.width
        let range = Int64(condition.evaluationPeriods) + Self.margin
        let queries = try [MetricQuery].parse(condition.effectiveQueries, account: "", strict: false)
        var end = try await end(condition, width, now)
        var (values, samples) = try await read(queries, width, last: range, end)
        // A minute's first datum may have come in between: then the window ends later.
        let newest = try await self.end(condition, width, now)
        if newest != end {
            end = newest
            (values, samples) = try await read(queries, width, last: range, end)
        }
        let id = condition.judged?.Id ?? "m1"
        let series = values[id]?.all.first?.values ?? [:]
        let starts = stride(from: end - range * width, to: end, by: Int(width))
        var points = starts.map { start in
            EvaluatedDatapoint(time: start, value: series[start], sampleCount: samples[id]?[start]?.count)
        }
        dropUnripe(&points, condition, end, now)
        if holdsForLowSamples(condition, points, samples[id] ?? [:]) { return Result(verdict: .keep, judged: []) }
        return result(condition, points)
    }

    /// The values of the last periods before that end.
    private func read(
        _ queries: [MetricQuery], _ width: Int64, last periods: Int64, _ end: Int64
    ) async throws -> (values: [String: MathValue], samples: [String: [Int64: Distribution]]) {
        try await reader.values(queries, period: width) { period in
            TimeWindow(start: end - (periods * width).roundedUp(to: period), end: end)
        }
    }

    private func result(_ condition: MetricCondition, _ points: [EvaluatedDatapoint]) -> Result {
        let count = condition.evaluationPeriods
        let verdict = AlarmVerdict.judge(
            points.map { $0.value.map { condition.comparison.breaches($0, condition.threshold) } }, count: count,
            needed: condition.needed, missing: condition.missingData ?? .missing)
        let real = points.filter { $0.value != nil }
        // With enough data only they are told of; otherwise all there are, and the newest gaps to fill up.
        guard real.count < count else { return Result(verdict: verdict, judged: real.suffix(count).reversed()) }
        let gaps = points.filter { $0.value == nil }.suffix(count - real.count)
        return Result(verdict: verdict, judged: (real + gaps).sorted { $0.time > $1.time })
    }

    /// Where the newest period ends. AWS's way: the last whole minute (10 seconds for short periods). Slipway's: now,
    /// so that a datum counts at once; up to the next minute where the samples are kept by the minute, which would
    /// otherwise fall out of the window while their minute is still running.
    private func end(_ condition: MetricCondition, _ width: Int64, _ now: Timestamp) async throws -> Int64 {
        let second = now.microseconds / 1_000_000
        guard !strict else { return second.floored(to: width < 60 ? min(width, 10) : 60) }
        for metric in condition.metrics where try await !isFine(metric, second) {
            return second.floored(to: 60) + 60
        }
        return second + 1
    }

    /// Whether the newest samples of a metric are kept by the second.
    private func isFine(_ metric: MetricID, _ second: Int64) async throws -> Bool {
        let points = try await reader.store.points(
            Series(scope: reader.scope, metric: metric), from: second.floored(to: 60) - 240, to: second + 60)
        return !points.keys.contains { $0.tier == .minute }
    }

    /// Leaves out a running minute that says nothing yet: "less than" against a sum or count that is still growing.
    private func dropUnripe(
        _ points: inout [EvaluatedDatapoint], _ condition: MetricCondition, _ end: Int64, _ now: Timestamp
    ) {
        guard end * 1_000_000 > now.microseconds + 1_000_000, condition.comparison.breachesBelow,
            condition.statistic.flatMap(Statistic.init)?.onlyGrows ?? true, let last = points.popLast()
        else { return }
        points.append(EvaluatedDatapoint(time: last.time, value: nil, sampleCount: nil))
    }

    private func holdsForLowSamples(
        _ condition: MetricCondition, _ points: [EvaluatedDatapoint], _ samples: [Int64: Distribution]
    ) -> Bool {
        guard condition.lowSamples == "ignore", let statistic = condition.statistic.flatMap(Statistic.init) else {
            return false
        }
        return points.suffix(condition.evaluationPeriods).contains { point in
            samples[point.time].map(statistic.isLow) ?? false
        }
    }
}

extension Int64 {
    fileprivate func roundedUp(to width: Int64) -> Int64 { (self + width - 1).floored(to: width) }
}
