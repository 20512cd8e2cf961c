internal import Notation

/// The steps of a deployment from first to last, done and to come.
struct DeploymentPlan {
    let machine: DeploymentMachine

    /// Each with its name, its state (`done`, `active`, `pending`, `skipped`, `failed`) and its times as far as they
    /// are known.
    var steps: [JSON] {
        var steps: [JSON] = []
        for event in machine.lifecycle {
            if event.name == LifecycleEvent.allowTraffic {
                steps += traffic(event)
            } else if machine.hooks[event.name] != nil {
                steps.append(hook(event))
            }
        }
        if let back = machine.rollback, back.id != nil { steps.append(rollback(back)) }
        return steps
    }

    private func hook(_ event: LifecycleEvent) -> JSON {
        var step: JSON = [
            "name": .string(event.name), "kind": "hook", "state": .string(state(event.status)),
            "text": .string(machine.hooks[event.name] ?? ""),
        ]
        step["startTime"] = event.startTime.map { .double($0.seconds) }
        step["endTime"] = event.endTime.map { .double($0.seconds) }
        step["diagnostics"] = event.diagnostics.flatMap { try? JSON(encoding: $0) }
        return step
    }

    /// One step for every weight, the wait after it included.
    private func traffic(_ event: LifecycleEvent) -> [JSON] {
        let shifts = machine.steps.filter { $0.name == "TrafficShifted" }
        let planned = machine.order.routing.weights
        // A promotion skips what was planned in between.
        let weights =
            shifts.last?.weight == 100 ? shifts.map(\.weight) : shifts.map(\.weight) + planned.dropFirst(shifts.count)
        return weights.enumerated().map { index, weight in
            var step: JSON = ["name": .string("\(weight) %"), "kind": "traffic", "weight": .int(weight)]
            step["startTime"] =
                index < shifts.count ? .double(shifts[index].time.seconds) : expected(index, shifts.count)
            if index + 1 < shifts.count { step["endTime"] = .double(shifts[index + 1].time.seconds) }
            step["state"] = .string(state(index, shifts.count, event))
            return step
        }
    }

    /// A step is active while its wait lasts.
    private func state(_ index: Int, _ taken: Int, _ event: LifecycleEvent) -> String {
        let isCurrent = index == taken - 1
        switch event.status {
        case .pending: return "pending"
        case .inProgress: return index < taken - 1 ? "done" : isCurrent ? "active" : "pending"
        case .succeeded: return "done"
        case .failed, .skipped: return index < taken - 1 ? "done" : isCurrent ? "failed" : "skipped"
        }
    }

    /// When a step to come is due, if nothing holds it up.
    private func expected(_ index: Int, _ taken: Int) -> JSON? {
        guard let next = machine.nextStepAt else { return nil }
        return .double((next + machine.order.routing.interval * (index - taken)).seconds)
    }

    private func rollback(_ back: DeploymentMachine.Rollback) -> JSON {
        let state = back.restoredAt != nil ? "done" : back.failure != nil ? "failed" : "active"
        var step: JSON = [
            "name": "Rollback", "kind": "rollback", "state": .string(state), "text": .string(back.message), "weight": 0,
            "startTime": .double(back.startTime.seconds),
        ]
        step["endTime"] = back.restoredAt.map { .double($0.seconds) }
        return step
    }

    private func state(_ status: LifecycleEvent.Status) -> String {
        switch status {
        case .pending: "pending"
        case .inProgress: "active"
        case .succeeded: "done"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }
}
