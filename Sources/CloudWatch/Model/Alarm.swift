internal import Cloud
internal import Ledger
internal import Notation

/// What an alarm says. The raw values are AWS's.
enum AlarmState: String, Codable, Sendable, Hashable {
    case ok = "OK"
    case alarm = "ALARM"
    case insufficientData = "INSUFFICIENT_DATA"
}

/// How a period without data counts.
enum MissingData: String, Codable, Sendable, Hashable, CaseIterable {
    case missing, ignore, breaching, notBreaching

    /// As reasons name it.
    var word: String { self == .breaching ? "Breaching" : "NonBreaching" }
}

/// How a value is compared with the threshold.
enum Comparison: String, Codable, Sendable, Hashable {
    case greaterOrEqual = "GreaterThanOrEqualToThreshold"
    case greater = "GreaterThanThreshold"
    case less = "LessThanThreshold"
    case lessOrEqual = "LessThanOrEqualToThreshold"

    func breaches(_ value: Double, _ threshold: Double) -> Bool {
        switch self {
        case .greaterOrEqual: value >= threshold
        case .greater: value > threshold
        case .less: value < threshold
        case .lessOrEqual: value <= threshold
        }
    }

    /// As reasons put it.
    var words: String {
        switch self {
        case .greaterOrEqual: "greater than or equal to the threshold"
        case .greater: "greater than the threshold"
        case .less: "less than the threshold"
        case .lessOrEqual: "less than or equal to the threshold"
        }
    }

    /// Whether a value that can only grow stops breaching, once it does.
    var breachesBelow: Bool { self == .less || self == .lessOrEqual }
}

/// An alarm as it is stored.
struct Alarm: Codable, Sendable {
    var name: String
    /// `account/region/`.
    var scope: String
    var description: String?
    var actionsEnabled = true
    var okActions: [String] = []
    var alarmActions: [String] = []
    var insufficientDataActions: [String] = []
    var tags: [String: String] = [:]
    var configurationUpdated: Timestamp
    var state = AlarmState.insufficientData
    var reason = "Unchecked: Initial alarm creation"
    var reasonData: String?
    var stateUpdated: Timestamp
    var stateTransitioned: Timestamp
    /// What a metric alarm watches; nil for composite alarms.
    var metric: MetricCondition?
    /// What a composite alarm is made of; nil for metric alarms.
    var composite: CompositeCondition?
    /// One more with each PutMetricAlarm: a judgement on an older configuration is void.
    var revision = 1

    var isComposite: Bool { composite != nil }
    var account: String { String(scope.prefix { $0 != "/" }) }
    var region: String { String(scope.split(separator: "/").last ?? "") }
    var arn: String { "arn:aws:cloudwatch:\(region):\(account):alarm:\(name)" }
    var key: String { scope + name }

    /// The actions of a state.
    func actions(_ state: AlarmState) -> [String] {
        switch state {
        case .ok: okActions
        case .alarm: alarmActions
        case .insufficientData: insufficientDataActions
        }
    }
}

/// What a metric alarm watches.
struct MetricCondition: Codable, Sendable {
    var metric: MetricID?
    var statistic: String?
    var period: Int?
    var unit: String?
    /// Instead of the four above: queries, one of which returns data.
    var queries: [MetricDataQuery]?
    var evaluationPeriods: Int
    var datapointsToAlarm: Int?
    var threshold: Double
    var comparison: Comparison
    var missingData: MissingData?
    var lowSamples: String?

    /// How many breaching periods it takes.
    var needed: Int { datapointsToAlarm ?? evaluationPeriods }

    /// The query whose values are judged.
    var judged: MetricDataQuery? { queries?.first { $0.ReturnData ?? true } }

    /// The width of a period in seconds.
    var width: Int64 {
        if let period { return Int64(period) }
        let shortest = queries?.compactMap { $0.MetricStat?.Period }.min()
        return Int64(judged?.Period ?? judged?.MetricStat?.Period ?? shortest ?? 60)
    }

    /// The metrics it reads.
    var metrics: [MetricID] { metric.map { [$0] } ?? queries?.compactMap { $0.MetricStat?.Metric.id } ?? [] }

    /// The queries it reads by: its own, or one made of the plain form.
    var effectiveQueries: [MetricDataQuery] {
        guard let metric, let statistic, let period else { return queries ?? [] }
        let source = MetricDataQuery.Metric(
            Namespace: metric.namespace, MetricName: metric.name, Dimensions: metric.dimensions)
        return [
            MetricDataQuery(
                Id: "m1", MetricStat: .init(Metric: source, Period: period, Stat: statistic, Unit: unit),
                ReturnData: true)
        ]
    }
}

/// What a composite alarm is made of.
struct CompositeCondition: Codable, Sendable {
    /// Why actions are withheld, and until when.
    struct Suppression: Codable, Sendable, Hashable {
        /// AWS's word for it.
        enum Cause: String, Codable, Sendable {
            case alarm = "Alarm", wait = "WaitPeriod", extension_ = "ExtensionPeriod"
        }
        var by: Cause
        var until: Timestamp?
        var reason: String
    }
    var rule: String
    var suppressor: String?
    var waitSeconds: Int?
    var extensionSeconds: Int?
    var suppression: Suppression?
}

extension Collections {
    static let alarms = Collection<Alarm>("cloudwatch.alarm")
}
