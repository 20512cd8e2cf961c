internal import Ledger
internal import Notation

/// A log group as it is stored, with its filters: so that an append finds all it needs in one document.
struct LogGroup: Codable, Sendable {
    var name: String
    /// `account/region/`.
    var scope: String
    /// What its streams and segments are stored under: a group made anew under an old name finds nothing of the old
    /// one.
    var id: String
    var created: Timestamp
    var retentionDays: Int?
    var tags: [String: String] = [:]
    var storedBytes = 0
    var logClass = "STANDARD"
    var isProtected: Bool?
    var metricFilters: [MetricFilter] = []
    var subscriptionFilters: [SubscriptionFilter] = []

    var key: String { scope + name }
    var account: String { String(scope.prefix { $0 != "/" }) }
    var region: String { String(scope.split(separator: "/").last ?? "") }
    /// Without the `:*` that some answers add.
    var arn: String { "arn:aws:logs:\(region):\(account):log-group:\(name)" }

    /// Before when events are past their retention, in milliseconds; nil when they are kept for ever.
    func horizon(_ now: Timestamp) -> Int64? { retentionDays.map { now.milliseconds - Int64($0) * 86_400_000 } }
}

/// Turns what is logged into metric values. The members are stored; those of the transformation are AWS's.
struct MetricFilter: Codable, Sendable {
    struct Transformation: Codable, Sendable {
        var metricName: String
        var metricNamespace: String
        var metricValue: String
        var defaultValue: Double?
        var dimensions: [String: String]?
        var unit: String?
    }
    var name: String
    var pattern: String
    var transformation: Transformation
    var created: Timestamp
}

/// Sends what is logged on to a Lambda function.
struct SubscriptionFilter: Codable, Sendable {
    var name: String
    var pattern: String
    var destination: String
    var distribution: String
    var created: Timestamp
}

/// A log stream as it is stored.
struct LogStream: Codable, Sendable {
    var name: String
    /// What its segments are found by.
    var id: String
    var created: Timestamp
    /// Milliseconds since 1970.
    var firstEvent: Int64?
    var lastEvent: Int64?
    var lastIngestion: Int64?
    var storedBytes = 0
    /// How many events it ever had: each event's number in its stream.
    var eventCount = 0
    /// The key of the segment that the next events may still go to.
    var openSegment: String?
}

/// What this service stores. The names are promises to data folders that exist.
enum Collections {
    /// Keyed by account, region and name.
    static let groups = Collection<LogGroup>("logs.group")
    /// Keyed by the group's id and the stream's name.
    static let streams = Collection<LogStream>("logs.stream")
    /// Keyed by the group's id and the time of the last event, so that the newest come last and old ones are passed
    /// over unread.
    static let segments = Collection<Segment>("logs.segment", lookups: ["stream": { [$0.streamID] }])
    /// Groups and streams whose segments are still to be removed.
    static let garbage = Collection<Garbage>("logs.garbage")

    static func streamKey(_ group: LogGroup, _ name: String) -> String { "\(group.id)/\(name)" }
    static func segmentKey(_ groupID: String, last: Int64, _ suffix: String) -> String {
        "\(groupID)/\(last.sortable)/\(suffix)"
    }
}

/// The segments of a group or of a stream that is gone.
struct Garbage: Codable, Sendable {
    /// The group's id.
    var group: String
    /// The stream's id; nil for all of the group.
    var stream: String?
}

extension Int64 {
    /// The digits with zeroes before them, so that keys sort by number.
    var sortable: String {
        let digits = String(Swift.max(0, self))
        return String(repeating: "0", count: Swift.max(0, 15 - digits.count)) + digits
    }
}
