import Testing

@testable import CloudWatch

@Suite("Metric math")
struct MetricMathTests {
    private static func series(_ id: String, _ values: [Double?]) -> TimeSeries {
        var points: [Int64: Double] = [:]
        for (place, value) in values.enumerated() { points[Int64(place) * 60] = value }
        return TimeSeries(label: id, id: id, period: 60, values: points)
    }

    private static let evaluator = MathEvaluator(
        values: [
            "m1": .series(series("m1", [1, 2, nil, 4])), "m2": .series(series("m2", [10, 0, 30, 40])),
            "errors": .series(series("errors", [])),
        ], metricIDs: ["m1", "m2"], times: [0, 60, 120, 180], period: 60)

    private func value(_ text: String) throws -> MathValue { try Self.evaluator.value(of: MathParser.parse(text)) }

    @Test(
        "works out series moment by moment",
        arguments: [
            ("m1 + 1", [2, 3, nil, 5]), ("-m1", [-1, -2, nil, -4]), ("m1 + m2", [11, 2, nil, 44]),
            ("m1 / m2", [0.1, nil, nil, 0.1]),
            ("m1 * 2 + m2 / 10", [3, 4, nil, 12]), ("(m1 + 1) * 2", [4, 6, nil, 10]), ("m1 ^ 2", [1, 4, nil, 16]),
            ("m1 > 1", [0, 1, nil, 1]),
            ("m1 >= 2 AND m2 > 0", [0, 0, nil, 1]), ("m1 == 1 || m2 == 40", [1, 0, nil, 1]),
            ("IF(m1 > 1, m1, 0)", [0, 2, nil, 4]),
            ("IF(m1 > 1, m2)", [nil, 0, nil, 40]), ("FILL(m1, 0)", [1, 2, 0, 4]), ("FILL(m1, REPEAT)", [1, 2, 2, 4]),
            ("FILL(m1, LINEAR)", [1, 2, 3, 4]), ("FILL(m1, m2)", [1, 2, 30, 4]), ("FILL(errors, 0)", [0, 0, 0, 0]),
            ("DIFF(m2)", [nil, -10, 30, 10]),
            ("RATE(m2) * 60", [nil, -10, 30, 10]), ("DIFF_TIME(m1)", [nil, 60, nil, 120]),
            ("RUNNING_SUM(m2)", [10, 10, 40, 80]),
            ("SUM(METRICS())", [11, 2, 30, 44]), ("AVG([m1, m2])", [5.5, 1, 30, 22]),
            ("MAX(METRICS(\"m2\"))", [10, 0, 30, 40]),
            ("TIME_SERIES(SUM(m1))", [7, 7, 7, 7]), ("m1 * PERIOD(m1)", [60, 120, nil, 240]),
            ("MINUTE(m2)", [0, 1, 2, 3]),
            ("FIRST(SORT(METRICS(), SUM, DESC, 1))", [10, 0, 30, 40]), ("SLICE(METRICS(), 1)", [10, 0, 30, 40]),
            ("ABS(0 - m1)", [1, 2, nil, 4]),
            ("CEIL(m1 / 3)", [1, 1, nil, 2]), ("2 ^ 3 ^ 2 - 511 + m1", [2, 3, nil, 5]),
            ("-2 ^ 2 + m1 * 0", [-4, -4, nil, -4]),
        ] as [(String, [Double?])])
    func series(text: String, expected: [Double?]) throws {
        let result = try #require(try value(text).all.first)
        for (place, wanted) in expected.enumerated() {
            let found = result.values[Int64(place) * 60]
            #expect(
                (found == nil) == (wanted == nil) && abs((found ?? 0) - (wanted ?? 0)) < 1e-9,
                "\(text) at \(place): \(String(describing: found))")
        }
        #expect(result.values.count == expected.compactMap { $0 }.count)
    }

    @Test(
        "comes to a number where a series is summed up",
        arguments: [
            ("SUM(m1)", 7), ("AVG(m2)", 20), ("MIN(m1)", 1), ("MAX(m1)", 4), ("METRIC_COUNT(METRICS())", 2),
            ("DATAPOINT_COUNT(m1)", 3),
            ("PERIOD(m1)", 60), ("1e3 / 4", 250), ("STDDEV(m1 * 0)", 0), ("LOG10(1000)", 3),
            ("METRIC_COUNT(REMOVE_EMPTY([m1, errors]))", 1),
        ] as [(String, Double)])
    func numbers(text: String, expected: Double) throws {
        guard case .scalar(let found) = try value(text) else { return #expect(Bool(false), "\(text) is no number") }
        #expect(abs(found - expected) < 1e-9)
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("m1 +", "Unexpected end"), ("m1 m2", "Unexpected word 'm2'"), ("NOPE(m1)", "no function 'NOPE'"),
            ("SUM(m1, m2)", "does not take 2 arguments"),
            ("m9 + 1", "refers to 'm9'"), ("SEARCH('x', 'Sum')", "does not implement SEARCH()"),
            ("m1 # 2", "Unexpected character '#'"), ("'a", "no closing quote"),
            ("DIFF(3)", "not a number"), ("1 / 0", "divides by zero"), ("METRICS() + METRICS()", "cannot be combined"),
            ("M1 + 1", "out of place"),
            (String(repeating: "(", count: 500) + "1", "nested too deeply"),
        ])
    func errors(text: String, message: String) {
        #expect { try value(text) } throws: { "\($0)".contains(message) }
    }
}
