internal import Ledger
internal import Notation

/// Rollback triggers: alarms that are watched while the stack is worked on and for some time after, and that take it
/// back when they fire.
///
/// Source: "Use rollback triggers" in the User Guide.
extension StackOperation {
    /// What is watched.
    package struct Monitor: Codable, Sendable, Hashable {
        /// The alarms' ARNs.
        package var alarms: [String]
        /// Minutes that they are watched after the resources stand.
        package var minutes: Int
        /// The alarms' types, in the same order; nil for those of before that was kept.
        package var kinds: [String]?

        /// The types that alarms may have.
        static let types = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"]
    }

    /// How often the alarms are looked at. They are evaluated once in ten seconds at most.
    private static let interval = Duration.seconds(2)

    /// Looks at the alarms now, and again soon.
    mutating func watchAlarms() {
        guard let monitor = subject.monitor, !monitor.alarms.isEmpty, phase == .forward || phase == .monitoring else {
            return
        }
        tokens += 1
        outbox.commands.append(.lookAtAlarms(token: "\(subject.operationID)-\(tokens)", alarms: monitor.alarms))
        outbox.wake = .at(outbox.now + Self.interval)
    }

    /// The alarms' states came.
    mutating func alarmsSeen(firing: [String], missing: [String]) {
        guard phase == .forward || phase == .monitoring else { return }
        if let name = missing.first {
            stop(because: "Rollback trigger \(name) does not exist. ")
        } else if let name = firing.first {
            stop(because: "One or more Rollback Triggers breached: [\(name)]. ")
        }
    }

    /// Whether the alarms are to be watched for some time before the new state counts as good.
    ///
    /// Without alarms an update waits all the same before it cleans up. Source: RollbackConfiguration in the API
    /// Reference.
    mutating func beginMonitoring() -> Bool {
        guard let monitor = subject.monitor, monitor.minutes > 0, phase == .forward,
            !monitor.alarms.isEmpty || intent == .update
        else { return false }
        phase = .monitoring
        monitoredUntil = outbox.now + .seconds(monitor.minutes * 60)
        outbox.wake = .at(outbox.now + .seconds(monitor.minutes * 60))
        watchAlarms()
        return true
    }

    /// Whether the time of watching is over.
    var isMonitored: Bool { monitoredUntil.map { outbox.now >= $0 } ?? true }
}
