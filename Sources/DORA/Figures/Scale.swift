internal import Notation

/// How good a figure is, by a table of one year's report.
package enum Tier: Int, Sendable, Comparable, CaseIterable {
    case low, medium, high, elite

    package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
    /// Its name in the reports.
    package var name: String { ["low", "medium", "high", "elite"][rawValue] }
}

/// A published table of tiers, and what had to be added to make it one that every value falls into.
///
/// Sources: Accelerate State of DevOps 2019; DORA report 2024. DORA has published no tiers since 2025.
package struct Scale: Sendable {
    /// Such as `dora-2024`.
    package let name: String
    /// The year it was published; nil for no scale.
    package let year: Int?
    /// What is ours in it.
    package let note: String
    /// More deployments than this a day are elite; at least this many high; at least this many medium.
    let perDay: (elite: Double, high: Double, medium: Double)
    /// Seconds below which a lead time is elite, high, medium.
    let lead: [Double]
    /// The same of recovery.
    let recovery: [Double]
    /// Shares up to which a change fail rate is elite, high, medium.
    let failRate: [Double]

    private static let hour = 3600.0
    private static let day = 86_400.0

    /// The last scale with tiers, and the one used unless another is asked for.
    package static let dora2024 = Scale(
        name: "dora-2024", year: 2024,
        note:
            "The report gives centres of clusters, not limits, and its change fail rates put medium (10 %) before high (20 %). The "
            + "limits 5, 10 and 20 % are Slipway's. High and medium recovery are both 'less than a day'; the limit of a week is that "
            + "of 2023.",
        perDay: (1, 1 / 7, 1 / 31), lead: [day, 7 * day, 31 * day], recovery: [hour, day, 7 * day],
        failRate: [0.05, 0.10, 0.20])

    /// The table many talks still show.
    package static let dora2019 = Scale(
        name: "dora-2019", year: 2019,
        note:
            "Elite, high and medium share the change fail rate of 0-15 %: up to that is elite, more is low. High and medium recovery "
            + "are both 'less than a day': that is high, more is low.",
        perDay: (1, 1 / 7, 1 / 31), lead: [day, 7 * day, 31 * day], recovery: [hour, day, day],
        failRate: [0.15, 0.15, 0.15])

    /// Trends alone, which is DORA's advice since 2025.
    package static let none = Scale(
        name: "none", year: nil, note: "No tiers: compare a service with its own past.", perDay: (0, 0, 0), lead: [],
        recovery: [], failRate: [])

    /// All that can be asked for.
    package static let all = [dora2024, dora2019, none]

    /// The scale of that name; the default without one. Nil when there is none such.
    package static func named(_ name: String?) -> Scale? {
        guard let name else { return dora2024 }
        return all.first { $0.name == name }
    }

    /// Of so many deployments a day.
    func frequency(_ rate: Double) -> Tier? {
        guard year != nil else { return nil }
        return rate > perDay.elite ? .elite : rate >= perDay.high ? .high : rate >= perDay.medium ? .medium : .low
    }

    /// Of a lead time in seconds.
    func leadTime(_ seconds: Double) -> Tier? { tier(seconds, lead) { $0 < $1 } }

    /// Of a time to recover in seconds.
    func recoveryTime(_ seconds: Double) -> Tier? { tier(seconds, recovery) { $0 < $1 } }

    /// Of a share of failed deployments.
    func changeFailRate(_ share: Double) -> Tier? { tier(share, failRate) { $0 <= $1 } }

    private func tier(_ value: Double, _ limits: [Double], within: (Double, Double) -> Bool) -> Tier? {
        guard year != nil else { return nil }
        for (limit, tier) in zip(limits, [Tier.elite, .high, .medium]) where within(value, limit) { return tier }
        return .low
    }
}
