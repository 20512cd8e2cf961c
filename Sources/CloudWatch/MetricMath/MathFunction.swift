internal import Foundation

/// The functions of metric math. Source: Amazon CloudWatch User Guide, "Functions supported for metric math".
enum MathFunction: String, Sendable, Hashable {
    case abs = "ABS"
    case average = "AVG"
    case ceiling = "CEIL"
    case datapointCount = "DATAPOINT_COUNT"
    case date = "DATE"
    case day = "DAY"
    case difference = "DIFF"
    case timeDifference = "DIFF_TIME"
    case epoch = "EPOCH"
    case fill = "FILL"
    case first = "FIRST"
    case floor = "FLOOR"
    case hour = "HOUR"
    case choose = "IF"
    case last = "LAST"
    case logarithm = "LOG"
    case decimalLogarithm = "LOG10"
    case maximum = "MAX"
    case metricCount = "METRIC_COUNT"
    case metrics = "METRICS"
    case minimum = "MIN"
    case minute = "MINUTE"
    case month = "MONTH"
    case period = "PERIOD"
    case rate = "RATE"
    case removeEmpty = "REMOVE_EMPTY"
    case runningSum = "RUNNING_SUM"
    case slice = "SLICE"
    case sort = "SORT"
    case deviation = "STDDEV"
    case sum = "SUM"
    case timeSeries = "TIME_SERIES"
    case year = "YEAR"

    /// Functions AWS has and Slipway does not, and what to call them.
    static let missing = [
        "SEARCH": "SEARCH()", "ANOMALY_DETECTION_BAND": "ANOMALY_DETECTION_BAND()",
        "INSIGHT_RULE_METRIC": "INSIGHT_RULE_METRIC()",
        "SERVICE_QUOTA": "SERVICE_QUOTA()", "DB_PERF_INSIGHTS": "DB_PERF_INSIGHTS()", "LAMBDA": "LAMBDA()",
    ]

    /// How many arguments it takes.
    var counts: ClosedRange<Int> {
        switch self {
        case .choose: 2...3
        case .fill: 2...2
        case .metrics: 0...1
        case .slice: 2...3
        case .sort: 3...4
        default: 1...1
        }
    }

    /// The power of two numbers; nil where it has no real value.
    static func power(_ base: Double, _ exponent: Double) -> Double? {
        let value = pow(base, exponent)
        return value.isFinite ? value : nil
    }

    /// What it makes of single numbers; nil for functions of another kind.
    var ofNumber: (@Sendable (Double) -> Double?)? {
        switch self {
        case .abs: { Swift.abs($0) }
        case .ceiling: { $0.rounded(.up) }
        case .floor: { $0.rounded(.down) }
        case .logarithm: { $0 > 0 ? log($0) : nil }
        case .decimalLogarithm: { $0 > 0 ? log10($0) : nil }
        default: nil
        }
    }

    /// What it makes of a list of numbers; nil for functions of another kind.
    var ofList: (@Sendable ([Double]) -> Double)? {
        switch self {
        case .sum: { $0.reduce(0, +) }
        case .average: { $0.reduce(0, +) / Double($0.count) }
        case .minimum: { $0.min() ?? .nan }
        case .maximum: { $0.max() ?? .nan }
        case .deviation: Self.standardDeviation
        default: nil
        }
    }

    @Sendable private static func standardDeviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }
}
