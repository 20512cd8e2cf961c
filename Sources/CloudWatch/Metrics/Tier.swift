/// How finely samples are kept, and how long.
///
/// Every sample is in one tier; it moves to the next when the tier's time is over. Source of the times: Amazon
/// CloudWatch User Guide, "Metrics retention".
enum Tier: Int, Sendable, Hashable, Codable, CaseIterable {
    case second = 1
    case minute = 60
    case fiveMinutes = 300
    case hour = 3600

    /// The width of its buckets in seconds.
    var width: Int64 { Int64(rawValue) }

    /// How old, in seconds, its samples may get.
    var age: Int64 {
        switch self {
        case .second: 3 * 3600
        case .minute: 15 * 86_400
        case .fiveMinutes: 63 * 86_400
        case .hour: 455 * 86_400
        }
    }

    /// How old, in seconds, samples are at least when they come here from the tier before; 0 where they may come
    /// directly.
    var youngest: Int64 {
        switch self {
        case .second, .minute: 0
        case .fiveMinutes: Tier.minute.age
        case .hour: Tier.fiveMinutes.age
        }
    }

    /// How many seconds share a stored document: a few hundred buckets.
    var span: Int64 { width * 300 }

    /// Where samples go that are too old for it; nil when they are dropped.
    var next: Tier? {
        switch self {
        case .second: .minute
        case .minute: .fiveMinutes
        case .fiveMinutes: .hour
        case .hour: nil
        }
    }

    /// The finest tier, from this one up, that still holds samples of that age in seconds.
    func holding(age: Int64) -> Tier? { age < self.age ? self : next?.holding(age: age) }
}

/// A bucket of a series: which tier, when, and in which unit its samples were reported.
struct Moment: Sendable, Hashable {
    let tier: Tier
    /// Seconds since 1970, a multiple of the tier's width.
    let start: Int64
    let unit: String
}

/// The samples of one series, by bucket.
typealias Points = [Moment: Distribution]

extension Points {
    mutating func merge(_ other: Points) {
        for (moment, samples) in other { self[moment, default: Distribution()].merge(samples) }
    }
}

extension Int64 {
    /// The greatest multiple of the width that is not greater.
    func floored(to width: Int64) -> Int64 {
        let rest = self % width
        return self - (rest < 0 ? rest + width : rest)
    }

    /// The digits with zeroes before them, so that keys sort by number.
    var sortable: String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, 14 - digits.count)) + digits
    }
}
