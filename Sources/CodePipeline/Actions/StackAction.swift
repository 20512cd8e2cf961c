internal import Cloud
internal import Notation

/// Stacks and change sets.
///
/// Each request carries the run's id as its token: CloudFormation answers a repeat with what the first began.
///
/// Source: CodePipeline User Guide, "AWS CloudFormation deploy action reference".
struct StackAction {
    let context: RunContext

    func run() async throws -> PipelineMachine.Outcome {
        switch context.value("ActionMode") {
        case "CREATE_UPDATE": return try await createOrUpdate(replacing: false)
        case "REPLACE_ON_FAILURE": return try await createOrUpdate(replacing: true)
        case "CHANGE_SET_REPLACE": return try await StackChangeSet(action: self).replace()
        case "CHANGE_SET_EXECUTE": return try await StackChangeSet(action: self).execute()
        case "DELETE_ONLY": return try await delete()
        case let mode: throw RunError("ConfigurationError", "The ActionMode '\(mode ?? "")' does not exist.")
        }
    }

    var name: String { context.value("StackName") ?? "" }
    var token: String { context.run.id }

    /// The stack, to be watched on.
    func external(_ stackID: String?) -> External {
        External(kind: "stack", id: stackID, url: context.page("stacks", name))
    }

    func call(_ operation: String, _ input: JSON) async throws -> JSON {
        try await context.call("cloudformation", operation, input)
    }

    /// The stack of that name or id; nil when there is none. A stack that was deleted is found by its id alone.
    func stack(_ name: String) async throws -> JSON? {
        do {
            return try await call("DescribeStacks", ["StackName": .string(name)])["Stacks"]?[0]
        } catch let error as AWSError where error.message.contains("does not exist") { return nil }
    }

    // MARK: Create, update, replace

    /// A stack in one of these can only be deleted.
    private static let lost = [
        "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED",
    ]

    private func createOrUpdate(replacing: Bool) async throws -> PipelineMachine.Outcome {
        var submission = try await StackSubmission(context: context).input
        var standing = try await stack(name)
        if replacing, let status = standing?["StackStatus"]?.string, Self.lost.contains(status),
            let id = standing?["StackId"]?.string, try await !hasBegun(id, token)
        {
            try await remove(id, token + "-replace")
            standing = nil
        }
        let isNew = standing == nil || standing?["StackStatus"]?.string == "DELETE_COMPLETE"
        submission["ClientRequestToken"] = .string(token)
        if let id = standing?["StackId"]?.string, try await hasBegun(id, token) {
            return try await finish(id, isNew: nil)
        }
        do {
            let answer = try await call(isNew ? "CreateStack" : "UpdateStack", submission)
            return try await finish(answer["StackId"]?.string ?? name, isNew: isNew)
        } catch let error as AWSError where error.message.hasPrefix("No updates are to be performed") {
            return try await succeed(standing ?? [:], "No updates are to be performed.")
        }
    }

    /// Whether an operation with that token was begun on the stack: after a crash it is not begun again.
    func hasBegun(_ stackID: String, _ token: String) async throws -> Bool {
        try await events(stackID).contains { $0["ClientRequestToken"]?.string == token }
    }

    /// What happened to the stack, newest first. Slipway's own look: on AWS an action's role need not be allowed it.
    private func events(_ stackID: String) async throws -> [JSON] {
        let input: JSON = ["StackName": .string(stackID)]
        let answer = try await context.cloud.call("cloudformation", "DescribeStackEvents", input, as: context.owner)
        return answer["StackEvents"]?.array ?? []
    }

    // MARK: Waiting

    /// Waits until nothing is under way on the stack any more.
    func settled(_ stackID: String) async throws -> JSON {
        try await context.tell(.init(external: external(stackID)))
        let action = self
        let found = try await context.watch.first(about: [stackID]) { () -> JSON? in
            guard let stack = try await action.stack(stackID) else {
                throw RunError("JobFailed", "The stack \(stackID) is not there any more.")
            }
            // Spelled out: JSON has a null of its own.
            return stack["StackStatus"]?.string?.hasSuffix("_IN_PROGRESS") == true ? JSON?.none : stack
        }
        guard let found else { throw CancellationError() }
        return found
    }

    /// Waits for the end of what was begun, and judges it.
    func finish(_ stackID: String, isNew: Bool?) async throws -> PipelineMachine.Outcome {
        let stack = try await settled(stackID)
        let status = stack["StackStatus"]?.string ?? ""
        let isGood = status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "IMPORT_COMPLETE"
        guard isGood else { return await failure(stack) }
        return try await succeed(stack, "Stack \(stack["StackName"]?.string ?? name) is \(status).")
    }

    func succeed(_ stack: JSON, _ summary: String) async throws -> PipelineMachine.Outcome {
        var outcome = PipelineMachine.Outcome(
            external: external(stack["StackId"]?.string), summary: summary)
        var outputs: [String: String] = [:]
        for output in stack["Outputs"]?.array ?? [] {
            if let key = output["OutputKey"]?.string { outputs[key] = output["OutputValue"]?.string ?? "" }
        }
        outcome.variables = outputs
        if let file = context.value("OutputFileName"), let artifact = context.run.outputs.first {
            let text = ExecutionView.texts(outputs).text(.pretty)
            try await context.put([file: text], as: artifact)
        }
        return outcome
    }

    /// The first resource that failed, and why: what came after it only followed.
    private func failure(_ stack: JSON) async -> PipelineMachine.Outcome {
        let id = stack["StackId"]?.string ?? name
        let status = stack["StackStatus"]?.string ?? ""
        let events = (try? await events(id)) ?? []
        let own = events.filter { $0["ClientRequestToken"]?.string == token }
        let failed = (own.isEmpty ? events : own).reversed().filter { event in
            event["ResourceStatus"]?.string?.hasSuffix("_FAILED") == true && event["PhysicalResourceId"]?.string != id
        }
        let causes = failed.compactMap { event -> String? in
            guard let reason = event["ResourceStatusReason"]?.string, !reason.hasSuffix("cancelled") else { return nil }
            return "\(event["LogicalResourceId"]?.string ?? "") (\(event["ResourceType"]?.string ?? "")): \(reason)"
        }
        let reason = stack["StackStatusReason"]?.string
        let message = causes.first ?? reason ?? "The stack is \(status)."
        return .failed(
            RunError("JobFailed", "Stack \(name) is \(status). \(message)", evidence: causes.count > 1 ? causes : nil),
            external: external(id))
    }

    // MARK: Delete

    private func delete() async throws -> PipelineMachine.Outcome {
        guard let stack = try await stack(name), let id = stack["StackId"]?.string,
            stack["StackStatus"]?.string != "DELETE_COMPLETE"
        else { return PipelineMachine.Outcome(summary: "There is no stack \(name).", variables: [:]) }
        try await remove(id, token)
        return PipelineMachine.Outcome(
            external: external(id), summary: "Stack \(name) is DELETE_COMPLETE.", variables: [:])
    }

    /// Deletes a stack and waits until it is gone.
    private func remove(_ id: String, _ token: String) async throws {
        var input: JSON = ["StackName": .string(id), "ClientRequestToken": .string(token)]
        input["RoleARN"] = context.value("RoleArn").map(JSON.string)
        _ = try await call("DeleteStack", input)
        let stack = try await settled(id)
        let status = stack["StackStatus"]?.string
        guard status == "DELETE_COMPLETE" else {
            let outcome = await failure(stack)
            throw outcome.error ?? RunError("JobFailed", "Stack \(name) is \(status ?? "") after its deletion.")
        }
    }
}
