internal import Cloud
internal import Notation

/// How good or bad something is: the colour of its badge. The word beside it says the same.
enum Mood: String, Sendable {
    case good, bad, busy, idle

    /// Of a status in CloudFormation's, CodeDeploy's or an alarm's words.
    init(status: String) {
        switch status {
        case "Succeeded", "OK", "Active", "Successful", "done", "SUCCEEDED", "good", "elite", "high": self = .good
        case "Failed", "Stopped", "ALARM", "failed", "MISSING", "FAULT", "TIMED_OUT", "STOPPED", "Abandoned",
            "Errored", "ERROR", "low":
            self = .bad
        case "Created", "Queued", "InProgress", "Baking", "Ready", "Pending", "active", "paused", "IN_PROGRESS",
            "Stopping", "underWay", "medium", "GENERATING":
            self = .busy
        case _ where status.hasSuffix("_IN_PROGRESS"): self = .busy
        case _ where status.hasSuffix("FAILED") || status.contains("ROLLBACK"): self = .bad
        case "DELETE_COMPLETE": self = .idle
        case _ where status.hasSuffix("_COMPLETE"): self = .good
        default: self = .idle
        }
    }
}

/// The pieces that pages are made of.
enum Parts {
    /// A status in its colour.
    static func badge(_ status: String) -> HTML {
        tag("span", .class("badge \(Mood(status: status).rawValue)"), text: words(status))
    }

    /// CodeBuild's words that have no underscore.
    private static let shouted: Set<String> = [
        "SUCCEEDED", "FAILED", "STOPPED", "FAULT", "SUBMITTED", "QUEUED", "PROVISIONING", "INSTALL", "BUILD",
        "FINALIZING",
        "COMPLETED", "GENERATING", "INCOMPLETE", "ERROR", "SKIPPED", "UNKNOWN", "PLAINTEXT",
    ]

    /// `UPDATE_IN_PROGRESS` as a person would write it.
    static func words(_ status: String) -> String {
        if let known = ["InProgress": "In progress", "underWay": "Under way"][status] { return known }
        guard status.contains("_") || Self.shouted.contains(status) else { return status }
        let text = status.replacing("_", with: " ").lowercased()
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// `1 deployment`, `2 deployments`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// A part of a page under a heading.
    static func section(_ title: String, _ attributes: Attribute..., @HTMLBuilder content: () -> [HTML]) -> HTML {
        .element("section", attributes, [tag("h2", text: title)] + content())
    }

    /// A table that scrolls by itself where it is too wide; a sentence in its place when there are no rows.
    static func table(_ heads: [String], empty: String, rows: [[HTML]]) -> HTML {
        guard !rows.isEmpty else { return tag("p", .class("dim"), text: empty) }
        return tag("div", .class("scroll"), Attribute("tabindex", "0")) {
            tag("table") {
                tag("thead") { tag("tr") { for head in heads { tag("th", Attribute("scope", "col"), text: head) } } }
                tag("tbody") {
                    for row in rows {
                        tag("tr") {
                            for (head, cell) in zip(heads, row) { tag("td", Attribute("data-head", head)) { cell } }
                        }
                    }
                }
            }
        }
    }

    /// A few names with what they stand for.
    static func facts(_ pairs: [(String, HTML?)]) -> HTML {
        tag("dl") {
            for case (let name, let value?) in pairs {
                tag("div") {
                    tag("dt", text: name)
                    tag("dd") { value }
                }
            }
        }
    }

    /// The same by the command line.
    static func command(_ text: String) -> HTML { tag("code", .class("command"), text: text) }

    /// A link whose text is the name.
    static func link(_ text: String, _ address: Address) -> HTML { tag("a", .to(address), text: text) }

    /// A text that links to where it points, if that is an address of the web.
    static func value(_ text: String) -> HTML {
        guard let address = Address.web(text) else { return .text(text) }
        return tag("a", .to(address), Attribute("rel", "noreferrer"), text: text)
    }

    /// A resource type, which may break between its parts: `AWS::Lambda::Function`.
    static func type(_ name: String) -> HTML {
        let parts = name.split(separator: "::")
        let last = parts.count - 1
        return .several(
            parts.enumerated().flatMap { place, part in
                place == last ? [HTML.text(String(part))] : [HTML.text("\(part)::"), tag("wbr")]
            })
    }

    /// Lines as they were written.
    static func lines(_ text: String) -> HTML { tag("pre", Attribute("tabindex", "0"), text: text) }

    /// The same, seen from its end: the newest line first of all.
    static func tail(_ text: String) -> HTML {
        tag("div", .class("tail"), Attribute("tabindex", "0")) { tag("pre", text: text) }
    }

    /// What takes a part's place that cannot be shown.
    static func refusal(_ error: any Error) -> HTML { tag("p", .class("banner bad"), text: "\(error)") }

    /// The part, or why it cannot be shown: one refusal does not cost the rest of the page.
    static func attempt(_ part: () async throws(AWSError) -> HTML) async -> HTML {
        do { return try await part() } catch { return refusal(error) }
    }
}

extension Parts {
    /// Why what the visitor wanted was not done, with the way on.
    static func alert(_ refusal: AWSError, _ place: Address) -> HTML {
        tag("p", .class("banner bad"), Attribute("role", "alert")) {
            refusal.message + " "
            link("Look again", place)
        }
    }
}
