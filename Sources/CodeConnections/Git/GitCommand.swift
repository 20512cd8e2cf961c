import Foundation
import Ledger
import Logging
import Notation
import Synchronization

/// A user name and a token, for one fetch.
struct GitCredentials: Sendable {
    let username: String
    let token: String

    /// What goes into the header of every request.
    var header: String { "Authorization: Basic " + Data("\(username):\(token)".utf8).base64EncodedString() }
}

/// Why git did not do what it was asked. Its words are git's own, with credentials never among them.
struct GitFailure: Error, Sendable, CustomStringConvertible {
    let description: String
}

/// Runs git with nothing of the machine's settings, no prompts, and only the protocols that are meant.
struct GitCommand: Sendable {
    /// How long a command may take unless told otherwise.
    static let limit = Duration.seconds(300)
    /// Bytes of its output that are read.
    private static let outputLimit = 16 << 20

    let repository: String
    /// The folder for its scratch files, and for its configuration.
    let scratch: String
    let time: any TimeSource
    /// The protocols it may speak: `http:https`, or `file` for folders of this machine.
    var protocols = "http:https"
    var credentials: GitCredentials?

    /// Runs git and returns what it printed.
    ///
    /// Safe to repeat. Cancelled or too slow, git is ended.
    /// - Throws: ``GitFailure`` with git's last words.
    func run(_ arguments: [String], within limit: Duration = GitCommand.limit) async throws -> String {
        let name = scratch + "/run-" + UUID().uuidString
        defer { for end in [".out", ".err"] { try? FileManager.default.removeItem(atPath: name + end) } }
        let status = try await launch(arguments, out: name + ".out", errors: name + ".err", within: limit)
        guard status == 0 else {
            let words = String(decoding: try Self.read(name + ".err").suffix(2000), as: UTF8.self)
            throw GitFailure(description: Self.plain(words, status))
        }
        return String(decoding: try Self.read(name + ".out"), as: UTF8.self)
    }

    private static func plain(_ words: String, _ status: Int32) -> String {
        let lines = words.split(separator: "\n").filter { !$0.hasPrefix("hint:") }.suffix(4)
        let text = lines.joined(separator: " ").replacing("fatal: ", with: "")
        return text.isEmpty ? "git ended with status \(status)." : text
    }

    private static func read(_ path: String) throws -> Data {
        guard let file = FileHandle(forReadingAtPath: path) else { return Data() }
        defer { try? file.close() }
        return try file.read(upToCount: outputLimit) ?? Data()
    }

    private var environment: [String: String] {
        var environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": scratch, "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": scratch + "/gitconfig", "GIT_ALLOW_PROTOCOL": protocols, "GIT_PROTOCOL_FROM_USER": "0",
        ]
        if let credentials {
            // In the environment, which only this user can read; arguments are seen by everybody.
            environment["GIT_CONFIG_COUNT"] = "1"
            environment["GIT_CONFIG_KEY_0"] = "http.extraHeader"
            environment["GIT_CONFIG_VALUE_0"] = credentials.header
        }
        return environment
    }

    private func launch(
        _ arguments: [String], out: String, errors: String, within limit: Duration
    ) async throws -> Int32 {
        let files = FileManager.default
        for path in [out, errors] {
            guard files.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw GitFailure(description: "The folder \(scratch) cannot be written.")
            }
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "--git-dir", repository] + arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: out)
        process.standardError = FileHandle(forWritingAtPath: errors)
        let running = RunningProcess(process)
        return try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask { try await running.status() }
            group.addTask {
                try? await time.sleep(until: time.now + limit)
                running.end()
                return nil
            }
            defer { group.cancelAll() }
            for try await status in group { if let status { return status } }
            throw GitFailure(description: "git did not end within \(limit).")
        }
    }
}

/// A process that is waited for.
private final class RunningProcess: Sendable {
    // Safe: only touched under the lock.
    private struct Box: @unchecked Sendable { let process: Process }
    private let box: Mutex<Box>

    init(_ process: Process) { box = Mutex(Box(process: process)) }

    /// Starts it and returns its status once it has ended; ends it when the task is cancelled.
    func status() async throws -> Int32 {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
                box.withLock { box in
                    box.process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                    do { try box.process.run() } catch {
                        box.process.terminationHandler = nil
                        continuation.resume(throwing: GitFailure(description: "git cannot be started: \(error)"))
                    }
                }
            }
        } onCancel: {
            end()
        }
    }

    /// Ends it and all it started. Does nothing when it has not begun or is over.
    ///
    /// Killed, not asked: programs that a server starts inherit that SIGTERM is held back, for its own stopping.
    func end() {
        box.withLock { box in
            guard box.process.isRunning else { return }
            let id = box.process.processIdentifier
            // Foundation makes each program the head of a group of its own; git's helpers are in it.
            kill(getpgid(id) == id ? -id : id, SIGKILL)
        }
    }
}
