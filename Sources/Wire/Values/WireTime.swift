import Notation

/// How a point in time is written. In trees it is always seconds since 1970, as a number.
enum TimestampFormat: String, Sendable {
    case iso8601
    case rfc822
    case unixTimestamp

    /// The text of that time: ISO 8601 to the millisecond where there is a fraction, RFC 822 to the second.
    func text(_ seconds: Double) -> String {
        switch self {
        case .unixTimestamp: WireTime.number(seconds).description
        case .iso8601: WireTime.iso8601(seconds)
        case .rfc822: WireTime.rfc822(seconds)
        }
    }
}

/// Wall time as AWS's messages write it.
enum WireTime {
    /// Whole seconds as an integer, others to the millisecond.
    static func number(_ seconds: Double) -> JSON {
        let milliseconds = (seconds * 1000).rounded()
        guard milliseconds.magnitude < 9e15 else { return .double(seconds) }
        let whole = Int(milliseconds)
        return whole % 1000 == 0 ? .int(whole / 1000) : .double(Double(whole) / 1000)
    }

    /// The time that a text names in ISO 8601, RFC 822 (and the two older HTTP date forms' weekday) or epoch seconds.
    static func parse(_ text: String) -> JSON? {
        let bytes = Array(text.utf8)
        if let seconds = parseISO(bytes) ?? parseRFC822(text) { return number(seconds) }
        guard let first = bytes.first, first == UInt8(ascii: "-") || (first >= 0x30 && first <= 0x39) else {
            return nil
        }
        return Double(text).flatMap { $0.isFinite ? number($0) : nil }
    }

    static func iso8601(_ seconds: Double) -> String {
        let milliseconds = clamped(seconds)
        let (days, rest) = floorDivide(milliseconds, 86_400_000)
        let date = civil(days: days)
        var text = "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))T\(clock(rest / 1000))"
        if rest % 1000 != 0 { text += ".\(pad(rest % 1000, 3))" }
        return text + "Z"
    }

    static func rfc822(_ seconds: Double) -> String {
        let (days, rest) = floorDivide(clamped(seconds), 86_400_000)
        let date = civil(days: days)
        let weekday = weekdays[((days + 4) % 7 + 7) % 7]
        return "\(weekday), \(pad(date.day)) \(months[date.month - 1]) \(pad(date.year, 4)) \(clock(rest / 1000)) GMT"
    }

    /// `20260131T235959Z`, the form of signatures.
    static func basic(_ seconds: Int) -> String {
        let (days, rest) = floorDivide(seconds, 86_400)
        let date = civil(days: days)
        let time = clock(rest).filter { $0 != ":" }
        return "\(pad(date.year, 4))\(pad(date.month))\(pad(date.day))T\(time)Z"
    }

    /// Seconds of `20260131T235959Z`.
    static func parseBasic(_ text: some StringProtocol) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = digits(bytes[0..<4]), let month = digits(bytes[4..<6]), let day = digits(bytes[6..<8]),
            let hour = digits(bytes[9..<11]), let minute = digits(bytes[11..<13]), let second = digits(bytes[13..<15])
        else { return nil }
        return seconds(year, month, day, hour, minute, second)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Milliseconds, kept within the years 0 to 9999 that the formats can write.
    private static func clamped(_ seconds: Double) -> Int {
        Int(min(max((seconds * 1000).rounded(), -62_167_219_200_000), 253_402_300_799_999))
    }

    private static func pad(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }

    private static func clock(_ seconds: Int) -> String {
        "\(pad(seconds / 3600)):\(pad(seconds / 60 % 60)):\(pad(seconds % 60))"
    }

    static func floorDivide(_ left: Int, _ right: Int) -> (Int, Int) {
        let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
        return remainder < 0 ? (quotient - 1, remainder + right) : (quotient, remainder)
    }

    /// Year, month and day of a day counted from 1970-01-01 in the proleptic Gregorian calendar.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let (era, dayOfEra) = floorDivide(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func seconds(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int)
        -> Int?
    {
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60 else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shiftedYear, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39, value < 1_000_000 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return bytes.isEmpty ? nil : value
    }

    private static func parseISO(_ bytes: [UInt8]) -> Double? {
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = digits(bytes[0..<4]), let month = digits(bytes[5..<7]), let day = digits(bytes[8..<10])
        else { return nil }
        if bytes.count == 10 { return seconds(year, month, day, 0, 0, 0).map(Double.init) }
        guard bytes.count >= 16, bytes[10] == UInt8(ascii: "T") || bytes[10] == 0x20, bytes[13] == UInt8(ascii: ":"),
            let hour = digits(bytes[11..<13]), let minute = digits(bytes[14..<16])
        else { return nil }
        var at = 16
        var second = 0
        if at + 2 < bytes.count, bytes[at] == UInt8(ascii: ":") {
            guard let value = digits(bytes[at + 1..<at + 3]) else { return nil }
            second = value
            at += 3
        }
        guard let whole = seconds(year, month, day, hour, minute, second) else { return nil }
        var fraction = 0.0
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            let end = bytes[(at + 1)...].firstIndex { $0 < 0x30 || $0 > 0x39 } ?? bytes.count
            guard end > at + 1, let value = Double("0." + String(decoding: bytes[at + 1..<end], as: UTF8.self))
            else { return nil }
            fraction = value
            at = end
        }
        return zone(bytes[at...]).map { Double(whole - $0) + fraction }
    }

    /// Seconds east of Greenwich that `Z`, nothing, `+HH:MM` or `+HHMM` mean.
    private static func zone(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let sign = bytes.first, bytes != [UInt8(ascii: "Z")], bytes != [UInt8(ascii: "z")] else { return 0 }
        let numbers = bytes.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), numbers.count == 4,
            let hours = digits(numbers[0..<2]), let minutes = digits(numbers[2..<4])
        else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func parseRFC822(_ text: String) -> Double? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "-" })
        guard words.count >= 5, let day = Int(words[1]), let year = Int(words[3]),
            let month = months.firstIndex(where: { $0 == words[2] })
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, clock.allSatisfy({ $0 >= 0 }), day > 0, (0...9999).contains(year) else { return nil }
        let full = year < 70 ? year + 2000 : year < 100 ? year + 1900 : year
        return seconds(full, month + 1, day, clock[0], clock[1], clock[2]).map(Double.init)
    }
}
