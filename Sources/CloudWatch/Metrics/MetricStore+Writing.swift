internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

extension MetricStore {
    /// Writes what came in since the last flush into the journal. Called by one task alone.
    func flush() async throws {
        let (fresh, number, page, dropped) = state.withLock { state in
            state.flushing = state.pending
            state.pending = [:]
            state.page += 1
            defer { state.dropped = 0 }
            return (state.flushing, state.number, state.page, state.dropped)
        }
        if dropped > 0 {
            log.warning("metric samples were dropped: too many at once", metadata: ["count": "\(dropped)"])
        }
        guard !fresh.isEmpty else { return }
        let entries = fresh.map { JournalPage.Entry(series: $0.key, points: StoredPoints($0.value)) }
        do {
            try await ledger.write { transaction in
                try transaction.put(Collections.journal, Self.pageKey(number, page), JournalPage(entries: entries))
            }
        } catch {
            state.withLock { state in
                for (series, points) in state.flushing { state.pending[series, default: [:]].merge(points) }
                state.flushing = [:]
            }
            throw error
        }
        state.withLock { state in
            for (series, points) in state.flushing { state.journaled[series, default: [:]].merge(points) }
            state.flushing = [:]
        }
    }

    private static func pageKey(_ number: Int, _ page: Int64) -> String {
        Int64(number).sortable + "/" + page.sortable
    }

    /// Folds the journal into chunks. Called by the task that flushes.
    func compact() async throws {
        let (samples, number) = state.withLock { state in
            // A compaction that failed is tried again, before a further one begins.
            guard state.compacting.isEmpty else { return (state.compacting, state.number - 1) }
            guard !state.journaled.isEmpty else { return ([:], state.number) }
            state.compacting = state.journaled
            state.journaled = [:]
            state.number += 1
            return (state.compacting, state.number - 1)
        }
        guard !samples.isEmpty else { return }
        try await fold(samples, number)
        state.withLock { state in
            state.compacting = [:]
            state.buckets = 0
            for layer in [state.pending, state.flushing, state.journaled] {
                for points in layer.values { state.buckets += points.count }
            }
        }
    }

    /// Merges the samples into their chunks, a few hundred series at a time, and then removes the journal's pages of
    /// that number.
    private func fold(_ samples: [Series: Points], _ number: Int) async throws {
        let all = Array(samples)
        for start in stride(from: 0, to: all.count, by: 200) {
            let part = all[start..<min(start + 200, all.count)]
            try await ledger.write { transaction in
                for (series, points) in part { try Self.fold(series, points, number, transaction) }
            }
        }
        try await ledger.write { transaction in
            for page in try transaction.list(Collections.journal, prefix: Int64(number).sortable + "/") {
                try transaction.delete(Collections.journal, page.key)
            }
            try Self.keepHouse(transaction) { $0.compaction = max($0.compaction, number) }
        }
    }

    private static func keepHouse(_ transaction: Transaction, _ change: (inout Housekeeping) -> Void) throws {
        var house = try transaction.get(Collections.housekeeping, "house")?.value ?? Housekeeping()
        change(&house)
        try transaction.put(Collections.housekeeping, "house", house)
    }

    private static func fold(_ series: Series, _ points: Points, _ number: Int, _ transaction: Transaction) throws {
        try merge(series, points, number, transaction)
        let newest = points.keys.map(\.start).max() ?? 0
        let known = try transaction.get(Collections.metrics, series.key)?.value
        // Once an hour is enough for "seen in the last two weeks", and saves a write a minute.
        if (known?.lastSeen ?? .min) < newest - (known == nil ? 0 : 3600) {
            try transaction.put(Collections.metrics, series.key, KnownMetric(metric: series.metric, lastSeen: newest))
        }
    }

    /// Merges buckets into the chunks they belong to; with a compaction's number, only into those that have not had
    /// it yet.
    private static func merge(_ series: Series, _ points: Points, _ number: Int?, _ transaction: Transaction) throws {
        let byChunk = Dictionary(grouping: points) { Collections.chunkKey(series, $0.key.tier, $0.key.start) }
        for (key, part) in byChunk {
            guard let first = part.first?.key else { continue }
            let empty = Chunk(
                through: 0, series: series, tier: first.tier, start: first.start.floored(to: first.tier.span),
                points: StoredPoints())
            var chunk = try transaction.get(Collections.chunks, key)?.value ?? empty
            if let number {
                guard chunk.through < number else { continue }
                chunk.through = number
            }
            for (moment, samples) in part { chunk.points.points[moment, default: Distribution()].merge(samples) }
            try transaction.put(Collections.chunks, key, chunk)
        }
    }

    /// Moves chunks whose samples have grown too old for their tier on to the next one, and drops those past the last.
    /// Called by the task that flushes, now and then.
    func sweep() async throws {
        let hour = ledger.surroundings.now.microseconds / 3_600_000_000
        let house = try await ledger.get(Collections.housekeeping, "house")?.value
        // The first sweep of a new data folder has nothing behind it.
        var next = (house?.sweptHour ?? hour - 1) + 1
        while next <= hour {
            let due = try await ledger.find(Collections.chunks, "expires", String(next), limit: 100)
            if due.isEmpty {
                next += 1
                continue
            }
            try await ledger.write { transaction in
                for document in due { try Self.moveOn(document, transaction) }
            }
        }
        guard house?.sweptHour != hour else { return }
        try await ledger.write { try Self.keepHouse($0) { $0.sweptHour = hour } }
    }

    private static func moveOn(_ document: Document<Chunk>, _ transaction: Transaction) throws {
        guard let chunk = try transaction.get(Collections.chunks, document.key)?.value else { return }
        try transaction.delete(Collections.chunks, document.key)
        guard let next = chunk.tier.next else { return }
        var coarser: Points = [:]
        for (moment, samples) in chunk.points.points {
            let place = Moment(tier: next, start: moment.start.floored(to: next.width), unit: moment.unit)
            coarser[place, default: Distribution()].merge(samples)
        }
        try merge(chunk.series, coarser, nil, transaction)
    }

    /// Takes up the journal that an earlier process left. Called once, before the first flush.
    func recover() async throws {
        let pages = try await ledger.list(Collections.journal)
        let numbers = pages.compactMap { Int($0.key.prefix { $0 != "/" }) }
        let last = try await ledger.get(Collections.housekeeping, "house")?.value.compaction ?? 0
        state.withLock { $0.number = max($0.number, last + 1, (numbers.max() ?? 0) + 1) }
        for number in Set(numbers).sorted() {
            var samples: [Series: Points] = [:]
            for page in pages where Int(page.key.prefix { $0 != "/" }) == number {
                for entry in page.value.entries { samples[entry.series, default: [:]].merge(entry.points.points) }
            }
            try await fold(samples, number)
        }
    }
}
