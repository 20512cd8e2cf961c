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
        var findings = await MachineCheck.run(data: folder.path)
        findings.append(await server())
        if json {
            Terminal.standard.line(JSON.array(findings.map(\.json)).text(.pretty))
        } else {
            for finding in findings { write(finding) }
        }
        if findings.contains(where: { $0.standing == .broken }) { throw ExitCode(1) }
    }

    private func server() async -> Finding {
        do {
            let access = try ServerAccess.current(folder)
            let identity = try await SlipwayClient(access).call("sts", "GetCallerIdentity")
            return Finding(.good, "server", "answers at \(access.endpoint) as \(identity["Arn"]?.string ?? "")")
        } catch {
            return Finding(.limited, "server", "\(error)", fix: "slipway serve")
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
