internal import Cloud
internal import Notation

/// The five metrics of one service as cards: the number, its tier with the scale's name, how it went, and what it
/// means.
struct DoraCards: Sendable {
    /// One of `services` of GetFigures.
    let view: JSON
    /// The whole answer.
    let answer: JSON
    /// The service's page; nil for all services together.
    let page: Address?
    let question: DoraQuestion
    /// Whether what a number means stands below it.
    var isExplained = false

    private var count: Int { view["deployments"]?.int ?? 0 }

    var html: HTML {
        tag("div", .class("sparks dora")) {
            card("Deployment frequency", "deploymentFrequency", frequency, "deployments", "deployment") {
                $0["deployments"]?.double
            }
            card("Lead time for changes", "leadTime", leadTime, "lead time in hours", "deployment", isFilled: false) {
                $0["leadTime"]?.double.map { $0 / 3600 }
            }
            card(
                "Change fail rate", "changeFailRate", share("changeFailRate", "failed"), "failed deployments", "failed"
            ) { $0["failed"]?.double }
            card("Recovery time", "recoveryTime", recovery, "recovery time in minutes", "failed", isFilled: false) {
                $0["recoveryTime"]?.double.map { $0 / 60 }
            }
            card("Rework rate", "reworkRate", share("reworkRate", "rework"), "rework", "rework") {
                $0["rework"]?.double
            }
        }
    }

    private func card(
        _ title: String, _ name: String, _ text: (number: String, more: String), _ drawn: String, _ outcome: String,
        isFilled: Bool = true, _ value: (JSON) -> Double?
    ) -> HTML {
        tag("article", .class("spark")) {
            tag("h3", text: title)
            tag("b") {
                if let page, text.number != "-" {
                    Parts.link(text.number, question.address(page, outcome: outcome))
                } else {
                    HTML.text(text.number)
                }
                " "
                if let tier = view[name]?["tier"]?.string { self.tier(tier) }
            }
            tag("p", .class("dim"), text: text.more)
            line(drawn, isFilled, value)
            if isExplained { tag("p", .class("dim small"), text: answer["rules"]?["definitions"]?[name]?.string ?? "") }
        }
    }

    /// The badge, never without the scale's name and year.
    private func tier(_ name: String) -> HTML {
        tag(
            "span", .class("badge \(Mood(status: name).rawValue)"),
            text: "\(name), \(answer["scale"]?.text("name") ?? "")")
    }

    private func line(_ what: String, _ isFilled: Bool, _ value: (JSON) -> Double?) -> HTML {
        let pieces = view.list("trend")
        guard let start = pieces.first?.moment("start"), let end = pieces.last?.moment("end"),
            let width = pieces.first.flatMap({ one in one.moment("end").map { $0 - start } })
        else { return .none }
        let points = pieces.compactMap { piece -> Chart.Point? in
            guard let time = piece.moment("start"), let value = value(piece) ?? (isFilled ? 0 : nil) else { return nil }
            return Chart.Point(time: time, value: value)
        }
        guard !points.isEmpty else { return .none }
        var chart = Chart(
            label:
                "\(what) over \(question.days) days: \(points.map { Moments.number($0.value) }.joined(separator: ", "))",
            points: points, start: start, end: end, period: max(1, Int(width.components.seconds)), isSmall: true)
        chart.isDaily = true
        return chart.html
    }

    // MARK: Words

    private var frequency: (number: String, more: String) {
        let frequency = view["deploymentFrequency"] ?? [:]
        let days = Int((frequency["ofDays"]?.double ?? 0).rounded(.up))
        return (
            Self.rate(frequency["perDay"]?.double ?? 0),
            "\(Parts.count(count, "deployment")), on \(frequency["days"]?.int ?? 0) of \(Parts.count(days, "day"))"
        )
    }

    private var leadTime: (number: String, more: String) {
        let lead = view["leadTime"] ?? [:]
        guard let median = lead["median"]?.double, let most = lead["p90"]?.double else {
            return ("-", count == 0 ? "no deployments" : "no commits are known")
        }
        let without = lead["withoutCommits"]?.int ?? 0
        let rest = without > 0 ? "; \(Parts.count(without, "deployment")) without known commits" : ""
        return (
            Self.span(median),
            "median of \(Parts.count(lead["commits"]?.int ?? 0, "commit")), p90 \(Self.span(most))\(rest)"
        )
    }

    private var recovery: (number: String, more: String) {
        let recovery = view["recoveryTime"] ?? [:]
        let open = recovery["open"]?.int ?? 0
        let still = open > 0 ? "\(open) not recovered yet" : ""
        guard let median = recovery["median"]?.double else { return ("-", open > 0 ? still : "nothing failed") }
        let count = recovery["recovered"]?.int ?? 0
        return (Self.span(median), "median of \(count)" + (open > 0 ? "; \(still)" : ""))
    }

    private func share(_ name: String, _ part: String) -> (number: String, more: String) {
        guard let rate = view[name]?["rate"]?.double else { return ("-", "no deployments") }
        return ("\(Self.decimal(rate * 100)) %", "\(view[part]?.int ?? 0) of \(Parts.count(count, "deployment"))")
    }

    /// `3.2 a day`, `1.5 a week`, `2 a month`.
    static func rate(_ perDay: Double) -> String {
        if perDay >= 1 { return "\(decimal(perDay)) a day" }
        return perDay * 7 >= 1 ? "\(decimal(perDay * 7)) a week" : "\(decimal(perDay * 30)) a month"
    }

    /// With one decimal, unless that is zero.
    static func decimal(_ value: Double) -> String {
        let tenths = Int((max(-1e12, min(value, 1e12)) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }

    static func span(_ seconds: Double) -> String { Moments.span(.milliseconds(Int(min(seconds, 1e12) * 1000))) }

    /// What does not fit into the five: caught changes, exposure, the tier of all.
    var summary: HTML {
        var parts: [HTML] = []
        if let tier = view["tier"]?.string {
            parts += [.text("Overall "), self.tier(tier), .text(" (the lowest). ")]
        } else if !view.isTrue("isEnough"), page != nil {
            let needed = answer["rules"]?["enough"]?.int ?? 5
            parts.append(.text("Not enough data for a tier: fewer than \(needed) deployments. "))
        }
        if let caught = view["caught"]?.int, caught > 0 {
            let text = "\(caught) caught before any user. "
            parts.append(page.map { Parts.link(text, question.address($0, outcome: "caught")) } ?? .text(text))
        }
        if let back = view["rollbacks"]?.int, back > 0 {
            let text = "\(back) taken back. "
            parts.append(page.map { Parts.link(text, question.address($0, outcome: "rollback")) } ?? .text(text))
        }
        if let exposure = view["exposureMinutes"]?.double, exposure > 0 {
            parts.append(.text("Failures exposed everybody for \(Self.span(exposure * 60)). "))
        }
        return tag("p") { parts }
    }
}
