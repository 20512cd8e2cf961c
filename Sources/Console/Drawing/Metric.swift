internal import Cloud
internal import Notation

/// A metric, as an alarm or a page names it.
struct Metric: Sendable {
    var namespace: String
    var name: String
    var statistic: String
    var dimensions: [(name: String, value: String)]
    /// In seconds.
    var period: Int

    /// As GetMetricData asks for it.
    func query(id: String) -> JSON {
        [
            "Id": .string(id),
            "MetricStat": [
                "Metric": [
                    "Namespace": .string(namespace), "MetricName": .string(name),
                    "Dimensions": .array(
                        dimensions.map { ["Name": .string($0.name), "Value": .string($0.value)] as JSON }),
                ],
                "Period": .int(period), "Stat": .string(statistic),
            ],
        ]
    }

    /// What an alarm of DescribeAlarms watches; nil when that is metric math.
    init?(alarm: JSON) {
        guard let namespace = alarm["Namespace"]?.string, let name = alarm["MetricName"]?.string,
            let statistic = alarm["Statistic"]?.string ?? alarm["ExtendedStatistic"]?.string
        else { return nil }
        self.init(
            namespace, name, statistic, alarm.list("Dimensions").map { ($0.text("Name"), $0.text("Value")) },
            period: alarm["Period"]?.int ?? 60)
    }

    /// What an alarm of DescribeDeployment watches; nil when that is metric math.
    init?(definition: JSON) {
        guard let namespace = definition["namespace"]?.string, let name = definition["metric"]?.string,
            let statistic = definition["statistic"]?.string
        else { return nil }
        let dimensions = (definition["dimensions"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
        self.init(
            namespace, name, statistic, dimensions.sorted { $0.0 < $1.0 }, period: definition["period"]?.int ?? 60)
    }

    init(_ namespace: String, _ name: String, _ statistic: String, _ dimensions: [(String, String)], period: Int) {
        self.namespace = namespace
        self.name = name
        self.statistic = statistic
        self.dimensions = dimensions.map { (name: $0.0, value: $0.1) }
        self.period = max(1, period)
    }

    /// A metric of Lambda's.
    static func lambda(_ name: String, _ statistic: String, _ dimensions: [(String, String)], period: Int) -> Metric {
        Metric("AWS/Lambda", name, statistic, dimensions, period: period)
    }
}

extension Desk {
    /// The values of the metrics in that time, one list for each metric.
    func points(_ metrics: [Metric], from start: Timestamp, to end: Timestamp) async throws(AWSError) -> [[Chart.Point]]
    {
        guard !metrics.isEmpty else { return [] }
        let queries = metrics.enumerated().map { $1.query(id: "m\($0)") }
        let answer = try await call(
            "cloudwatch", "GetMetricData",
            [
                "MetricDataQueries": .array(queries), "StartTime": .double(start.seconds),
                "EndTime": .double(end.seconds),
                "ScanBy": "TimestampAscending",
            ])
        var found: [String: [Chart.Point]] = [:]
        for result in answer.list("MetricDataResults") {
            let values = zip(result.list("Timestamps"), result.list("Values"))
            found[result.text("Id"), default: []] += values.compactMap { time, value in
                guard let seconds = time.double, let value = value.double else { return nil }
                return Chart.Point(time: Timestamp(seconds: seconds), value: value)
            }
        }
        return metrics.indices.map { found["m\($0)"] ?? [] }
    }
}
