internal import Notation

/// Alarms as answers show them.
enum AlarmView {
    static func metricOrComposite(_ alarm: Alarm) -> JSON { alarm.isComposite ? composite(alarm) : metric(alarm) }

    private static func common(_ alarm: Alarm) -> JSON {
        var tree: JSON = [
            "AlarmName": .string(alarm.name), "AlarmArn": .string(alarm.arn),
            "ActionsEnabled": .bool(alarm.actionsEnabled),
            "OKActions": list(alarm.okActions), "AlarmActions": list(alarm.alarmActions),
            "InsufficientDataActions": list(alarm.insufficientDataActions),
            "AlarmConfigurationUpdatedTimestamp": .double(alarm.configurationUpdated.seconds),
            "StateValue": .string(alarm.state.rawValue), "StateReason": .string(alarm.reason),
            "StateUpdatedTimestamp": .double(alarm.stateUpdated.seconds),
            "StateTransitionedTimestamp": .double(alarm.stateTransitioned.seconds),
        ]
        tree["AlarmDescription"] = alarm.description.map(JSON.string)
        tree["StateReasonData"] = alarm.reasonData.map(JSON.string)
        return tree
    }

    private static func list(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }

    private static func metric(_ alarm: Alarm) -> JSON {
        var tree = common(alarm)
        guard let condition = alarm.metric else { return tree }
        tree["EvaluationPeriods"] = .int(condition.evaluationPeriods)
        tree["DatapointsToAlarm"] = condition.datapointsToAlarm.map(JSON.int)
        tree["Threshold"] = .double(condition.threshold)
        tree["ComparisonOperator"] = .string(condition.comparison.rawValue)
        tree["TreatMissingData"] = condition.missingData.map { .string($0.rawValue) }
        tree["EvaluateLowSampleCountPercentile"] = condition.lowSamples.map(JSON.string)
        if let queries = condition.queries { tree["Metrics"] = try? JSON(encoding: queries) }
        guard let metric = condition.metric else { return tree }
        tree["Namespace"] = .string(metric.namespace)
        tree["MetricName"] = .string(metric.name)
        tree["Dimensions"] = .array(metric.dimensions.map { ["Name": .string($0.Name), "Value": .string($0.Value)] })
        tree["Period"] = condition.period.map(JSON.int)
        tree["Unit"] = condition.unit.map(JSON.string)
        let isBasic = condition.statistic.flatMap(Statistic.init)?.isBasic ?? true
        tree[isBasic ? "Statistic" : "ExtendedStatistic"] = condition.statistic.map(JSON.string)
        return tree
    }

    private static func composite(_ alarm: Alarm) -> JSON {
        var tree = common(alarm)
        guard let composite = alarm.composite else { return tree }
        tree["AlarmRule"] = .string(composite.rule)
        tree["ActionsSuppressor"] = composite.suppressor.map(JSON.string)
        tree["ActionsSuppressorWaitPeriod"] = composite.waitSeconds.map(JSON.int)
        tree["ActionsSuppressorExtensionPeriod"] = composite.extensionSeconds.map(JSON.int)
        tree["ActionsSuppressedBy"] = (composite.suppression?.by.rawValue).map(JSON.string)
        tree["ActionsSuppressedReason"] = (composite.suppression?.reason).map(JSON.string)
        return tree
    }
}
