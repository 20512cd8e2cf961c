internal import Cloud
internal import Ledger
internal import Notation

/// Why the last operation on a stack ended as it did: the first cause, what it led to, what failed in which order, and
/// what to do next. `slipway why STACK` shows it.
struct StackWhy: Sendable {
    /// The events that tell of failures, at most.
    private static let eventLimit = 20

    let ledger: Ledger

    /// What can be asked.
    var operations: [Operation] {
        [
            Operation("WhyStack", enforces: "stackName") { (input: Name, call) in
                try await why(input.stackName, call.caller)
            }
        ]
    }

    private struct Name: Decodable { let stackName: String }

    private func why(_ name: String, _ caller: Caller) async throws -> JSON {
        let stack = try await stack(name, caller)
        if let refused = try await refusedSince(stack) { return Self.view(of: refused, stack) }
        let story = try await FailureStory(of: stack, ledger)
        let hasFailed = story.firstCause != nil || story.summary != nil
        var view: JSON = [
            "stackName": .string(stack.name), "stackId": .string(stack.id), "status": .string(stack.status.rawValue),
            "chain": .array(Self.chain(stack, story).map(JSON.string)),
            "next": .array((hasFailed ? try await next(stack, story) : []).map(JSON.string)),
        ]
        view["cause"] = story.firstCause.map(JSON.string)
        if hasFailed { view["events"] = .array(story.failures.prefix(Self.eventLimit).map(Self.event)) }
        return view
    }

    /// The newest change set, if it could not be made and nothing was done to the stack since: what `aws cloudformation
    /// deploy` asked for and was refused. One that changes nothing is no failure.
    private func refusedSince(_ stack: Stack) async throws -> ChangeSet? {
        let all = try await ledger.find(StackStore.changeSets, "stack", stack.id).map(\.value)
        guard let newest = all.max(by: { $0.created < $1.created }), newest.status == "FAILED",
            newest.reason != ChangeSet.noChanges, !stack.status.isInProgress,
            newest.created >= stack.updated ?? stack.created
        else { return nil }
        return newest
    }

    private static func view(of refused: ChangeSet, _ stack: Stack) -> JSON {
        let reason = refused.reason ?? "The change set \(refused.name) failed."
        let state = "The stack \(stack.name) is \(stack.status.rawValue)"
        let rest = stack.status == .reviewInProgress ? "nothing has been made yet." : "it is as it was."
        return [
            "stackName": .string(stack.name), "stackId": .string(stack.id), "status": .string(stack.status.rawValue),
            "cause": .string(reason),
            "chain": .array([
                .string(reason), .string("The change set \(refused.name) cannot be carried out. \(state): \(rest)"),
            ]),
            "next": .array([
                .string("aws cloudformation describe-events --change-set-name \(refused.id)"),
                .string("slipway plan TEMPLATE --stack-name \(stack.name)"),
            ]),
        ]
    }

    private func stack(_ name: String, _ caller: Caller) async throws -> Stack {
        if name.hasPrefix("arn:") {
            let known = try await ledger.get(StackStore.stacks, name)?.value
            if let known, known.account == caller.account { return known }
        } else if let known = try await ledger.find(StackStore.stacks, "name", caller.scope + name, limit: 1).first {
            return known.value
        }
        throw CloudFormationService.missing(name)
    }

    private static func chain(_ stack: Stack, _ story: FailureStory) -> [String] {
        let state = "The stack \(stack.name) is \(stack.status.rawValue)"
        let parts = [story.firstCause, story.summary?.trimmedEnd].compactMap { $0 }
        if parts.isEmpty {
            return [
                stack.status.isInProgress ? "\(state): nothing has failed so far." : "\(state): nothing went wrong."
            ]
        }
        return parts + ["\(state): \(meaning(stack.status))"]
    }

    private static func meaning(_ status: StackStatus) -> String {
        switch status {
        case .rollbackComplete: "what was made is gone again, and the stack can only be deleted."
        case .updateRollbackComplete, .importRollbackComplete: "it is what it was before."
        case .updateRollbackFailed: "it could not be put back altogether."
        case .rollbackFailed: "what was made could not be deleted altogether."
        case .createFailed, .updateFailed: "it was left as it is, as was asked for."
        case .deleteFailed: "what could not be deleted still stands."
        case .deleteComplete: "it is gone."
        default: status.isInProgress ? "the operation is still under way." : "it went on all the same."
        }
    }

    /// Commands to go on with, the most urgent first.
    private func next(_ stack: Stack, _ story: FailureStory) async throws -> [String] {
        let call = { (verb: String) in "aws cloudformation \(verb) --stack-name \(stack.name)" }
        var commands: [String]
        switch stack.status {
        case .rollbackComplete, .rollbackFailed: commands = [call("delete-stack")]
        case .updateRollbackFailed: commands = [call("continue-update-rollback")]
        case .createFailed, .updateFailed:
            commands = ["slipway plan TEMPLATE --stack-name \(stack.name)", call("rollback-stack")]
        case .deleteFailed:
            let names = try await ledger.list(StackStore.resources, prefix: stack.id + "|").map(\.value)
                .filter { $0.status == .deleteFailed }.map(\.logicalID).sorted()
            let kept = names.isEmpty ? "" : " --retain-resources \(names.joined(separator: " "))"
            commands = [call("delete-stack"), call("delete-stack") + kept]
        case .updateRollbackComplete, .importRollbackComplete:
            commands = ["slipway plan TEMPLATE --stack-name \(stack.name)"]
        default: commands = []
        }
        if let child = story.nested { commands.append("slipway why \(child)") }
        return commands.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func event(_ event: StackEvent) -> JSON {
        var view: JSON = [
            "time": .double(event.time.seconds), "logicalResourceId": .string(event.logicalID),
            "resourceType": .string(event.type), "status": .string(event.status),
        ]
        view["reason"] = event.reason.map(JSON.string)
        return view
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
