import ArgumentParser
import Foundation
import Notation

/// `slipway connection`
struct ConnectionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connection",
        abstract: "Say where a connection's repositories are, and see what connections there are.",
        subcommands: [AuthorizeConnection.self, ListConnections.self])
}

/// `slipway connection authorize`
struct AuthorizeConnection: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorize",
        abstract: "Make a pending connection available: what AWS does in its console.",
        discussion: """
            Repositories are cloned from URL/owner/name.git. A token is read from standard input, so that it stands in no
            shell's history. A folder of the server's machine is watched instead of told of by webhooks.

              slipway connection authorize ARN --url https://github.com --token-stdin < token
              slipway connection authorize ARN --url /srv/git
            """)

    @Argument(help: "The connection's ARN.")
    var arn: String

    @Option(help: "What comes before /owner/name.git, or a folder of the server's machine.")
    var url: String

    @Option(help: "The user that the token belongs to, where the host wants one.")
    var username: String?

    @Flag(help: "Read a token or password from standard input.")
    var tokenStdin = false

    @Option(help: "The secret that webhooks are signed with; one is made when left out.")
    var webhookSecret: String?

    @OptionGroup var folder: DataFolder

    func run() async throws {
        var input: JSON = ["connectionArn": .string(arn), "cloneBaseURL": .string(url)]
        if let username { input["username"] = .string(username) }
        if let webhookSecret { input["webhookSecret"] = .string(webhookSecret) }
        if tokenStdin {
            guard let token = readLine(strippingNewline: true), !token.isEmpty else {
                throw CommandFailure("There is no token on standard input.")
            }
            input["token"] = .string(token)
        }
        var access = try ServerAccess.current(folder)
        // The connection is where its ARN says, wherever the caller is.
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 6, !parts[3].isEmpty { access.region = String(parts[3]) }
        let answer = try await SlipwayClient(access).call("slipway-codeconnections", "AuthorizeConnection", input)
        let terminal = Terminal.standard
        terminal.line("\(arn) is \(answer["connectionStatus"]?.string ?? "").")
        guard let hook = answer["webhookURL"]?.string else {
            terminal.line("The repositories in \(url) are watched from now on.")
            return
        }
        terminal.line("Add a webhook at the host, content type application/json, for pushes and pull requests:")
        terminal.line("  URL     \(hook)")
        if let secret = answer["webhookSecret"]?.string { terminal.line("  secret  \(secret)   (shown this once)") }
    }
}

/// `slipway connection list`
struct ListConnections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List connections.")

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let answer = try await SlipwayClient(folder).call("slipway-codeconnections", "DescribeConnections")
        let terminal = Terminal.standard
        guard !json else { return terminal.line(answer.text(.pretty)) }
        let connections = answer["connections"]?.array ?? []
        guard !connections.isEmpty else {
            return terminal.line("There are no connections. Make one: aws codeconnections create-connection")
        }
        for connection in connections {
            let name = connection["connectionName"]?.string ?? ""
            let status = connection["connectionStatus"]?.string ?? ""
            terminal.line("\(terminal.styled(name, .bold))  \(status)  \(connection["providerType"]?.string ?? "")")
            terminal.line("  \(connection["connectionArn"]?.string ?? "")")
            guard let base = connection["cloneBaseURL"]?.string else {
                terminal.line("  Not authorised yet: slipway connection authorize ARN --url URL")
                continue
            }
            let way =
                connection["isWatched"]?.bool == true ? "watched" : "webhook \(connection["webhookURL"]?.string ?? "")"
            terminal.line("  \(base)  \(way)")
        }
    }
}
