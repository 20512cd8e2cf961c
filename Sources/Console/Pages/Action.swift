internal import Notation

/// What can be done with a deployment.
enum DeploymentAction: String, Sendable, CaseIterable {
    case promote, pause, resume, abort, rollback

    /// The operation of the service `slipway`.
    var operation: String {
        switch self {
        case .promote: "PromoteDeployment"
        case .pause: "PauseDeployment"
        case .resume: "ResumeDeployment"
        case .abort: "AbortDeployment"
        case .rollback: "RollbackDeployment"
        }
    }

    /// Whether a deployment described like this can do that.
    func isPossible(_ view: JSON) -> Bool {
        switch self {
        case .promote: view.isTrue("canPromote")
        case .pause: view.isTrue("canPause") && !view.isTrue("isPaused")
        case .resume: view.isTrue("isPaused")
        case .abort: view.isTrue("canAbort")
        case .rollback:
            view.text("status") == "Succeeded" && view["functionName"] != nil && view["weights"]?["new"]?.int == 100
        }
    }

    /// What the button says.
    var word: String {
        switch self {
        case .promote: "Promote"
        case .pause: "Pause"
        case .resume: "Resume"
        case .abort: "Abort"
        case .rollback: "Take back"
        }
    }

    /// What it does.
    var effect: String {
        switch self {
        case .promote: "All traffic to the new version now, without the rest of the wait."
        case .pause: "Keep the traffic as it is."
        case .resume: "Go on with what is left of the wait."
        case .abort: "Stop, and send all traffic back to the old version."
        case .rollback: "A new deployment that sends all traffic back to the old version at once."
        }
    }

    /// The same by the command line.
    func command(_ id: String, _ view: JSON) -> String {
        guard self == .rollback else { return "slipway \(rawValue) \(id)" }
        return
            "slipway rollback \(view.text("functionName")) --to \(view.text("oldVersion"))"
            + " --alias \(view.text("alias"))"
    }
}

/// Buttons that do something, each a form that works without a script.
enum Action {
    /// The hidden field that tells the visitor's own forms from anybody else's.
    static func token(_ desk: Desk) -> HTML {
        tag(
            "input", Attribute("type", "hidden"), Attribute("name", "token"), Attribute("value", desk.formToken),
            Attribute("autocomplete", "off"))
    }

    /// The buttons for what the deployment can do now, each with its command.
    static func buttons(_ id: String, _ view: JSON, _ desk: Desk) -> HTML {
        let possible = DeploymentAction.allCases.filter { $0.isPossible(view) }
        guard !possible.isEmpty else { return .none }
        return tag("div", .class("actions"), .id("actions")) {
            for action in possible {
                tag(
                    "form", Attribute("method", "post"), .action(.page("deployments", id, action.rawValue)),
                    .id("form-\(action.rawValue)")
                ) {
                    token(desk)
                    tag(
                        "button", .class("do \(action.rawValue)"), .id("do-\(action.rawValue)"),
                        Attribute("title", action.effect), text: action.word)
                    Parts.command(action.command(id, view))
                }
            }
        }
    }
}
