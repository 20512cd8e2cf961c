import Cloud
import Notation

extension CodeConnectionsService {
    /// Source: AWS CloudFormation Template Reference, AWS::CodeConnections::Connection,
    /// AWS::CodeStarConnections::Connection.
    static func type(_ name: String, _ spelling: Connection.Spelling) -> ResourceType {
        let service = spelling.rawValue
        return ResourceType(
            name, enforces: "ConnectionName HostArn ProviderType Tags", requires: "ConnectionName",
            replacedBy: "ConnectionName HostArn ProviderType",
            attributes: "ConnectionArn ConnectionStatus OwnerAccountId",
            ResourceType.Actions(
                create: { request in
                    if let known = try await made(request, service) { return state(known) }
                    var input: JSON = ["Tags": .array(tags(request))]
                    for property in ["ConnectionName", "HostArn", "ProviderType"] {
                        input[property] = request.properties[property]
                    }
                    let arn = try await request.call(service, "CreateConnection", input)["ConnectionArn"] ?? ""
                    return state(
                        try await request.call(service, "GetConnection", ["ConnectionArn": arn])["Connection"] ?? [:])
                },
                update: { request in
                    let arn: JSON = .string(request.physicalID ?? "")
                    let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }
                        .filter { request.allTags[$0] == nil }
                    if !gone.isEmpty {
                        let keys = JSON.array(gone.map(JSON.string))
                        try await request.call(service, "UntagResource", ["ResourceArn": arn, "TagKeys": keys])
                    }
                    try await request.call(service, "TagResource", ["ResourceArn": arn, "Tags": .array(tags(request))])
                    return state(
                        try await request.call(service, "GetConnection", ["ConnectionArn": arn])["Connection"] ?? [:])
                },
                delete: { request in
                    do {
                        let input: JSON = ["ConnectionArn": .string(request.physicalID ?? "")]
                        try await request.call(service, "DeleteConnection", input)
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" { return }
                },
                read: { request in
                    do { return try await properties(request, service) } catch let error as AWSError
                        where error.code == "ResourceNotFoundException"
                    { return nil }
                },
                list: { request in
                    try await request.pages(service, "ListConnections", of: "Connections", token: "NextToken")
                        .map { state($0) }
                }))
    }

    /// The connection as a template would have it.
    private static func properties(_ request: ResourceRequest, _ service: String) async throws -> JSON {
        let input: JSON = ["ConnectionArn": .string(request.physicalID ?? "")]
        let known = try await request.call(service, "GetConnection", input)["Connection"]
        var properties: JSON = [:]
        for name in [
            "ConnectionArn", "ConnectionName", "ConnectionStatus", "HostArn", "OwnerAccountId", "ProviderType",
        ] { properties[name] = known?[name] }
        let query: JSON = ["ResourceArn": input["ConnectionArn"] ?? ""]
        let tags = try await request.call(service, "ListTagsForResource", query)["Tags"]?.array ?? []
        properties["Tags"] = .array(tags.filter { $0["Key"]?.string?.hasPrefix("aws:") != true })
        return properties
    }

    private static func tags(_ request: ResourceRequest) -> [JSON] {
        request.allTags.sorted { $0.key < $1.key }.map { ["Key": .string($0.key), "Value": .string($0.value)] }
    }

    private static func state(_ connection: JSON) -> ResourceState {
        let arn = connection["ConnectionArn"] ?? ""
        return ResourceState(
            arn.string ?? "",
            attributes: [
                "ConnectionArn": arn, "ConnectionStatus": connection["ConnectionStatus"] ?? "",
                "OwnerAccountId": connection["OwnerAccountId"] ?? "",
            ])
    }

    /// The connection that an earlier attempt at this action made, by its tags.
    private static func made(_ request: ResourceRequest, _ service: String) async throws -> JSON? {
        let list = try await request.call(service, "ListConnections", ["MaxResults": 100])["Connections"]?.array ?? []
        let wanted = request.properties
        for connection in list where connection["ConnectionName"] == wanted["ConnectionName"] {
            // What it is to replace may have the same name.
            let isSame = (wanted["ProviderType"] ?? connection["ProviderType"]) == connection["ProviderType"]
            guard isSame, connection["HostArn"] == wanted["HostArn"] else { continue }
            let query: JSON = ["ResourceArn": connection["ConnectionArn"] ?? ""]
            let tags = try await request.call(service, "ListTagsForResource", query)["Tags"]?.array ?? []
            let marks = ["stack-id": request.stackID, "logical-id": request.logicalID]
            let isOurs = marks.allSatisfy { mark, value in
                tags.contains { $0["Key"]?.string == "aws:cloudformation:" + mark && $0["Value"]?.string == value }
            }
            // A replacement has the name of what it replaces, or another.
            if isOurs, connection["ConnectionArn"]?.string != request.physicalID { return connection }
        }
        return nil
    }
}
