internal import Cloud
internal import Ledger
internal import Notation

extension EventBridgeService {
    /// API destinations.
    var destinationOperations: [Operation] {
        let members = "Name ConnectionArn InvocationEndpoint HttpMethod InvocationRateLimitPerSecond"
        return [
            Operation("CreateApiDestination", enforces: members, stores: "Description", raw: createDestination),
            Operation("UpdateApiDestination", enforces: members, stores: "Description", raw: updateDestination),
            Operation("DescribeApiDestination", enforces: "Name") { call in
                let destination = try await destination(call)
                var view = try await view(destination)
                view["Description"] = destination.description.map(JSON.string)
                return Reply(view)
            },
            Operation(
                "ListApiDestinations", enforces: "NamePrefix ConnectionArn NextToken Limit", raw: listDestinations),
            Operation("DeleteApiDestination", enforces: "Name") { call in
                let destination = try await destination(call)
                try await ledger.write { write in
                    try write.delete(EventStore.destinations, destination.key)
                    try write.note(
                        "DeleteApiDestination", destination.arn, account: destination.account,
                        region: destination.region)
                }
                return Reply()
            },
        ]
    }

    private func destination(_ call: Call) async throws -> APIDestination {
        let name = call.text("Name")
        guard let found = try await ledger.get(EventStore.destinations, call.caller.key(name))?.value else {
            throw EventError.notFound("An api-destination '\(name)'")
        }
        return found
    }

    private func view(_ destination: APIDestination) async throws -> JSON {
        let name = Connection.name(ofARN: destination.connectionARN) ?? ""
        let key = "\(destination.account)/\(destination.region)/\(name)"
        let connection = try await ledger.get(EventStore.connections, key)?.value
        let isActive = connection?.arn == destination.connectionARN && connection?.isAuthorized == true
        return destination.view(isActive: isActive)
    }

    private func listDestinations(_ call: Call) async throws -> Reply {
        let wanted = call.input["ConnectionArn"]?.string
        let all = try await ledger.list(EventStore.destinations, prefix: call.caller.key(call.text("NamePrefix")))
            .map(\.value).filter { wanted == nil || $0.connectionARN == wanted }
        let page = try EventPage(all, call, key: \.name)
        var views: [JSON] = []
        for destination in page.items { views.append(try await view(destination)) }
        var output: JSON = ["ApiDestinations": .array(views)]
        output["NextToken"] = page.next.map(JSON.string)
        return Reply(output)
    }

    private func createDestination(_ call: Call) async throws -> Reply {
        let input = call.input
        let name = call.text("Name")
        let caller = call.caller
        try EndpointCheck.check(call.text("InvocationEndpoint"), "InvocationEndpoint")
        let arn = caller.arn("events", "api-destination/\(name)/\(ledger.surroundings.chance.uuid())")
        let destination = try await ledger.write { write in
            let destination = APIDestination(
                name: name, arn: arn, account: caller.account, region: caller.region,
                description: input["Description"]?.string, connectionARN: call.text("ConnectionArn"),
                endpoint: call.text("InvocationEndpoint"), method: call.text("HttpMethod"),
                rate: input["InvocationRateLimitPerSecond"]?.int ?? APIDestination.standardRate, created: write.now,
                modified: write.now)
            guard try write.get(EventStore.destinations, destination.key) == nil else {
                throw EventError.exists("An api-destination '\(name)'")
            }
            try Self.checkConnection(destination, write)
            try write.put(EventStore.destinations, destination.key, destination)
            try write.note("CreateApiDestination", arn, account: caller.account, region: caller.region)
            return destination
        }
        return Reply(Self.brief(try await view(destination)))
    }

    private func updateDestination(_ call: Call) async throws -> Reply {
        let input = call.input
        let key = call.caller.key(call.text("Name"))
        if let endpoint = input["InvocationEndpoint"]?.string {
            try EndpointCheck.check(endpoint, "InvocationEndpoint")
        }
        let destination = try await ledger.write { write in
            guard var destination = try write.get(EventStore.destinations, key)?.value else {
                throw EventError.notFound("An api-destination '\(call.text("Name"))'")
            }
            destination.description = input["Description"]?.string ?? destination.description
            destination.connectionARN = input["ConnectionArn"]?.string ?? destination.connectionARN
            destination.endpoint = input["InvocationEndpoint"]?.string ?? destination.endpoint
            destination.method = input["HttpMethod"]?.string ?? destination.method
            destination.rate = input["InvocationRateLimitPerSecond"]?.int ?? destination.rate
            destination.modified = write.now
            try Self.checkConnection(destination, write)
            try write.put(EventStore.destinations, key, destination)
            try write.note(
                "UpdateApiDestination", destination.arn, account: destination.account, region: destination.region)
            return destination
        }
        return Reply(Self.brief(try await view(destination)))
    }

    private static func checkConnection(_ destination: APIDestination, _ write: Transaction) throws {
        let name = Connection.name(ofARN: destination.connectionARN) ?? ""
        let key = "\(destination.account)/\(destination.region)/\(name)"
        guard try write.get(EventStore.connections, key)?.value.arn == destination.connectionARN else {
            throw EventError.notFound("Connection '\(destination.connectionARN)'")
        }
    }

    private static func brief(_ view: JSON) -> JSON {
        var brief: JSON = [:]
        for member in ["ApiDestinationArn", "ApiDestinationState", "CreationTime", "LastModifiedTime"] {
            brief[member] = view[member]
        }
        return brief
    }
}
