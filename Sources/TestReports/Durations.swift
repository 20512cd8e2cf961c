/// Times as result files write them, in nanoseconds. What cannot be read took no time.
enum Durations {
    private static let limit = 9.0e18

    /// A number of a unit's length, perhaps with commas between thousands.
    static func number(_ text: String?, unit: Double = 1e9) -> Int64 {
        guard let text, let value = Double(text.filter { $0 != "," && !$0.isWhitespace }), value.isFinite, value > 0
        else { return 0 }
        return Int64(min(value * unit, limit))
    }

    /// `hh:mm:ss.fraction`, with days and a dot in front if there are any.
    static func clock(_ text: String?) -> Int64 {
        guard let text else { return 0 }
        let parts = text.split(separator: ":")
        guard parts.count == 3, let minutes = Double(parts[1]), let seconds = Double(parts[2]) else { return 0 }
        let head = parts[0].split(separator: ".").compactMap { Double($0) }
        guard let hours = head.last else { return 0 }
        let days = head.count == 2 ? head[0] : 0
        return number(String(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
    }
}
