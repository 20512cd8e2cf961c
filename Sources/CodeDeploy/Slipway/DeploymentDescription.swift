internal import Cloud
internal import Notation

/// Everything a person wants to see of a deployment at a glance, for the console and `slipway watch`.
struct DeploymentDescription {
    let record: DeploymentRecord
    let machine: DeploymentMachine
    let now: Timestamp
    /// The alarms as they stand; the machine's own reading until something fresher is known.
    var alarms: [AlarmReading]

    init(record: DeploymentRecord, machine: DeploymentMachine, now: Timestamp) {
        self.record = record
        self.machine = machine
        self.now = now
        alarms = (machine.alarms ?? []).map(\.reading)
    }

    /// The answer to DescribeDeployment. Times are seconds since 1970, shares are percent.
    var view: JSON {
        let order = machine.order
        var view: JSON = [
            "deploymentId": .string(order.id), "applicationName": .string(record.application),
            "deploymentGroupName": .string(record.group), "deploymentConfigName": .string(order.configName),
            "status": .string(machine.status.rawValue), "phase": .string(phase), "creator": .string(order.creator),
            "verdict": .string(Self.verdict(machine, now)), "isPaused": .bool(machine.isPaused),
            "canPromote": .bool(machine.canPromote), "canPause": .bool(machine.canPause),
            "canAbort": .bool(!machine.status.isTerminal && machine.ending == nil), "isStrict": .bool(order.isStrict),
            "weights": ["old": .int(100 - machine.weight), "new": .int(machine.weight)],
            "createTime": .double(order.createTime.seconds), "now": .double(now.seconds),
        ]
        view["description"] = order.description.map(JSON.string)
        view["externalId"] = order.externalId.map(JSON.string)
        for (name, time) in [
            ("startTime", machine.startTime), ("completeTime", machine.completeTime),
            ("nextStepAt", machine.nextStepAt),
            ("endsAt", endsAt),
        ] { view[name] = time.map { .double($0.seconds) } }
        view["secondsToNextStep"] = wait.map { .double($0.inSeconds) }
        addTarget(to: &view)
        view["steps"] = .array(DeploymentPlan(machine: machine).steps)
        view["history"] = .array(machine.steps.map(history))
        view["alarms"] = .array(alarms.map(alarm))
        addEnding(to: &view)
        return view
    }

    private func addTarget(to view: inout JSON) {
        guard let target = machine.target else { return }
        view["functionName"] = .string(target.functionName)
        view["alias"] = .string(target.alias)
        view["oldVersion"] = .string(target.current)
        view["newVersion"] = .string(target.target)
    }

    // MARK: Time left

    /// How long until the next step; what is left of it while paused.
    private var wait: Duration? {
        if let rest = machine.pausedWith { return .microseconds(rest) }
        return machine.nextStepAt.map { max(.zero, $0 - now) }
    }

    /// When all traffic is to be on the new version, if nothing happens.
    private var endsAt: Timestamp? {
        guard let next = machine.nextStepAt else { return nil }
        let left = max(0, machine.order.routing.weights.count - machine.stepsTaken - 1)
        return next + machine.order.routing.interval * left
    }

    /// Where it is, in a word.
    private var phase: String {
        switch machine.phase {
        case .created: "created"
        case .reading: "reading"
        case .preparing: "preparing"
        case .hook(let event, _): event
        case .checking, .shifting: "shifting"
        case .baking: machine.pausedWith == nil ? "baking" : "paused"
        case .leaving: machine.rollback?.id == nil ? "ending" : "rolling back"
        case .announcing, .finished: "finished"
        }
    }

    // MARK: Parts

    private func history(_ step: DeploymentStep) -> JSON {
        [
            "name": .string(step.name), "time": .double(step.time.seconds), "text": .string(step.text),
            "weight": .int(step.weight),
        ]
    }

    /// `counts` is false of an alarm that was firing before the deployment began.
    private func alarm(_ reading: AlarmReading) -> JSON {
        let watched = machine.alarms?.first { $0.reading.name == reading.name }
        var view: JSON = [
            "name": .string(reading.name), "state": .string(reading.state), "reason": .string(reading.reason),
            "counts": .bool(watched?.wasFiringBefore != true),
        ]
        view["since"] = reading.transitioned.map { .double($0.seconds) }
        guard let definition = reading.definition, let members = try? JSON(encoding: definition) else { return view }
        view["definition"] = members
        return view
    }

    private func addEnding(to view: inout JSON) {
        if let ending = machine.ending {
            view["error"] = ["code": .string(ending.error.code), "message": .string(ending.error.message)]
            view["cause"] = Diagnosis.cause(machine).map(JSON.string)
            view["decidedTime"] = .double(ending.decided.seconds)
        }
        if let back = machine.rollback {
            var shown: JSON = ["message": .string(back.message), "startTime": .double(back.startTime.seconds)]
            shown["deploymentId"] = back.id.map(JSON.string)
            shown["restoredTime"] = back.restoredAt.map { .double($0.seconds) }
            shown["failure"] = back.failure.map(JSON.string)
            view["rollback"] = shown
        }
        view["evidence"] = machine.evidence.map(DeploymentWhy.view)
    }
}

extension DeploymentDescription {
    /// How the deployment stands, in a sentence or two.
    static func verdict(_ machine: DeploymentMachine, _ now: Timestamp) -> String {
        switch machine.status {
        case .succeeded: return "Succeeded. \(machine.traffic)"
        case .failed, .stopped: return ended(machine)
        default: break
        }
        if machine.ending != nil { return "Going back: \(machine.ending?.error.message ?? "")" }
        switch machine.phase {
        case .created, .reading, .preparing: return "Beginning: the alias and the alarms are being looked at."
        case .hook(let event, let deadline):
            return
                "\(event): waiting for \(machine.hooks[event] ?? "the hook") to report, "
                + "\(words(deadline - now)) at most."
        case .checking, .shifting: return "Moving traffic."
        default: break
        }
        if let rest = machine.pausedWith {
            return "Paused. \(machine.traffic) \(words(.microseconds(rest))) of the wait are left."
        }
        guard let next = machine.nextStepAt else { return machine.traffic }
        let weights = machine.order.routing.weights
        let following = weights[min(machine.stepsTaken, weights.count - 1)]
        let condition = machine.order.alarms.watched.isEmpty ? "" : " unless an alarm fires"
        return "\(machine.traffic) It gets \(following) % in \(words(next - now))\(condition)."
    }

    private static func ended(_ machine: DeploymentMachine) -> String {
        let word = machine.status == .failed ? "Failed" : "Stopped"
        let cause = machine.ending?.error.message ?? ""
        guard let back = machine.rollback, back.id != nil else { return "\(word): \(cause)" }
        guard let restored = back.restoredAt else {
            return "\(word), and the rollback failed: \(cause) \(back.message)"
        }
        let decided = machine.ending?.decided ?? restored
        return
            "\(word) and rolled back: \(cause) \(machine.traffic) It took \(words(restored - decided)) to restore it."
    }

    /// A duration for people: `3 min 20 s`, `1.2 s`, `16 ms`.
    static func words(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.microseconds / 1000)
        let seconds = milliseconds / 1000
        switch seconds {
        case 0: return "\(milliseconds) ms"
        case 1..<10: return "\(seconds).\(milliseconds % 1000 / 100) s"
        case 10..<120: return "\(seconds) s"
        case 120..<7200: return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
        default: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        }
    }
}
