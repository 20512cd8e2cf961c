internal import Cloud
internal import Ledger
internal import Notation

extension EventBridgeService {
    private static let auth =
        "AuthParameters.BasicAuthParameters AuthParameters.OAuthParameters "
        + "AuthParameters.ApiKeyAuthParameters AuthParameters.InvocationHttpParameters"

    /// Connections: the credentials of API destinations.
    var connectionOperations: [Operation] {
        [
            Operation(
                "CreateConnection", enforces: "Name AuthorizationType " + Self.auth, stores: "Description",
                raw: createConnection),
            Operation(
                "UpdateConnection", enforces: "Name AuthorizationType " + Self.auth, stores: "Description",
                raw: updateConnection),
            Operation("DescribeConnection", enforces: "Name") { call in
                let connection = try await connection(call)
                var view = Self.view(connection)
                view["Description"] = connection.description.map(JSON.string)
                view["AuthParameters"] = connection.shown
                return Reply(view)
            },
            Operation("ListConnections", enforces: "NamePrefix ConnectionState NextToken Limit") { call in
                let all = try await ledger.list(
                    EventStore.connections, prefix: call.caller.key(call.text("NamePrefix"))
                ).map(\.value)
                let state = call.input["ConnectionState"]
                let found = all.filter { state == nil || Self.view($0)["ConnectionState"] == state }
                return try EventPage(found, call, key: \.name).reply("Connections", Self.view)
            },
            Operation("DeauthorizeConnection", enforces: "Name") { call in
                Reply(Self.brief(try await changeConnection(call, "DeauthorizeConnection") { $0.sealed = nil }))
            },
            Operation("DeleteConnection", enforces: "Name") { call in
                let connection = try await connection(call)
                try await ledger.write { write in
                    try write.delete(EventStore.connections, connection.key)
                    try write.note(
                        "DeleteConnection", connection.arn, account: connection.account, region: connection.region)
                }
                var view = Self.brief(connection)
                view["ConnectionState"] = "DELETING"
                return Reply(view)
            },
        ]
    }

    func connection(_ call: Call) async throws -> Connection {
        let name = call.text("Name")
        guard let found = try await ledger.get(EventStore.connections, call.caller.key(name))?.value else {
            throw EventError.notFound("Connection \(name)")
        }
        return found
    }

    private func createConnection(_ call: Call) async throws -> Reply {
        let name = call.text("Name")
        let caller = call.caller
        let type = call.text("AuthorizationType")
        let parameters = call.input["AuthParameters"] ?? [:]
        try Self.check(parameters, type)
        let arn = caller.arn("events", "connection/\(name)/\(ledger.surroundings.chance.uuid())")
        let sealed = try cipher.seal(parameters, for: arn)
        let connection = try await ledger.write { write in
            let connection = Connection(
                name: name, arn: arn, account: caller.account, region: caller.region,
                description: call.input["Description"]?.string, type: type, shown: Self.shown(parameters),
                sealed: sealed, created: write.now, modified: write.now, authorized: write.now)
            guard try write.get(EventStore.connections, connection.key) == nil else {
                throw EventError.exists("Connection \(name)")
            }
            try write.put(EventStore.connections, connection.key, connection)
            try write.note("CreateConnection", arn, account: caller.account, region: caller.region)
            return connection
        }
        var view = Self.brief(connection)
        view["LastAuthorizedTime"] = nil
        return Reply(view)
    }

    /// Parameters that are given replace those there were; a type given anew needs parameters of its own.
    private func updateConnection(_ call: Call) async throws -> Reply {
        let known = try await connection(call)
        let type = call.input["AuthorizationType"]?.string ?? known.type
        var parameters: JSON = known.sealed == nil ? [:] : try cipher.parameters(known)
        for (name, value) in call.input["AuthParameters"]?.object ?? [:] {
            if name == "InvocationHttpParameters" || value.object == nil {
                parameters[name] = value
            } else {
                parameters[name] = Self.merged(parameters[name] ?? [:], value)
            }
        }
        try Self.check(parameters, type)
        let sealed = try cipher.seal(parameters, for: known.arn)
        let shown = Self.shown(parameters)
        let connection = try await changeConnection(call, "UpdateConnection") { connection in
            connection.type = type
            connection.sealed = sealed
            connection.shown = shown
            connection.description = call.input["Description"]?.string ?? connection.description
            connection.authorized = call.time
        }
        return Reply(Self.brief(connection))
    }

    private static func merged(_ old: JSON, _ new: JSON) -> JSON {
        guard var members = old.object, let changes = new.object else { return new }
        for (name, value) in changes { members[name] = merged(members[name] ?? [:], value) }
        return .object(members)
    }

    private func changeConnection(
        _ call: Call, _ operation: String, _ change: @escaping @Sendable (inout Connection) -> Void
    ) async throws -> Connection {
        let key = call.caller.key(call.text("Name"))
        return try await ledger.write { write in
            guard var connection = try write.get(EventStore.connections, key)?.value else {
                throw EventError.notFound("Connection \(call.text("Name"))")
            }
            change(&connection)
            connection.modified = write.now
            try write.put(EventStore.connections, key, connection)
            try write.note(operation, connection.arn, account: connection.account, region: connection.region)
            return connection
        }
    }

    private static func check(_ parameters: JSON, _ type: String) throws {
        let member =
            [
                "BASIC": "BasicAuthParameters", "API_KEY": "ApiKeyAuthParameters",
                "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
            ][type] ?? ""
        guard parameters[member] != nil else {
            throw EventError.invalid("AuthParameters.\(member) is required for the authorization type \(type).")
        }
        if let endpoint = parameters["OAuthParameters"]?["AuthorizationEndpoint"]?.string {
            try EndpointCheck.check(endpoint, "AuthorizationEndpoint")
        }
    }

    /// The parameters without what is secret: passwords, keys, and values that are said to be.
    private static func shown(_ parameters: JSON) -> JSON {
        switch parameters {
        case .object(var members):
            for name in ["Password", "ApiKeyValue", "ClientSecret"] { members[name] = nil }
            if members["IsValueSecret"]?.bool == true { members["Value"] = nil }
            return .object(members.mapValues(shown))
        case .array(let elements): return .array(elements.map(shown))
        default: return parameters
        }
    }

    private static func brief(_ connection: Connection) -> JSON {
        [
            "ConnectionArn": .string(connection.arn),
            "ConnectionState": .string(connection.isAuthorized ? "AUTHORIZED" : "DEAUTHORIZED"),
            "CreationTime": .double(connection.created.seconds),
            "LastModifiedTime": .double(connection.modified.seconds),
            "LastAuthorizedTime": .double(connection.authorized.seconds),
        ]
    }

    private static func view(_ connection: Connection) -> JSON {
        var view = brief(connection)
        view["Name"] = .string(connection.name)
        view["AuthorizationType"] = .string(connection.type)
        return view
    }
}

/// What an endpoint's address must be like.
enum EndpointCheck {
    /// - Throws: `ValidationException` unless it is HTTPS, or HTTP on this very machine, where nobody can listen in.
    static func check(_ address: String, _ member: String) throws {
        if address.hasPrefix("https://"), address.count > "https://".count { return }
        let rest = address.dropFirst("http://".count)
        let host = rest.prefix { !"/?#".contains($0) }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        guard address.hasPrefix("http://"), ["127.0.0.1", "localhost", "[::1]"].contains(String(name)) else {
            throw EventError.invalid(
                "Parameter \(member) is not valid. Reason: the endpoint must use HTTPS; plain HTTP is for this "
                    + "machine alone."
            )
        }
    }
}
