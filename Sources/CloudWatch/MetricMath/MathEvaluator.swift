internal import Notation

/// Works expressions out over series that are there already.
struct MathEvaluator {
    /// The queries by id: metrics, and expressions worked out before.
    let values: [String: MathValue]
    /// The ids of plain metrics, in the order asked for: what METRICS() stands for.
    let metricIDs: [String]
    /// The moments of the whole range, at which FILL and TIME_SERIES have values.
    let times: [Int64]
    /// The width of a bucket in seconds.
    let period: Int64

    /// The value of an expression.
    ///
    /// - Throws: ``MathError``
    func value(of expression: MathExpression) throws -> MathValue {
        switch expression {
        case .number(let value): return .scalar(value)
        case .text(let text): throw MathError("The text '\(text)' is out of place in the expression.")
        case .word(let word):
            throw MathError("'\(word)' is out of place in the expression; ids begin with a lower-case letter.")
        case .reference(let id):
            guard let value = values[id] else {
                throw MathError("The expression refers to '\(id)', which no query has as its Id.")
            }
            return value
        case .negated(let operand): return try value(of: operand).mapped { -$0 }
        case .binary(let operation, let left, let right):
            return try MathPairing.combine(value(of: left), value(of: right)) { operation.apply($0, $1) }
        case .list(let elements): return .list(try elements.flatMap { try value(of: $0).all })
        case .call(let function, let arguments): return try call(function, arguments)
        }
    }

    private func call(_ function: MathFunction, _ arguments: [MathExpression]) throws -> MathValue {
        switch function {
        case .metrics: return .list(try metrics(arguments.first))
        case .choose: return try choose(arguments)
        case .fill: return try fill(arguments)
        case .sort: return .list(try sorted(arguments))
        case .slice: return try slice(arguments)
        default: break
        }
        let argument = try value(of: arguments[0])
        if let transform = function.ofNumber { return try argument.mapped(transform) }
        if let reduce = function.ofList { return try self.reduce(function, argument, reduce) }
        return try call(function, on: argument)
    }

    private func call(_ function: MathFunction, on argument: MathValue) throws -> MathValue {
        switch function {
        case .metricCount: return .scalar(Double(argument.all.count))
        case .removeEmpty: return .list(argument.all.filter { !$0.values.isEmpty })
        case .first, .last:
            guard let series = function == .first ? argument.all.first : argument.all.last else {
                throw MathError("\(function.rawValue)() needs at least one time series.")
            }
            return .series(series)
        case .timeSeries:
            guard case .scalar(let value) = argument else { throw MathError("TIME_SERIES() takes a number.") }
            return .series(constant(value))
        case .period, .datapointCount:
            guard case .series(let series) = argument else {
                throw MathError("\(function.rawValue)() takes one time series.")
            }
            return .scalar(Double(function == .period ? Int(series.period) : series.values.count))
        default: return try each(argument) { Self.perMoment(function, $0) }
        }
    }

    private func constant(_ value: Double) -> TimeSeries {
        TimeSeries(
            label: "", id: "", period: period, values: Dictionary(uniqueKeysWithValues: times.map { ($0, value) }))
    }

    private func each(_ value: MathValue, _ transform: (TimeSeries) -> TimeSeries) throws -> MathValue {
        switch value {
        case .scalar: throw MathError("The function takes time series, not a number.")
        case .series(let series): .series(transform(series))
        case .list(let list): .list(list.map(transform))
        }
    }

    /// One series comes to a number; several come to one, moment by moment.
    private func reduce(
        _ function: MathFunction, _ value: MathValue, _ reduce: ([Double]) -> Double
    ) throws -> MathValue {
        switch value {
        case .scalar(let number): return .scalar(number)
        case .series(let series):
            guard !series.values.isEmpty else { return .series(series) }
            return .scalar(reduce(series.ordered))
        case .list(let list):
            guard let first = list.first else {
                throw MathError("\(function.rawValue)() needs at least one time series.")
            }
            var gathered: [Int64: [Double]] = [:]
            for series in list { for (time, value) in series.values { gathered[time, default: []].append(value) } }
            return .series(TimeSeries(label: "", id: "", period: first.period, values: gathered.mapValues(reduce)))
        }
    }

    private static func perMoment(_ function: MathFunction, _ series: TimeSeries) -> TimeSeries {
        switch function {
        case .difference, .timeDifference, .rate: return steps(function, series)
        case .runningSum:
            var total = 0.0
            var result = series
            for time in series.times {
                total += series.values[time] ?? 0
                result.values[time] = total
            }
            return result
        default:
            return series.mapped { time, _ in
                let date = CivilDate(Timestamp(microseconds: time * 1_000_000))
                switch function {
                case .minute: return Double(date.minute)
                case .hour: return Double(date.hour)
                case .day: return Double((date.weekday + 6) % 7 + 1)  // Monday is 1
                case .date: return Double(date.day)
                case .month: return Double(date.month)
                case .year: return Double(date.year)
                default: return Double(time)
                }
            }
        }
    }

    /// What changed from one value to the next.
    private static func steps(_ function: MathFunction, _ series: TimeSeries) -> TimeSeries {
        var result = series
        result.values = [:]
        let times = series.times
        for (before, time) in zip(times, times.dropFirst()) {
            guard let old = series.values[before], let new = series.values[time] else { continue }
            let seconds = Double(time - before)
            switch function {
            case .difference: result.values[time] = new - old
            case .timeDifference: result.values[time] = seconds
            default: result.values[time] = (new - old) / seconds
            }
        }
        return result
    }
}
