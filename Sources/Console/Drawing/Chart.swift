internal import Notation

/// A metric's values over time with the threshold that an alarm compares them with, drawn as SVG.
///
/// Only lines are in the drawing, which stretches to any width; the words stand around it as text, which does not.
struct Chart: Sendable {
    /// One value.
    struct Point: Sendable, Hashable {
        let time: Timestamp
        let value: Double
    }

    /// Something that happened meanwhile: a line from top to bottom.
    struct Mark: Sendable, Hashable {
        let time: Timestamp
        let text: String
        /// `new` when traffic moved to the new version, `bad` when it went back.
        let look: String
    }

    /// What the drawing says, for who cannot see it.
    let label: String
    let points: [Point]
    let start: Timestamp
    let end: Timestamp
    /// Seconds that one value stands for; values further apart than that are not joined by a line.
    let period: Int
    var threshold: Double?
    /// Whether values below the threshold are the bad ones.
    var isBadBelow = false
    var marks: [Mark] = []
    var isSmall = false
    /// Whether its values stand for days, not for moments.
    var isDaily = false

    /// The values with a zero for every period that has none: right for counts, of which nothing means zero.
    static func filled(_ points: [Point], from start: Timestamp, to end: Timestamp, period: Int) -> [Point] {
        let known = Dictionary(points.map { (Int64($0.time.seconds) / Int64(period), $0) }) { $1 }
        let slots = Int64(start.seconds) / Int64(period)...max(Int64(start.seconds), Int64(end.seconds)) / Int64(period)
        return slots.map { slot in
            known[slot] ?? Point(time: Timestamp(seconds: Double(slot * Int64(period))), value: 0)
        }
    }

    private static let width = 1000.0
    private static let height = 200.0

    /// The value at the upper edge.
    var top: Double {
        let highest = max(points.map(\.value).max() ?? 0, threshold ?? 0)
        return highest > 0 ? highest * 1.15 : 1
    }

    var html: HTML {
        tag("figure", .class(isSmall ? "chart small" : "chart")) {
            tag("div", .class("plot")) {
                if !isSmall {
                    tag("div", .class("scale"), Attribute("aria-hidden", "true")) {
                        tag("span", text: Moments.number(top))
                        tag("span", text: "0")
                    }
                }
                drawing
            }
            if !isSmall {
                tag("div", .class("times"), Attribute("aria-hidden", "true")) {
                    tag("span", text: Moments.clockText(start))
                    tag("span", text: Moments.clockText(end) + " UTC")
                }
            }
        }
    }

    private var drawing: HTML {
        tag(
            "svg", Attribute("viewBox", "0 0 1000 200"), Attribute("preserveAspectRatio", "none"),
            Attribute("role", "img"),
            Attribute("aria-label", label)
        ) {
            for mark in marks where mark.time >= start && mark.time <= end { line(mark) }
            if let threshold { limit(threshold) }
            for run in runs { curve(run) }
        }
    }

    private func x(_ time: Timestamp) -> Double {
        let whole = max(0.001, (end - start).inSeconds)
        return min(max(0, (time - start).inSeconds / whole), 1) * Self.width
    }

    private func y(_ value: Double) -> Double { Self.height - min(max(0, value / top), 1) * (Self.height - 4) - 2 }

    private func line(_ mark: Mark) -> HTML {
        let x = Moments.number(x(mark.time))
        return tag(
            "line", .class("mark \(mark.look)"), Attribute("x1", x), Attribute("x2", x), Attribute("y1", "0"),
            Attribute("y2", "200")
        ) { tag("title", text: "\(Moments.clockText(mark.time)) \(mark.text)") }
    }

    /// The threshold, and a tint over the side on which the alarm fires.
    private func limit(_ threshold: Double) -> [HTML] {
        let edge = y(threshold)
        let text = Moments.number(edge)
        return [
            tag(
                "rect", .class("danger"), Attribute("x", "0"), Attribute("y", isBadBelow ? text : "0"),
                Attribute("width", "1000"),
                Attribute("height", Moments.number(isBadBelow ? Self.height - edge : edge))),
            tag(
                "line", .class("threshold"), Attribute("x1", "0"), Attribute("x2", "1000"), Attribute("y1", text),
                Attribute("y2", text)
            ) { tag("title", text: "Threshold \(Moments.number(threshold))") },
        ]
    }

    /// The values in stretches without a gap.
    var runs: [[Point]] {
        var runs: [[Point]] = []
        for point in points.sorted(by: { $0.time < $1.time }) {
            if let last = runs.last?.last, point.time - last.time <= .seconds(period) + .milliseconds(500) {
                runs[runs.count - 1].append(point)
            } else {
                runs.append([point])
            }
        }
        return runs
    }

    private func name(_ time: Timestamp) -> String {
        isDaily ? String(time.iso8601().prefix(10)) : Moments.clockText(time)
    }

    /// Each value as a step as wide as its period: what it was measured over.
    private func curve(_ run: [Point]) -> HTML {
        var path = ""
        for point in run {
            let (from, to) = (x(point.time), x(point.time + .seconds(period)))
            let height = Moments.number(y(point.value))
            path += "\(path.isEmpty ? "M" : "L")\(Moments.number(from)) \(height)L\(Moments.number(to)) \(height)"
        }
        return tag("path", .class("curve"), Attribute("d", path)) {
            tag(
                "title",
                text: run.map { "\(name($0.time)) \(Moments.number($0.value))" }.joined(separator: "\n"))
        }
    }
}
