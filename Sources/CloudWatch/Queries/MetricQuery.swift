internal import Cloud
internal import Notation

/// One of the queries of GetMetricData, or of an alarm on metric math. The members are AWS's.
struct MetricDataQuery: Codable, Sendable, Hashable {
    struct Metric: Codable, Sendable, Hashable {
        var Namespace: String
        var MetricName: String
        var Dimensions: [Dimension]?
    }
    struct Stat: Codable, Sendable, Hashable {
        var Metric: Metric
        var Period: Int
        var Stat: String
        var Unit: String?
    }

    var Id: String
    var MetricStat: Stat?
    var Expression: String?
    var Label: String?
    var ReturnData: Bool?
    var Period: Int?
    var AccountId: String?
}

extension MetricDataQuery.Metric {
    var id: MetricID { MetricID(Namespace, MetricName, Dimensions ?? []) }
}

/// A query that has been checked.
struct MetricQuery: Sendable {
    enum Source: Sendable {
        case metric(MetricID, Statistic, period: Int64, unit: String?)
        case expression(MathExpression, period: Int64?)
    }
    let id: String
    let label: String
    let returnsData: Bool
    let source: Source

    /// The metric it reads, if it is no expression.
    var metric: MetricID? { if case .metric(let metric, _, _, _) = source { metric } else { nil } }

    /// The period it names.
    var period: Int64? {
        switch source {
        case .metric(_, _, let period, _): period
        case .expression(_, let period): period
        }
    }
}

extension [MetricQuery] {
    /// The queries AWS's input stands for.
    ///
    /// - Throws: ``AWSError`` naming the query that is wrong. Source of the rules: CloudWatch API Reference,
    ///   MetricDataQuery.
    static func parse(_ inputs: [MetricDataQuery], account: String, strict: Bool) throws -> [MetricQuery] {
        var seen: Set<String> = []
        let queries = try inputs.map { input in
            guard input.Id.first?.isLowercase == true,
                input.Id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            else {
                throw refusal(
                    "The value '\(input.Id)' is not a valid Id: it must begin with a lower-case letter and "
                        + "contain only "
                        + "letters, digits and underscores.")
            }
            guard seen.insert(input.Id).inserted else {
                throw refusal("The Id '\(input.Id)' is used by more than one query.")
            }
            return try query(input, account: account, strict: strict)
        }
        try check(queries)
        return queries
    }

    private static func refusal(_ message: String) -> AWSError { AWSError("ValidationError", message) }

    private static func query(_ input: MetricDataQuery, account: String, strict: Bool) throws -> MetricQuery {
        if let other = input.AccountId, other != account {
            throw AWSError.notImplemented("metrics of other accounts (AccountId of '\(input.Id)')")
        }
        if input.Label?.contains("${") == true {
            throw AWSError.notImplemented("dynamic labels (Label of '\(input.Id)')")
        }
        let source: MetricQuery.Source
        switch (input.MetricStat, input.Expression) {
        case (let stat?, nil):
            guard let statistic = Statistic(stat.Stat) else {
                throw refusal(
                    "The value '\(stat.Stat)' for parameter MetricStat.Stat of '\(input.Id)' is not supported.")
            }
            let period = try Period.check(stat.Period, strict: strict)
            source = .metric(stat.Metric.id, statistic, period: period, unit: stat.Unit)
        case (nil, let text?):
            guard !text.uppercased().hasPrefix("SELECT ") else {
                throw AWSError.notImplemented("Metrics Insights queries")
            }
            do {
                source = .expression(
                    try MathParser.parse(text), period: try input.Period.map { try Period.check($0, strict: strict) })
            } catch let error as MathError { throw error.refusal(input.Id) }
        default: throw refusal("The query '\(input.Id)' must have either MetricStat or Expression.")
        }
        return MetricQuery(
            id: input.Id, label: input.Label ?? input.MetricStat?.Metric.MetricName ?? input.Id,
            returnsData: input.ReturnData ?? true, source: source)
    }

    /// Every id an expression refers to must be there, and none may come back to itself.
    private static func check(_ queries: [MetricQuery]) throws {
        let byID = Dictionary(uniqueKeysWithValues: queries.map { ($0.id, $0) })
        for query in queries {
            guard case .expression(let expression, _) = query.source else { continue }
            for case let id? in expression.references where byID[id] == nil {
                throw refusal("The expression of '\(query.id)' refers to '\(id)', which no query has as its Id.")
            }
        }
        _ = try queries.inOrder()
    }

    /// The queries so that each comes after those it refers to.
    func inOrder() throws -> [MetricQuery] {
        var done: Set<String> = []
        var left = self
        var ordered: [MetricQuery] = []
        while !left.isEmpty {
            let ready = left.filter { query in
                guard case .expression(let expression, _) = query.source else { return true }
                return expression.references.allSatisfy { $0.map(done.contains) ?? true }
            }
            guard !ready.isEmpty else {
                throw Self.refusal(
                    "The expressions of \(left.map { "'\($0.id)'" }.joined(separator: ", ")) refer to each other "
                        + "in a circle."
                )
            }
            ordered += ready
            done.formUnion(ready.map(\.id))
            left.removeAll { done.contains($0.id) }
        }
        return ordered.filter { $0.metric != nil } + ordered.filter { $0.metric == nil }
    }
}

extension MathError {
    /// As the answer to a call.
    func refusal(_ id: String) -> AWSError {
        isUnsupported
            ? AWSError("NotImplemented", message, status: 501)
            : AWSError("ValidationError", "Error in expression '\(id)': \(message)")
    }
}

/// The widths of buckets that may be asked for.
enum Period {
    /// Shorter than AWS's shortest: for alarms that must fire within a second or two. Refused in strict mode.
    static let extensions: Set<Int> = [1, 5]

    /// Whether alarms on it are judged every 10 seconds.
    static func isShort(_ period: Int64) -> Bool { period < 60 }

    /// The period in seconds.
    ///
    /// - Throws: ``AWSError``, unless it is 1, 5, 10, 20, 30 or a multiple of 60 (GetMetricData takes 1 and 5 in AWS
    ///   as well).
    static func check(_ period: Int, strict: Bool) throws -> Int64 {
        let isExtension = extensions.contains(period) && !strict
        guard period >= 1, isExtension || [10, 20, 30].contains(period) || period.isMultiple(of: 60) else {
            throw AWSError(
                "ValidationError",
                "Period must be 10, 20, 30 or a multiple of 60\(strict ? "" : ", or 1 or 5"), not \(period).")
        }
        return Int64(period)
    }
}
