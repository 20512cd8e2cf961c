import ArgumentParser
import Foundation
import Notation

/// `slipway demo`
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "From git push to production, and a bad version being caught: pipeline, real traffic, canary, alarm, rollback.",
        discussion: """
            Starts a server of its own on a free port with a temporary data folder; nothing of yours is touched. Uses git, and the AWS \
            CLI from .venv or the PATH. Exit code 0 when everything went as told.
            """)

    @Option(help: "The sample's folder.")
    var sample = "Examples/orders"

    @Option(help: "Seconds the canary lasts.")
    var canary = 12

    @Flag(help: "Keep the server's folder for a look, and say where it is.")
    var keep = false

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "slipway-demo-\(UUID().uuidString.prefix(8))")
        let service = folder.appendingPathComponent("orders")
        guard FileManager.default.fileExists(atPath: sample + "/template.yaml") else {
            throw CommandFailure(
                "There is no sample at '\(sample)'. Run the demo in Slipway's folder, or name the sample with --sample."
            )
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { if !keep { try? FileManager.default.removeItem(at: folder) } }
        try FileManager.default.copyItem(at: URL(fileURLWithPath: sample), to: service)
        let server = try await DemoServer(in: folder)
        defer { server.stop() }
        do {
            try await DemoStory(server: server, service: service, folder: folder, canary: canary).tell()
        } catch {
            Terminal.error.line("The server's last lines:\n" + server.program.output.suffix(2000))
            throw error
        }
        if keep { Terminal.standard.line("The server's folder is \(folder.path).") }
    }
}
