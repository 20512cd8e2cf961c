extension MathEvaluator {
    /// `METRICS()`, or `METRICS("text")` for those whose id contains the text.
    func metrics(_ argument: MathExpression?) throws -> [TimeSeries] {
        var ids = metricIDs
        if let argument {
            guard case .text(let part) = argument else { throw MathError("METRICS() takes a text in quotes.") }
            ids = ids.filter { id in
                id.indices.contains { id[$0...].hasPrefix(part) } || part.isEmpty
            }
        }
        return ids.flatMap { values[$0]?.all ?? [] }
    }

    /// `IF(condition, then, else)`, moment by moment; without the third, moments where the condition fails are left
    /// out.
    func choose(_ arguments: [MathExpression]) throws -> MathValue {
        let condition = try value(of: arguments[0]), yes = try value(of: arguments[1])
        let no = arguments.count > 2 ? try value(of: arguments[2]) : nil
        switch condition {
        case .scalar(let truth):
            if truth != 0 { return yes }
            guard let no else { throw MathError("IF() without a third argument needs a time series as its condition.") }
            return no
        case .list: throw MathError("The condition of IF() must be one time series or a number.")
        case .series(let series):
            return .series(
                try series.choosing { time, truth in
                    try pick(truth != 0 ? yes : no, at: time)
                })
        }
    }

    private func pick(_ value: MathValue?, at time: Int64) throws -> Double? {
        switch value {
        case nil: return nil
        case .scalar(let number): return number
        case .series(let series): return series.values[time]
        case .list: throw MathError("IF() chooses between time series or numbers, not lists.")
        }
    }

    /// `FILL(series, value | REPEAT | LINEAR | series)`.
    func fill(_ arguments: [MathExpression]) throws -> MathValue {
        let target = try value(of: arguments[0])
        let filled: (TimeSeries) throws -> TimeSeries
        switch arguments[1] {
        case .word("REPEAT"): filled = { repeated($0) }
        case .word("LINEAR"): filled = { linear($0) }
        case let other:
            let filler = try value(of: other)
            filled = { series in
                var result = series
                for time in times where series.values[time] == nil { result.values[time] = try pick(filler, at: time) }
                return result
            }
        }
        switch target {
        case .scalar: throw MathError("FILL() takes time series, not a number.")
        case .series(let series): return .series(try filled(series))
        case .list(let list): return .list(try list.map(filled))
        }
    }

    private func repeated(_ series: TimeSeries) -> TimeSeries {
        var result = series
        var last: Double?
        for time in times {
            if let value = series.values[time] { last = value } else { result.values[time] = last }
        }
        return result
    }

    private func linear(_ series: TimeSeries) -> TimeSeries {
        var result = series
        let known = series.times
        for (before, after) in zip(known, known.dropFirst()) {
            guard let low = series.values[before], let high = series.values[after] else { continue }
            for time in times where time > before && time < after {
                result.values[time] = low + (high - low) * Double(time - before) / Double(after - before)
            }
        }
        return result
    }

    /// `SORT(list, AVG | MIN | MAX | SUM, ASC | DESC, count)`.
    func sorted(_ arguments: [MathExpression]) throws -> [TimeSeries] {
        guard case .word(let key) = arguments[1], let reduce = MathFunction(rawValue: key)?.ofList,
            case .word(let order) = arguments[2], order == "ASC" || order == "DESC"
        else { throw MathError("SORT() takes a list, one of AVG, MIN, MAX and SUM, ASC or DESC, and a number.") }
        let list = try value(of: arguments[0]).all.filter { !$0.values.isEmpty }
        let ordered = list.map { (series: $0, key: reduce($0.ordered)) }
            .sorted { order == "ASC" ? $0.key < $1.key : $0.key > $1.key }.map(\.series)
        guard arguments.count > 3 else { return ordered }
        return Array(ordered.prefix(try whole(arguments[3])))
    }

    /// `SLICE(list, from, to)`: the place alone gives one series.
    func slice(_ arguments: [MathExpression]) throws -> MathValue {
        let list = try value(of: arguments[0]).all
        let start = try whole(arguments[1])
        guard arguments.count > 2 else {
            guard list.indices.contains(start) else {
                throw MathError("SLICE() asks for a time series that is not there.")
            }
            return .series(list[start])
        }
        return .list(
            Array(list[min(start, list.count)..<max(min(try whole(arguments[2]), list.count), min(start, list.count))]))
    }

    private func whole(_ expression: MathExpression) throws -> Int {
        guard case .scalar(let number) = try value(of: expression), let whole = Int(exactly: number), whole >= 0 else {
            throw MathError("A whole number is needed, not \(expression).")
        }
        return whole
    }
}

extension TimeSeries {
    fileprivate func choosing(_ choice: (Int64, Double) throws -> Double?) rethrows -> TimeSeries {
        var result = self
        result.values = [:]
        for (time, value) in values { result.values[time] = try choice(time, value) }
        return result
    }
}
