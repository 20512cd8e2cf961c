internal import Foundation
internal import Glibc
internal import Ledger
internal import Notation
internal import Synchronization

/// The folders of the repositories: one bare git repository each, under a name that is never used again.
struct RepositoryStore: Sendable {
    let git: Git
    let locks = RepositoryLocks()
    /// Tells this run of the server from earlier ones.
    let run: String
    private let hook = Prepared()
    private let indexes = Numbers()
    /// When this run of the server began.
    let started: Timestamp

    /// The repositories below `root`, which is made when the first one is.
    init(root: String, limits: Git.Limits = Git.Limits(), run: String, started: Timestamp) {
        git = Git(root: root, limits: limits)
        self.run = run
        self.started = started
    }

    /// The name of an index file that nobody else uses.
    func makeIndexName() -> String { "index-\(run)-\(indexes.next())" }

    /// Where a repository lies.
    func folder(_ repository: Repository) -> String {
        "\(git.root)/\(repository.account)/\(repository.region)/\(repository.id)"
    }

    /// The hook that asks this server before references move.
    var hooks: String { git.root + "/hooks" }

    /// Makes the folder of a repository that has none yet. A second call, after a crash, finishes what the first began.
    ///
    /// - Throws: ``GitError``.
    func make(_ repository: Repository) async throws {
        let folder = folder(repository)
        try await durably { try DurableFiles.makeFolder(folder, below: home) }
        try await git.run(in: folder, ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "."])
        try await durably {
            // Trees are handed out whole: what a repository says of archives is not for us.
            try DurableFiles.makeFolder(folder + "/info", below: folder)
            try DurableFiles.write("* -export-ignore -export-subst\n".utf8, to: folder + "/info/attributes")
            // git syncs neither the contents of HEAD and config nor any name.
            try DurableFiles.sync(tree: folder)
        }
    }

    /// Removes a repository's folder. Does nothing when it is gone.
    func remove(_ path: String) async {
        // Renamed first: half a repository must not look like one.
        let gone = path + ".gone"
        rename(path, gone)
        await OwnThread.run { try? FileManager.default.removeItem(atPath: gone) }
    }

    /// Makes the hook, with the first push of each run: an older Slipway may have left another one.
    func prepareHook() throws { try hook.once { try writeHook() } }

    private func writeHook() throws {
        try DurableFiles.makeFolder(hooks, below: home)
        try DurableFiles.write(Self.script.utf8, to: hooks + "/pre-receive", permissions: 0o700)
        try DurableFiles.write(Self.transactionScript.utf8, to: hooks + "/reference-transaction", permissions: 0o700)
    }

    /// Run by git when the objects of a push are in their places and its references are about to move: a reference on disk
    /// must not lead to objects that a power cut takes.
    private static let transactionScript = """
        #!/bin/sh
        # Made by Slipway at each start.
        [ "$1" = prepared ] || exit 0
        exec sync -- objects objects/*/

        """

    /// Run by receive-pack when all objects have come and no reference has moved: tells the server what is wanted
    /// (descriptor 3) and waits for its word (4). When the server is gone, nothing moves.
    private static let script = """
        #!/bin/sh
        # Made by Slipway at each start.
        while IFS= read -r line; do printf '%s\\n' "$line" >&3; done
        printf 'done\\n' >&3
        IFS= read -r answer <&4 || exit 1
        [ "$answer" = go ] && exit 0
        printf '%s\\n' "$answer" >&2
        exit 1

        """

    // MARK: Syncing what git does not

    /// The folder that the repositories' folder stands in.
    private var home: String { (git.root as NSString).deletingLastPathComponent }

    /// Makes the names of all objects durable: to be done before a reference moves to one of them. git syncs the files,
    /// not the folders that name them.
    ///
    /// - Throws: ``GitError``.
    func syncObjects(_ repository: Repository) async throws {
        let objects = folder(repository) + "/objects"
        try await durably {
            // Pushes that are still coming in have folders here, too, under longer names.
            for name in try FileManager.default.contentsOfDirectory(atPath: objects)
            where name.count == 2 || name == "pack" { try DurableFiles.sync(objects + "/" + name) }
            try DurableFiles.sync(objects)
        }
    }

    /// Makes the names of those references durable, and what their names are made of.
    ///
    /// - Throws: ``GitError``.
    func sync(_ repository: Repository, references: [String]) async throws {
        let folder = folder(repository)
        try await durably {
            for name in references { try DurableFiles.syncFolders(above: folder + "/" + name, upTo: folder) }
        }
    }

    /// Makes durable which branch clones check out.
    ///
    /// - Throws: ``GitError``.
    func syncHead(_ repository: Repository) async throws {
        let folder = folder(repository)
        try await durably {
            try DurableFiles.sync(folder + "/HEAD")
            try DurableFiles.sync(folder)
        }
    }

    private func durably(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await OwnThread.run(throwing: {
            do { try body() } catch let error as DiskError where error.isFull { throw error } catch {
                throw GitError(.system, "\(error)")
            }
        })
    }
}

/// Counts from 1 on.
private final class Numbers: Sendable {
    private let last = Mutex(0)

    func next() -> Int {
        last.withLock { last in
            last += 1
            return last
        }
    }
}

/// Something that is done once in the life of a process.
final class Prepared: Sendable {
    private let isDone = Mutex(false)

    /// Runs the body, unless it has run to its end before. Others wait while it runs.
    func once(_ body: () throws -> Void) rethrows {
        try isDone.withLock { isDone in
            guard !isDone else { return }
            try body()
            isDone = true
        }
    }
}

/// Work that blocks, on a thread made for it: neither Swift's pool nor an event loop may wait for a disk.
enum OwnThread {
    /// Runs the body on a new thread and returns what it returns.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    /// The same for a body that throws.
    static func run<Value: Sendable>(throwing body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await run { Result { try body() } }.get()
    }
}
