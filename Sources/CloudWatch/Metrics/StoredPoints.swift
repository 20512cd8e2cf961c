internal import Ledger
internal import Notation

/// A stretch of a series as it is stored.
struct Chunk: Codable, Sendable {
    /// The last compaction that was merged into it: one that is carried out again after a crash adds nothing.
    var through: Int
    let series: Series
    let tier: Tier
    /// Where the stretch begins, in seconds since 1970.
    let start: Int64
    var points: StoredPoints

    /// The hour, counted from 1970, in which the last of its samples have grown too old for the tier.
    var expiryHour: Int64 { (start + tier.span + tier.age) / 3600 + 1 }
}

/// How far the keeping of house has come.
struct Housekeeping: Codable, Sendable {
    /// The last compaction that was carried out.
    var compaction = 0
    /// The last hour, counted from 1970, whose expired chunks were moved on.
    var sweptHour: Int64?
}

/// Buckets as they are stored.
struct StoredPoints: Codable, Sendable {
    private struct Entry: Codable, Sendable {
        let tier: Tier
        let start: Int64
        let unit: String
        let samples: Distribution
    }

    var points: Points

    init(_ points: Points = [:]) { self.points = points }

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        points = [:]
        while !list.isAtEnd {
            let entry = try list.decode(Entry.self)
            points[Moment(tier: entry.tier, start: entry.start, unit: entry.unit)] = entry.samples
        }
    }

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        for (moment, samples) in points {
            try list.encode(Entry(tier: moment.tier, start: moment.start, unit: moment.unit, samples: samples))
        }
    }
}

/// What came in between two flushes: written at once, and taken apart into chunks once a minute.
struct JournalPage: Codable, Sendable {
    struct Entry: Codable, Sendable {
        let series: Series
        let points: StoredPoints
    }
    let entries: [Entry]
}

/// That a metric exists, and since when it has been silent.
struct KnownMetric: Codable, Sendable {
    let metric: MetricID
    /// Seconds since 1970.
    var lastSeen: Int64
}

/// What this service stores. The names are promises to data folders that exist.
enum Collections {
    static let chunks = Collection<Chunk>(
        "cloudwatch.chunk", lookups: ["expires": { [String($0.expiryHour)] }])
    static let housekeeping = Collection<Housekeeping>("cloudwatch.housekeeping")
    static let journal = Collection<JournalPage>("cloudwatch.journal")
    static let metrics = Collection<KnownMetric>("cloudwatch.metric")

    /// The key of the chunk in which that bucket lies.
    static func chunkKey(_ series: Series, _ tier: Tier, _ start: Int64) -> String {
        chunkPrefix(series, tier) + start.floored(to: tier.span).sortable
    }

    static func chunkPrefix(_ series: Series, _ tier: Tier) -> String {
        "\(tier.rawValue)/" + series.key + MetricID.separator + MetricID.separator
    }
}
