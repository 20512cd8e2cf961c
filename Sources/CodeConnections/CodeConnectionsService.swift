package import Cloud
package import HTTP
package import Ledger
internal import Logging
package import ServiceLifecycle
internal import Vault

/// AWS CodeConnections: repositories that other hosts have, made known to pipelines and builds.
///
/// One store behind two names, as on AWS, and a front desk of Slipway's own (`slipway-codeconnections`) for what AWS
/// does in its console: saying where the repositories are.
package struct CodeConnectionsService: CloudService {
    package let id = "codeconnections"
    let cloud: Cloud
    let ledger: Ledger
    let vault: Vault
    let web: any WebSender
    let mirrors: RepositoryMirrors

    /// The service behind that door. Makes the key that tokens are sealed with at the first start.
    ///
    /// - Parameter web: What reaches the interfaces of hosts.
    /// - Throws: `LedgerError` when the key cannot be read or made, or the folder for mirrors cannot be.
    package init(cloud: Cloud, ledger: Ledger, web: any WebSender) throws {
        self.cloud = cloud
        self.ledger = ledger
        self.web = web
        vault = try Vault(folder: ledger.folder, name: "connections")
        mirrors = try RepositoryMirrors(folder: ledger.folder + "/connections", time: ledger.surroundings.time)
    }

    package var operations: [Operation] { offer(.connections) }

    package var resourceTypes: [ResourceType] { [Self.type("AWS::CodeConnections::Connection", .connections)] }

    /// The same under its older name, and the front desk.
    package var others: [any CloudService] {
        [
            Desk(
                id: "codestar-connections", operations: offer(.starConnections),
                resourceTypes: [Self.type("AWS::CodeStarConnections::Connection", .starConnections)]),
            Desk(id: "slipway-codeconnections", operations: authorizing + fetching + statuses, resourceTypes: []),
        ]
    }

    private func offer(_ spelling: Connection.Spelling) -> [Operation] {
        connecting(spelling) + hosting(spelling) + tagging
    }

    /// What runs for as long as the house is open: the watch over repositories in folders.
    package var services: [any Service] { [FolderWatch(service: self)] }

    /// Answers webhooks, `POST /_slipway/hooks/connections/ID`; nil for other requests.
    package func http(_ request: HTTPRequest) async -> HTTPResponse? {
        await ConnectionHooks(service: self).respond(to: request)
    }

    /// A set of operations under an id.
    private struct Desk: CloudService {
        let id: String
        let operations: [Operation]
        let resourceTypes: [ResourceType]
    }

    // MARK: Finding

    /// The connection of that ARN, whichever way it is spelled.
    ///
    /// - Throws: ``AWSError`` with `ResourceNotFoundException`; also for a connection of another account or region.
    func connection(_ arn: String, _ caller: Caller) async throws -> Connection {
        guard let key = Connection.key(ofARN: arn), key.hasPrefix(caller.scope),
            let found = try await ledger.get(Connection.all, key)?.value
        else { throw AWSError.noConnection(arn) }
        return found
    }

    /// The same for what needs to get at repositories.
    ///
    /// - Throws: ``AWSError`` with `ConnectionUnavailableException`'s meaning when nobody has authorised it.
    func available(_ arn: String, _ caller: Caller) async throws -> (Connection, Connection.Access) {
        let connection = try await connection(arn, caller)
        guard let access = connection.access else {
            throw AWSError(
                "ResourceUnavailableException",
                "Connection \(connection.name) is pending. Run: slipway connection authorize \(connection.arn) --url URL"
            )
        }
        return (connection, access)
    }

    /// The user name and token in the clear; nil when repositories are open to everybody.
    func credentials(_ connection: Connection, _ access: Connection.Access) throws -> GitCredentials? {
        guard let sealed = access.token else { return nil }
        let token = try vault.open(sealed, name: connection.id + "/token")
        return GitCredentials(username: access.username ?? "x-access-token", token: token)
    }
}
