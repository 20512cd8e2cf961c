internal import Cloud
internal import Notation

/// What can be done with a pipeline.
enum PipelineAction: String, Sendable, CaseIterable {
    case start, approve, reject, retry, stop, abandon, enable, disable, rollback

    /// What the button says.
    var word: String {
        switch self {
        case .start: "Release change"
        case .approve: "Approve"
        case .reject: "Reject"
        case .retry: "Rerun from failed"
        case .stop: "Stop"
        case .abandon: "Stop at once"
        case .enable: "Enable transition"
        case .disable: "Disable transition"
        case .rollback: "Bring back"
        }
    }

    /// What it does.
    var effect: String {
        switch self {
        case .start: "Run the pipeline with the newest revision of its sources."
        case .approve: "Let the execution go on."
        case .reject: "Let the execution fail here."
        case .retry: "Run the failed actions of this stage again."
        case .stop: "Let running actions end and begin no others."
        case .abandon: "Do not wait for running actions; what they began elsewhere goes on."
        case .enable: "Let executions into this stage again."
        case .disable: "Let no execution into this stage until it is enabled."
        case .rollback: "Run this stage again with what this execution had in it."
        }
    }

    /// How the button looks.
    var look: String {
        switch self {
        case .start, .approve, .retry: "promote"
        case .reject, .abandon: "abort"
        case .stop, .enable, .disable, .rollback: "pause"
        }
    }

    /// The same by the command line.
    func command(_ pipeline: String, _ fields: [(String, String)]) -> String? {
        let values = Dictionary(fields) { $1 }
        switch self {
        case .start: return "slipway pipeline start \(pipeline)"
        case .approve, .reject: return "slipway pipeline \(rawValue) \(pipeline) --stage \(values["stage"] ?? "")"
        case .retry: return "slipway pipeline retry \(pipeline) --stage \(values["stage"] ?? "")"
        case .stop: return "slipway pipeline stop \(pipeline) --execution \(values["execution"] ?? "")"
        case .rollback:
            return
                "slipway pipeline rollback \(pipeline) --stage \(values["stage"] ?? "") --to \(values["execution"] ?? "")"
        case .abandon, .enable, .disable: return nil
        }
    }

    /// Carries it out as the visitor, with what the form says.
    ///
    /// - Returns: The page that shows it.
    /// - Throws: The refusal, in AWS's words.
    func perform(_ pipeline: String, _ form: FormFields, _ desk: Desk) async throws(AWSError) -> Address {
        let name: JSON = .string(pipeline)
        let stage: JSON = .string(form["stage"] ?? "")
        let execution: JSON = .string(form["execution"] ?? "")
        switch self {
        case .start:
            return led(to: try await desk.call("codepipeline", "StartPipelineExecution", ["name": name]), pipeline)
        case .approve, .reject:
            let result: JSON = [
                "status": self == .approve ? "Approved" : "Rejected", "summary": .string(form["comment"] ?? ""),
            ]
            try await desk.call(
                "codepipeline", "PutApprovalResult",
                [
                    "pipelineName": name, "stageName": stage, "actionName": .string(form["action"] ?? ""),
                    "token": .string(form["approval"] ?? ""), "result": result,
                ])
        case .retry:
            try await desk.call(
                "codepipeline", "RetryStageExecution",
                [
                    "pipelineName": name, "stageName": stage, "pipelineExecutionId": execution,
                    "retryMode": "FAILED_ACTIONS",
                ])
        case .stop, .abandon:
            try await desk.call(
                "codepipeline", "StopPipelineExecution",
                ["pipelineName": name, "pipelineExecutionId": execution, "abandon": .bool(self == .abandon)])
        case .enable, .disable:
            var input: JSON = ["pipelineName": name, "stageName": stage, "transitionType": "Inbound"]
            if self == .disable {
                input["reason"] = .string(
                    form["comment"].flatMap { $0.isEmpty ? nil : $0 } ?? "Disabled in the console")
            }
            try await desk.call(
                "codepipeline", self == .enable ? "EnableStageTransition" : "DisableStageTransition", input)
        case .rollback:
            let input: JSON = ["pipelineName": name, "stageName": stage, "targetPipelineExecutionId": execution]
            return led(to: try await desk.call("codepipeline", "RollbackStage", input), pipeline)
        }
        if let from = form["from"], !from.isEmpty { return .page("pipelines", pipeline, from) }
        return .page("pipelines", pipeline)
    }

    private func led(to answer: JSON, _ pipeline: String) -> Address {
        answer["pipelineExecutionId"]?.string.map { .page("pipelines", pipeline, $0) } ?? .page("pipelines", pipeline)
    }
}

/// A button of a pipeline's page: a form that works without a script.
struct PipelineForm: Sendable {
    let pipeline: String
    let action: PipelineAction
    let desk: Desk
    var fields: [(String, String)] = []
    /// Whether it is small and has no command beside it.
    var isQuiet = false

    private var isCommented: Bool { action == .disable }

    /// The form; `id` must be the only one of its name on the page.
    func html(id: String) -> HTML {
        form(id) {
            if isCommented, !isQuiet { comment }
            button(action, id)
            if !isQuiet, let command = action.command(pipeline, fields) { Parts.command(command) }
        }
    }

    /// The form that answers an approval: one comment, two buttons.
    func answering(id: String) -> HTML {
        form("answer-\(id)") {
            comment
            tag("div", .class("answers")) {
                button(.approve, "approve-\(id)")
                button(.reject, "reject-\(id)")
            }
            if let command = PipelineAction.approve.command(pipeline, fields) { Parts.command(command) }
        }
    }

    private func form(_ id: String, @HTMLBuilder content: () -> [HTML]) -> HTML {
        tag("form", Attribute("method", "post"), .action(place(action)), .id("form-\(id)")) {
            Action.token(desk)
            for (name, value) in fields {
                tag(
                    "input", Attribute("type", "hidden"), Attribute("name", name), Attribute("value", value),
                    Attribute("autocomplete", "off"))
            }
            content()
        }
    }

    private var comment: HTML {
        tag(
            "input", Attribute("name", "comment"), Attribute("placeholder", "Comment"),
            Attribute("aria-label", "Comment"), Attribute("maxlength", "500"))
    }

    /// A button says itself where its form goes, so that one form can have several.
    private func button(_ action: PipelineAction, _ id: String) -> HTML {
        tag(
            "button", .class(isQuiet ? "quiet" : "do \(action.look)"), .id("do-\(id)"),
            Attribute("formaction", place(action).text), Attribute("title", action.effect), text: action.word)
    }

    private func place(_ action: PipelineAction) -> Address { .page("pipelines", pipeline, action.rawValue) }
}
