internal import Foundation

/// The samples of a stretch of time, summed up: enough for every statistic CloudWatch knows.
///
/// Values are counted one by one up to ``distinctLimit`` different ones; beyond that they are counted in classes
/// whose bounds lie 2 % apart, so that a percentile is off by 1 % at most and memory stays bounded whatever is
/// measured.
struct Distribution: Sendable, Hashable {
    /// So many different values are told apart: 4 KB.
    static let distinctLimit = 256

    private(set) var count = 0.0
    private(set) var sum = 0.0
    private(set) var minimum = Double.infinity
    private(set) var maximum = -Double.infinity
    /// How often each value, or each class, was seen.
    private(set) var values: [Double: Double] = [:]
    private(set) var isClassed = false
    /// Whether sums came in without the values behind them (StatisticValues): then percentiles are unknown.
    private(set) var lacksValues = false

    init() {}

    init(_ value: Double, count: Double = 1) { add(value, count: count) }

    var isEmpty: Bool { count == 0 }
    var average: Double { sum / count }

    mutating func add(_ value: Double, count added: Double = 1) {
        count += added
        sum += value * added
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        note(value, added)
    }

    /// Takes in a set of statistics whose values are not known, unless they must all be the same.
    mutating func add(count added: Double, sum addedSum: Double, minimum low: Double, maximum high: Double) {
        count += added
        sum += addedSum
        minimum = min(minimum, low)
        maximum = max(maximum, high)
        if low == high { note(low, added) } else { lacksValues = true }
    }

    mutating func merge(_ other: Distribution) {
        guard !other.isEmpty else { return }
        count += other.count
        sum += other.sum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        lacksValues = lacksValues || other.lacksValues
        if other.isClassed, !isClassed { classify() }
        for (value, count) in other.values { note(value, count) }
    }

    private mutating func note(_ value: Double, _ added: Double) {
        values[isClassed ? Self.classMiddle(value) : value, default: 0] += added
        if !isClassed, values.count > Self.distinctLimit { classify() }
    }

    private mutating func classify() {
        isClassed = true
        let exact = values
        values = [:]
        for (value, count) in exact { values[Self.classMiddle(value), default: 0] += count }
    }

    /// The middle of the class a value belongs to; the same for a middle itself.
    private static func classMiddle(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return value }
        let width = 0.0198026272961797  // ln 1.02
        let middle = exp((log(abs(value)) / width).rounded() * width)
        return value < 0 ? -middle : middle
    }

    /// The values in ascending order with their counts; nil when they are not known.
    var ordered: [(value: Double, count: Double)]? {
        guard !lacksValues, !isEmpty else { return nil }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension Distribution: Codable {
    /// Reads `[count, sum, minimum, maximum, flags, value, count, value, count, ...]`.
    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        count = try list.decode(Double.self)
        sum = try list.decode(Double.self)
        minimum = try list.decode(Double.self)
        maximum = try list.decode(Double.self)
        let flags = try list.decode(Int.self)
        isClassed = flags & 1 != 0
        lacksValues = flags & 2 != 0
        while !list.isAtEnd {
            let value = try list.decode(Double.self)
            values[value] = try list.decode(Double.self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        for number in [count, sum, minimum, maximum] { try list.encode(number) }
        try list.encode((isClassed ? 1 : 0) + (lacksValues ? 2 : 0))
        for (value, count) in values {
            try list.encode(value)
            try list.encode(count)
        }
    }
}
