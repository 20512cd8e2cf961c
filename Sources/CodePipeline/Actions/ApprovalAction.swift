internal import Cloud
internal import Notation

/// Waits for somebody's word. Whoever is to give it is told by SNS.
///
/// Source: CodePipeline User Guide, "JSON data format for manual approval notifications".
struct ApprovalAction {
    let context: RunContext

    /// Tells of it once, or after a crash once more with the same token. The decision comes by PutApprovalResult.
    func announce() async throws -> PipelineMachine.Outcome? {
        guard let topic = context.value("NotificationArn") else { return nil }
        let input: JSON = [
            "TopicArn": .string(topic),
            "Subject": .string(
                String(
                    "APPROVAL NEEDED: AWS CodePipeline \(context.pipeline.name) for action \(context.run.name)".prefix(
                        100))),
            "Message": .string(message.text()),
        ]
        do { try await context.call("sns", "Publish", input) } catch let error as AWSError where !error.isPassing {
            throw RunError(
                error.code, "Nobody could be told of the approval: publishing to \(topic) failed: \(error.message)")
        }
        return nil
    }

    private var message: JSON {
        let console = context.page("pipelines", context.pipeline.name)
        var approval: JSON = [
            "pipelineName": .string(context.pipeline.name), "stageName": .string(context.stage),
            "actionName": .string(context.run.name), "token": .string(context.run.token ?? ""),
            // To the minute, as documented.
            "expires": .string(context.run.deadline.iso8601().prefix(16) + "Z"),
            "approvalReviewLink": .string("\(console)/\(context.execution.id)"),
        ]
        approval["externalEntityLink"] = context.value("ExternalEntityLink").map(JSON.string) ?? .null
        approval["customData"] = context.value("CustomData").map(JSON.string) ?? .null
        return ["region": .string(context.pipeline.region), "consoleLink": .string(console), "approval": approval]
    }
}
