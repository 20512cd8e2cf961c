internal import Cloud
internal import Ledger
internal import Notation

extension CloudWatchService {
    private struct NamesInput: Decodable {
        let AlarmNames: [String]
    }
    private struct SetAlarmStateInput: Decodable {
        let AlarmName, StateValue, StateReason: String
        let StateReasonData: String?
    }

    var alarmOperations: [Operation] {
        [
            putMetricAlarm, putCompositeAlarm, deleteAlarms, setAlarmState,
            switchActions("EnableAlarmActions", on: true), switchActions("DisableAlarmActions", on: false),
        ]
    }

    /// All or none are deleted; names that are not there count as deleted. Source: CloudWatch API Reference,
    /// DeleteAlarms.
    private var deleteAlarms: Operation {
        Operation("DeleteAlarms", enforces: "AlarmNames") { (input: NamesInput, call) in
            let names = Set(input.AlarmNames)
            guard names.count <= 100 else {
                throw Refusal.validation("The collection AlarmNames must not have a size greater than 100.")
            }
            try await ledger.write { transaction in
                let all = try transaction.list(Collections.alarms, prefix: call.caller.scope).map(\.value)
                let doomed = all.filter { names.contains($0.name) }
                guard doomed.filter(\.isComposite).count <= 1 else {
                    throw Refusal.validation("Only one composite alarm can be deleted at a time.")
                }
                for other in all where !names.contains(other.name) {
                    try refuseChildren(of: other, names)
                }
                for alarm in doomed {
                    try transaction.delete(Collections.alarms, alarm.key)
                    try transaction.note(.configuration(alarm, "deleted", now: transaction.now))
                    try transaction.append(AlarmEvents.configurationChange(alarm, "delete", now: transaction.now))
                }
                let keys = Set(doomed.map { AlarmBook.change(of: $0.key) })
                transaction.afterCommit { [bell = book.bell] in bell.ring(keys) }
            }
            return Nothing()
        }
    }

    private func refuseChildren(of other: Alarm, _ names: Set<String>) throws {
        guard let composite = other.composite else { return }
        var children = (try? AlarmRule(parsing: composite.rule))?.children ?? []
        if let suppressor = composite.suppressor { children.insert(AlarmRule.name(suppressor)) }
        guard let child = children.intersection(names).min() else { return }
        throw Refusal.validation(
            "Cannot delete \(child) as there are composite alarm(s) depending on it: \(other.name)")
    }

    private var setAlarmState: Operation {
        Operation("SetAlarmState", enforces: "AlarmName StateValue StateReason StateReasonData") {
            (input: SetAlarmStateInput, call) in
            guard let state = AlarmState(rawValue: input.StateValue) else {
                throw Refusal.validation("The value \(input.StateValue) for parameter StateValue is invalid.")
            }
            if let data = input.StateReasonData, (try? JSON(parsing: data)) == nil {
                throw AWSError("InvalidFormatFault", "StateReasonData was not valid JSON.")
            }
            try await ledger.write { transaction in
                guard let alarm = try transaction.get(Collections.alarms, call.caller.key(input.AlarmName))?.value
                else {
                    throw Refusal.noAlarm("Could not find alarm \(input.AlarmName)")
                }
                let transition = AlarmTransition(
                    alarm, to: state, reason: input.StateReason, reasonData: input.StateReasonData, now: transaction.now
                )
                try book.apply(transition, in: transaction)
            }
            return Nothing()
        }
    }

    /// Names that are not there are passed over, as AWS does.
    private func switchActions(_ name: String, on: Bool) -> Operation {
        Operation(name, enforces: "AlarmNames") { (input: NamesInput, call) in
            try await ledger.write { transaction in
                for name in Set(input.AlarmNames) {
                    guard var alarm = try transaction.get(Collections.alarms, call.caller.key(name))?.value,
                        alarm.actionsEnabled != on
                    else { continue }
                    alarm.actionsEnabled = on
                    alarm.configurationUpdated = transaction.now
                    try transaction.put(Collections.alarms, alarm.key, alarm)
                    try transaction.note(.configuration(alarm, "updated", now: transaction.now))
                    try transaction.append(AlarmEvents.configurationChange(alarm, "update", now: transaction.now))
                }
            }
            return Nothing()
        }
    }
}
