/// A point in wall time, to the microsecond, UTC.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int64

    /// That many microseconds after 1970 began.
    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// That many seconds after 1970 began, cut to the microsecond. Values beyond the range of years -9999 to 9999 are cut to it.
    package init(seconds: Double) {
        let bound = 377_705_116_800.0
        microseconds = Int64((seconds.isNaN ? 0 : max(-bound, min(bound, seconds))) * 1_000_000)
    }

    /// Seconds since 1970 began.
    package var seconds: Double { Double(microseconds) / 1_000_000 }

    /// Milliseconds since 1970 began, cut.
    package var milliseconds: Int64 { microseconds / 1000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(microseconds: left.microseconds + right.microseconds)
    }
    package static func - (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(microseconds: left.microseconds - right.microseconds)
    }
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// The duration in microseconds, cut.
    package var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
    /// The duration in seconds.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Timestamp: Codable {
    /// Reads microseconds since 1970.
    package init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }
    /// Writes microseconds since 1970.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// The time as ISO 8601 writes it, with milliseconds: `2026-11-23T09:30:00.000Z`.
    package var description: String { iso8601(fraction: 3) }

    /// The time as ISO 8601 writes it, with that many decimals of a second (0 to 6, cut), such as `2026-11-23T09:30:00Z`.
    package func iso8601(fraction digits: Int = 0) -> String {
        let date = CivilDate(self)
        var text = "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))"
        text += "T\(date.hour.padded(2)):\(date.minute.padded(2)):\(date.second.padded(2))"
        if digits > 0 { text += "." + date.microsecond.padded(6).prefix(min(digits, 6)) }
        return text + "Z"
    }

    /// The time as HTTP writes it (RFC 9110, section 5.6.7): `Mon, 23 Nov 2026 09:30:00 GMT`.
    package var httpDate: String {
        let date = CivilDate(self)
        let day = date.day.padded(2)
        return "\(CivilDate.weekdays[date.weekday]), \(day) \(CivilDate.months[date.month - 1]) \(date.year.padded(4)) "
            + "\(date.hour.padded(2)):\(date.minute.padded(2)):\(date.second.padded(2)) GMT"
    }

    /// Reads what ``iso8601(fraction:)`` and ``httpDate`` write, offsets such as `+01:00`, and the basic form `20261123T093000Z`.
    /// Nil when the text is no such time.
    package init?(parsing text: String) {
        guard let date = CivilDate(parsing: text) else { return nil }
        microseconds = date.microsecondsSinceEpoch
    }
}

/// A time taken apart by the proleptic Gregorian calendar, UTC.
package struct CivilDate: Sendable, Hashable {
    /// The parts: month and day from 1, weekday from 0 for Sunday.
    package var year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, microsecond = 0, weekday = 4

    static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The parts of a time. The arithmetic counts days from 0000-03-01 in eras of 400 years.
    package init(_ time: Timestamp) {
        let second = 1_000_000
        let day = 86_400 * second
        let days = Int(time.microseconds.floorDivided(by: Int64(day)))
        let rest = Int(time.microseconds) - days * day
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / (3600 * second)
        minute = rest / (60 * second) % 60
        self.second = rest / second % 60
        microsecond = rest % second
        weekday = (days + 4).floorModulo(7)
    }

    /// The parts' time in microseconds since 1970.
    package var microsecondsSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.floorDivided(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return Int64(((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + Int64(microsecond)
    }

    init?(parsing text: String) {
        if let date = CivilDate(httpDate: text) {
            self = date
            return
        }
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4) else { return nil }
        scanner.skip("-")
        guard let month = scanner.number(2) else { return nil }
        scanner.skip("-")
        guard let day = scanner.number(2) else { return nil }
        self.init(year: year, month: month, day: day)
        if !scanner.isAtEnd {
            guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" ") else { return nil }
            guard clock(&scanner) else { return nil }
        }
        guard isValid else { return nil }
    }

    private init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    private var isValid: Bool {
        guard (1...12).contains(month), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[month - 1]).contains(day)
    }

    private mutating func clock(_ scanner: inout DigitScanner) -> Bool {
        guard let hour = scanner.number(2) else { return false }
        scanner.skip(":")
        guard let minute = scanner.number(2) else { return false }
        scanner.skip(":")
        (self.hour, self.minute, second) = (hour, minute, scanner.number(2) ?? 0)
        if scanner.skip(".") || scanner.skip(",") {
            guard let fraction = scanner.fraction() else { return false }
            microsecond = fraction
        }
        return zone(&scanner)
    }

    private mutating func zone(_ scanner: inout DigitScanner) -> Bool {
        if scanner.isAtEnd || scanner.skip("Z") || scanner.skip("z") { return scanner.isAtEnd }
        let isWest = scanner.skip("-")
        guard isWest || scanner.skip("+"), let hours = scanner.number(2) else { return false }
        scanner.skip(":")
        let minutes = scanner.number(2) ?? 0
        guard scanner.isAtEnd, isValid else { return false }
        let offset = Int64(hours * 60 + minutes) * 60_000_000
        self = CivilDate(Timestamp(microseconds: microsecondsSinceEpoch + (isWest ? offset : -offset)))
        return true
    }

    private init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = Self.months.firstIndex(of: String(parts[2]))
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3 else { return nil }
        self.init(year: year, month: month + 1, day: day)
        (hour, minute, second) = (clock[0], clock[1], clock[2])
        guard isValid else { return nil }
    }
}

private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    @discardableResult
    mutating func skip(_ character: Character) -> Bool {
        guard let first = rest.first, character.asciiValue == first else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ digits: Int) -> Int? {
        let head = rest.prefix(digits)
        guard head.count == digits, head.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        rest.removeFirst(digits)
        return head.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The decimals of a second as microseconds, cut after six.
    mutating func fraction() -> Int? {
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty else { return nil }
        rest.removeFirst(digits.count)
        let six = Array(digits.prefix(6)) + Array(repeating: 0x30, count: max(0, 6 - digits.count))
        return six.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension BinaryInteger {
    fileprivate func floorDivided(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
    fileprivate func floorModulo(_ divisor: Self) -> Self { self - floorDivided(by: divisor) * divisor }
    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
