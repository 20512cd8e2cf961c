package import Notation

/// Six fields that a clock has to fit: minute, hour, day of month, month, day of week, year.
package struct CronExpression: Sendable, Hashable {
    /// Years beyond this are not looked at.
    static let years = 1970...2199

    private let minutes: FieldSet
    private let hours: FieldSet
    private let days: DayRule
    private let months: FieldSet
    private let yearSet: FieldSet

    /// Reads the six fields between an expression's brackets.
    ///
    /// - Throws: ``ScheduleError``.
    package init(_ text: String) throws(ScheduleError) {
        let fields = text.split(separator: " ").map { String($0).uppercased() }
        guard fields.count == 6 else {
            throw ScheduleError(
                "a cron expression has 6 fields: minutes, hours, day of month, month, day of week, year")
        }
        try self.init(fields: fields)
    }

    /// Takes the six fields.
    init(fields: [String]) throws(ScheduleError) {
        minutes = try FieldSet(fields[0], in: 0...59, name: "minutes")
        hours = try FieldSet(fields[1], in: 0...23, name: "hours")
        months = try FieldSet(fields[3], in: 1...12, names: FieldSet.months, name: "month")
        yearSet = try FieldSet(fields[5], in: Self.years, name: "year")
        days = try DayRule(ofMonth: fields[2], ofWeek: fields[4])
    }

    /// Whether that minute of the clock fits.
    package func contains(_ time: Timestamp, offset: (Timestamp) -> Duration = { _ in .zero }) -> Bool {
        let date = CivilDate(time + offset(time))
        return minutes.contains(date.minute) && hours.contains(date.hour) && fits(date.year, date.month, date.day)
    }

    /// The next full minute after that time that fits; nil when there is none until the year 2200.
    ///
    /// The clock is that of the zone whose distance to UTC is given. A time that a zone skips is moved on by the jump;
    /// one that it passes twice is met once.
    package func next(after time: Timestamp, offset: (Timestamp) -> Duration = { _ in .zero }) -> Timestamp? {
        var local = time + offset(time)
        // The clock may have been set back, so that the time found has passed already: then the one after it counts.
        for _ in 0..<200 {
            guard let found = nextLocal(after: local) else { return nil }
            let moment = found - offset(found - offset(time))
            if moment > time { return moment }
            local = found
        }
        return nil
    }

    private func fits(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        yearSet.contains(year) && months.contains(month) && days.contains(year, month, day)
    }

    private func nextLocal(after time: Timestamp) -> Timestamp? {
        let start = CivilDate(time + .seconds(60))
        var year = max(start.year, Self.years.lowerBound)
        while year <= Self.years.upperBound {
            guard yearSet.contains(year) else {
                year += 1
                continue
            }
            let firstMonth = year == start.year ? start.month : 1
            for month in firstMonth...12 where months.contains(month) {
                let isFirst = year == start.year && month == start.month
                if let found = next(in: year, month, from: isFirst ? start : nil) { return found }
            }
            year += 1
        }
        return nil
    }

    private func next(in year: Int, _ month: Int, from start: CivilDate?) -> Timestamp? {
        let length = Calendar.length(year, month)
        for day in (start?.day ?? 1)...length where days.contains(year, month, day) {
            let isFirst = day == start?.day
            let firstHour = isFirst ? start?.hour ?? 0 : 0
            for hour in firstHour...23 where hours.contains(hour) {
                let firstMinute = isFirst && hour == start?.hour ? start?.minute ?? 0 : 0
                if let minute = minutes.first(from: firstMinute, to: 59) {
                    return Calendar.moment(year, month, day, hour, minute)
                }
            }
        }
        return nil
    }
}

/// Facts of the Gregorian calendar.
enum Calendar {
    static func length(_ year: Int, _ month: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    static func moment(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0) -> Timestamp {
        var date = CivilDate(Timestamp(microseconds: 0))
        (date.year, date.month, date.day, date.hour, date.minute) = (year, month, day, hour, minute)
        return Timestamp(microseconds: date.microsecondsSinceEpoch)
    }

    /// The day of the week, 1 for Sunday as cron counts.
    static func weekday(_ year: Int, _ month: Int, _ day: Int) -> Int {
        CivilDate(moment(year, month, day)).weekday + 1
    }
}
