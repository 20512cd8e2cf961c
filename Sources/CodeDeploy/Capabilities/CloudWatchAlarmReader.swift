package import Cloud
internal import Notation

/// Reads alarms by CloudWatch's own operation, at the door.
package struct CloudWatchAlarmReader: AlarmReader {
    private let cloud: Cloud

    /// Through that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// Calls DescribeAlarms, composite alarms included.
    package func read(_ names: [String], as caller: Caller) async throws -> [AlarmReading] {
        guard !names.isEmpty else { return [] }
        let answer = try await cloud.call(
            "cloudwatch", "DescribeAlarms",
            [
                "AlarmNames": .array(names.map(JSON.string)), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
                "MaxRecords": 100,
            ], as: caller)
        let found = (answer["MetricAlarms"]?.array ?? []) + (answer["CompositeAlarms"]?.array ?? [])
        return names.map { name in
            guard let alarm = found.first(where: { $0["AlarmName"]?.string == name }) else {
                return AlarmReading(name: name, state: AlarmReading.missing)
            }
            return reading(alarm, name)
        }
    }

    private func reading(_ alarm: JSON, _ name: String) -> AlarmReading {
        let transitioned = alarm["StateTransitionedTimestamp"] ?? alarm["StateUpdatedTimestamp"]
        return AlarmReading(
            name: name, state: alarm["StateValue"]?.string ?? "INSUFFICIENT_DATA",
            reason: alarm["StateReason"]?.string ?? "",
            transitioned: transitioned?.double.map { Timestamp(seconds: $0) }, definition: definition(alarm))
    }

    private func definition(_ alarm: JSON) -> AlarmReading.Definition {
        var definition = AlarmReading.Definition()
        definition.namespace = alarm["Namespace"]?.string
        definition.metric = alarm["MetricName"]?.string
        definition.statistic = alarm["Statistic"]?.string ?? alarm["ExtendedStatistic"]?.string
        definition.comparison = alarm["ComparisonOperator"]?.string
        definition.threshold = alarm["Threshold"]?.double
        definition.period = alarm["Period"]?.int
        definition.evaluationPeriods = alarm["EvaluationPeriods"]?.int
        let dimensions = (alarm["Dimensions"]?.array ?? []).compactMap { item -> (String, String)? in
            guard let name = item["Name"]?.string, let value = item["Value"]?.string else { return nil }
            return (name, value)
        }
        definition.dimensions = Dictionary(dimensions) { $1 }
        if let data = alarm["StateReasonData"]?.string, let tree = try? JSON(parsing: data) {
            definition.value = tree["recentDatapoints"]?.array?.compactMap(\.double).last
        }
        return definition
    }
}
