internal import Ledger
internal import Notation

/// A change of an alarm's state, worked out: the alarm after it, and everything that follows from it.
struct AlarmTransition: Sendable {
    let alarm: Alarm
    let history: AlarmHistoryItem
    let event: LedgerEvent
    /// What is told to each action.
    let notice: AlarmNotice?

    /// The change of `old` to a state, for a reason.
    init(
        _ old: Alarm, to state: AlarmState, reason: String, reasonData: String?, now: Timestamp,
        isSuppressed: Bool = false
    ) {
        var new = old
        new.state = state
        new.reason = String(reason.prefix(1023))
        new.reasonData = reasonData
        new.stateUpdated = now
        if old.state != state { new.stateTransitioned = now }
        alarm = new
        history = .stateUpdate(from: old, to: new, now: now)
        event = AlarmEvents.stateChange(from: old, to: new, now: now)
        let targets = old.actionsEnabled && !isSuppressed && old.state != state ? new.actions(state) : []
        notice = targets.isEmpty ? nil : AlarmNotice(alarm: new, oldState: old, targets: targets, now: now)
    }
}

/// An entry of an alarm's history, as it is stored.
struct AlarmHistoryItem: Codable, Sendable {
    var alarmName: String
    var scope: String
    var isComposite: Bool
    var time: Timestamp
    /// AWS's word: `ConfigurationUpdate`, `StateUpdate` or `Action`.
    var type: String
    var summary: String
    var data: String

    init(_ alarm: Alarm, type: String, summary: String, data: JSON, now: Timestamp) {
        alarmName = alarm.name
        scope = alarm.scope
        isComposite = alarm.isComposite
        time = now
        self.type = type
        self.summary = summary
        self.data = data.text()
    }

    static func stateUpdate(from old: Alarm, to new: Alarm, now: Timestamp) -> AlarmHistoryItem {
        AlarmHistoryItem(
            new, type: "StateUpdate", summary: "Alarm updated from \(old.state.rawValue) to \(new.state.rawValue)",
            data: ["version": "1.0", "oldState": state(old), "newState": state(new)], now: now)
    }

    static func configuration(_ alarm: Alarm, _ verb: String, now: Timestamp) -> AlarmHistoryItem {
        AlarmHistoryItem(
            alarm, type: "ConfigurationUpdate", summary: "Alarm \"\(alarm.name)\" \(verb)",
            data: [
                "version": "1.0", "type": .string(verb.prefix(1).uppercased() + verb.dropFirst().dropLast()),
                "\(verb)Alarm": AlarmView.metricOrComposite(alarm),
            ], now: now)
    }

    private static func state(_ alarm: Alarm) -> JSON {
        var tree: JSON = ["stateValue": .string(alarm.state.rawValue), "stateReason": .string(alarm.reason)]
        if let data = alarm.reasonData { tree["stateReasonData"] = (try? JSON(parsing: data)) ?? .string(data) }
        return tree
    }
}

extension Collections {
    /// Keyed by scope and time, so that the oldest come first.
    static let history = Collection<AlarmHistoryItem>(
        "cloudwatch.alarm-history", lookups: ["alarm": { [$0.scope + $0.alarmName] }])
}

extension Transaction {
    /// Adds an entry to an alarm's history.
    func note(_ item: AlarmHistoryItem) throws {
        let key = "\(item.scope)\(item.time.microseconds)/\(surroundings.chance.hexadecimal(8))"
        try put(Collections.history, key, item)
    }
}

/// The events alarms write into the log. Source: Amazon CloudWatch User Guide, "Alarm events and EventBridge".
enum AlarmEvents {
    static func stateChange(from old: Alarm, to new: Alarm, now: Timestamp) -> LedgerEvent {
        LedgerEvent(
            time: now, source: "aws.cloudwatch", detailType: "CloudWatch Alarm State Change", account: new.account,
            region: new.region, resources: [new.arn],
            detail: [
                "alarmName": .string(new.name), "state": state(new), "previousState": state(old),
                "configuration": configuration(new),
            ])
    }

    /// The operation is `create`, `update` or `delete`.
    static func configurationChange(_ alarm: Alarm, _ operation: String, now: Timestamp) -> LedgerEvent {
        LedgerEvent(
            time: now, source: "aws.cloudwatch", detailType: "CloudWatch Alarm Configuration Change",
            account: alarm.account,
            region: alarm.region, resources: [alarm.arn],
            detail: [
                "alarmName": .string(alarm.name), "operation": .string(operation), "state": state(alarm),
                "configuration": configuration(alarm),
            ])
    }

    static func state(_ alarm: Alarm) -> JSON {
        var tree: JSON = [
            "value": .string(alarm.state.rawValue), "reason": .string(alarm.reason),
            "timestamp": .string(alarm.stateUpdated.alarmText),
        ]
        if let data = alarm.reasonData { tree["reasonData"] = .string(data) }
        if let suppression = alarm.composite?.suppression {
            tree["actionsSuppressedBy"] = .string(suppression.by.rawValue)
            tree["actionsSuppressedReason"] = .string(suppression.reason)
        }
        return tree
    }

    static func configuration(_ alarm: Alarm) -> JSON {
        var tree: JSON = [:]
        if let description = alarm.description { tree["description"] = .string(description) }
        if let composite = alarm.composite {
            tree["alarmRule"] = .string(composite.rule)
            if let suppressor = composite.suppressor { tree["actionsSuppressor"] = .string(suppressor) }
            if let wait = composite.waitSeconds { tree["actionsSuppressorWaitPeriod"] = .int(wait) }
            if let seconds = composite.extensionSeconds { tree["actionsSuppressorExtensionPeriod"] = .int(seconds) }
            return tree
        }
        tree["metrics"] = .array((alarm.metric?.effectiveQueries ?? []).map(query))
        return tree
    }

    private static func query(_ query: MetricDataQuery) -> JSON {
        var tree: JSON = ["id": .string(query.Id), "returnData": .bool(query.ReturnData ?? true)]
        if let text = query.Expression { tree["expression"] = .string(text) }
        if let label = query.Label { tree["label"] = .string(label) }
        guard let stat = query.MetricStat else { return tree }
        let dimensions = (stat.Metric.Dimensions ?? []).map { ($0.Name, JSON.string($0.Value)) }
        tree["metricStat"] = [
            "metric": [
                "namespace": .string(stat.Metric.Namespace), "name": .string(stat.Metric.MetricName),
                "dimensions": .object(JSONObject(dimensions)),
            ], "period": .int(stat.Period), "stat": .string(stat.Stat),
        ]
        if let unit = stat.Unit { tree["metricStat"]?["unit"] = .string(unit) }
        return tree
    }
}
