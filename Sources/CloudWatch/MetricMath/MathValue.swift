/// Values over time, by second; a moment without data has none.
struct TimeSeries: Sendable, Hashable {
    /// What it is called in answers.
    var label: String
    /// The query it came from.
    var id: String
    /// The width of its buckets in seconds.
    var period: Int64
    var values: [Int64: Double]

    /// The moments that have a value, in order.
    var times: [Int64] { values.keys.sorted() }
    /// The values, in order of time.
    var ordered: [Double] { times.compactMap { values[$0] } }

    func mapped(_ transform: (Int64, Double) -> Double?) -> TimeSeries {
        var result = self
        result.values = [:]
        for (time, value) in values { result.values[time] = transform(time, value).flatMap { $0.isFinite ? $0 : nil } }
        return result
    }
}

/// What an expression comes to: a number, values over time, or several of those.
enum MathValue: Sendable, Hashable {
    case scalar(Double)
    case series(TimeSeries)
    case list([TimeSeries])

    /// The series it holds, none for a number.
    var all: [TimeSeries] {
        switch self {
        case .scalar: []
        case .series(let series): [series]
        case .list(let list): list
        }
    }

    /// The same with every number replaced.
    func mapped(_ transform: (Double) -> Double?) throws -> MathValue {
        switch self {
        case .scalar(let value):
            guard let result = transform(value), result.isFinite else {
                throw MathError("The expression divides by zero.")
            }
            return .scalar(result)
        case .series(let series): return .series(series.mapped { transform($1) })
        case .list(let list): return .list(list.map { $0.mapped { transform($1) } })
        }
    }
}

/// The numbers two values are combined by, moment by moment: a moment at which either has no data is left out.
enum MathPairing {
    static func combine(
        _ left: MathValue, _ right: MathValue, _ operation: (Double, Double) -> Double?
    ) throws -> MathValue {
        switch (left, right) {
        case (.scalar(let left), _): return try right.mapped { operation(left, $0) }
        case (_, .scalar(let right)): return try left.mapped { operation($0, right) }
        case (.series(let left), .series(let right)): return .series(pair(left, right, operation))
        case (.list(let left), .series(let right)): return .list(left.map { pair($0, right, operation) })
        case (.series(let left), .list(let right)): return .list(right.map { pair(left, $0, operation) })
        case (.list, .list): throw MathError("Two lists of time series cannot be combined by an operator.")
        }
    }

    private static func pair(
        _ left: TimeSeries, _ right: TimeSeries, _ operation: (Double, Double) -> Double?
    ) -> TimeSeries {
        left.mapped { time, value in right.values[time].flatMap { operation(value, $0) } }
    }
}
