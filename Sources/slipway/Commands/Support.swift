import ArgumentParser
import Logging
import Notation
import Server

/// `slipway support`
struct Support: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "support",
        abstract: "Say for every operation and property whether it is enforced, stored or rejected.",
        discussion:
            "Made from the API models and the handlers themselves: what is not listed as enforced or stored is refused."
    )

    @Argument(help: "A service, such as lambda. All when left out.")
    var service: String?

    @Argument(help: "An operation or resource type of it.")
    var operation: String?

    @Flag(help: "Print as JSON.")
    var json = false

    @Flag(help: "Print as Markdown, as in docs/support.md.")
    var markdown = false

    func run() async throws {
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        let ledger = try await SupportLedger.make().only(service: service, operation: operation)
        if ledger.isEmpty {
            throw CommandFailure("Slipway offers no such operation. 'slipway support' lists what it offers.")
        }
        if json {
            Terminal.standard.line(ledger.json.text(.pretty))
        } else {
            Terminal.standard.line(markdown ? ledger.markdown : ledger.text)
        }
    }
}
