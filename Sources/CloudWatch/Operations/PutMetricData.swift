internal import Cloud
internal import Notation

extension CloudWatchService {
    private struct PutMetricDataInput: Decodable {
        let Namespace: String
        let MetricData: [MetricDatum]?
    }

    var metricOperations: [Operation] {
        [
            Operation("PutMetricData", enforces: "Namespace MetricData StrictEntityValidation") {
                (input: PutMetricDataInput, call) in
                try put(input.MetricData ?? [], input.Namespace, call)
                return Nothing()
            },
            getMetricData, getMetricStatistics, listMetrics,
        ]
    }

    /// The most data one call may bring.
    private static let datumLimit = 1000

    /// All data are checked before the first is taken in: a call has its effect whole or not at all.
    private func put(_ data: [MetricDatum], _ namespace: String, _ call: Call) throws {
        guard !data.isEmpty else { throw Refusal.missing("The parameter MetricData is required.") }
        guard data.count <= Self.datumLimit else {
            throw Refusal.invalid("The collection MetricData must not have a size greater than \(Self.datumLimit).")
        }
        guard !namespace.hasPrefix("AWS/") else {
            throw Refusal.invalid(
                "The value AWS/ for parameter Namespace is invalid. Namespaces beginning with AWS/ are reserved.")
        }
        let now = call.time.seconds
        let samples = try data.enumerated().map { place, datum in
            try datum.samples("MetricData.member.\(place + 1)", now: now)
        }
        for (datum, samples) in zip(data, samples) {
            let metric = MetricID(namespace, datum.MetricName, datum.Dimensions ?? [])
            let second = Int64((datum.Timestamp ?? now).rounded(.down))
            do {
                try metrics.add(
                    Series(scope: call.caller.scope, metric: metric), samples, unit: datum.Unit ?? Unit.none,
                    at: second,
                    resolution: datum.StorageResolution == 1 ? .second : .minute)
            } catch {
                throw AWSError(
                    "LimitExceededException",
                    "Too many metrics at once: more than \(MetricStore.bucketLimit) values wait to be stored.")
            }
        }
    }
}

/// A datum as it comes in. The members are AWS's.
struct MetricDatum: Decodable {
    struct StatisticSet: Decodable {
        let SampleCount, Sum, Minimum, Maximum: Double
    }
    let MetricName: String
    let Dimensions: [Dimension]?
    let Timestamp: Double?
    let Value: Double?
    let StatisticValues: StatisticSet?
    let Values: [Double]?
    let Counts: [Double]?
    let Unit: String?
    let StorageResolution: Int?

    /// AWS's bounds: 2^360 either way.
    private static let bound = 2.348542582773833e108

    /// The samples it stands for.
    ///
    /// - Throws: ``AWSError`` naming the member that is wrong. Source: CloudWatch API Reference, MetricDatum.
    func samples(_ place: String, now: Double) throws -> Distribution {
        try checkMoment(place, now: now)
        guard StorageResolution ?? 60 == 60 || StorageResolution == 1 else {
            throw Refusal.invalid("The parameter \(place).StorageResolution must be 1 or 60.")
        }
        if let unit = Unit, !CloudWatch.Unit.names.contains(unit) {
            throw Refusal.invalid("The value \(unit) for parameter \(place).Unit is invalid.")
        }
        let given = [Value != nil, StatisticValues != nil, Values != nil].filter { $0 }.count
        guard given > 0 else { throw Refusal.missing("The parameter \(place).Value is required.") }
        guard given == 1 else {
            throw Refusal.combination(
                "The parameters \(place).Value, \(place).StatisticValues and \(place).Values are mutually exclusive "
                    + "and you have specified more than one.")
        }
        if let set = StatisticValues { return try samples(set, place) }
        return try samples(Values ?? [Value ?? 0], place)
    }

    private func samples(_ values: [Double], _ place: String) throws -> Distribution {
        guard Values == nil || (1...150).contains(values.count) else {
            throw Refusal.invalid("The collection \(place).Values must not have a size greater than 150.")
        }
        let counts = Counts ?? Array(repeating: 1, count: values.count)
        guard counts.count == values.count else {
            throw Refusal.invalid("The parameters \(place).Values and \(place).Counts must be of the same size.")
        }
        var samples = Distribution()
        for (value, count) in zip(values, counts) {
            try check(value, "\(place).Value")
            guard count > 0 else {
                throw Refusal.invalid("The value \(count) for parameter \(place).Counts is invalid.")
            }
            samples.add(value, count: count)
        }
        return samples
    }

    private func samples(_ set: StatisticSet, _ place: String) throws -> Distribution {
        for value in [set.SampleCount, set.Sum, set.Minimum, set.Maximum] {
            try check(value, "\(place).StatisticValues")
        }
        guard set.SampleCount > 0, set.Minimum <= set.Maximum else {
            throw Refusal.invalid(
                "The parameter \(place).StatisticValues must have a SampleCount above 0 and a Minimum not above "
                    + "its Maximum."
            )
        }
        var samples = Distribution()
        samples.add(count: set.SampleCount, sum: set.Sum, minimum: set.Minimum, maximum: set.Maximum)
        return samples
    }

    private func check(_ value: Double, _ place: String) throws {
        guard value.isFinite, abs(value) <= Self.bound else {
            throw Refusal.invalid("The value \(value) for parameter \(place) is invalid.")
        }
    }

    private func checkMoment(_ place: String, now: Double) throws {
        guard let moment = Timestamp else { return }
        guard moment <= now + 7200 else {
            throw Refusal.invalid(
                "The parameter \(place).Timestamp must specify a time no more than two hours in the future.")
        }
        guard moment >= now - 14 * 86_400 else {
            throw Refusal.invalid("The parameter \(place).Timestamp must specify a time within the past two weeks.")
        }
    }
}
