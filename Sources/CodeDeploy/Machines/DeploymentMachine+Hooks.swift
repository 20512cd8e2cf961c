internal import Ledger
internal import Notation

extension DeploymentMachine {
    /// Lets the hook function of that event judge, or passes over it when there is none.
    mutating func beginHook(_ event: String, _ now: Timestamp, _ out: inout Outcome) {
        guard let function = hooks[event], let executionID = order.hookExecutionIDs[event] else {
            settle(event, .succeeded, now)
            return afterHook(event, now, &out)
        }
        settle(event, .inProgress, now)
        let deadline = now + Self.hookLimit
        phase = .hook(event, deadline: deadline)
        out.wake = .at(deadline)
        out.commands.append(.invokeHook(event: event, function: function, executionID: executionID))
        note("HookStarted", "\(event): asking \(function).", now, &out)
    }

    /// What comes after the event: the traffic, or the end.
    private mutating func afterHook(_ event: String, _ now: Timestamp, _ out: inout Outcome) {
        if event == LifecycleEvent.beforeAllowTraffic {
            settle(LifecycleEvent.allowTraffic, .inProgress, now)
            stepDueAt = now
            shift(now, &out)
        } else {
            succeed(now, &out)
        }
    }

    /// Takes the first judgement on the event that is under way; its execution id tells it from any other.
    mutating func hookAnswered(_ answer: Event, _ now: Timestamp, _ out: inout Outcome) {
        guard case .hook(let event, _) = phase, ending == nil, let expected = order.hookExecutionIDs[event] else {
            return
        }
        let function = hooks[event] ?? ""
        switch answer {
        case .hookReported(expected, true):
            settle(event, .succeeded, now)
            note("HookSucceeded", "\(event): \(function) reports success.", now, &out)
            afterHook(event, now, &out)
        case .hookReported(expected, false):
            failHook(event, "ScriptFailed", "The hook function \(function) reported failure.", "", now, &out)
        case .hookFailed(expected, let code, let message, let logTail):
            failHook(event, code, message, logTail, now, &out)
        case .hookReturned(expected):
            note(
                "HookReturned", "\(event): \(function) has returned without reporting; waiting for its report.", now,
                &out)
        default: return
        }
    }

    /// Nobody answered in time. Whether the function still runs does not matter any more: its report is refused from
    /// now on.
    mutating func hookTimedOut(_ event: String, _ now: Timestamp, _ out: inout Outcome) {
        let message = "The hook function \(hooks[event] ?? "") did not report within an hour."
        failHook(event, "ScriptTimedOut", message, "", now, &out)
    }

    /// The event has failed, and the deployment with it.
    private mutating func failHook(
        _ event: String, _ code: String, _ message: String, _ logTail: String, _ now: Timestamp, _ out: inout Outcome
    ) {
        settle(event, .failed, now)
        if let index = lifecycle.firstIndex(where: { $0.name == event }) {
            lifecycle[index].diagnostics = .init(
                errorCode: code, scriptName: hooks[event] ?? "", message: message, logTail: logTail)
        }
        note("HookFailed", "\(event): \(message)", now, &out)
        let error = ErrorInformation(
            code: "HOOK_EXECUTION_FAILURE",
            message: "One or more of the lifecycle event validation functions failed. \(event): \(message)")
        end(.failed, error, now, &out)
    }
}
