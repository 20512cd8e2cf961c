import Foundation

/// A server of the demo's own, on a free port with a data folder of its own.
struct DemoServer {
    let program: Program
    let access: ServerAccess

    /// Starts it and waits until it answers.
    ///
    /// - Throws: ``CommandFailure`` with its last lines when it does not start.
    init(in folder: URL) async throws {
        let data = folder.appendingPathComponent("data").path
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "slipway"
        let hasClients = FileManager.default.fileExists(atPath: Self.clients)
        let tools = hasClients ? ["--build-tools", Self.clients] : []
        program = try Program(
            [executable, "serve", "--listen", "127.0.0.1:0", "--data", data] + tools, in: folder,
            log: folder.appendingPathComponent("server.log"))
        for _ in 0..<500 {
            if program.output.contains("is ready") { break }
            guard program.process.isRunning else {
                throw CommandFailure("The server did not start:\n\(program.output)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        var options = DataFolder()
        options.given = data
        access = try ServerAccess(folder: options)
    }

    /// What makes clients of AWS and git talk to it.
    var environment: [String: String] {
        Dictionary(access.clientVariables) { $1 }.merging(["AWS_PAGER": "", "SAM_CLI_TELEMETRY": "0"]) { $1 }
    }

    /// The clients that `make setup` installed.
    private static var clients: String { FileManager.default.currentDirectoryPath + "/.venv" }

    /// A client's path: that of `make setup` when it is there, else whatever the PATH has.
    func tool(_ name: String) -> String {
        let own = Self.clients + "/bin/" + name
        return FileManager.default.isExecutableFile(atPath: own) ? own : name
    }

    /// Stops it gracefully.
    func stop() {
        program.process.terminate()
        program.process.waitUntilExit()
    }
}
