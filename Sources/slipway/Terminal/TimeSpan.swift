import ArgumentParser

/// A stretch of time as commands take it: a number and a unit, such as `30s`, `10m`, `2h`, `30d`, `4w`.
struct TimeSpan: ExpressibleByArgument, Sendable, Hashable {
    /// How long it is.
    let seconds: Double

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// Nil when the text is no such stretch.
    init?(argument text: String) {
        guard let unit = text.last.flatMap({ Self.units[$0] }), let count = Double(text.dropLast()), count > 0,
            count.isFinite
        else { return nil }
        seconds = count * unit
    }

    /// Seconds for people, in the two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
    static func words(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e12)))
        switch whole {
        case 0: return "\(Int(max(0, seconds) * 1000)) ms"
        case 1..<120: return "\(whole) s"
        case 120..<7200: return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
        case 7200..<172_800: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
        }
    }
}
