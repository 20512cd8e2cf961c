internal import Ledger
internal import Logging
internal import Notation
internal import ServiceLifecycle

/// Writes the store's buffer down, and removes what is past its retention or belongs to groups and streams that are
/// gone.
struct LogKeeper: Service {
    let store: LogStore

    /// Lines wait at most this long before they are written.
    private static let delay = Duration.milliseconds(250)
    private static let sweepEvery = Duration.seconds(600)

    /// Keeps house until cancelled or asked to stop gracefully; then writes the buffer a last time.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.flushing() }
                group.addTask { await self.sweeping() }
            }
        }
        try await store.flush()
    }

    private func flushing() async {
        let surroundings = store.ledger.surroundings
        for await _ in store.calls {
            do {
                try await surroundings.time.sleep(until: surroundings.now + Self.delay)
                try await store.flush()
            } catch is CancellationError {
                return
            } catch {
                store.log.error("log events could not be written and are tried again", metadata: ["error": "\(error)"])
                store.callAgain()
            }
        }
    }

    private func sweeping() async {
        let surroundings = store.ledger.surroundings
        repeat {
            do { try await store.sweep() } catch {
                store.log.error(
                    "old log events could not be removed and are tried again", metadata: ["error": "\(error)"])
            }
        } while (try? await surroundings.time.sleep(until: surroundings.now + Self.sweepEvery)) != nil
    }
}

extension LogStore {
    /// So many segments are removed in one write.
    private static var sweepSize: Int { 32 }

    /// Removes segments past their group's retention, and those of groups and streams that were deleted.
    func sweep() async throws {
        for group in try await ledger.list(Collections.groups).map(\.value) {
            guard let horizon = group.horizon(ledger.surroundings.now) else { continue }
            let end = Collections.segmentKey(group.id, last: horizon, "")
            try await remove {
                try $0.list(Collections.segments, prefix: group.id + "/", limit: Self.sweepSize).filter { $0.key < end }
            }
        }
        for item in try await ledger.list(Collections.garbage) {
            try await remove { transaction in
                if let stream = item.value.stream {
                    return try transaction.find(Collections.segments, "stream", stream, limit: Self.sweepSize)
                }
                return try transaction.list(Collections.segments, prefix: item.value.group + "/", limit: Self.sweepSize)
            }
            try await ledger.write { transaction in
                if item.value.stream == nil {
                    for stream in try transaction.list(Collections.streams, prefix: item.value.group + "/") {
                        try transaction.delete(Collections.streams, stream.key)
                    }
                }
                try transaction.delete(Collections.garbage, item.key)
            }
        }
    }

    /// Removes what the closure finds, some at a time, until it finds nothing.
    private func remove(_ find: @escaping @Sendable (Transaction) throws -> [Document<Segment>]) async throws {
        while true {
            let count = try await ledger.write { transaction in
                let doomed = try find(transaction)
                for document in doomed { try transaction.delete(Collections.segments, document.key) }
                return doomed.count
            }
            if count == 0 { return }
        }
    }
}
