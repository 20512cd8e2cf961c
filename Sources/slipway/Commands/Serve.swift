public import ArgumentParser
import Foundation
public import Logging
import CodeBuild
import Server
import Traffic

/// `slipway serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the server: AWS endpoint and console.",
        discussion: "Stops gracefully on SIGTERM and SIGINT. Whatever was under way goes on at the next start.")

    @Option(help: "Where to listen: HOST:PORT. Port 0 takes a free one.")
    var listen = "127.0.0.1:4566"

    @OptionGroup var folder: DataFolder

    @Flag(name: .customLong("no-auth"), help: "Accept any credential. Only on a loopback address.")
    var acceptsAnyone = false

    @Option(help: "The account of callers without one of their own.")
    var account = "000000000000"

    @Option(help: "The region of requests that name none.")
    var region = "us-east-1"

    @Option(
        help:
            "A folder of tools that builds may use, such as a Python environment with the AWS CLI. Seen read-only; its bin comes first in PATH. May be repeated."
    )
    var buildTools: [String] = []

    @Flag(help: "Keep to AWS's behaviour where Slipway's is better by default.")
    var strict = false

    @Option(
        name: .customLong("build-limit"),
        help:
            "What builds may take, NAME=NUMBER, such as concurrentBuilds=4. May be repeated; see docs/reference/codebuild.md."
    )
    var buildLimits: [String] = []

    @Option(help: "What to log: trace, debug, info, notice, warning, error.")
    var logLevel = Logger.Level.notice

    func run() async throws {
        LoggingSystem.bootstrap { [logLevel] label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = logLevel
            return handler
        }
        var options = ServerOptions(data: folder.path)
        options.listen = try ListenAddress(parsing: listen)
        options.acceptsAnyone = acceptsAnyone
        options.account = account
        options.region = region
        options.isStrict = strict
        options.buildTools = try buildTools.map(Self.folder)
        do { for limit in buildLimits { try options.buildLimits.set(limit) } } catch {
            throw CommandFailure("\(error)")
        }
        do {
            try await Server(options: options).run { ready in
                Terminal.standard.line("Slipway is ready.")
                Terminal.standard.line("  endpoint  \(ready.endpoint)")
                Terminal.standard.line("  console   \(ready.endpoint)/_slipway/console")
                let data = folder.isDefault ? "" : " --data \(folder.path)"
                Terminal.standard.line("  clients   eval \"$(slipway env\(data))\"")
            }
        } catch let error as ServerError {
            throw CommandFailure(error.description)
        }
    }
}

extension Serve {
    /// The folder's absolute path.
    ///
    /// - Throws: ``CommandFailure`` when there is no such folder.
    private static func folder(_ path: String) throws -> String {
        let url = URL(fileURLWithPath: path)
        guard (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true else {
            throw CommandFailure("'\(path)' is no folder. Name one with tools for builds, or leave --build-tools out.")
        }
        return url.standardizedFileURL.path
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

extension ListenAddress {
    /// `HOST:PORT`, `[V6]:PORT` or `:PORT`.
    init(parsing text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw CommandFailure("'\(text)' is no address. Write HOST:PORT, such as 127.0.0.1:4566.") }
        let host = text[..<colon].trimmingPrefix("[").replacing("]", with: "")
        self = .tcp(host: host.isEmpty ? "127.0.0.1" : String(host), port: port)
    }
}
