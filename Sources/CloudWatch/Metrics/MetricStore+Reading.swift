internal import Ledger
internal import Notation
internal import Synchronization

extension MetricStore {
    /// The samples of a series from one second up to, not including, another, by bucket; of one unit, or of all.
    func points(_ series: Series, from: Int64, to: Int64, unit: String? = nil) async throws -> Points {
        var found = try await snapshot(series, from: from, to: to)
        // A compaction that began meanwhile may have moved samples from memory into a chunk already read: look again.
        while found.isStale { found = try await snapshot(series, from: from, to: to) }
        return found.points.filter { moment, _ in
            moment.start >= from && moment.start < to && (unit == nil || moment.unit == unit)
        }
    }

    private func snapshot(
        _ series: Series, from: Int64, to: Int64
    ) async throws -> (points: Points, isStale: Bool) {
        let (layers, compacting, number) = state.withLock { state in
            (
                [state.pending[series], state.flushing[series], state.journaled[series]], state.compacting[series],
                state.number
            )
        }
        var points: Points = [:]
        var merged: [String: Int] = [:]
        let now = ledger.surroundings.now.microseconds / 1_000_000
        for tier in Tier.allCases where to > now - tier.age - tier.span * 2 && from < now - tier.youngest + tier.span {
            for chunk in try await chunks(series, tier, from: from, to: to) {
                points.merge(chunk.value.points.points)
                merged[chunk.key] = chunk.value.through
            }
        }
        for layer in layers { if let layer { points.merge(layer) } }
        for (moment, samples) in compacting ?? [:] {
            let chunk = merged[Collections.chunkKey(series, moment.tier, moment.start)] ?? 0
            if chunk < number - 1 { points[moment, default: Distribution()].merge(samples) }
        }
        let isStale = state.withLock { $0.number != number }
        return (points, isStale)
    }

    private func chunks(_ series: Series, _ tier: Tier, from: Int64, to: Int64) async throws -> [Document<Chunk>] {
        let first = from.floored(to: tier.span), last = (to - 1).floored(to: tier.span)
        guard first <= last else { return [] }
        let prefix = Collections.chunkPrefix(series, tier)
        let count = Int((last - first) / tier.span) + 1
        let found = try await ledger.list(
            Collections.chunks, prefix: prefix, after: prefix + max(0, first - tier.span).sortable, limit: count + 1)
        let end = Collections.chunkKey(series, tier, last)
        return found.filter { $0.key <= end }
    }

    /// The metrics of an account and region that were heard of since that second, by namespace and name.
    func metrics(scope: String, prefix: String, since: Int64) async throws -> [KnownMetric] {
        var known: [MetricID: Int64] = [:]
        for document in try await ledger.list(Collections.metrics, prefix: scope + prefix) {
            known[document.value.metric] = document.value.lastSeen
        }
        let fresh = state.withLock { state in
            [state.pending, state.flushing, state.journaled, state.compacting].flatMap { layer in
                layer.filter { $0.key.scope == scope }.map { ($0.key.metric, $0.value.keys.map(\.start).max() ?? 0) }
            }
        }
        for (metric, seen) in fresh { known[metric] = max(known[metric] ?? 0, seen) }
        return known.filter { $0.value >= since && $0.key.text.hasPrefix(prefix) }
            .sorted { $0.key.text < $1.key.text }.map { KnownMetric(metric: $0.key, lastSeen: $0.value) }
    }
}
