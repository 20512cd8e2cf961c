import ArgumentParser
import Notation

/// A command that answers a manual approval.
protocol ApprovalCommand: AsyncParsableCommand {
    /// `Approved` or `Rejected`.
    static var status: String { get }
    var name: String { get }
    var stage: String? { get }
    var action: String? { get }
    var comment: String? { get }
    var folder: DataFolder { get }
}

extension ApprovalCommand {
    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        let found = try PendingApproval.only(try await desk.view(name), stage: stage, action: action)
        try await desk.client.call(
            "codepipeline", "PutApprovalResult",
            [
                "pipelineName": .string(name), "stageName": .string(found.stage), "actionName": .string(found.action),
                "token": .string(found.token),
                "result": ["summary": .string(comment ?? ""), "status": .string(Self.status)],
            ])
        Terminal.standard.line("\(name): \(found.stage)/\(found.action) \(Self.status.lowercased()).")
        Terminal.standard.line("  slipway pipeline watch \(name) --execution \(found.execution)")
    }
}

/// An approval that waits for an answer.
struct PendingApproval: Hashable {
    let stage: String
    let action: String
    let token: String
    let execution: String

    /// Those of a pipeline as `ViewPipeline` tells them.
    static func all(_ view: JSON) -> [PendingApproval] {
        (view["stages"]?.array ?? []).flatMap { stage in
            (stage["actions"]?.array ?? []).compactMap { action in
                guard let token = action["token"]?.string else { return nil }
                return PendingApproval(
                    stage: stage["name"]?.string ?? "", action: action["name"]?.string ?? "", token: token,
                    execution: action["executionId"]?.string ?? "")
            }
        }
    }

    /// The only one, or the one named.
    ///
    /// - Throws: ``CommandFailure`` when none waits, or when it is not clear which is meant.
    static func only(_ view: JSON, stage: String?, action: String?) throws -> PendingApproval {
        let found = all(view).filter { (stage == nil || $0.stage == stage) && (action == nil || $0.action == action) }
        let name = view["name"]?.string ?? ""
        guard let first = found.first else { throw CommandFailure("Nothing of '\(name)' waits for approval.") }
        guard found.count == 1 else {
            let list = found.map { "--stage \($0.stage) --action \($0.action)" }.joined(separator: "; ")
            throw CommandFailure("Several approvals wait. Name one: \(list)")
        }
        return first
    }
}

/// `slipway pipeline approve`
struct PipelineApprove: ApprovalCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let an execution that waits for approval go on.")
    static let status = "Approved"
    @Argument(help: "The pipeline.")
    var name: String
    @Option(help: "The stage, when several approvals wait.")
    var stage: String?
    @Option(help: "The approval action, when several wait in the stage.")
    var action: String?
    @Option(help: "What to keep with the answer.")
    var comment: String?
    @OptionGroup var folder: DataFolder
}

/// `slipway pipeline reject`
struct PipelineReject: ApprovalCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Let an execution that waits for approval fail.")
    static let status = "Rejected"
    @Argument(help: "The pipeline.")
    var name: String
    @Option(help: "The stage, when several approvals wait.")
    var stage: String?
    @Option(help: "The approval action, when several wait in the stage.")
    var action: String?
    @Option(help: "What to keep with the answer.")
    var comment: String?
    @OptionGroup var folder: DataFolder
}
