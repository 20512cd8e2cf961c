internal import Notation

/// A message put into words for people: what alarms, deployments, approvals and events say, by the shapes of their
/// documents.
struct ChatText: Sendable {
    var title: String
    var summary = ""
    var facts: [(name: String, value: String)] = []
    var link: String?
    var linkText = "Open"

    /// A message's text; for the question whether to subscribe, the address that says yes.
    init(_ message: Message, confirmation: String?) {
        title = message.subject ?? message.topic.name
        if let confirmation, message.kind != .notification {
            let isFirst = message.kind == .confirmation
            title = isFirst ? "Messages of \(message.topic.name)" : "No more messages of \(message.topic.name)"
            summary =
                isFirst
                ? "Slipway was asked to tell this channel of the topic \(message.topic.arn). Open the link to "
                    + "agree; do nothing to refuse."
                : "The subscription was ended. Open the link to have it back."
            link = confirmation
            linkText = isFirst ? "Confirm the subscription" : "Subscribe again"
            return
        }
        guard let tree = try? JSON(parsing: message.body), tree.object != nil else {
            summary = message.body
            return
        }
        read(tree)
    }

    private mutating func read(_ tree: JSON) {
        if let name = tree["AlarmName"]?.string {
            let state = tree["NewStateValue"]?.string ?? ""
            title = "\(state == "ALARM" ? "🔴" : state == "OK" ? "🟢" : "⚪️") \(state): \(name)"
            summary = tree["NewStateReason"]?.string ?? ""
            add("Description", tree["AlarmDescription"])
            add("Before", tree["OldStateValue"])
            add("Region", tree["Region"])
        } else if let approval = tree["approval"], approval.object != nil {
            title = "Approval wanted: \(approval["pipelineName"]?.string ?? "")"
            summary = approval["customData"]?.string ?? ""
            add("Stage", approval["stageName"])
            add("Action", approval["actionName"])
            add("Until", approval["expires"])
            link = approval["approvalReviewLink"]?.string
            linkText = "Review"
        } else if let deployment = tree["deploymentId"]?.string {
            title = "\(tree["status"]?.string ?? "Deployment"): \(tree["applicationName"]?.string ?? "")"
            summary = tree["errorInformation"]?["ErrorMessage"]?.string ?? ""
            facts.append(("Deployment", deployment))
            add("Group", tree["deploymentGroupName"])
        } else if let type = tree["detail-type"]?.string {
            title = type
            add("Source", tree["source"])
            for (name, value) in tree["detail"]?.object ?? [:] where facts.count < 10 { add(name, value) }
        } else {
            for (name, value) in tree.object ?? [:] where facts.count < 10 { add(name, value) }
        }
    }

    /// Adds a fact; values that are no plain ones are left out.
    private mutating func add(_ name: String, _ value: JSON?) {
        switch value {
        case .string(let text) where !text.isEmpty: facts.append((name, String(text.prefix(300))))
        case .int, .double, .bool: facts.append((name, value?.text() ?? ""))
        default: break
        }
    }
}
