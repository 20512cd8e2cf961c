internal import Cloud
internal import Notation

/// A stretch of time cut into buckets.
struct TimeWindow: Sendable, Hashable {
    /// Where the first bucket begins, in seconds since 1970.
    let start: Int64
    /// Where the last one ends.
    let end: Int64

    /// Where buckets of that width begin, first to last.
    func buckets(_ period: Int64) -> [Int64] { Array(stride(from: start, to: end, by: Int(period))) }
}

/// A bucket of a metric, with its figure.
struct Reading: Sendable, Hashable {
    /// Nil for a metric's samples that do not give the statistic.
    let value: Double?
    let samples: Distribution
}

/// Answers queries from the store.
struct MetricReader: Sendable {
    let store: MetricStore
    /// `account/region/`.
    let scope: String

    /// The buckets of a metric that have samples.
    func read(
        _ metric: MetricID, _ window: TimeWindow, period: Int64, unit: String? = nil
    ) async throws -> [Int64: Distribution] {
        let points = try await store.points(
            Series(scope: scope, metric: metric), from: window.start, to: window.end, unit: unit)
        var buckets: [Int64: Distribution] = [:]
        for (moment, samples) in points {
            let place = window.start + (moment.start - window.start).floored(to: period)
            buckets[place, default: Distribution()].merge(samples)
        }
        return buckets
    }

    /// The values of all queries over a window, by id. `align` says where the buckets of a period begin.
    ///
    /// - Throws: ``AWSError`` with the first expression that cannot be worked out.
    func values(
        _ queries: [MetricQuery], period common: Int64, align: (Int64) -> TimeWindow
    ) async throws -> (values: [String: MathValue], samples: [String: [Int64: Distribution]]) {
        var values: [String: MathValue] = [:]
        var samples: [String: [Int64: Distribution]] = [:]
        let metricIDs = queries.filter { $0.metric != nil }.map(\.id)
        for query in try queries.inOrder() {
            switch query.source {
            case .metric(let metric, let statistic, let period, let unit):
                let buckets = try await read(metric, align(period), period: period, unit: unit)
                samples[query.id] = buckets
                values[query.id] = .series(
                    TimeSeries(
                        label: query.label, id: query.id, period: period,
                        values: buckets.compactMapValues(statistic.value(of:))))
            case .expression(let expression, let period):
                let period = period ?? common
                let math = MathEvaluator(
                    values: values, metricIDs: metricIDs, times: align(period).buckets(period), period: period)
                do { values[query.id] = try math.value(of: expression) } catch let error as MathError {
                    throw error.refusal(query.id)
                }
            }
        }
        return (values, samples)
    }
}
