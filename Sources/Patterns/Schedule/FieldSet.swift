/// The values that one field of a cron expression allows.
struct FieldSet: Sendable, Hashable {
    static let months = [
        "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11,
        "DEC": 12,
    ]
    static let weekdays = ["SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7]

    private let bounds: ClosedRange<Int>
    /// Of each value of the bounds, whether it is allowed.
    private var allowed: [Bool]

    /// Reads a field: `*`, values, ranges and steps, separated by commas.
    init(_ text: String, in bounds: ClosedRange<Int>, names: [String: Int] = [:], name: String) throws(ScheduleError) {
        self.bounds = bounds
        allowed = Array(repeating: false, count: bounds.count)
        let reader = FieldReader(bounds: bounds, names: names, name: name)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            for value in try reader.values(String(part)) { allowed[value - bounds.lowerBound] = true }
        }
    }

    func contains(_ value: Int) -> Bool { bounds.contains(value) && allowed[value - bounds.lowerBound] }
    func first(from low: Int, to high: Int) -> Int? { (low...high).first(where: contains) }
}

/// Reads the parts of one field.
struct FieldReader {
    let bounds: ClosedRange<Int>
    let names: [String: Int]
    let name: String

    var failure: ScheduleError { ScheduleError("the field '\(name)' of the cron expression is not valid") }

    /// The values of `*`, `5`, `1-5`, `0/15` or `10-50/20`. A range may run over the end, as `FRI-MON` does.
    func values(_ part: String) throws(ScheduleError) -> [Int] {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard pieces.count <= 2, let head = pieces.first else { throw failure }
        var step = 1
        if pieces.count == 2 {
            guard let number = Self.number(pieces[1]), (1...bounds.upperBound).contains(number) else { throw failure }
            step = number
        }
        if head == "*" { return Array(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step)) }
        let ends = head.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2, let first = ends.first else { throw failure }
        let low = try value(first)
        guard ends.count == 2 else {
            return pieces.count == 1 ? [low] : Array(stride(from: low, through: bounds.upperBound, by: step))
        }
        let high = try value(ends[1])
        if low <= high { return Array(stride(from: low, through: high, by: step)) }
        guard bounds.count < 100 else { throw failure }
        let around = stride(from: low, through: high + bounds.count, by: step)
        return around.map { $0 > bounds.upperBound ? $0 - bounds.count : $0 }
    }

    func value(_ text: String) throws(ScheduleError) -> Int {
        guard let value = names[text] ?? Self.number(text), bounds.contains(value) else { throw failure }
        return value
    }

    static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}

/// The days that an expression allows, by the month or by the week; the field not used is `?`.
enum DayRule: Sendable, Hashable {
    case ofMonth([MonthDay])
    case ofWeek([WeekDay])

    enum MonthDay: Sendable, Hashable {
        case days(FieldSet)
        /// That many days before the last one.
        case beforeLast(Int)
        /// The working day nearest to a day, in the same month.
        case nearestWorkday(Int)
        case lastWorkday
    }

    enum WeekDay: Sendable, Hashable {
        case days(FieldSet)
        /// The last such day of the month.
        case last(Int)
        /// The nth such day of the month.
        case nth(Int, Int)
    }

    init(ofMonth month: String, ofWeek week: String) throws(ScheduleError) {
        switch (month == "?", week == "?") {
        case (false, true): self = .ofMonth(try Self.monthDays(month))
        case (true, false): self = .ofWeek(try Self.weekDays(week))
        default:
            throw ScheduleError("exactly one of the fields 'day of month' and 'day of week' must be '?'")
        }
    }

    func contains(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        switch self {
        case .ofMonth(let rules): rules.contains { Self.fits($0, year, month, day) }
        case .ofWeek(let rules): rules.contains { Self.fits($0, year, month, day) }
        }
    }

    private static func fits(_ rule: MonthDay, _ year: Int, _ month: Int, _ day: Int) -> Bool {
        let length = Calendar.length(year, month)
        switch rule {
        case .days(let days): return days.contains(day)
        case .beforeLast(let distance): return day == length - distance
        case .lastWorkday: return day == workday(nearest: length, year, month)
        case .nearestWorkday(let wanted): return wanted <= length && day == workday(nearest: wanted, year, month)
        }
    }

    /// The nearest day from Monday to Friday, without leaving the month.
    private static func workday(nearest day: Int, _ year: Int, _ month: Int) -> Int {
        switch Calendar.weekday(year, month, day) {
        case 7: return day == 1 ? 3 : day - 1
        case 1: return day == Calendar.length(year, month) ? day - 2 : day + 1
        default: return day
        }
    }

    private static func fits(_ rule: WeekDay, _ year: Int, _ month: Int, _ day: Int) -> Bool {
        let weekday = Calendar.weekday(year, month, day)
        switch rule {
        case .days(let days): return days.contains(weekday)
        case .last(let wanted): return weekday == wanted && day + 7 > Calendar.length(year, month)
        case .nth(let wanted, let count): return weekday == wanted && (day - 1) / 7 + 1 == count
        }
    }

    private static func monthDays(_ text: String) throws(ScheduleError) -> [MonthDay] {
        var rules: [MonthDay] = []
        let reader = FieldReader(bounds: 1...31, names: [:], name: "day of month")
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if part == "L" {
                rules.append(.beforeLast(0))
            } else if part == "LW" {
                rules.append(.lastWorkday)
            } else if part.hasPrefix("L-") {
                guard let distance = FieldReader.number(String(part.dropFirst(2))), (1...30).contains(distance) else {
                    throw reader.failure
                }
                rules.append(.beforeLast(distance))
            } else if part.hasSuffix("W") {
                rules.append(.nearestWorkday(try reader.value(String(part.dropLast()))))
            } else {
                rules.append(.days(try FieldSet(part, in: 1...31, name: "day of month")))
            }
        }
        return rules
    }

    private static func weekDays(_ text: String) throws(ScheduleError) -> [WeekDay] {
        var rules: [WeekDay] = []
        let reader = FieldReader(bounds: 1...7, names: FieldSet.weekdays, name: "day of week")
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            let halves = part.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
            if halves.count == 2 {
                guard let count = FieldReader.number(halves[1]), (1...5).contains(count) else { throw reader.failure }
                rules.append(.nth(try reader.value(halves[0]), count))
            } else if part == "L" {
                rules.append(.days(try FieldSet("7", in: 1...7, name: "day of week")))
            } else if part.hasSuffix("L") {
                rules.append(.last(try reader.value(String(part.dropLast()))))
            } else {
                rules.append(.days(try FieldSet(part, in: 1...7, names: FieldSet.weekdays, name: "day of week")))
            }
        }
        return rules
    }
}
