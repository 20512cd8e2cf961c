import Cloud
import Ledger
import Notation

extension CodeConnectionsService {
    struct CreateInput: Decodable, Sendable {
        let ConnectionName: String, ProviderType: String?, HostArn: String?, Tags: [Tag]?
    }
    struct CreateOutput: Encodable { let ConnectionArn: String, Tags: [Tag]? }
    struct ARNInput: Decodable, Sendable { let ConnectionArn: String }
    struct ListInput: Decodable, Sendable {
        let ProviderTypeFilter: String?, HostArnFilter: String?, MaxResults: Int?, NextToken: String?
    }
    struct ListOutput: Encodable { let Connections: [ConnectionView], NextToken: String? }
    struct GetOutput: Encodable { let Connection: ConnectionView }
    struct ConnectionView: Encodable {
        let ConnectionName: String, ConnectionArn: String, ProviderType: String, OwnerAccountId: String
        let ConnectionStatus: String, HostArn: String?

        init(_ connection: Connection) {
            ConnectionName = connection.name
            ConnectionArn = connection.arn
            ProviderType = connection.provider
            OwnerAccountId = connection.account
            ConnectionStatus = connection.status
            HostArn = connection.host
        }
    }

    func connecting(_ spelling: Connection.Spelling) -> [Operation] {
        [
            Operation("CreateConnection", enforces: "ConnectionName ProviderType HostArn Tags") {
                (input: CreateInput, call) in try await create(input, spelling, call)
            },
            Operation("GetConnection", enforces: "ConnectionArn") { (input: ARNInput, call) in
                GetOutput(Connection: ConnectionView(try await connection(input.ConnectionArn, call.caller)))
            },
            Operation("ListConnections", enforces: "ProviderTypeFilter HostArnFilter MaxResults NextToken") {
                (input: ListInput, call) in
                let all = try await ledger.list(Connection.all, prefix: call.caller.scope).map(\.value).filter {
                    (input.ProviderTypeFilter == nil || $0.provider == input.ProviderTypeFilter)
                        && (input.HostArnFilter == nil || $0.host == input.HostArnFilter)
                }
                let page = Self.page(all, input.MaxResults, input.NextToken, id: \.id)
                return ListOutput(Connections: page.items.map { ConnectionView($0) }, NextToken: page.next)
            },
            Operation("DeleteConnection", enforces: "ConnectionArn") { (input: ARNInput, call) in
                let known = try await connection(input.ConnectionArn, call.caller)
                try await ledger.write { write in
                    guard try write.delete(Connection.all, known.key) else { throw AWSError.noConnection(known.arn) }
                    for seen in try write.list(WatchedRepository.all, prefix: known.id + "/") {
                        try write.delete(WatchedRepository.all, seen.key)
                    }
                    try write.note(call, known.arn, known.owner)
                }
                await mirrors.remove(known.id)
                return Nothing()
            },
        ]
    }

    private func create(_ input: CreateInput, _ spelling: Connection.Spelling, _ call: Call) async throws
        -> CreateOutput
    {
        guard (input.ProviderType == nil) != (input.HostArn == nil) else {
            throw AWSError.connection("Name a ProviderType, or a HostArn for a provider that you run yourselves.")
        }
        let caller = call.caller
        let connection = try await ledger.write { write in
            var provider = input.ProviderType ?? ""
            if let arn = input.HostArn {
                guard let key = Connection.resourceKey(arn, "host/"),
                    let host = try write.get(ProviderHost.all, key)?.value
                else { throw AWSError("ResourceNotFoundException", "Host \(arn) not found.") }
                provider = host.provider
            }
            let connection = Connection(
                id: write.surroundings.chance.uuid(), account: caller.account, region: caller.region,
                spelling: spelling, name: input.ConnectionName, provider: provider, host: input.HostArn,
                tags: input.Tags ?? [], created: write.now)
            try write.put(Connection.all, connection.key, connection)
            try write.note(call, connection.arn, caller)
            return connection
        }
        return CreateOutput(ConnectionArn: connection.arn, Tags: input.Tags)
    }

    /// A page of a list; the token is the id of the last item shown.
    static func page<Item>(
        _ items: [Item], _ size: Int?, _ token: String?, id: (Item) -> String
    ) -> (items: [Item], next: String?) {
        let rest = token.map { token in Array(items.drop { id($0) <= token }) } ?? items
        let size = max(1, size ?? 100)
        let shown = Array(rest.prefix(size))
        return (shown, rest.count > size ? shown.last.map(id) : nil)
    }
}
