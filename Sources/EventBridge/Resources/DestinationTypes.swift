internal import Cloud
internal import Notation

extension EventBridgeService {
    /// Source: AWS CloudFormation Template Reference, AWS::Events::Connection.
    static var connectionType: ResourceType {
        let auth = ["BasicAuthParameters", "OAuthParameters", "ApiKeyAuthParameters", "InvocationHttpParameters"]
        return named(
            "AWS::Events::Connection",
            enforces: "Name AuthorizationType " + auth.map { "AuthParameters." + $0 }.joined(separator: " "),
            requires: "", replacedBy: "Name", attributes: "Arn ArnForPolicy",
            NamedThing(
                noun: "Connection", member: "Name", arn: "ConnectionArn",
                members: ["AuthorizationType", "AuthParameters", "Description"]))
    }

    /// Source: AWS CloudFormation Template Reference, AWS::Events::ApiDestination.
    static var destinationType: ResourceType {
        named(
            "AWS::Events::ApiDestination",
            enforces: "Name ConnectionArn InvocationEndpoint HttpMethod InvocationRateLimitPerSecond",
            requires: "ConnectionArn HttpMethod InvocationEndpoint", replacedBy: "Name", attributes: "Arn ArnForPolicy",
            NamedThing(
                noun: "ApiDestination", member: "Name", arn: "ApiDestinationArn",
                members: [
                    "ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond", "Description",
                ]))
    }

    /// Source: AWS CloudFormation Template Reference, AWS::Events::Archive. The bus is `SourceArn` there.
    static var archiveType: ResourceType {
        named(
            "AWS::Events::Archive", enforces: "ArchiveName SourceArn EventPattern RetentionDays",
            requires: "SourceArn", replacedBy: "ArchiveName SourceArn", attributes: "Arn",
            NamedThing(
                noun: "Archive", member: "ArchiveName", arn: "ArchiveArn",
                members: ["SourceArn", "EventPattern", "RetentionDays", "Description"]))
    }

    /// What Create, Update, Describe and Delete of a noun work on.
    fileprivate struct NamedThing: Sendable {
        let noun: String
        /// The member that names it.
        let member: String
        /// The member of answers that has its ARN.
        let arn: String
        /// The further members, alike in templates and inputs but for `SourceArn`.
        let members: [String]

        /// What the members are when nothing is said of them.
        static let defaults: [String: JSON] = [
            "Description": "", "EventPattern": "", "RetentionDays": 0, "InvocationRateLimitPerSecond": 300,
        ]

        /// The input that a template's properties stand for.
        func input(_ name: String, _ properties: JSON, isNew: Bool) -> JSON {
            var input: JSON = [:]
            for member in members {
                guard var value = properties[member] else { continue }
                if member == "EventPattern" { value = .string(value.string ?? value.text()) }
                if ["RetentionDays", "InvocationRateLimitPerSecond"].contains(member) {
                    value = value.string.flatMap { Int($0) }.map(JSON.int) ?? value
                }
                let target = member == "SourceArn" ? "EventSourceArn" : member
                if isNew || target != "EventSourceArn" { input[target] = value }
            }
            input[member] = .string(name)
            return input
        }
    }

    private static func named(
        _ type: String, enforces: String, requires: String, replacedBy: String, attributes: String, _ thing: NamedThing
    ) -> ResourceType {
        let hasPolicyName = attributes.contains("ArnForPolicy")
        return ResourceType(
            type, enforces: enforces, stores: "Description", requires: requires, replacedBy: replacedBy,
            attributes: attributes, nameProperty: thing.member,
            ResourceType.Actions(
                create: { request in
                    let name = try await thing.create(request)
                    return try await thing.state(name, request, hasPolicyName: hasPolicyName)
                },
                update: { request in
                    let name = request.physicalID ?? ""
                    var input = thing.input(name, request.properties, isNew: false)
                    // What is no longer in the template goes back to what it was without it.
                    for (member, value) in NamedThing.defaults
                    where input[member] == nil && request.previous?[member] != nil { input[member] = value }
                    try await request.call("events", "Update" + thing.noun, input)
                    return try await thing.state(name, request, hasPolicyName: hasPolicyName)
                },
                delete: { request in
                    let input = thing.name(request.physicalID ?? "")
                    do { try await request.call("events", "Delete" + thing.noun, input) } catch let error as AWSError
                        where error.code == "ResourceNotFoundException"
                    {}
                },
                read: { try await thing.properties($0) },
                list: { request in
                    let plural = thing.noun + "s"
                    return try await request.pages("events", "List" + plural, of: plural, token: "NextToken").map {
                        ResourceState($0[thing.member]?.string ?? "")
                    }
                }))
    }
}

// MARK: What is asked of EventBridge

extension EventBridgeService.NamedThing {
    /// An input that has only the name.
    fileprivate func name(_ name: String) -> JSON { .object([member: .string(name)]) }

    /// Creates the thing and returns its name. Doing it again finds what the first time made.
    fileprivate func create(_ request: ResourceRequest) async throws -> String {
        let limit = noun == "Archive" ? 48 : 64
        let name = request.properties[member]?.string ?? request.generatedName(limit: limit)
        let input = input(name, request.properties, isNew: true)
        do { try await request.call("events", "Create" + noun, input) } catch let error as AWSError
            where error.code == "ResourceAlreadyExistsException" && name.hasSuffix(request.suffix)
        {}
        return name
    }

    fileprivate func state(
        _ name: String, _ request: ResourceRequest, hasPolicyName: Bool
    ) async throws -> ResourceState {
        let arn = try await request.call("events", "Describe" + noun, self.name(name))[arn] ?? ""
        var known: JSONObject = ["Arn": arn]
        // Policies name these without the part that is drawn anew each time.
        if hasPolicyName, let text = arn.string, let slash = text.lastIndex(of: "/") {
            known["ArnForPolicy"] = .string(String(text[..<slash]))
        }
        return ResourceState(name, attributes: known)
    }

    /// The properties as they are now; nil when the thing is gone.
    fileprivate func properties(_ request: ResourceRequest) async throws -> JSON? {
        do {
            let found = try await request.call("events", "Describe" + noun, name(request.physicalID ?? ""))
            var properties: JSON = [:]
            // Secrets are not shown again: what is not there cannot have drifted.
            for one in members + [member] where one != "AuthParameters" {
                properties[one] = found[one == "SourceArn" ? "EventSourceArn" : one]
            }
            return properties
        } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
    }
}
