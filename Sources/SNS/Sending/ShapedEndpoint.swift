internal import Notation

/// An endpoint whose address may ask for messages in the form of a chat's webhook, by `?slipway-shape=slack` (or
/// `teams`, `discord`).
///
/// Slipway's own: SNS itself knows no chats. The parameter is not part of what is sent to.
struct ShapedEndpoint {
    static let parameter = "slipway-shape"

    /// Where messages go.
    let url: String
    /// The form they take; nil for SNS's own.
    let shape: ChatShape?
    /// A shape that is asked for and not known.
    let unknown: String?

    init(_ endpoint: String) {
        guard let mark = endpoint.firstIndex(of: "?") else {
            self.init(url: endpoint, shape: nil, unknown: nil)
            return
        }
        var kept: [Substring] = []
        var name: String?
        for part in endpoint[endpoint.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false) {
            if part.hasPrefix(Self.parameter + "=") {
                name = String(part.dropFirst(Self.parameter.count + 1))
            } else {
                kept.append(part)
            }
        }
        let query = kept.joined(separator: "&")
        let shape = name.flatMap(ChatShape.init(rawValue:))
        self.init(
            url: String(endpoint[..<mark]) + (query.isEmpty ? "" : "?" + query), shape: shape,
            unknown: shape == nil ? name : nil)
    }

    private init(url: String, shape: ChatShape?, unknown: String?) {
        self.url = url
        self.shape = shape
        self.unknown = unknown
    }
}

/// The form of a chat's incoming webhook.
enum ChatShape: String, Sendable {
    case slack, teams, discord

    /// The body for that text.
    func body(_ text: ChatText) -> JSON {
        switch self {
        case .slack: Self.slack(text)
        case .teams: Self.teams(text)
        case .discord: Self.discord(text)
        }
    }

    /// Source: Slack API, "Sending messages using incoming webhooks" and "Formatting text for app surfaces".
    private static func slack(_ text: ChatText) -> JSON {
        func escaped(_ text: String) -> String {
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        }
        var lines = ["*\(escaped(text.title))*"]
        if !text.summary.isEmpty { lines.append(escaped(text.summary)) }
        lines += text.facts.map { "• *\(escaped($0.name)):* \(escaped($0.value))" }
        if let link = text.link { lines.append("<\(link)|\(escaped(text.linkText))>") }
        return ["text": .string(String(lines.joined(separator: "\n").prefix(4000)))]
    }

    /// Source: Microsoft Teams, "Create incoming webhooks" (a message with an Adaptive Card).
    private static func teams(_ text: ChatText) -> JSON {
        var body: [JSON] = [
            ["type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true, "text": .string(text.title)]
        ]
        if !text.summary.isEmpty {
            body.append(["type": "TextBlock", "wrap": true, "text": .string(String(text.summary.prefix(8000)))])
        }
        if !text.facts.isEmpty {
            let facts = text.facts.map { fact -> JSON in ["title": .string(fact.name), "value": .string(fact.value)] }
            body.append(["type": "FactSet", "facts": .array(facts)])
        }
        var card: JSON = [
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
            "body": .array(body),
        ]
        if let link = text.link {
            card["actions"] = [
                ["type": "Action.OpenUrl", "title": .string(text.linkText), "url": .string(link)]
            ]
        }
        let attachment: JSON = ["contentType": "application/vnd.microsoft.card.adaptive", "content": card]
        return ["type": "message", "attachments": [attachment]]
    }

    /// Source: Discord Developer Documentation, "Execute Webhook": 2,000 characters; nobody is to be called by a
    /// message's text.
    private static func discord(_ text: ChatText) -> JSON {
        var lines = ["**\(text.title)**"]
        if !text.summary.isEmpty { lines.append(text.summary) }
        lines += text.facts.map { "**\($0.name):** \($0.value)" }
        if let link = text.link { lines.append(link) }
        return [
            "content": .string(String(lines.joined(separator: "\n").prefix(2000))), "allowed_mentions": ["parse": []],
        ]
    }
}
