internal import Notation

/// The five metrics of one service, or of several together, in a stretch of time.
struct Figures: Sendable {
    /// One deployment with what was found of it.
    struct Entry: Sendable {
        let delivery: Delivery
        let verdict: Verdict
        let commits: [Changes.Change]
    }

    let since: Timestamp
    let until: Timestamp
    /// From when on the services were there, or `since`.
    let from: Timestamp
    /// Everything that was over in that time, in order.
    let entries: [Entry]
    let underWay: Int

    /// Counts what was over from `since` on and before `until`.
    init(_ histories: [History], since: Timestamp, until: Timestamp) {
        self.since = since
        self.until = until
        let began = histories.compactMap(\.began).min() ?? since
        from = min(max(since, began), until)
        var entries: [Entry] = []
        for history in histories {
            for delivery in history.deliveries {
                guard let ended = delivery.ended, ended >= since, ended < until,
                    let verdict = history.verdicts[delivery.id]
                else { continue }
                entries.append(
                    Entry(delivery: delivery, verdict: verdict, commits: history.commits[delivery.id] ?? []))
            }
        }
        self.entries = entries.sorted { ($0.ended, $0.delivery.id) < ($1.ended, $1.delivery.id) }
        underWay = histories.flatMap(\.deliveries).count { $0.state == .underWay }
    }

    // MARK: Counts

    /// What counts as a deployment.
    var deployments: [Entry] { entries.filter(\.verdict.counts) }
    var failed: [Entry] { entries.filter { $0.verdict.outcome == .failed } }
    var caught: [Entry] { entries.filter { $0.verdict.outcome == .caught } }
    var rollbacks: [Entry] { entries.filter { $0.verdict.outcome == .rollback } }
    var rework: [Entry] { deployments.filter { $0.verdict.reworkOf != nil } }
    /// Whether there are enough for a tier.
    var isEnough: Bool { deployments.count >= Rules.enough }

    // MARK: Throughput

    /// Days that were counted, at least one.
    var days: Double { max(1, (until - from).inSeconds / 86_400) }
    /// Deployments per day.
    var perDay: Double { Double(deployments.count) / days }
    /// Days, in UTC, with at least one deployment.
    var daysWithDeployment: Int { Set(deployments.map { Self.day($0.ended) }).count }

    static func day(_ time: Timestamp) -> Int64 {
        let seconds = time.microseconds / 1_000_000
        return seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    }

    /// Seconds from arrival to all users, of every commit that came so far, shortest first.
    var leadTimes: [Double] { deployments.flatMap(\.leadTimes).sorted() }
    /// Deployments of which no commit is known.
    var withoutCommits: Int { deployments.count { $0.commits.isEmpty } }

    /// Seconds to recovery of the failed deployments that recovered, shortest first.
    var recoveryTimes: [Double] { failed.compactMap(\.recoveryTime).sorted() }

    // MARK: Instability

    /// The share of deployments that failed; nil without deployments.
    var changeFailRate: Double? { share(failed.count) }
    /// The share of deployments that were rework; nil without deployments.
    var reworkRate: Double? { share(rework.count) }
    /// The exposure of all failed deployments, in minutes of everybody.
    func exposure(now: Timestamp) -> Double { failed.map { $0.exposure(now: now) }.reduce(0, +) }

    private func share(_ count: Int) -> Double? {
        deployments.isEmpty ? nil : Double(count) / Double(deployments.count)
    }

    // MARK: Tiers

    /// The tier of each metric that has enough data, by its name.
    func tiers(_ scale: Scale) -> [(name: String, tier: Tier)] {
        guard isEnough else { return [] }
        var found: [(String, Tier?)] = [("deploymentFrequency", scale.frequency(perDay))]
        if let median = Self.median(leadTimes) { found.append(("leadTime", scale.leadTime(median))) }
        if let rate = changeFailRate { found.append(("changeFailRate", scale.changeFailRate(rate))) }
        if let median = Self.median(recoveryTimes) { found.append(("recoveryTime", scale.recoveryTime(median))) }
        return found.compactMap { name, tier in tier.map { (name: name, tier: $0) } }
    }

    /// The lowest of them; nil when there are none.
    func tier(_ scale: Scale) -> Tier? { tiers(scale).map(\.tier).min() }

    // MARK: Middles

    /// The middle of sorted values; between two, their mean. Nil when there are none.
    static func median(_ sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The smallest of the sorted values that at least that share of them does not exceed (nearest rank).
    static func percentile(_ share: Double, _ sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}

extension Figures.Entry {
    /// When it was over.
    var ended: Timestamp { delivery.ended ?? delivery.started }

    /// Seconds from arrival to all users, of each commit; none when it never reached all.
    var leadTimes: [Double] {
        guard let reached = delivery.reachedAll else { return [] }
        return commits.map { max(0, (reached - $0.arrived).inSeconds) }
    }

    /// Seconds that users had to wait for a good version; nil unless it failed and recovered.
    var recoveryTime: Double? {
        guard let since = verdict.since, let recovered = verdict.recovered else { return nil }
        return max(0, (recovered - since).inSeconds)
    }

    /// Its exposure so far.
    func exposure(now: Timestamp) -> Double { delivery.exposure(until: verdict.recovered ?? now) }
}
