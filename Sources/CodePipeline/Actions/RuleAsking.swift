internal import Cloud
internal import Ledger
internal import Notation
internal import Patterns

/// The rules of stage conditions that are no actions as well.
///
/// Source: CodePipeline User Guide, "Rule structure reference".
struct RuleAsking {
    let context: RunContext

    /// The answer; nil for rules that are carried out like actions.
    func ask() async throws -> PipelineMachine.Outcome? {
        switch context.provider {
        case "VariableCheck": return check()
        case "DeploymentWindow": return try await awaitWindow()
        case "CloudWatchAlarm": return try await watchAlarm()
        default: return nil
        }
    }

    private func failed(_ message: String) -> PipelineMachine.Outcome { .failed(RunError("RuleFailed", message)) }

    // MARK: VariableCheck

    private func check() -> PipelineMachine.Outcome {
        let left = context.run.configuration["Variable"] ?? ""
        let right = context.run.configuration["Value"] ?? ""
        let name = context.value("Operator") ?? ""
        let holds: Bool
        switch name {
        case "EQ": holds = left == right
        case "NE": holds = left != right
        case "CONTAINS": holds = left.contains(right)
        case "MATCHES":
            guard let pattern = try? Regex(right) else { return failed("'\(right)' is no regular expression.") }
            holds = (try? pattern.wholeMatch(in: left)) != nil
        default: return failed("The operator '\(name)' does not exist.")
        }
        let words = "'\(left)' \(name) '\(right)'"
        return holds ? PipelineMachine.Outcome(summary: "\(words) holds.") : failed("\(words) does not hold.")
    }

    // MARK: DeploymentWindow

    /// Waits for the window to open. When the rule's time is up first, the machine ends it.
    private func awaitWindow() async throws -> PipelineMachine.Outcome {
        let text = context.value("Cron") ?? ""
        let offset = context.value("TimeZone").flatMap(TimeZoneOffset.init)
        let time = context.cloud.surroundings.time
        do {
            let window = try DeploymentWindow(text)
            guard let opening = window.nextOpening(after: time.now, offset: { offset?($0) ?? .zero }) else {
                return failed("The window '\(text)' never opens again.")
            }
            if opening > time.now {
                try await context.tell(.init(summary: "The window opens at \(opening.iso8601())."))
                try await time.sleep(until: opening)
            }
            return PipelineMachine.Outcome(summary: "The window '\(text)' is open.")
        } catch let error as ScheduleError {
            return failed("The Cron '\(text)' cannot be read: \(error.reason).")
        }
    }

    // MARK: CloudWatchAlarm

    /// Fails as soon as the alarm is in one of the states; succeeds when it was in none of them for the time asked for.
    private func watchAlarm() async throws -> PipelineMachine.Outcome {
        let name = context.value("AlarmName") ?? ""
        let states = (context.value("AlarmStates") ?? "ALARM").split(separator: ",").map(\.trimmed)
        let minutes = Double(context.value("WaitTime") ?? "0") ?? 0
        let until = context.run.started + .seconds(60 * minutes)
        let context = context
        let look: @Sendable () async throws -> PipelineMachine.Outcome? = {
            let found = try await context.call("cloudwatch", "DescribeAlarms", ["AlarmNames": [.string(name)]])
            let alarms = (found["MetricAlarms"]?.array ?? []) + (found["CompositeAlarms"]?.array ?? [])
            guard let alarm = alarms.first, let state = alarm["StateValue"]?.string else {
                return .failed(RunError("RuleFailed", "There is no alarm '\(name)'."))
            }
            guard states.contains(state) else { return nil }
            return .failed(
                RunError("RuleFailed", "The alarm '\(name)' is \(state): \(alarm["StateReason"]?.string ?? "")"))
        }
        if let bad = try await context.watch.first(about: [name], until: until, look) { return bad }
        try Task.checkCancellation()
        return PipelineMachine.Outcome(summary: "The alarm '\(name)' was in none of \(states.joined(separator: ", ")).")
    }
}
