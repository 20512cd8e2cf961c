internal import Notation

/// The steps of a deployment, done and to come, with the time that is left.
struct StepTimeline: Sendable {
    /// The answer of DescribeDeployment.
    let view: JSON
    let now: Timestamp

    private static let signs = ["done": "\u{2713}", "failed": "\u{2717}", "active": "\u{25CF}", "skipped": "\u{2013}"]

    var html: HTML {
        tag("ol", .class("timeline")) {
            for step in view.list("steps") {
                tag("li", .class(step.text("state"))) {
                    tag(
                        "span", .class("sign"), Attribute("aria-hidden", "true"),
                        text: Self.signs[step.text("state")] ?? "\u{25CB}")
                    tag("div") {
                        tag("b", text: name(step))
                        tag("span", .class("hidden"), text: " (\(step.text("state")))")
                        if let times = times(step) { tag("span", .class("times"), text: times) }
                        if let text = step["text"]?.string, !text.isEmpty { tag("p", .class("dim"), text: text) }
                        if let message = step["diagnostics"]?["message"]?.string, step.text("state") == "failed" {
                            tag("p", .class("bad"), text: message)
                        }
                    }
                }
            }
        }
    }

    private func name(_ step: JSON) -> String {
        step.text("kind") == "traffic"
            ? "\(step.text("name")) to version \(view.text("newVersion"))" : step.text("name")
    }

    /// When it began and how long it took; what is left of it; or when it is due.
    private func times(_ step: JSON) -> String? {
        let begin = step.moment("startTime")
        switch step.text("state") {
        case "active":
            if let left = view["secondsToNextStep"]?.double, step.text("kind") == "traffic" {
                return "\(Moments.span(.milliseconds(Int(left * 1000)))) left"
                    + (view.isTrue("isPaused") ? ", paused" : "")
            }
            return begin.map { "since \(Moments.span(max(.zero, now - $0)))" }
        case "pending", "skipped":
            guard let begin, begin > now, !view.isTrue("isPaused") else { return nil }
            return "in \(Moments.span(begin - now))"
        default:
            guard let begin else { return nil }
            let took = step.moment("endTime").map { ", took \(Moments.span($0 - begin))" } ?? ""
            return Moments.clockText(begin) + took
        }
    }
}
