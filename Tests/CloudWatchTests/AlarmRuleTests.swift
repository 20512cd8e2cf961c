import Notation
import Testing

@testable import CloudWatch

@Suite("Rules of composite alarms")
struct AlarmRuleTests {
    private static let states: [String: AlarmState] = ["a": .alarm, "b": .ok, "c d": .insufficientData]

    @Test(
        "hold as their words say",
        arguments: [
            ("ALARM(a)", true), ("ALARM(b)", false), ("OK(b) AND ALARM(a)", true), ("NOT ALARM(a) OR OK(a)", false),
            ("NOT (ALARM(a) AND ALARM(b))", true),
            ("INSUFFICIENT_DATA(\"c d\")", true), ("ALARM(a) OR ALARM(b) AND FALSE", true),
            ("(ALARM(a) OR ALARM(b)) AND FALSE", false), ("TRUE", true),
            ("ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)", true), ("OK(gone)", false),
            ("NOT NOT TRUE", true), ("  ALARM ( 'a' )  ", true),
        ])
    func rules(text: String, holds: Bool) throws {
        #expect(try AlarmRule(parsing: text).holds { Self.states[$0] } == holds)
    }

    @Test(
        "that cannot be read are refused",
        arguments: ["", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) OK(b)", "a", "NOT", "(TRUE", "TRUE)", "ALARM(a) AND"])
    func errors(text: String) { #expect(throws: AlarmRuleError.self) { try AlarmRule(parsing: text) } }

    @Test("may name a hundred alarms and no more, and nest to a limit")
    func limits() throws {
        let rule = { (count: Int) in (1...count).map { "ALARM(a\($0))" }.joined(separator: " OR ") }
        #expect(try AlarmRule(parsing: rule(100)).children.count == 100)
        #expect(throws: AlarmRuleError.self) { try AlarmRule(parsing: rule(101)) }
        #expect(throws: AlarmRuleError.self) { try AlarmRule(parsing: String(repeating: "(", count: 4000) + "TRUE") }
    }
}

@Suite("A composite alarm's suppressor")
struct SuppressionTests {
    private static let start = Timestamp(seconds: 1000)
    private var condition = CompositeCondition(rule: "ALARM(a)", suppressor: "s", waitSeconds: 60, extensionSeconds: 30)

    @Test("withholds actions while it is in ALARM, and for the extension period after that")
    mutating func extends() {
        #expect(condition.suppress(state: .alarm, entersAlarm: true, suppressorState: .alarm, now: Self.start) == .none)
        #expect(condition.suppression?.by == .alarm)
        #expect(
            condition.suppress(state: .alarm, entersAlarm: false, suppressorState: .ok, now: Self.start + .seconds(10))
                == .none)
        #expect(condition.suppression?.by == .extension_)
        #expect(
            condition.suppress(state: .alarm, entersAlarm: false, suppressorState: .ok, now: Self.start + .seconds(39))
                == .none)
        #expect(
            condition.suppress(state: .alarm, entersAlarm: false, suppressorState: .ok, now: Self.start + .seconds(40))
                == .act)
        #expect(condition.suppression == nil)
    }

    @Test("is waited for when the alarm is quicker, but not longer than the wait period")
    mutating func waits() {
        #expect(condition.suppress(state: .alarm, entersAlarm: true, suppressorState: .ok, now: Self.start) == .none)
        #expect(condition.suppression?.by == .wait)
        #expect(
            condition.suppress(state: .alarm, entersAlarm: false, suppressorState: .ok, now: Self.start + .seconds(60))
                == .act)
    }

    @Test("is waited for in vain when the alarm goes back first")
    mutating func goesBack() {
        _ = condition.suppress(state: .alarm, entersAlarm: true, suppressorState: .ok, now: Self.start)
        #expect(
            condition.suppress(state: .ok, entersAlarm: false, suppressorState: .ok, now: Self.start + .seconds(5))
                == .none)
        #expect(condition.suppression == nil)
    }

    @Test("that was deleted holds nothing back")
    mutating func deleted() {
        _ = condition.suppress(state: .alarm, entersAlarm: true, suppressorState: .alarm, now: Self.start)
        #expect(condition.suppress(state: .alarm, entersAlarm: false, suppressorState: nil, now: Self.start) == .none)
        #expect(condition.suppression == nil)
    }
}
