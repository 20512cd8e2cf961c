internal import Cloud
internal import Ledger
internal import Notation

extension CloudWatchService {
    private struct DescribeAlarmsInput: Decodable {
        let AlarmNames, AlarmTypes: [String]?
        let AlarmNamePrefix, ChildrenOfAlarmName, ParentsOfAlarmName, StateValue, ActionPrefix, NextToken: String?
        let MaxRecords: Int?
    }
    private struct ForMetricInput: Decodable {
        let MetricName, Namespace: String
        let Statistic, ExtendedStatistic, Unit: String?
        let Dimensions: [Dimension]?
        let Period: Int?
    }
    private struct HistoryInput: Decodable {
        let AlarmName, HistoryItemType, NextToken, ScanBy: String?
        let AlarmTypes: [String]?
        let StartDate, EndDate: Double?
        let MaxRecords: Int?
    }

    var alarmQueryOperations: [Operation] { [describeAlarms, describeAlarmsForMetric, describeAlarmHistory] }

    private var describeAlarms: Operation {
        Operation(
            "DescribeAlarms",
            enforces:
                "AlarmNames AlarmNamePrefix AlarmTypes ChildrenOfAlarmName ParentsOfAlarmName StateValue "
                + "ActionPrefix MaxRecords NextToken"
        ) { (input: DescribeAlarmsInput, call) in
            guard input.AlarmNames == nil || input.AlarmNamePrefix == nil else {
                throw Refusal.combination("AlarmNamePrefix and AlarmNames cannot both be specified.")
            }
            let types =
                input.AlarmTypes
                ?? (input.ChildrenOfAlarmName ?? input.ParentsOfAlarmName == nil
                    ? ["MetricAlarm"] : ["MetricAlarm", "CompositeAlarm"])
            let found = try await alarms(input, call.caller.scope).filter { alarm in
                types.contains(alarm.isComposite ? "CompositeAlarm" : "MetricAlarm")
                    && (input.StateValue ?? alarm.state.rawValue) == alarm.state.rawValue
                    && hasAction(alarm, input.ActionPrefix)
            }
            let limit = input.MaxRecords ?? (input.AlarmNames == nil ? 50 : 100)
            let start = try PageToken.read(input.NextToken)
            let page = found.dropFirst(start).prefix(limit)
            var output: JSON = [
                "MetricAlarms": .array(page.filter { !$0.isComposite }.map(AlarmView.metricOrComposite)),
                "CompositeAlarms": .array(page.filter(\.isComposite).map(AlarmView.metricOrComposite)),
            ]
            if start + page.count < found.count { output["NextToken"] = .string(String(start + page.count)) }
            return output
        }
    }

    private func hasAction(_ alarm: Alarm, _ prefix: String?) -> Bool {
        guard let prefix else { return true }
        return (alarm.okActions + alarm.alarmActions + alarm.insufficientDataActions).contains { $0.hasPrefix(prefix) }
    }

    /// The alarms that the input's names choose.
    private func alarms(_ input: DescribeAlarmsInput, _ scope: String) async throws -> [Alarm] {
        if let names = input.AlarmNames {
            var found: [Alarm] = []
            for name in Set(names).sorted() {
                if let alarm = try await ledger.get(Collections.alarms, scope + name)?.value { found.append(alarm) }
            }
            return found
        }
        let all = try await ledger.list(Collections.alarms, prefix: scope + (input.AlarmNamePrefix ?? "")).map(\.value)
        if let parent = input.ChildrenOfAlarmName {
            let rule = try await ledger.get(Collections.alarms, scope + parent)?.value.composite?.rule
            let children = try rule.map { try AlarmRule(parsing: $0).children } ?? []
            return all.filter { children.contains($0.name) }
        }
        guard let child = input.ParentsOfAlarmName else { return all }
        return try all.filter {
            try $0.composite.map { try AlarmRule(parsing: $0.rule).children.contains(child) } ?? false
        }
    }

    private var describeAlarmsForMetric: Operation {
        Operation(
            "DescribeAlarmsForMetric",
            enforces: "MetricName Namespace Statistic ExtendedStatistic Dimensions Period Unit"
        ) { (input: ForMetricInput, call) in
            let metric = MetricID(input.Namespace, input.MetricName, input.Dimensions ?? [])
            let found = try await ledger.list(Collections.alarms, prefix: call.caller.scope).map(\.value).filter {
                alarm in
                guard let condition = alarm.metric, condition.metric == metric else { return false }
                let statistic = input.Statistic ?? input.ExtendedStatistic
                return (statistic ?? condition.statistic) == condition.statistic
                    && (input.Period ?? condition.period) == condition.period
                    && (input.Unit ?? condition.unit) == condition.unit
            }
            return ["MetricAlarms": .array(found.map(AlarmView.metricOrComposite))] as JSON
        }
    }

    private var describeAlarmHistory: Operation {
        Operation(
            "DescribeAlarmHistory",
            enforces: "AlarmName AlarmTypes HistoryItemType StartDate EndDate MaxRecords NextToken ScanBy"
        ) { (input: HistoryInput, call) in
            let scope = call.caller.scope
            let items =
                if let name = input.AlarmName {
                    try await ledger.find(Collections.history, "alarm", scope + name).map(\.value)
                } else { try await ledger.list(Collections.history, prefix: scope).map(\.value) }
            let types = input.AlarmTypes ?? ["MetricAlarm", "CompositeAlarm"]
            let wanted = items.filter { item in
                (input.HistoryItemType ?? item.type) == item.type && item.time.seconds >= input.StartDate ?? 0
                    && item.time.seconds <= input.EndDate ?? .infinity
                    && types.contains(item.isComposite ? "CompositeAlarm" : "MetricAlarm")
            }
            let ordered = input.ScanBy == "TimestampAscending" ? wanted : wanted.reversed()
            let start = try PageToken.read(input.NextToken)
            let page = ordered.dropFirst(start).prefix(input.MaxRecords ?? 100)
            var output: JSON = ["AlarmHistoryItems": .array(page.map(view))]
            if start + page.count < ordered.count { output["NextToken"] = .string(String(start + page.count)) }
            return output
        }
    }

    private func view(_ item: AlarmHistoryItem) -> JSON {
        [
            "AlarmName": .string(item.alarmName), "AlarmType": item.isComposite ? "CompositeAlarm" : "MetricAlarm",
            "Timestamp": .double(item.time.seconds), "HistoryItemType": .string(item.type),
            "HistorySummary": .string(item.summary), "HistoryData": .string(item.data),
        ]
    }
}
