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
        program = try Program(
            [executable, "serve", "--listen", "127.0.0.1:0", "--data", data], in: folder,
            log: folder.appendingPathComponent("server.log"))
        for _ in 0..<500 {
            if program.output.contains("is ready") { break }
            guard program.process.isRunning else { throw CommandFailure("The server did not start:\n\(program.output)") }
            try await Task.sleep(for: .milliseconds(20))
        }
        var options = DataFolder()
        options.given = data
        access = try ServerAccess(folder: options)
    }

    /// What makes a client of AWS talk to it.
    var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": access.endpoint, "AWS_ACCESS_KEY_ID": access.accessKeyID, "AWS_SECRET_ACCESS_KEY": access.secret,
            "AWS_DEFAULT_REGION": access.region, "AWS_PAGER": "", "SAM_CLI_TELEMETRY": "0", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "",
        ].filter { !$0.value.isEmpty || $0.key == "AWS_PAGER" }
    }

    /// Stops it gracefully.
    func stop() {
        program.process.terminate()
        program.process.waitUntilExit()
    }
}
