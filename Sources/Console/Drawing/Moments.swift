internal import Notation

/// Times as people read them.
enum Moments {
    /// How long ago, with the exact time behind it: `3 min ago`.
    static func ago(_ time: Timestamp?, now: Timestamp) -> HTML {
        guard let time else { return .text("-") }
        let text = time > now ? "in \(span(time - now))" : now - time < .seconds(2) ? "now" : "\(age(now - time)) ago"
        return stamp(time, text)
    }

    /// The time of the day in UTC, with the date behind it.
    static func clock(_ time: Timestamp) -> HTML { stamp(time, clockText(time)) }

    /// `14:03:22`
    static func clockText(_ time: Timestamp) -> String { String(time.iso8601().dropFirst(11).prefix(8)) }

    private static func stamp(_ time: Timestamp, _ text: String) -> HTML {
        let exact = time.iso8601()
        return tag("time", Attribute("datetime", exact), Attribute("title", exact), text: text)
    }

    /// A duration in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d`.
    static func span(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        switch seconds {
        case 0: return "\(max(0, duration.microseconds / 1000)) ms"
        case 1..<120: return "\(seconds) s"
        case 120..<7200:
            return seconds % 60 == 0 || seconds > 1200 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
        case 7200..<172_800: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: return "\(seconds / 86400) d"
        }
    }

    /// A duration in its largest unit, rounded down.
    private static func age(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h"
        default: return "\(seconds / 86400) d"
        }
    }

    /// A number without needless digits.
    static func number(_ value: Double) -> String {
        guard abs(value) < 1e15 else { return "-" }
        if let whole = Int(exactly: value.rounded()), abs(value - Double(whole)) < 0.005 || abs(value) >= 100 {
            return "\(whole)"
        }
        let hundredths = Int((value * 100).rounded())
        let digits = String(abs(hundredths) % 100)
        return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(digits.count == 1 ? "0" : "")\(digits)"
    }
}
