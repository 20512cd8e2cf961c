import ArgumentParser
import Foundation
import Logging
import Notation
import Server

/// `slipway doctor`
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check this machine and the server on it, and say how to mend what is wrong.",
        discussion: "Exit code 1 when something stands in the way of serving.")

    @OptionGroup var folder: DataFolder

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        let (server, data) = await server()
        // The folder that is in use, not the one that would be: they differ where a server was started with --data.
        var findings = await MachineCheck.run(data: data ?? folder.path)
        findings.append(server)
        if json {
            Terminal.standard.line(JSON.array(findings.map(\.json)).text(.pretty))
        } else {
            for finding in findings { write(finding) }
        }
        if findings.contains(where: { $0.standing == .broken }) { throw ExitCode(1) }
    }

    /// How the server stands, and the folder that it uses on this machine; nil when nobody tells.
    private func server() async -> (Finding, data: String?) {
        do {
            let access = try ServerAccess.current(folder)
            let client = try SlipwayClient(access)
            let identity = try await client.call("sts", "GetCallerIdentity")
            let told = try? await client.call("slipway-server", "DescribeServer")
            let data = access.isOnThisMachine ? told?["dataFolder"]?.string : nil
            var text = "answers at \(access.endpoint) as \(identity["Arn"]?.string ?? "")"
            if let data { text += ", with its data in \(data)" }
            if let data, let given = folder.given.map({ _ in folder.path }), given != data {
                return (
                    Finding(.limited, "server", text + ", not in \(given)", fix: "slipway serve --data \(given)"), given
                )
            }
            return (Finding(.good, "server", text), data)
        } catch {
            guard folder.isDefault, await SlipwayClient.answersAtTheUsualPlace() else {
                return (Finding(.limited, "server", "\(error)", fix: "slipway serve"), nil)
            }
            return (
                Finding(
                    .limited, "server",
                    "one answers at \(SlipwayClient.usualEndpoint), but \(folder.path) is not its data folder.",
                    fix: "slipway doctor --data FOLDER, with the folder that it was started with"), nil
            )
        }
    }

    private func write(_ finding: Finding) {
        let mark: String =
            switch finding.standing {
            case .good: Terminal.standard.styled("ok  ", .green)
            case .limited: Terminal.standard.styled("note", .yellow)
            case .broken: Terminal.standard.styled("FAIL", .red)
            }
        Terminal.standard.line("\(mark)  \(finding.subject): \(finding.message)")
        if let fix = finding.fix { Terminal.standard.line("      mend it: \(fix)") }
    }
}
