internal import Foundation
internal import Glibc
internal import Sandbox
internal import Synchronization

/// The shell of a running build, from our side: hands it commands one by one, and passes on what they print.
///
/// One caller at a time: a build's phases follow each other. ``kill()`` may come at any time, from anywhere.
final class BuildShell: Sendable {
    /// How a command ended.
    enum End: Sendable, Equatable {
        /// With that exit status.
        case status(Int32)
        /// The whole sandbox ended under it: killed, by us, by the kernel, or by the build itself.
        case gone
    }

    /// How a command is run.
    enum Manner: String, Sendable {
        /// In the shell itself, so that what it changes stays.
        case shared = "run"
        /// In a shell of its own, as buildspec version 0.1 has it.
        case alone
        /// No command: the shell writes down its folder, variables and functions.
        case save
        /// No command: the shell makes room for another one.
        case leave
    }

    /// The program all commands run in.
    let program: RunningProgram
    private let folders: BuildFolders
    private let control: Int32
    private let scanner: Mutex<MarkScanner>

    private init(program: RunningProgram, folders: BuildFolders, control: Int32, word: String) {
        self.program = program
        self.folders = folders
        self.control = control
        scanner = Mutex(MarkScanner(word: word))
    }

    deinit { close(control) }

    /// Starts the sandbox with a shell that waits for commands.
    ///
    /// - Parameter word: What tells our marks from the build's output: unguessable, and no part of a shell's syntax.
    static func start(
        _ program: Program, folders: BuildFolders, word: String, in sandbox: Sandbox
    ) async throws -> BuildShell {
        try folders.write(ShellDriver.supervisor, to: "run/supervisor.sh")
        try folders.write(ShellDriver.shell, to: "run/shell.sh")
        let path = folders.host("run/in")
        guard mkfifo(path, 0o600) == 0 || errno == EEXIST else { throw BuildTrouble("Cannot make \(path).") }
        if let owner = folders.owner { chown(path, owner.uid, owner.gid) }
        // For reading as well: so opening it waits for nobody, and the shell sees its end only when we are gone.
        let control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard control >= 0 else { throw BuildTrouble("Cannot open \(path).") }
        var program = program
        program.arguments = ["/bin/sh", folders.inside("run/supervisor.sh"), folders.inside("run"), word]
        do {
            let running = try await sandbox.start(program)
            return BuildShell(program: running, folders: folders, control: control, word: word)
        } catch {
            close(control)
            throw error
        }
    }

    /// Runs a command and returns when it has ended and all it printed before that was passed on.
    ///
    /// - Throws: `CancellationError` when the calling task is cancelled: then nobody knows how the command ends.
    func run(_ script: String, _ manner: Manner = .shared, output: (([UInt8]) async -> Void)? = nil) async throws -> End
    {
        if manner == .shared || manner == .alone { try folders.write(script + "\n", to: "output/tmp/script.sh") }
        let line = Array((manner.rawValue + "\n").utf8)
        guard write(control, line, line.count) == line.count else { return .gone }
        for await chunk in program.output {
            for piece in scanner.withLock({ $0.feed(chunk) }) {
                switch piece {
                case .output(let bytes): await output?(bytes)
                case .status(let status): return .status(status)
                }
            }
        }
        try Task.checkCancellation()
        let rest = scanner.withLock { $0.finish() }
        if !rest.isEmpty { await output?(rest) }
        return .gone
    }

    /// Has the next commands run by that shell and as that user. Folder, variables and functions go along.
    func use(shell: String, user: String?) async throws -> End {
        let lines = "shell=\(ShellDriver.quoted(shell))\nuser=\(ShellDriver.quoted(user ?? ""))\n"
        try folders.write(lines, to: "run/next")
        return try await run("", .leave)
    }

    /// What the shell makes of a text with variables and commands in it; nil when it fails.
    func expand(_ text: String) async throws -> String? {
        let answer = "run/out/answer"
        folders.remove(answer)
        let script = "printf '%s' \(ShellDriver.expanding(text)) >\(ShellDriver.quoted(folders.inside(answer)))"
        guard try await run(script) == .status(0) else { return nil }
        return folders.text(answer)
    }

    /// The shell's exported variables; nil when the sandbox has ended.
    func variables() async throws -> [String: String]? {
        let answer = "run/out/env"
        folders.remove(answer)
        let end = try await run("/usr/bin/env -0 >\(ShellDriver.quoted(folders.inside(answer)))")
        guard end == .status(0) else { return end == .gone ? nil : [:] }
        let pairs = (folders.text(answer) ?? "").split(separator: "\0").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        }
        folders.remove(answer)
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
    }

    /// Kills all processes of the build. Returns at once.
    func kill() { program.kill() }
}

/// Why a step of a build could not be done, in a sentence.
struct BuildTrouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
