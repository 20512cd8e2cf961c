internal import Cloud
internal import Notation

/// What a visitor of the DORA pages asks for: how many days back, and by which scale.
struct DoraQuestion: Sendable {
    static let spans = [7, 30, 90, 365]
    static let scales = ["dora-2024", "dora-2019", "none"]

    /// Days back from now.
    let days: Int
    let scale: String
    /// Which deployments are listed; empty for all.
    let outcome: String

    /// Reads it off the address; what makes no sense is the default.
    init(_ query: FormFields) {
        days = query["days"].flatMap { Int($0) }.map { min(max($0, 1), 400) } ?? 30
        scale = query["scale"].flatMap { Self.scales.contains($0) ? $0 : nil } ?? "dora-2024"
        outcome = query["outcome"] ?? ""
    }

    /// As GetFigures takes it.
    func input(_ now: Timestamp) -> JSON {
        [
            "since": .double((now - .seconds(days * 86_400)).seconds), "until": .double(now.seconds),
            "scale": .string(scale),
        ]
    }

    /// The page asked the same, but for what is given.
    func address(_ page: Address, days: Int? = nil, scale: String? = nil, outcome: String? = nil) -> Address {
        var fields = [("days", "\(days ?? self.days)"), ("scale", scale ?? self.scale)]
        if let outcome { fields.append(("outcome", outcome)) }
        return page.asking(fields)
    }

    /// Links to the other spans and scales.
    func choices(_ page: Address) -> HTML {
        tag("p", .class("choices")) {
            for span in Self.spans {
                choice(span == 365 ? "1 year" : "\(span) days", address(page, days: span), span == days)
            }
            tag("span", .class("dim"), text: " scale ")
            for name in Self.scales { choice(name, address(page, scale: name), name == scale) }
        }
    }

    private func choice(_ text: String, _ address: Address, _ isShown: Bool) -> HTML {
        var attributes = [Attribute.to(address)]
        if isShown { attributes.append(Attribute("aria-current", "true")) }
        return .element("a", attributes, [.text(text)])
    }
}
