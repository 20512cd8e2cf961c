internal import Cloud
internal import Notation

extension CloudWatchService {
    private struct GetMetricDataInput: Decodable {
        let MetricDataQueries: [MetricDataQuery]
        let StartTime, EndTime: Double
        let NextToken, ScanBy: String?
        let MaxDatapoints: Int?
    }

    /// The most points one answer holds, and the most queries one call may have.
    private static let pointLimit = 100_800
    private static let queryLimit = 500

    var getMetricData: Operation {
        Operation("GetMetricData", enforces: "MetricDataQueries StartTime EndTime NextToken ScanBy MaxDatapoints") {
            (input: GetMetricDataInput, call) in
            guard input.MetricDataQueries.count <= Self.queryLimit else {
                throw Refusal.validation(
                    "The collection MetricDataQueries must not have a size greater than \(Self.queryLimit).")
            }
            guard input.StartTime < input.EndTime else {
                throw Refusal.validation("The parameter EndTime must be greater than StartTime.")
            }
            let queries = try [MetricQuery].parse(input.MetricDataQueries, account: call.caller.account, strict: false)
            let (start, end) = (Int64(input.StartTime.rounded(.down)), Int64(input.EndTime.rounded(.up)))
            let common = queries.compactMap(\.period).min() ?? 60
            guard (end - start) / common * Int64(queries.count) <= Int64(Self.pointLimit) * 100 else {
                throw Refusal.validation(
                    "The time range has too many periods. Ask for a longer Period or a shorter range.")
            }
            let reader = MetricReader(store: metrics, scope: call.caller.scope)
            let (values, _) = try await reader.values(queries, period: common) { period in
                TimeWindow(start: start.floored(to: period), end: end)
            }
            let results = try queries.filter(\.returnsData).flatMap { try result($0, values[$0.id]) }
            return try page(results, input)
        }
    }

    private func result(_ query: MetricQuery, _ value: MathValue?) throws -> [TimeSeries] {
        switch value {
        case nil: return []
        case .scalar:
            throw Refusal.validation(
                "Error in expression '\(query.id)': the result must be a time series, not a number. Use TIME_SERIES().")
        case .series(var series):
            (series.id, series.label) = (query.id, query.label)
            return [series]
        case .list(let list):
            return list.map { series in
                var series = series
                series.label = series.label.isEmpty ? query.label : "\(query.label) \(series.label)"
                series.id = query.id
                return series
            }
        }
    }

    /// The points from where the last page ended, up to the limit.
    private func page(_ results: [TimeSeries], _ input: GetMetricDataInput) throws -> JSON {
        let limit = min(max(input.MaxDatapoints ?? Self.pointLimit, 1), Self.pointLimit)
        var skip = try PageToken.read(input.NextToken)
        let start = skip
        var left = limit
        var isCut = false
        let shown: [JSON] = results.map { series in
            let times = input.ScanBy == "TimestampAscending" ? series.times : series.times.reversed()
            let part = times.dropFirst(skip).prefix(left)
            skip = max(0, skip - times.count)
            left -= part.count
            let isPartial =
                part.last != nil && part.last != times.last || part.isEmpty && left == 0 && !times.isEmpty && skip == 0
            isCut = isCut || isPartial
            return [
                "Id": .string(series.id), "Label": .string(series.label),
                "Timestamps": .array(part.map { .double(Double($0)) }),
                "Values": .array(part.map { .double(series.values[$0] ?? 0) }),
                "StatusCode": isPartial ? "PartialData" : "Complete",
            ]
        }
        var output: JSON = ["MetricDataResults": .array(shown), "Messages": []]
        if isCut { output["NextToken"] = .string(String(start + limit)) }
        return output
    }
}
