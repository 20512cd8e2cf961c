internal import Foundation
internal import Glibc
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
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw GitError(.system, "The folder \(folder) cannot be made: \(error.localizedDescription)")
        }
        try await git.run(in: folder, ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "."])
        // Trees are handed out whole: what a repository says of archives is not for us.
        try Self.write("* -export-ignore -export-subst\n", to: folder + "/info/attributes")
        try Self.sync([folder, (folder as NSString).deletingLastPathComponent])
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
        try FileManager.default.createDirectory(
            atPath: hooks, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try Self.write(Self.script, to: hooks + "/pre-receive")
        chmod(hooks + "/pre-receive", 0o700)
    }

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

    private static func write(_ text: String, to path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw GitError(.system, "The file \(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Makes the names in those folders durable: git syncs files, not the folders that name them.
    static func sync(_ folders: some Swift.Collection<String>) throws {
        for folder in Set(folders) {
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if descriptor < 0, errno == ENOENT { continue }
            guard descriptor >= 0 else { throw GitError.system("open \(folder)") }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw GitError.system("sync \(folder)") }
        }
    }

    /// Makes durable what moving those references changed in names: theirs and those of new packs.
    func sync(_ repository: Repository, references: [String]) async throws {
        let folder = folder(repository)
        let named = references.map { (folder + "/" + $0 as NSString).deletingLastPathComponent }
        try await OwnThread.run(throwing: { try Self.sync(named + [folder, folder + "/objects/pack"]) })
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
