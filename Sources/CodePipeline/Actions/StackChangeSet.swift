internal import Cloud
internal import Notation

/// The two action modes about change sets.
struct StackChangeSet {
    let action: StackAction
    private var context: RunContext { action.context }
    private var name: String { context.value("ChangeSetName") ?? "" }
    /// What a change set of this run is known by.
    private var mark: String { "Made by CodePipeline action execution \(context.run.id)" }
    private var address: JSON { ["StackName": .string(action.name), "ChangeSetName": .string(name)] }

    /// The change set; nil when there is none, or no stack.
    private func find() async throws -> JSON? {
        do { return try await action.call("DescribeChangeSet", address) } catch let error as AWSError
            where error.code.hasPrefix("ChangeSetNotFound") || error.message.contains("does not exist")
        { return nil }
    }

    // MARK: Make one

    /// Makes the change set anew. One without changes is a success too.
    func replace() async throws -> PipelineMachine.Outcome {
        if let known = try await find() {
            if known["Description"]?.string != mark {
                _ = try await action.call("DeleteChangeSet", address)
                try await make()
            }
        } else {
            try await make()
        }
        let action = action
        let stackID = try await action.stack(action.name)?["StackId"]?.string ?? action.name
        try await context.tell(.init(external: action.external(stackID)))
        let change = self
        let found = try await context.watch.first(about: [stackID]) { () -> JSON? in
            guard let found = try await change.find() else {
                throw RunError("JobFailed", "The change set '\(change.name)' was deleted while it was made.")
            }
            let status = found["Status"]?.string ?? ""
            return status.hasSuffix("_IN_PROGRESS") || status.hasSuffix("_PENDING") ? JSON?.none : found
        }
        guard let found else { throw CancellationError() }
        let reason = found["StatusReason"]?.string ?? ""
        guard found["Status"]?.string != "FAILED" || Self.isEmpty(found) else {
            return .failed(
                RunError("JobFailed", "The change set '\(name)' failed: \(reason)"), external: action.external(stackID))
        }
        let count = found["Changes"]?.array?.count ?? 0
        let summary =
            Self.isEmpty(found)
            ? "The change set \(name) has no changes." : "The change set \(name) has \(count) changes."
        return PipelineMachine.Outcome(
            external: action.external(stackID), summary: summary, variables: [:])
    }

    private func make() async throws {
        var input = try await StackSubmission(context: context).input
        // Of these a change set has none.
        for member in ["StackPolicyBody", "ClientRequestToken"] { input[member] = nil }
        let status = try await action.stack(action.name)?["StackStatus"]?.string
        let isNew = status == nil || status == "REVIEW_IN_PROGRESS" || status == "DELETE_COMPLETE"
        input["ChangeSetName"] = .string(name)
        input["ChangeSetType"] = isNew ? "CREATE" : "UPDATE"
        input["Description"] = .string(mark)
        input["ClientToken"] = .string(context.run.id)
        _ = try await action.call("CreateChangeSet", input)
    }

    /// Whether there is nothing to change.
    private static func isEmpty(_ changeSet: JSON) -> Bool {
        let reason = changeSet["StatusReason"]?.string ?? ""
        return changeSet["Status"]?.string == "FAILED"
            && (reason.contains("didn't contain changes") || reason.contains("No updates are to be performed"))
    }

    // MARK: Execute one

    /// Executes the change set and waits for the stack. One without changes does nothing, and that is a success.
    func execute() async throws -> PipelineMachine.Outcome {
        let stack = try await action.stack(action.name)
        if let id = stack?["StackId"]?.string, try await action.hasBegun(id, action.token) {
            return try await action.finish(id, isNew: nil)
        }
        guard let found = try await find() else {
            throw RunError("ConfigurationError", "The stack '\(action.name)' has no change set '\(name)'.")
        }
        if Self.isEmpty(found) {
            return try await action.succeed(stack ?? [:], "The change set \(name) has no changes.")
        }
        var input = address
        input["ClientRequestToken"] = .string(action.token)
        _ = try await action.call("ExecuteChangeSet", input)
        return try await action.finish(found["StackId"]?.string ?? action.name, isNew: nil)
    }
}
