import Cloud
import Ledger
import Notation

extension CodeConnectionsService {
    struct CreateHostInput: Decodable, Sendable {
        let Name: String, ProviderType: String, ProviderEndpoint: String, Tags: [Tag]?
    }
    struct CreateHostOutput: Encodable { let HostArn: String, Tags: [Tag]? }
    struct HostInput: Decodable, Sendable { let HostArn: String }
    struct UpdateHostInput: Decodable, Sendable { let HostArn: String, ProviderEndpoint: String? }
    struct HostsInput: Decodable, Sendable { let MaxResults: Int?, NextToken: String? }
    struct HostsOutput: Encodable { let Hosts: [HostView], NextToken: String? }
    struct HostView: Encodable {
        let Name: String, HostArn: String, ProviderType: String, ProviderEndpoint: String, Status: String

        init(_ host: ProviderHost) {
            Name = host.name
            HostArn = host.arn
            ProviderType = host.provider
            ProviderEndpoint = host.endpoint
            Status = "AVAILABLE"
        }
    }
    struct TagInput: Decodable, Sendable { let ResourceArn: String, Tags: [Tag] }
    struct UntagInput: Decodable, Sendable { let ResourceArn: String, TagKeys: [String] }
    struct ResourceInput: Decodable, Sendable { let ResourceArn: String }
    struct TagsOutput: Encodable { let Tags: [Tag] }

    func hosting(_ spelling: Connection.Spelling) -> [Operation] {
        [
            Operation("CreateHost", enforces: "Name ProviderType ProviderEndpoint Tags") {
                (input: CreateHostInput, call) in
                let host = try await createHost(input, spelling, call)
                return CreateHostOutput(HostArn: host.arn, Tags: input.Tags)
            },
            Operation("GetHost", enforces: "HostArn") { (input: HostInput, call) in
                HostView(try await host(input.HostArn, call.caller))
            },
            Operation("ListHosts", enforces: "MaxResults NextToken") { (input: HostsInput, call) in
                let all = try await ledger.list(ProviderHost.all, prefix: call.caller.scope).map(\.value)
                let page = Self.page(all, input.MaxResults, input.NextToken, id: \.id)
                return HostsOutput(Hosts: page.items.map { HostView($0) }, NextToken: page.next)
            },
            Operation("UpdateHost", enforces: "HostArn ProviderEndpoint") { (input: UpdateHostInput, call) in
                try await updateHost(input, call)
            },
            Operation("DeleteHost", enforces: "HostArn") { (input: HostInput, call) in
                try await deleteHost(input, call)
            },
        ]
    }

    private func createHost(
        _ input: CreateHostInput, _ spelling: Connection.Spelling, _ call: Call
    ) async throws -> ProviderHost {
        let caller = call.caller
        _ = try CloneBase(input.ProviderEndpoint)
        return try await ledger.write { write in
            let host = ProviderHost(
                id: "\(input.Name)-\(write.surroundings.chance.hexadecimal(8))", account: caller.account,
                region: caller.region, spelling: spelling, name: input.Name, provider: input.ProviderType,
                endpoint: input.ProviderEndpoint, tags: input.Tags ?? [])
            try write.put(ProviderHost.all, host.key, host)
            try write.note(call, host.arn, caller)
            return host
        }
    }

    private func updateHost(_ input: UpdateHostInput, _ call: Call) async throws -> Nothing {
        var changed = try await host(input.HostArn, call.caller)
        if let endpoint = input.ProviderEndpoint {
            _ = try CloneBase(endpoint)
            changed.endpoint = endpoint
        }
        let host = changed
        try await ledger.write { write in
            try write.put(ProviderHost.all, host.key, host)
            try write.note(call, host.arn, call.caller)
        }
        return Nothing()
    }

    private func deleteHost(_ input: HostInput, _ call: Call) async throws -> Nothing {
        let host = try await host(input.HostArn, call.caller)
        let isUsed = try await ledger.list(Connection.all, prefix: call.caller.scope)
            .contains { $0.value.host == host.arn }
        guard !isUsed else {
            throw AWSError(
                "ResourceUnavailableException", "The host \(host.name) still has connections. Delete them first.")
        }
        try await ledger.write { write in
            try write.delete(ProviderHost.all, host.key)
            try write.note(call, host.arn, call.caller)
        }
        return Nothing()
    }

    private func host(_ arn: String, _ caller: Caller) async throws -> ProviderHost {
        guard let key = Connection.resourceKey(arn, "host/"), key.hasPrefix(caller.scope),
            let found = try await ledger.get(ProviderHost.all, key)?.value
        else { throw AWSError("ResourceNotFoundException", "Host \(arn) not found.") }
        return found
    }

    var tagging: [Operation] {
        [
            Operation("TagResource", enforces: "ResourceArn Tags") { (input: TagInput, call) in
                try await retag(input.ResourceArn, call) { tags in
                    tags.removeAll { old in input.Tags.contains { $0.Key == old.Key } }
                    tags += input.Tags
                    guard tags.count <= 200 else {
                        throw AWSError("LimitExceededException", "A resource can have up to 200 tags.")
                    }
                }
                return Nothing()
            },
            Operation("UntagResource", enforces: "ResourceArn TagKeys") { (input: UntagInput, call) in
                try await retag(input.ResourceArn, call) { tags in
                    tags.removeAll { input.TagKeys.contains($0.Key) }
                }
                return Nothing()
            },
            Operation("ListTagsForResource", enforces: "ResourceArn") { (input: ResourceInput, call) in
                if Connection.resourceKey(input.ResourceArn, "host/") != nil {
                    return TagsOutput(Tags: try await host(input.ResourceArn, call.caller).tags)
                }
                return TagsOutput(Tags: try await connection(input.ResourceArn, call.caller).tags)
            },
        ]
    }

    private func retag(
        _ arn: String, _ call: Call, _ body: @escaping @Sendable (inout [Tag]) throws -> Void
    ) async throws {
        try await ledger.write { write in
            if let key = Connection.resourceKey(arn, "host/"), var host = try write.get(ProviderHost.all, key)?.value {
                try body(&host.tags)
                try write.put(ProviderHost.all, key, host)
            } else if let key = Connection.key(ofARN: arn), key.hasPrefix(call.caller.scope),
                var connection = try write.get(Connection.all, key)?.value
            {
                try body(&connection.tags)
                try write.put(Connection.all, key, connection)
            } else {
                throw AWSError("ResourceNotFoundException", "Resource \(arn) not found.")
            }
            try write.note(call, arn, call.caller)
        }
    }
}
