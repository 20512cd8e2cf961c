import Testing

@testable import CloudWatch

/// A row of AWS's table: the data (0 good, X breach, - none; newest last), M, and the verdict under each treatment.
struct VerdictRow: Sendable, CustomStringConvertible {
    let data: String
    let needed: Int
    let verdicts: [MissingData: AlarmVerdict]

    init(
        _ data: String, _ needed: Int, _ missing: AlarmVerdict, _ ignore: AlarmVerdict, _ breaching: AlarmVerdict,
        _ good: AlarmVerdict
    ) {
        self.data = data
        self.needed = needed
        verdicts = [.missing: missing, .ignore: ignore, .breaching: breaching, .notBreaching: good]
    }
    var description: String { "\(data), \(needed) of 3" }
    var periods: [Bool?] { data.split(separator: " ").map { $0 == "-" ? nil : $0 == "X" } }
}

@Suite("The verdict of a metric alarm")
struct AlarmVerdictTests {
    private static let ok = AlarmVerdict.state(.ok), alarm = AlarmVerdict.state(.alarm)

    static let rows: [VerdictRow] = [
        VerdictRow("0 - X - X", 3, ok, ok, ok, ok),
        VerdictRow("0 - - - -", 3, ok, ok, ok, ok),
        VerdictRow("- - - - -", 3, .state(.insufficientData), .keep, alarm, ok),
        VerdictRow("0 X X - X", 3, alarm, alarm, alarm, alarm),
        VerdictRow("- - X - -", 3, alarm, .keep, alarm, ok),
        VerdictRow("0 - X - X", 2, alarm, alarm, alarm, alarm),
        VerdictRow("0 0 X 0 X", 2, alarm, alarm, alarm, alarm),
        VerdictRow("0 - X - -", 2, ok, ok, alarm, ok),
        VerdictRow("- - - - 0", 2, ok, ok, alarm, ok),
        VerdictRow("- - - X -", 2, alarm, .keep, alarm, ok),
    ]

    @Test("is what AWS's table says, row by row", arguments: rows, MissingData.allCases)
    func table(row: VerdictRow, treatment: MissingData) {
        let verdict = AlarmVerdict.judge(row.periods, count: 3, needed: row.needed, missing: treatment)
        #expect(verdict == row.verdicts[treatment])
    }

    @Test(
        "waits while the only breach is too young to stand for the missing ones", arguments: ["- - - X -", "- - - - X"])
    func premature(data: String) {
        let periods = VerdictRow(data, 3, .keep, .keep, .keep, .keep).periods
        #expect(AlarmVerdict.judge(periods, count: 3, needed: 3, missing: .missing) == .keep)
    }

    @Test("never depends on the treatment of gaps once there are enough data")
    func enoughData() {
        for bits in 0..<32 {
            let periods: [Bool?] = (0..<5).map { bits >> $0 & 1 == 1 }
            let verdicts = Set(
                MissingData.allCases.map { AlarmVerdict.judge(periods, count: 3, needed: 2, missing: $0) })
            #expect(verdicts.count == 1)
        }
    }

    @Test("turns from ALARM to good never by a further breach")
    func monotone() {
        for code in 0..<243 {
            let periods = (0..<5).map { place in [nil, false, true][code / [1, 3, 9, 27, 81][place] % 3] as Bool? }
            for place in 0..<5 where periods[place] == false {
                var worse = periods
                worse[place] = true
                for treatment in MissingData.allCases {
                    let before = AlarmVerdict.judge(periods, count: 3, needed: 2, missing: treatment)
                    let after = AlarmVerdict.judge(worse, count: 3, needed: 2, missing: treatment)
                    #expect(before != .state(.alarm) || after == .state(.alarm))
                }
            }
        }
    }
}

@Suite("The reason of a metric alarm")
struct AlarmReasonTests {
    private static let start: Int64 = 1_710_407_520  // 2024-03-14T09:12:00Z

    private static func condition(_ periods: Int, needed: Int?, missing: MissingData? = nil) -> MetricCondition {
        MetricCondition(
            metric: MetricID("App", "Latency"), statistic: "Average", period: 60, evaluationPeriods: periods,
            datapointsToAlarm: needed,
            threshold: 60, comparison: .greater, missingData: missing)
    }

    private static func reason(_ condition: MetricCondition, _ values: [Double?], _ from: AlarmState, _ to: AlarmState)
        -> AlarmReason
    {
        let judged = values.enumerated().map { place, value in
            EvaluatedDatapoint(time: start - Int64(place) * 60, value: value, sampleCount: value == nil ? nil : 1)
        }
        return AlarmReason(condition: condition, judged: judged, from: from, to: to)
    }

    static let cases: [(AlarmReason, String)] = [
        (
            reason(condition(1, needed: 1), [73.2], .ok, .alarm),
            "Threshold Crossed: 1 out of the last 1 datapoints [73.2 (14/03/24 09:12:00)] was greater than the "
                + "threshold (60.0) "
                + "(minimum 1 datapoint for OK -> ALARM transition)."
        ),
        (
            reason(condition(3, needed: 2), [70, 10, 80], .ok, .alarm),
            "Threshold Crossed: 2 out of the last 3 datapoints [70.0 (14/03/24 09:12:00), 80.0 (14/03/24 "
                + "09:10:00)] were greater than "
                + "the threshold (60.0) (minimum 2 datapoints for OK -> ALARM transition)."
        ),
        (
            reason(condition(3, needed: 1), [5, 6, 7], .alarm, .ok),
            "Threshold Crossed: 3 out of the last 3 datapoints [5.0 (14/03/24 09:12:00), 6.0 (14/03/24 "
                + "09:11:00), 7.0 (14/03/24 09:10:00)] "
                + "were not greater than the threshold (60.0) (minimum 3 datapoints for ALARM -> OK transition)."
        ),
        (
            reason(condition(1, needed: nil), [99.5], .insufficientData, .alarm),
            "Threshold Crossed: 1 datapoint [99.5 (14/03/24 09:12:00)] was greater than the threshold (60.0)."
        ),
        (
            reason(condition(3, needed: 1, missing: .notBreaching), [613, nil, nil], .ok, .alarm),
            "Threshold Crossed: 1 out of the last 3 datapoints [613.0 (14/03/24 09:12:00)] was greater than the "
                + "threshold (60.0) "
                + "and 2 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM "
                + "transition)."
        ),
        (
            reason(condition(1, needed: nil, missing: .notBreaching), [nil], .insufficientData, .ok),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
                + "[NonBreaching]."
        ),
        (
            reason(condition(3, needed: 2, missing: .breaching), [nil, nil, 5], .ok, .alarm),
            "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as "
                + "[Breaching]."
        ),
        (
            reason(condition(1, needed: nil), [nil], .ok, .insufficientData),
            "Insufficient Data: 1 datapoint was unknown."
        ),
        (
            reason(condition(3, needed: nil), [nil, nil, nil], .ok, .insufficientData),
            "Insufficient Data: 3 datapoints were unknown."
        ),
    ]

    @Test("has the fixed shape that scripts take apart", arguments: cases.indices)
    func text(index: Int) { #expect(Self.cases[index].0.text == Self.cases[index].1) }
}
