/// How the traffic is shared between two versions, as a bar with its figures in words.
struct TrafficBar: Sendable {
    let old: String
    let new: String
    /// Percent that the new version gets.
    let share: Double

    var html: HTML {
        let rest = 100 - share
        return tag("figure", .class("traffic")) {
            tag(
                "svg", Attribute("viewBox", "0 0 100 10"), Attribute("preserveAspectRatio", "none"),
                Attribute("role", "img"),
                Attribute(
                    "aria-label",
                    "\(old) gets \(Moments.number(rest)) % of the traffic, \(new) \(Moments.number(share)) %")
            ) {
                bar("old", from: 0, width: rest)
                bar("new", from: rest, width: share)
            }
            tag("figcaption") {
                tag("span", .class("old")) {
                    tag("b", text: "\(Moments.number(rest)) %")
                    " \(old)"
                }
                tag("span", .class("new")) {
                    tag("b", text: "\(Moments.number(share)) %")
                    " \(new)"
                }
            }
        }
    }

    private func bar(_ name: String, from start: Double, width: Double) -> HTML {
        tag(
            "rect", .class(name), Attribute("x", Moments.number(start)), Attribute("y", "0"),
            Attribute("width", Moments.number(width)), Attribute("height", "10"))
    }
}
