internal import Cloud
internal import Notation

extension CloudWatchService {
    private struct StatisticsInput: Decodable {
        let Namespace, MetricName: String
        let Dimensions: [Dimension]?
        let StartTime, EndTime: Double
        let Period: Int
        let Statistics, ExtendedStatistics: [String]?
        let Unit: String?
    }

    /// The most points GetMetricStatistics gives.
    private static let statisticsLimit = 1440

    var getMetricStatistics: Operation {
        Operation(
            "GetMetricStatistics",
            enforces: "Namespace MetricName Dimensions StartTime EndTime Period Statistics ExtendedStatistics Unit"
        ) { (input: StatisticsInput, call) in
            let (window, period, statistics) = try check(input)
            let points = try await metrics.points(
                Series(
                    scope: call.caller.scope,
                    metric: MetricID(input.Namespace, input.MetricName, input.Dimensions ?? [])),
                from: window.start, to: window.end, unit: input.Unit)
            // Samples of different units are never mixed: each unit gets a point of its own.
            var buckets: [String: [Int64: Distribution]] = [:]
            for (moment, samples) in points {
                let place = window.start + (moment.start - window.start).floored(to: period)
                buckets[moment.unit, default: [:]][place, default: Distribution()].merge(samples)
            }
            let datapoints = buckets.sorted { $0.key < $1.key }.flatMap { unit, buckets in
                buckets.sorted { $0.key < $1.key }.map { datapoint($0.key, unit, $0.value, statistics) }
            }
            return ["Label": .string(input.MetricName), "Datapoints": .array(datapoints)] as JSON
        }
    }

    private func check(_ input: StatisticsInput) throws -> (TimeWindow, Int64, [Statistic]) {
        let names = (input.Statistics ?? []) + (input.ExtendedStatistics ?? [])
        guard !names.isEmpty else {
            throw Refusal.combination(
                "At least one of the parameters Statistics or ExtendedStatistics must be specified.")
        }
        let statistics = try names.map { name in
            guard let statistic = Statistic(name) else {
                throw Refusal.invalid("The value \(name) for parameter ExtendedStatistics is not supported.")
            }
            return statistic
        }
        let period = try Period.check(input.Period, strict: strict)
        guard input.StartTime < input.EndTime else {
            throw Refusal.invalid("The parameter StartTime must be less than the parameter EndTime.")
        }
        let start = Int64(input.StartTime.rounded(.down)).floored(to: min(period, 60))
        let end = Int64(input.EndTime.rounded(.up))
        let count = (end - start + period - 1) / period
        guard count <= Self.statisticsLimit else {
            throw Refusal.combination(
                "You have requested up to \(count) datapoints, which exceeds the limit of \(Self.statisticsLimit). "
                    + "You may reduce the datapoints requested by increasing Period, or decreasing the time range.")
        }
        return (TimeWindow(start: start, end: end), period, statistics)
    }

    private func datapoint(_ start: Int64, _ unit: String, _ samples: Distribution, _ statistics: [Statistic]) -> JSON {
        var point: JSON = ["Timestamp": .double(Double(start)), "Unit": .string(unit)]
        var extended: JSON = [:]
        for statistic in statistics {
            guard let value = statistic.value(of: samples) else { continue }
            if statistic.isBasic {
                point[statistic.name] = .double(value)
            } else {
                extended[statistic.name] = .double(value)
            }
        }
        if extended.object?.isEmpty == false { point["ExtendedStatistics"] = extended }
        return point
    }

    private struct ListMetricsInput: Decodable {
        struct Filter: Decodable {
            let Name: String
            let Value: String?
        }
        let Namespace, MetricName, NextToken, RecentlyActive: String?
        let Dimensions: [Filter]?
        let IncludeLinkedAccounts: Bool?
    }

    private static let metricsPage = 500

    var listMetrics: Operation {
        Operation(
            "ListMetrics", enforces: "Namespace MetricName Dimensions NextToken RecentlyActive IncludeLinkedAccounts"
        ) {
            (input: ListMetricsInput, call) in
            let now = call.time.microseconds / 1_000_000
            let since = now - (input.RecentlyActive == nil ? 14 * 86_400 : 3 * 3600)
            let prefix = input.Namespace.map { $0 + MetricID.separator } ?? ""
            let all = try await metrics.metrics(scope: call.caller.scope, prefix: prefix, since: since).map(\.metric)
                .filter { metric in
                    (input.MetricName ?? metric.name) == metric.name
                        && (input.Dimensions ?? []).allSatisfy { wanted in
                            metric.dimensions.contains {
                                $0.Name == wanted.Name && wanted.Value ?? $0.Value == $0.Value
                            }
                        }
                }
            let start = try PageToken.read(input.NextToken)
            let page = all.dropFirst(start).prefix(Self.metricsPage)
            var output: JSON = [
                "Metrics": .array(
                    try page.map { metric in
                        [
                            "Namespace": .string(metric.namespace), "MetricName": .string(metric.name),
                            "Dimensions": try JSON(encoding: metric.dimensions),
                        ]
                    })
            ]
            if start + page.count < all.count { output["NextToken"] = .string(String(start + page.count)) }
            return output
        }
    }
}
