import Cloud
import Ledger
import Notation
import Vault

extension CodeConnectionsService {
    struct AuthorizeInput: Decodable, Sendable {
        let connectionArn: String, cloneBaseURL: String, username: String?, token: String?, webhookSecret: String?
    }
    struct AuthorizeOutput: Encodable {
        let connectionArn: String, connectionStatus: String, webhookURL: String?, webhookSecret: String?
    }
    struct DescribeInput: Decodable, Sendable { let connectionArn: String }
    struct DescribeOutput: Encodable {
        let connectionArn: String, connectionName: String, connectionStatus: String, providerType: String
        let cloneBaseURL: String?, username: String?, hasToken: Bool, webhookURL: String?, isWatched: Bool
    }
    struct DescribeAllOutput: Encodable { let connections: [DescribeOutput] }

    var authorizing: [Operation] {
        [
            Operation(
                "AuthorizeConnection", enforces: "connectionArn cloneBaseURL username token webhookSecret"
            ) { (input: AuthorizeInput, call) in try await authorize(input, call) },
            Operation("DescribeConnection", enforces: "connectionArn") { (input: DescribeInput, call) in
                description(try await connection(input.connectionArn, call.caller))
            },
            Operation("DescribeConnections") { (_: Nothing, call) in
                let all = try await ledger.list(Connection.all, prefix: call.caller.scope).map(\.value)
                return DescribeAllOutput(connections: all.sorted { $0.name < $1.name }.map(description))
            },
        ]
    }

    /// Says where a connection's repositories are. A second call replaces what the first said, the secret of webhooks
    /// kept unless another is given.
    private func authorize(_ input: AuthorizeInput, _ call: Call) async throws -> AuthorizeOutput {
        let known = try await connection(input.connectionArn, call.caller)
        let isFolder = input.cloneBaseURL.hasPrefix("/")
        let base =
            isFolder
            ? try folder(input.cloneBaseURL, call.caller) : try CloneBase(input.cloneBaseURL).text
        for (name, value) in [
            ("username", input.username), ("token", input.token), ("webhookSecret", input.webhookSecret),
        ] {
            guard let value else { continue }
            let isGood =
                !value.isEmpty && value.utf8.count <= 4096 && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            guard isGood, name != "username" || !value.contains(":") else {
                throw AWSError.connection("The \(name) is empty, too long, or has characters that it cannot have.")
            }
        }
        let token = try input.token.map { try vault.seal($0, name: known.id + "/token") }
        let fresh = input.webhookSecret ?? (known.access == nil ? cloud.surroundings.chance.alphanumeric(40) : nil)
        let secret = try fresh.map { try vault.seal($0, name: known.id + "/secret") } ?? known.access?.secret ?? ""
        let access = Connection.Access(base: base, username: input.username, token: token, secret: secret)
        let connection = try await ledger.write { write in
            try write.update(Connection.all, known.key) { $0.access = access }
            try write.note(call, known.arn, known.owner)
            var connection = known
            connection.access = access
            return connection
        }
        return AuthorizeOutput(
            connectionArn: connection.arn, connectionStatus: connection.status, webhookURL: webhookURL(connection),
            // Told once, to whoever has to enter it at the host.
            webhookSecret: isFolder || input.webhookSecret != nil ? nil : fresh)
    }

    /// Folders of this machine are the operator's to give: the root of an account alone, and no service on somebody's
    /// behalf.
    private func folder(_ path: String, _ caller: Caller) throws -> String {
        guard caller.principal == Caller.root(account: caller.account, region: caller.region).principal,
            caller.invokedBy == nil
        else {
            throw AWSError(
                "AccessDeniedException",
                "Only the operator (the root key) may connect a folder of the server's machine.")
        }
        return try CloneBase.folder(path, outside: ledger.folder)
    }

    private func webhookURL(_ connection: Connection) -> String? {
        guard let access = connection.access, !access.isFolder else { return nil }
        return cloud.endpoint + ConnectionHooks.prefix + connection.id
    }

    private func description(_ connection: Connection) -> DescribeOutput {
        DescribeOutput(
            connectionArn: connection.arn, connectionName: connection.name, connectionStatus: connection.status,
            providerType: connection.provider, cloneBaseURL: connection.access?.base,
            username: connection.access?.username, hasToken: connection.access?.token != nil,
            webhookURL: webhookURL(connection), isWatched: connection.access?.isFolder == true)
    }
}
