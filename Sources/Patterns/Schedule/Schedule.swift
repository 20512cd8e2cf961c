package import Notation

/// When a rule runs by itself: `rate(5 minutes)`, `cron(0 12 * * ? *)` or `at(2026-11-23T09:30:00)`.
///
/// Source: EventBridge User Guide, "Setting a schedule pattern"; EventBridge Scheduler User Guide, "Schedule types".
package enum Schedule: Sendable, Hashable {
    /// Again and again after that time.
    case rate(Duration)
    /// Whenever the fields fit the clock.
    case cron(CronExpression)
    /// Once.
    case at(Timestamp)

    /// Reads an expression.
    ///
    /// - Throws: ``ScheduleError``.
    package init(_ text: String) throws(ScheduleError) {
        guard let open = text.firstIndex(of: "("), text.last == ")" else {
            throw ScheduleError("an expression has the form rate(...), cron(...) or at(...)")
        }
        let body = String(text[text.index(after: open)...].dropLast())
        switch text[..<open] {
        case "rate": self = .rate(try Self.rate(body))
        case "cron": self = .cron(try CronExpression(body))
        case "at": self = .at(try Self.moment(body))
        default: throw ScheduleError("an expression has the form rate(...), cron(...) or at(...)")
        }
    }

    /// The next time after that one, in UTC; nil when there is none any more.
    ///
    /// A rate counts from `anchor`, the time the rule was made, so that a server that was down does not shift it;
    /// without one it counts from the time given.
    package func next(after time: Timestamp, anchor: Timestamp? = nil) -> Timestamp? {
        next(after: time, anchor: anchor) { _ in .zero }
    }

    /// The same by the clock of a zone, given as its distance to UTC at a time. Only `cron` and `at` read a clock.
    package func next(
        after time: Timestamp, anchor: Timestamp?, offset: (Timestamp) -> Duration
    ) -> Timestamp? {
        switch self {
        case .rate(let interval):
            guard let anchor, anchor <= time else { return (anchor ?? time) + interval }
            let passed = (time.microseconds - anchor.microseconds) / interval.microseconds
            return Timestamp(microseconds: anchor.microseconds + (passed + 1) * interval.microseconds)
        case .cron(let expression): return expression.next(after: time, offset: offset)
        case .at(let local):
            let moment = local - offset(local - offset(local))
            return moment > time ? moment : nil
        }
    }

    private static func rate(_ body: String) throws(ScheduleError) -> Duration {
        let parts = body.split(separator: " ")
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int64(parts[0]),
            (1...1_000_000_000).contains(value)
        else { throw ScheduleError("a rate is a positive whole number and a unit") }
        let units: [String: Int64] = ["minute": 60, "hour": 3600, "day": 86_400]
        let isPlural = parts[1].hasSuffix("s")
        guard let seconds = units[String(isPlural ? parts[1].dropLast() : parts[1])] else {
            throw ScheduleError("the unit of a rate is minutes, hours or days")
        }
        // AWS insists on grammar here.
        guard isPlural == (value != 1) else {
            throw ScheduleError("the unit of a rate is singular for 1 and plural for every other number")
        }
        return .seconds(value * seconds)
    }

    private static func moment(_ body: String) throws(ScheduleError) -> Timestamp {
        guard body.utf8.count == 19, body.contains("T"), let moment = Timestamp(parsing: body) else {
            throw ScheduleError("a time has the form at(yyyy-mm-ddThh:mm:ss)")
        }
        return moment
    }
}

/// Why a text is no schedule.
package struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in a few words.
    package let reason: String
    /// AWS's message, and what is wrong in brackets.
    package var description: String { "Parameter ScheduleExpression is not valid. (\(reason).)" }

    init(_ reason: String) { self.reason = reason }
}
