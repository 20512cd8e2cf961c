import Foundation

/// A program the demo starts, its output kept in a file.
struct Program {
    let process = Process()
    let log: URL

    /// Starts it.
    ///
    /// - Throws: ``CommandFailure`` when there is no such program.
    init(_ arguments: [String], in folder: URL, environment: [String: String] = [:], log: URL) throws {
        self.log = log
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch {
            throw CommandFailure("'\(arguments.first ?? "")' cannot be started: \(error)")
        }
    }

    /// What it has written so far.
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Its exit code, once it has ended.
    func end() async throws -> Int32 {
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return process.terminationStatus
    }

    /// Runs it to its end.
    ///
    /// - Throws: ``CommandFailure`` with its last lines when it fails.
    @discardableResult
    static func run(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:], log: URL
    ) async throws -> String {
        let program = try Program(arguments, in: folder, environment: environment, log: log)
        guard try await program.end() == 0 else {
            let last = program.output.split(separator: "\n").suffix(15).joined(separator: "\n")
            throw CommandFailure("\(arguments.joined(separator: " ")) failed:\n\(last)")
        }
        return program.output
    }
}
