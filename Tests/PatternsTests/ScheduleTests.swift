import Notation
import Patterns
import NotationTesting
import Testing

@Suite("Schedules")
struct ScheduleTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(parsing: text)) }

    @Test(
        "the next time of a cron expression",
        arguments: [
            ("0 10 * * ? *", "2026-11-28T09:00:00Z", "2026-11-28T10:00:00Z"),
            ("0 10 * * ? *", "2026-11-28T10:00:00Z", "2026-11-29T10:00:00Z"),
            ("0/15 * * * ? *", "2026-11-28T10:15:30Z", "2026-11-28T10:30:00Z"),
            ("15 12 * * ? *", "2026-12-31T12:15:00Z", "2027-01-01T12:15:00Z"),
            ("0 18 ? * MON-FRI *", "2026-11-27T18:00:00Z", "2026-11-30T18:00:00Z"),
            ("0 8 1 * ? *", "2026-11-28T00:00:00Z", "2026-12-01T08:00:00Z"),
            ("0/10 * ? * MON-FRI *", "2026-11-27T23:50:00Z", "2026-11-30T00:00:00Z"),
            ("0 0 L * ? *", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 L-3 * ? *", "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 LW * ? *", "2027-01-01T00:00:00Z", "2027-01-29T00:00:00Z"),
            ("0 0 15W * ? *", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"),
            ("0 0 1W * ? *", "2026-08-04T01:00:00Z", "2026-09-01T00:00:00Z"),
            ("0 0 1W 8 ? *", "2026-01-01T00:00:00Z", "2026-08-03T00:00:00Z"),
            ("0 0 ? * 6L *", "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 ? * 3#2 *", "2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z"),
            ("0 0 ? * TUE#5 *", "2026-11-01T00:00:00Z", "2026-12-29T00:00:00Z"),
            ("0 0 ? * L *", "2026-11-23T00:00:00Z", "2026-11-28T00:00:00Z"),
            ("0 0 29 2 ? *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 1 JAN,JUL ? 2030-2031", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
            ("30 22-2/2 * * ? *", "2026-11-28T22:31:00Z", "2026-11-29T00:30:00Z"),
            ("0 0 ? * FRI-MON *", "2026-11-23T01:00:00Z", "2026-11-27T00:00:00Z"),
            ("59 23 31 12 ? 2199", "2026-01-01T00:00:00Z", "2199-12-31T23:59:00Z"),
        ])
    func cron(_ fields: String, _ after: String, _ expected: String) throws {
        let next = try Schedule("cron(\(fields))").next(after: time(after))
        #expect(try next == time(expected), "\(next?.description ?? "never")")
    }

    @Test("a cron expression that never comes again has no next time")
    func never() throws {
        #expect(try Schedule("cron(0 0 30 2 ? *)").next(after: time("2026-01-01T00:00:00Z")) == nil)
        #expect(try Schedule("cron(0 0 1 1 ? 2020)").next(after: time("2026-01-01T00:00:00Z")) == nil)
    }

    @Test("a rate counts from when the rule was made")
    func rates() throws {
        let schedule = try Schedule("rate(5 minutes)")
        let anchor = try time("2026-11-28T10:02:00Z")
        #expect(try schedule.next(after: time("2026-11-28T10:09:59Z"), anchor: anchor) == time("2026-11-28T10:12:00Z"))
        #expect(try schedule.next(after: time("2026-11-28T10:12:00Z"), anchor: anchor) == time("2026-11-28T10:17:00Z"))
        #expect(try schedule.next(after: time("2026-11-28T10:00:00Z")) == time("2026-11-28T10:05:00Z"))
        #expect(try Schedule("rate(1 day)").next(after: anchor) == anchor + .seconds(86_400))
    }

    @Test("a moment comes once")
    func once() throws {
        let schedule = try Schedule("at(2026-11-28T10:00:00)")
        #expect(try schedule.next(after: time("2026-11-28T09:00:00Z")) == time("2026-11-28T10:00:00Z"))
        #expect(try schedule.next(after: time("2026-11-28T10:00:00Z")) == nil)
    }

    @Test(
        "what is no schedule is refused",
        arguments: [
            "", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(5 seconds)", "rate(-1 minute)",
            "cron(* * * * *)", "cron(* * * * * *)", "cron(* * ? * ? *)", "cron(60 * * * ? *)", "cron(* 24 * * ? *)",
            "cron(* * 32 * ? *)", "cron(* * 0 * ? *)", "cron(* * ? * 8 *)", "cron(* * ? * MON#6 *)",
            "cron(* * * FOO ? *)", "cron(* * * * ? 1969)", "cron(0/0 * * * ? *)", "cron(, * * * ? *)",
            "cron(1-2-3 * * * ? *)", "at(2026-11-28)", "at(2026-13-28T10:00:00)", "every(5 minutes)", "rate(5 minutes",
        ])
    func refusals(_ text: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule(text) }
        #expect(error?.description.hasPrefix("Parameter ScheduleExpression is not valid.") == true)
    }

    @Test("the next time always fits and is later, and no fitting minute lies between", arguments: 0..<12)
    func properties(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 50)
        let minutes = ["*", "0/7", "3,9-12", "59"]
        let hours = ["*", "1-3", "0/6"]
        let days = [("*", "?"), ("L", "?"), ("10W", "?"), ("?", "MON,WED"), ("?", "5L"), ("?", "2#1")]
        let day = days[chance.next(days.count)]
        let fields = "\(minutes[chance.next(4)]) \(hours[chance.next(3)]) \(day.0) * \(day.1) *"
        let expression = try CronExpression(fields)
        let start = Timestamp(microseconds: 1_700_000_000_000_000 + Int64(chance.next(100_000_000)) * 1_000_000)
        let next = try #require(expression.next(after: start))
        #expect(next > start && expression.contains(next), "\(fields)")
        var minute = Timestamp(microseconds: (start.microseconds / 60_000_000 + 1) * 60_000_000)
        while minute < next {
            #expect(!expression.contains(minute), "\(fields) \(minute)")
            minute = minute + .seconds(60)
        }
    }

    @Test("by the clock of a zone, a time it skips is moved on and one it passes twice is met once")
    func zones() throws {
        // Two hours ahead of UTC until 01:00 UTC of 25 October 2026, then one.
        let change = try time("2026-10-25T01:00:00Z")
        let offset: (Timestamp) -> Duration = { $0 < change ? .seconds(7200) : .seconds(3600) }
        let expression = try CronExpression("30 2 * * ? *")
        let first = try #require(expression.next(after: try time("2026-10-24T12:00:00Z"), offset: offset))
        #expect(try [time("2026-10-25T00:30:00Z"), time("2026-10-25T01:30:00Z")].contains(first))
        let noon = try CronExpression("0 12 * * ? *").next(after: change, offset: offset)
        #expect(try noon == time("2026-10-25T11:00:00Z"))
    }

    @Test("a deployment window is open during its minutes")
    func windows() throws {
        let window = try DeploymentWindow("* * 9-17 ? * MON-FRI *")
        #expect(try window.contains(time("2026-11-27T17:59:59Z")))
        #expect(try !window.contains(time("2026-11-27T18:00:00Z")))
        #expect(try !window.contains(time("2026-11-28T10:00:00Z")))
        #expect(try window.nextOpening(after: time("2026-11-28T10:00:00Z")) == time("2026-11-30T09:00:00Z"))
        #expect(try window.nextOpening(after: time("2026-11-27T10:00:05Z")) == time("2026-11-27T10:00:05Z"))
        #expect(try DeploymentWindow("* 0 9 ? * MON").contains(time("2026-11-30T09:00:00Z")))
        for text in ["0 * 9 ? * MON", "* 9 ? * MON", "* * * * * * *"] {
            #expect(throws: ScheduleError.self) { try DeploymentWindow(text) }
        }
    }
}
