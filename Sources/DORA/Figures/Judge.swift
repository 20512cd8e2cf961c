internal import Notation

/// What became of a delivery, seen from the whole history of its service.
struct Verdict: Sendable, Hashable {
    enum Outcome: String, Sendable {
        /// On its way.
        case underWay
        /// All users have it, or had it until the next.
        case good
        /// Users had it, and it had to go.
        case failed
        /// Stopped before any user had it.
        case caught
        /// Brought an earlier version back.
        case rollback
    }

    var outcome: Outcome
    /// Since when users were touched by a failed one.
    var since: Timestamp?
    /// When a good version served all again.
    var recovered: Timestamp?
    /// What did that.
    var recoveredBy: String?
    /// Why it counts as failed.
    var reason: String?
    /// Why it counts as rework: the failed delivery or the incident it is for.
    var reworkOf: String?

    /// Whether it counts as a deployment.
    var counts: Bool { outcome == .good || outcome == .failed }
}

/// Judges the deliveries of one service against each other. What it says of one never depends on which stretch of time
/// somebody looks at.
struct Judge: Sendable {
    /// In the order they ended.
    let deliveries: [Delivery]
    let commits: [String: [Changes.Change]]

    /// The verdicts, by the delivery's id.
    func verdicts() -> [String: Verdict] {
        var verdicts = Dictionary(deliveries.map { ($0.id, first($0)) }) { $1 }
        for delivery in deliveries { remedies(of: delivery, &verdicts) }
        for delivery in deliveries { recovery(of: delivery, &verdicts) }
        for delivery in deliveries { rework(after: delivery, &verdicts) }
        return verdicts
    }

    /// What can be said of it alone.
    private func first(_ delivery: Delivery) -> Verdict {
        guard delivery.state != .underWay else { return Verdict(outcome: .underWay) }
        guard !delivery.isRollback else { return Verdict(outcome: .rollback) }
        var verdict = Verdict(outcome: .good)
        if delivery.state == .failed {
            verdict.outcome = delivery.reachedUsers == nil ? .caught : .failed
            verdict.reason = delivery.cause
        } else if let back = delivery.takenBack, isNear(delivery, back.time) {
            verdict.outcome = .failed
            verdict.reason = "Taken back by \(back.by)."
        }
        if verdict.outcome == .failed { verdict.since = delivery.reachedUsers }
        verdict.reworkOf = incident(delivery)
        return verdict
    }

    /// The incident that its commits or its stack name.
    private func incident(_ delivery: Delivery) -> String? {
        if let tag = delivery.tags["slipway:incident"], !tag.isEmpty { return tag }
        return commits[delivery.id]?.compactMap(\.commit.incident).first
    }

    /// What a delivery says it mends has failed.
    private func remedies(of delivery: Delivery, _ verdicts: inout [String: Verdict]) {
        guard verdicts[delivery.id]?.counts == true, let ended = delivery.ended else { return }
        let changes = commits[delivery.id] ?? []
        let fixes = Set(changes.flatMap(\.commit.fixes) + [delivery.tags["slipway:fixes"]].compactMap(\.self))
        let reverts = changes.flatMap(\.commit.reverts)
        guard !fixes.isEmpty || !reverts.isEmpty else { return }
        for earlier in deliveries where earlier.id != delivery.id {
            guard let before = earlier.ended, before <= ended, isNear(earlier, ended) else { continue }
            let isNamed = fixes.contains(earlier.id) || earlier.shifts.contains { fixes.contains($0.deployment) }
            let isReverted = (commits[earlier.id] ?? []).contains { change in
                reverts.contains { change.commit.id.hasPrefix($0) }
            }
            guard isNamed || isReverted, verdicts[earlier.id]?.counts == true else { continue }
            verdicts[delivery.id]?.reworkOf = earlier.id
            guard verdicts[earlier.id]?.outcome == .good else { continue }
            verdicts[earlier.id]?.outcome = .failed
            verdicts[earlier.id]?.since = earlier.reachedUsers
            verdicts[earlier.id]?.reason = "\(isReverted ? "Reverted" : "Mended") by \(delivery.id)."
        }
    }

    /// Back to the old version, or on to the next good one, whichever came first.
    private func recovery(of delivery: Delivery, _ verdicts: inout [String: Verdict]) {
        guard verdicts[delivery.id]?.outcome == .failed, let since = verdicts[delivery.id]?.since else { return }
        var ways: [(time: Timestamp, by: String)] = []
        if delivery.state == .failed, let back = restored(delivery) { ways.append((back, "its rollback")) }
        if let back = delivery.takenBack { ways.append((back.time, back.by)) }
        let next = deliveries.first {
            verdicts[$0.id]?.outcome == .good && $0.started >= delivery.started && $0.id != delivery.id
                && ($0.reachedAll ?? since) > since
        }
        if let next, let time = next.reachedAll { ways.append((time, next.id)) }
        let soonest = ways.min { $0.time < $1.time }
        verdicts[delivery.id]?.recovered = soonest?.time
        verdicts[delivery.id]?.recoveredBy = soonest?.by
    }

    /// When no user had it any more; nil when some still have.
    private func restored(_ delivery: Delivery) -> Timestamp? {
        var ends: [Timestamp] = []
        for shift in delivery.shifts where shift.points.contains(where: { $0.weight > 0 }) {
            guard let last = shift.points.last else { continue }
            // A shift that went well goes back with its stack.
            guard last.weight == 0 || delivery.restored != nil else { return nil }
            ends.append(last.weight == 0 ? last.time : delivery.restored ?? last.time)
        }
        if delivery.exposed != nil {
            guard let back = delivery.restored else { return nil }
            ends.append(back)
        }
        return ends.max()
    }

    /// The first deployment after a failed one is made because of it.
    private func rework(after failed: Delivery, _ verdicts: inout [String: Verdict]) {
        guard verdicts[failed.id]?.outcome == .failed, let ended = failed.ended else { return }
        let moment = max(ended, failed.takenBack?.time ?? ended)
        let next = deliveries.first {
            verdicts[$0.id]?.counts == true && $0.id != failed.id && $0.started >= failed.started
                && ($0.ended ?? moment) > moment && isNear(failed, $0.ended ?? moment)
        }
        guard let next, verdicts[next.id]?.reworkOf == nil else { return }
        verdicts[next.id]?.reworkOf = failed.id
    }

    private func isNear(_ delivery: Delivery, _ time: Timestamp) -> Bool {
        guard let ended = delivery.ended else { return false }
        return time - ended <= Rules.reach
    }
}
