internal import Foundation
internal import Glibc

/// The git program, run on bare repositories: never through a shell, with an environment of our own, bounded in time,
/// output and number.
///
/// What is safe rests on three rules: every name that comes from outside is checked before it is an argument
/// (``RefName``, ``FilePath``, ``ObjectID``); nothing from outside is the first letter of one; and no configuration,
/// attribute file or hook but ours is read.
struct Git: Sendable {
    /// What a run may take.
    struct Limits: Sendable {
        /// Short commands at a time. Each is a process and a thread.
        var commands = 16
        /// Clones, fetches and pushes at a time.
        var transfers = 32
        /// Seconds of a short command.
        var commandSeconds = 120
        /// Seconds of a clone, fetch or push.
        var transferSeconds = 3600
        /// Bytes that a short command may print.
        var outputBytes = 64 << 20
        /// Bytes of a push (`receive.maxInputSize`).
        var pushBytes = 2 << 30
    }

    /// The program; nil when the machine has none.
    let program: String?
    /// The folder of all repositories.
    let root: String
    let limits: Limits
    let commands: Turnstile
    let transfers: Turnstile

    /// The git of this machine, for repositories in that folder.
    init(root: String, limits: Limits = Limits()) {
        let places = ["/usr/local/bin", "/usr/bin", "/bin"].map { $0 + "/git" }
        program = places.first { access($0, X_OK) == 0 }
        self.root = root
        self.limits = limits
        commands = Turnstile(limits.commands)
        transfers = Turnstile(limits.transfers)
    }

    /// What a command printed and how it ended.
    struct Output: Sendable {
        let status: Int32
        let bytes: [UInt8]
        let complaints: String

        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// The text without the line's end that git puts after a single value.
        var word: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
        /// The lines of the text.
        var lines: [Substring] { text.split(separator: "\n") }
    }

    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - folder: The bare repository.
    ///   - expecting: Statuses that are answers; any other throws.
    /// - Throws: ``GitError``.
    @discardableResult
    func run(
        in folder: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        expecting: Set<Int32> = [0], limit: Int? = nil
    ) async throws -> Output {
        try await commands.pass {
            var launch = try launch(in: folder, arguments, environment)
            launch.input = input.isEmpty ? .nothing : .bytes(input)
            let process = try GitProcess(launch, seconds: limits.commandSeconds)
            let bytes = try await process.readAll(limit: limit ?? limits.outputBytes)
            let status = await process.wait()
            guard expecting.contains(status) else { throw failure(arguments, process, status) }
            return Output(status: status, bytes: bytes, complaints: process.complaints())
        }
    }

    /// A process that is fed and read while it runs. The caller holds a place of ``transfers``.
    ///
    /// - Throws: ``GitError``.
    func start(
        in folder: String, _ arguments: [String], input: GitLaunch.Input, environment: [String: String] = [:],
        configuration: [(String, String)] = [], inherited: [Int32] = [], capacity: Int = 256 << 10
    ) throws -> GitProcess {
        var launch = try launch(in: folder, arguments, environment, configuration)
        launch.input = input
        launch.inherited = inherited
        return try GitProcess(launch, seconds: limits.transferSeconds, capacity: capacity)
    }

    /// The failure of a process that has ended.
    func failure(_ arguments: [String], _ process: GitProcess, _ status: Int32) -> GitError {
        let command = arguments.first { !$0.hasPrefix("-") } ?? ""
        if process.isLate { return GitError(.late, "git \(command) took too long and was stopped.", status: status) }
        return GitError(.failed, "git \(command) ended with \(status): \(process.complaints())", status: status)
    }

    /// The process to be: the whole environment and configuration is ours, and no argument can end early.
    private func launch(
        in folder: String, _ arguments: [String], _ environment: [String: String], _ more: [(String, String)] = []
    ) throws -> GitLaunch {
        guard let program else {
            throw GitError(
                .system, "There is no git on this machine. Install git 2.38 or later, then start Slipway again.")
        }
        // A zero byte would end an argument early.
        guard arguments.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw GitError(.system, "An argument holds a zero byte.")
        }
        var all = Self.environment(folder, more)
        all.merge(environment) { $1 }
        return GitLaunch(arguments: [program] + arguments, environment: all, folder: folder)
    }

    /// Nothing of the server's own environment reaches git.
    private static func environment(_ folder: String, _ more: [(String, String)]) -> [String: String] {
        var all = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "TZ": "UTC",
            "GIT_DIR": folder,
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1", "GIT_PROTOCOL_FROM_USER": "0",
        ]
        let settings = configuration + more
        all["GIT_CONFIG_COUNT"] = String(settings.count)
        for (index, setting) in settings.enumerated() {
            all["GIT_CONFIG_KEY_\(index)"] = setting.0
            all["GIT_CONFIG_VALUE_\(index)"] = setting.1
        }
        return all
    }

    /// How git behaves in every repository. Given with each call, so that a change here is in force everywhere at once.
    private static let configuration = [
        ("safe.directory", "*"), ("core.hooksPath", "/dev/null"), ("gc.auto", "0"), ("gc.autoDetach", "false"),
        ("receive.autogc", "false"), ("core.logAllRefUpdates", "always"), ("core.quotePath", "false"),
        // What was acknowledged survives a power cut: objects, packs and references are synced before git goes on.
        ("core.fsync", "objects,derived-metadata,reference"), ("core.fsyncMethod", "fsync"),
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"), ("protocol.version", "2"), ("receive.denyDeleteCurrent", "refuse"),
        ("receive.denyCurrentBranch", "ignore"), ("receive.fsckObjects", "false"),
        ("receive.advertisePushOptions", "false"),
        // Commits that no branch leads to stay readable, as on AWS.
        ("gc.cruftPacks", "true"), ("gc.pruneExpire", "never"), ("gc.reflogExpire", "never"),
        ("gc.reflogExpireUnreachable", "never"), ("core.bigFileThreshold", "64m"), ("pack.threads", "2"),
    ]
}
