internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Packs repositories that pushes have left in many pieces: one at a time, in the background, with `git gc --auto`,
/// which does nothing while there is little to gain.
final class Maintenance: Service {
    private let store: RepositoryStore
    private let due: AsyncStream<Repository>
    private let queue: AsyncStream<Repository>.Continuation
    private let waiting = Mutex<[String: Int]>([:])
    private let log = Logger(label: "codecommit")
    /// A repository is looked at after so many changes.
    private static let every = 20

    init(store: RepositoryStore) {
        self.store = store
        // More repositories than this wait for their next change.
        (due, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100))
    }

    /// Notes that objects came in.
    func changed(_ repository: Repository) {
        let isDue = waiting.withLock { waiting in
            let count = (waiting[repository.id] ?? 0) + 1
            waiting[repository.id] = count >= Self.every ? nil : count
            return count >= Self.every
        }
        if isDue { queue.yield(repository) }
    }

    /// Packs what is due until cancelled or asked to stop.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await repository in self.due { await self.pack(repository) }
        }
    }

    /// Packs one repository if that is worth it. What fails is tried again after further changes.
    func pack(_ repository: Repository) async {
        do {
            let settings = ["-c", "gc.auto=2000", "-c", "gc.autoPackLimit=40", "-c", "pack.threads=1"]
            try await store.git.run(in: store.folder(repository), settings + ["gc", "--auto", "--quiet"])
        } catch {
            log.warning(
                "a repository was not packed", metadata: ["repository": "\(repository.name)", "error": "\(error)"])
        }
    }
}
