internal import Foundation

/// A figure that sums up the samples of a period.
///
/// Source: Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
struct Statistic: Sendable, Hashable {
    /// From where to where samples count: between percentiles or between values. An open end is nil.
    struct Range: Sendable, Hashable {
        var low: Double?
        var high: Double?
        var isPercent: Bool
    }

    enum Kind: Sendable, Hashable {
        case sampleCount, average, sum, minimum, maximum
        /// From 0 to 100.
        case percentile(Double)
        case trimmedMean(Range)
        case winsorizedMean(Range)
        case trimmedCount(Range)
        case trimmedSum(Range)
        case percentileRank(Range)
    }

    /// As AWS writes it, such as `p99.9`.
    let name: String
    let kind: Kind

    /// Nil when the text names no statistic.
    init?(_ text: String) {
        guard let kind = Self.kind(text) else { return nil }
        name = text
        self.kind = kind
    }

    private static func kind(_ text: String) -> Kind? {
        switch text {
        case "SampleCount": return .sampleCount
        case "Average": return .average
        case "Sum": return .sum
        case "Minimum": return .minimum
        case "Maximum": return .maximum
        case "IQM": return .trimmedMean(Range(low: 25, high: 75, isPercent: true))
        default: break
        }
        if text.first == "p", let percent = percent(text.dropFirst()) { return .percentile(percent) }
        guard text.count > 2 else { return nil }
        let head = text.prefix(2), rest = text.dropFirst(2)
        guard let range = head.allSatisfy(\.isLowercase) ? upTo(rest) : range(rest) else { return nil }
        switch head.lowercased() {
        case "tm": return .trimmedMean(range)
        case "wm": return .winsorizedMean(range)
        case "tc": return .trimmedCount(range)
        case "ts": return .trimmedSum(range)
        case "pr": return range.isPercent || head == "pr" ? nil : .percentileRank(range)
        default: return nil
        }
    }

    private static func percent(_ text: Substring) -> Double? {
        guard text.first?.isNumber == true, let value = Double(text), value >= 0, value <= 100 else { return nil }
        return value
    }

    /// The short form `tm99`: everything up to that percentile.
    private static func upTo(_ text: Substring) -> Range? {
        percent(text).map { Range(low: nil, high: $0, isPercent: true) }
    }

    /// The long form `(10%:90%)` or `(0.5:2)`, either end left out at will, but not both.
    private static func range(_ text: Substring) -> Range? {
        guard text.first == "(", text.last == ")" else { return nil }
        let ends = text.dropFirst().dropLast().split(separator: ":", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        let isPercent = ends.contains { $0.hasSuffix("%") }
        var numbers: [Double?] = []
        for end in ends {
            guard !end.isEmpty else { numbers.append(nil); continue }
            guard end.hasSuffix("%") == isPercent, let number = Double(isPercent ? end.dropLast() : end) else {
                return nil
            }
            guard !isPercent || (0...100).contains(number) else { return nil }
            numbers.append(number)
        }
        guard numbers[0] != nil || numbers[1] != nil else { return nil }
        return Range(low: numbers[0], high: numbers[1], isPercent: isPercent)
    }

    /// Whether it is one of the five that `Statistic` and `Statistics` take; the others are extended statistics.
    var isBasic: Bool {
        switch kind {
        case .sampleCount, .average, .sum, .minimum, .maximum: true
        default: false
        }
    }

    /// Whether further samples can only raise it, when no sample is negative.
    var onlyGrows: Bool { kind == .sum || kind == .sampleCount }

    /// The figure; nil when there are no samples, or the values it needs are not known.
    func value(of samples: Distribution) -> Double? {
        guard !samples.isEmpty else { return nil }
        switch kind {
        case .sampleCount: return samples.count
        case .average: return samples.average
        case .sum: return samples.sum
        case .minimum: return samples.minimum
        case .maximum: return samples.maximum
        case .percentile(let percent): return samples.percentile(percent)
        case .trimmedMean(let range):
            return samples.trimmed(range).flatMap { $0.count > 0 ? $0.sum / $0.count : nil }
        case .winsorizedMean(let range): return samples.winsorizedMean(range)
        case .trimmedCount(let range): return samples.trimmed(range)?.count
        case .trimmedSum(let range): return samples.trimmed(range)?.sum
        case .percentileRank(let range):
            return samples.trimmed(range).map { $0.count / samples.count * 100 }
        }
    }

    /// Whether so few samples make a percentile a matter of chance: fewer than 10/(1-p), p counted from the median
    /// outwards.
    ///
    /// Source: Amazon CloudWatch User Guide, "Percentile-based alarms and low data samples".
    func isLow(_ samples: Distribution) -> Bool {
        guard case .percentile(let percent) = kind else { return false }
        let fraction = max(percent, 100 - percent) / 100
        return fraction < 1 ? samples.count < 10 / (1 - fraction) - 1e-9 : false
    }
}

extension Distribution {
    /// The value below which that many percent of the samples lie, interpolated between neighbours.
    fileprivate func percentile(_ percent: Double) -> Double? {
        guard let ordered else { return nil }
        let rank = percent / 100 * (count - 1)
        var seen = 0.0
        for (place, entry) in ordered.enumerated() {
            let last = seen + entry.count - 1
            if rank <= last { return min(max(entry.value, minimum), maximum) }
            if rank < last + 1, place + 1 < ordered.count {
                let next = ordered[place + 1].value
                return entry.value + (next - entry.value) * (rank - last)
            }
            seen += entry.count
        }
        return maximum
    }

    /// The bounds of a range as values.
    private func bounds(_ range: Statistic.Range) -> (low: Double, high: Double) {
        guard range.isPercent else { return (range.low ?? -.infinity, range.high ?? .infinity) }
        return (
            range.low.flatMap(percentile) ?? -.infinity, range.high.flatMap(percentile) ?? .infinity
        )
    }

    /// Count and sum of the samples inside the range; nil when the values are not known.
    fileprivate func trimmed(_ range: Statistic.Range) -> (count: Double, sum: Double)? {
        guard let ordered else { return nil }
        let (low, high) = bounds(range)
        return ordered.reduce((0, 0)) { total, entry in
            let isInside =
                (entry.value > low || entry.value == low && low == minimum || !range.isPercent && entry.value == low)
                && entry.value <= high
            return isInside ? (total.0 + entry.count, total.1 + entry.value * entry.count) : total
        }
    }

    /// The average, with samples outside the range counted as its bounds.
    fileprivate func winsorizedMean(_ range: Statistic.Range) -> Double? {
        guard let ordered else { return nil }
        let (low, high) = bounds(range)
        return ordered.reduce(0) { $0 + min(max($1.value, low), high) * $1.count } / count
    }
}
