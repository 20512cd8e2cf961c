internal import Ledger
internal import Logging
internal import ServiceLifecycle

/// Puts right, at each start, what a crash left half done: references that moved and were not noted, folders of deleted
/// repositories, folders that a creation did not get to.
struct Reconciler: Service {
    let ledger: Ledger
    let store: RepositoryStore
    let book: ReferenceBook
    private let log = Logger(label: "codecommit")

    init(_ book: ReferenceBook) {
        ledger = book.ledger
        store = book.store
        self.book = book
    }

    /// Looks at every repository once, then waits for the end.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            do { try await reconcile() } catch is CancellationError {} catch {
                log.error("repositories could not be looked through", metadata: ["error": "\(error)"])
            }
        }
        try? await gracefulShutdown()
    }

    /// Looks at every repository once. One that fails does not keep the others from it.
    func reconcile() async throws {
        for document in try await ledger.list(Shelf.tombstones) { try await bury(document.key, document.value) }
        let repositories = try await ledger.list(Shelf.repositories)
        await store.sweepStrays(keeping: Set(repositories.map(\.value.id)))
        for document in repositories {
            try Task.checkCancellation()
            do { try await settle(document.value) } catch {
                log.error(
                    "a repository could not be compared with its record",
                    metadata: ["repository": "\(document.value.name)", "error": "\(error)"])
            }
        }
    }

    /// Notes what moved in one repository without being noted.
    func settle(_ repository: Repository) async throws {
        try await store.locks.hold(repository.id) {
            await store.waitForOrphans(repository)
            await store.sweep(repository)
            let changes = try await book.settle(nil, in: repository, by: .init())
            if let branch = repository.defaultBranch { try await book.pointHead(at: branch, in: repository) }
            guard !changes.isEmpty else { return }
            log.notice(
                "references had moved before a crash and are noted now",
                metadata: ["repository": "\(repository.name)", "count": "\(changes.count)"])
        }
    }

    /// Removes the folder of a deleted repository, then what remembers it.
    func bury(_ id: String, _ tombstone: Tombstone) async throws {
        await store.remove(tombstone.folder)
        for document in try await ledger.list(Shelf.references, prefix: id + "/") {
            try await ledger.write { write in _ = try write.delete(Shelf.references, document.key) }
        }
        try await ledger.write { write in _ = try write.delete(Shelf.tombstones, id) }
    }
}
