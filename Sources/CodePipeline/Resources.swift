internal import Cloud
internal import Notation

/// The CloudFormation resource types of CodePipeline.
///
/// Source: AWS CloudFormation Template Reference, AWS::CodePipeline::Pipeline, Webhook, CustomActionType.
extension CodePipelineService {
    static let declaredResourceTypes: [ResourceType] = [pipelineType, webhookType, customActionType]

    // MARK: Pipeline

    private static let pipelineType = ResourceType(
        "AWS::CodePipeline::Pipeline",
        enforces:
            "Name RoleArn ArtifactStore ArtifactStores Stages DisableInboundStageTransitions RestartExecutionOnUpdate "
            + "PipelineType ExecutionMode Variables Triggers Tags",
        requires: "RoleArn Stages", replacedBy: "Name", attributes: "Version", nameProperty: "Name",
        .init(
            create: { request in
                let name = request.properties["Name"]?.string ?? request.generatedName(limit: 100)
                let input: JSON = ["pipeline": request.declaration(name), "tags": request.pipelineTags]
                try await request.create("CreatePipeline", input, "PipelineNameInUseException", name)
                try await request.setTransitions(name)
                return try await request.pipelineState(name)
            },
            update: { request in
                let name = request.physicalID ?? ""
                let declaration = request.declaration(name)
                if declaration != request.previous.map({ ResourceRequest.declaration($0, name) }) {
                    try await request.call("codepipeline", "UpdatePipeline", ["pipeline": declaration])
                }
                try await request.setTransitions(name)
                try await request.retag("\(name)")
                if request.properties["RestartExecutionOnUpdate"]?.truth == true {
                    // A repeat after a crash starts nothing more.
                    let token = String(StableID.uuid(request.key))
                    try await request.call(
                        "codepipeline", "StartPipelineExecution",
                        ["name": .string(name), "clientRequestToken": .string(token)])
                }
                return try await request.pipelineState(name)
            },
            delete: { request in
                try await request.call("codepipeline", "DeletePipeline", ["name": .string(request.physicalID ?? "")])
            },
            read: { request in
                let input: JSON = ["name": .string(request.physicalID ?? "")]
                guard let found = try await request.read("GetPipeline", input, "PipelineNotFoundException") else {
                    return nil
                }
                var properties = ResourceRequest.properties(of: found["pipeline"] ?? [:])
                properties["Tags"] = try await request.ownTags(request.physicalID ?? "")
                return properties
            },
            list: { request in
                try await request.pages("codepipeline", "ListPipelines", of: "pipelines", token: "nextToken")
                    .map { ResourceState($0["name"]?.string ?? "") }
            }))

    // MARK: Webhook

    private static let webhookType = ResourceType(
        "AWS::CodePipeline::Webhook",
        enforces: "Name TargetPipeline TargetAction Filters Authentication AuthenticationConfiguration "
            + "RegisterWithThirdParty",
        stores: "TargetPipelineVersion",
        requires: "TargetPipeline TargetAction Filters Authentication AuthenticationConfiguration",
        replacedBy: "Name", attributes: "Url", nameProperty: "Name",
        .init(
            create: { try await $0.putWebhook($0.properties["Name"]?.string ?? $0.generatedName(limit: 100)) },
            update: { try await $0.putWebhook($0.physicalID ?? "") },
            delete: { request in
                try await request.call("codepipeline", "DeleteWebhook", ["name": .string(request.physicalID ?? "")])
            },
            read: { request in
                let all = try await request.webhooks()
                guard let found = all.first(where: { $0["definition"]?["name"]?.string == request.physicalID }) else {
                    return nil
                }
                var properties = Casing.raised(found["definition"] ?? [:])
                // The secret is masked.
                if properties["AuthenticationConfiguration"]?["SecretToken"] != nil {
                    properties["AuthenticationConfiguration"] = nil
                }
                properties["Url"] = found["url"]
                return properties
            },
            list: { request in
                try await request.webhooks().map { ResourceState($0["definition"]?["name"]?.string ?? "") }
            }))

    // MARK: CustomActionType

    private static let customActionType = ResourceType(
        "AWS::CodePipeline::CustomActionType",
        enforces:
            "Category Provider Version ConfigurationProperties InputArtifactDetails OutputArtifactDetails Settings "
            + "Tags",
        requires: "Category Provider Version InputArtifactDetails OutputArtifactDetails",
        replacedBy:
            "Category Provider Version ConfigurationProperties InputArtifactDetails OutputArtifactDetails Settings",
        .init(
            create: { request in
                var input = Casing.lowered(request.properties)
                input["tags"] = request.pipelineTags
                let name = request.customTypeName
                do { try await request.call("codepipeline", "CreateCustomActionType", input) } catch let error
                    as AWSError
                    where error.message.contains("exists already")
                {
                    guard try await request.isOurs("actiontype:Custom/\(name)") else { throw error }
                }
                return ResourceState(name)
            },
            update: { request in
                try await request.retag("actiontype:Custom/\(request.physicalID ?? "")")
                return ResourceState(request.physicalID ?? "")
            },
            delete: { request in
                let parts = (request.physicalID ?? "").replacing("|", with: "/").split(separator: "/").map {
                    JSON.string(String($0))
                }
                guard parts.count == 3 else { return }
                try await request.call(
                    "codepipeline", "DeleteCustomActionType",
                    ["category": parts[0], "provider": parts[1], "version": parts[2]])
            },
            read: { request in
                let name = (request.physicalID ?? "").replacing("|", with: "/")
                guard let found = try await request.customTypes().first(where: { $0.name == name })?.type else {
                    return nil
                }
                var properties = Casing.raised(found)
                for (member, value) in found["id"]?.object ?? [:] where member != "owner" {
                    properties[member.prefix(1).uppercased() + member.dropFirst()] = value
                }
                properties["ConfigurationProperties"] = properties["ActionConfigurationProperties"]
                for member in ["Id", "ActionConfigurationProperties"] { properties[member] = nil }
                properties["Tags"] = try await request.ownTags("actiontype:Custom/" + name)
                return properties
            },
            list: { request in
                try await request.customTypes().map { name, type in
                    let id = type["id"]
                    return ResourceState(
                        name,
                        attributes: [
                            "Category": id?["category"] ?? "", "Provider": id?["provider"] ?? "",
                            "Version": id?["version"] ?? "",
                        ])
                }
            }))
}

extension ResourceRequest {
    fileprivate var customTypeName: String {
        ["Category", "Provider", "Version"].map { properties[$0]?.plainText ?? "" }.joined(separator: "/")
    }

    fileprivate func webhooks() async throws -> [JSON] {
        try await pages("codepipeline", "ListWebhooks", of: "webhooks", token: "NextToken")
    }

    /// The account's own action types with their names here.
    fileprivate func customTypes() async throws -> [(name: String, type: JSON)] {
        let input: JSON = ["actionOwnerFilter": "Custom"]
        return try await pages("codepipeline", "ListActionTypes", input, of: "actionTypes", token: "nextToken").map {
            let id = $0["id"]
            return (["category", "provider", "version"].map { id?[$0]?.string ?? "" }.joined(separator: "/"), $0)
        }
    }

    /// The tags without those that CloudFormation puts there.
    fileprivate func ownTags(_ resource: String) async throws -> JSON {
        let tags = try await tags(of: resource).sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
        return .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    /// The declaration as the API takes it.
    fileprivate func declaration(_ name: String) -> JSON { Self.declaration(properties, name) }

    fileprivate static func declaration(_ properties: JSON, _ name: String) -> JSON {
        var members: JSON = [:]
        for member in ["RoleArn", "ArtifactStore", "Stages", "PipelineType", "ExecutionMode", "Variables", "Triggers"] {
            members[member] = properties[member]
        }
        var declaration = Casing.lowered(members)
        declaration["name"] = .string(name)
        // A list here, a map there.
        if let stores = properties["ArtifactStores"]?.array {
            declaration["artifactStores"] = .object(
                JSONObject(
                    stores.map { ($0["Region"]?.string ?? "", Casing.lowered($0["ArtifactStore"] ?? [:])) }))
        }
        return declaration
    }

    /// The properties that a declaration was made of.
    fileprivate static func properties(of declaration: JSON) -> JSON {
        var properties = Casing.raised(declaration)
        properties["Version"] = nil
        if let stores = declaration["artifactStores"]?.object {
            properties["ArtifactStores"] = .array(
                stores.map { ["Region": .string($0.key), "ArtifactStore": Casing.raised($0.value)] })
        }
        return properties
    }

    fileprivate func pipelineState(_ name: String) async throws -> ResourceState {
        let found = try await call("codepipeline", "GetPipeline", ["name": .string(name)])["pipeline"]
        return ResourceState(name, attributes: ["Version": .string("\(found?["version"]?.int ?? 1)")])
    }

    /// Closes the gates that the template names and opens those it does not name any more.
    fileprivate func setTransitions(_ name: String) async throws {
        func stages(_ properties: JSON?) -> [(String, String)] {
            (properties?["DisableInboundStageTransitions"]?.array ?? []).map {
                ($0["StageName"]?.string ?? "", $0["Reason"]?.string ?? "")
            }
        }
        let wanted = stages(properties)
        for (stage, reason) in wanted {
            let input: JSON = [
                "pipelineName": .string(name), "stageName": .string(stage), "transitionType": "Inbound",
                "reason": .string(reason),
            ]
            try await call("codepipeline", "DisableStageTransition", input)
        }
        for (stage, _) in stages(previous) where !wanted.contains(where: { $0.0 == stage }) {
            let input: JSON = [
                "pipelineName": .string(name), "stageName": .string(stage), "transitionType": "Inbound",
            ]
            do { try await call("codepipeline", "EnableStageTransition", input) } catch let error as AWSError
                where error.code == "StageNotFoundException"
            { continue }
        }
    }

    fileprivate func putWebhook(_ name: String) async throws -> ResourceState {
        if properties["RegisterWithThirdParty"]?.truth == true {
            throw AWSError.notImplemented(
                "RegisterWithThirdParty of AWS::CodePipeline::Webhook: enter the webhook's URL at its host yourself")
        }
        var definition: JSON = ["name": .string(name)]
        for member in ["TargetPipeline", "TargetAction", "Authentication"] {
            definition[member.prefix(1).lowercased() + member.dropFirst()] = properties[member]
        }
        definition["filters"] = Casing.lowered(properties["Filters"] ?? [])
        // These members are capitalized in the API as well.
        definition["authenticationConfiguration"] = properties["AuthenticationConfiguration"]
        let input: JSON = ["webhook": definition, "tags": pipelineTags]
        let answer = try await call("codepipeline", "PutWebhook", input)["webhook"]
        return ResourceState(name, attributes: ["Url": answer?["url"] ?? ""])
    }

    // MARK: Tags

    fileprivate var pipelineTags: JSON { Tagging.view(allTags) }

    fileprivate func create(_ operation: String, _ input: JSON, _ exists: String, _ name: String) async throws {
        do { try await call("codepipeline", operation, input) } catch let error as AWSError where error.code == exists {
            guard try await isOurs(name) else { throw error }
        }
    }

    /// Whether the resource carries the tags of this stack's resource: an earlier attempt made it.
    fileprivate func isOurs(_ resource: String) async throws -> Bool {
        let tags = try await tags(of: resource)
        return tags["aws:cloudformation:stack-id"] == stackID && tags["aws:cloudformation:logical-id"] == logicalID
    }

    private func tags(of resource: String) async throws -> [String: String] {
        let input: JSON = ["resourceArn": .string(caller.arn("codepipeline", resource))]
        let pairs = (try await call("codepipeline", "ListTagsForResource", input)["tags"]?.array ?? []).compactMap {
            tag in
            tag["key"]?.string.map { ($0, tag["value"]?.string ?? "") }
        }
        return Dictionary(pairs) { $1 }
    }

    /// Makes the tags the ones wanted now.
    fileprivate func retag(_ resource: String) async throws {
        let arn = JSON.string(caller.arn("codepipeline", resource))
        let gone = try await tags(of: resource).keys.filter { allTags[$0] == nil }.sorted()
        if !gone.isEmpty {
            try await call(
                "codepipeline", "UntagResource", ["resourceArn": arn, "tagKeys": .array(gone.map(JSON.string))])
        }
        try await call("codepipeline", "TagResource", ["resourceArn": arn, "tags": pipelineTags])
    }

    fileprivate func read(_ operation: String, _ input: JSON, _ missing: String) async throws -> JSON? {
        do { return try await call("codepipeline", operation, input) } catch let error as AWSError
            where error.code == missing
        { return nil }
    }
}

extension JSON {
    /// A truth value, also one written as a text.
    fileprivate var truth: Bool? { bool ?? string.map { $0.lowercased() == "true" } }
    /// A text, or a number or truth value as it is written.
    var plainText: String? { string ?? (isNull || array != nil || object != nil ? nil : text()) }
}

/// Turns CloudFormation's member names into the API's and back: they differ in their first letters. The keys of
/// configurations are data and stay as they are; numbers and truth values in them become texts.
enum Casing {
    /// Members whose numbers and truth values stay what they are.
    private static let numbers: Set<String> = [
        "runOrder", "timeoutInMinutes", "minimumCount", "maximumCount", "required", "key", "secret", "queryable",
    ]

    static func lowered(_ value: JSON, in name: String = "") -> JSON {
        switch value {
        case .object(let members):
            return .object(
                JSONObject(
                    members.map { key, value in
                        if name == "configuration" { return (key, .string(value.plainText ?? value.text())) }
                        let lower = key.prefix(1).lowercased() + key.dropFirst()
                        return (lower, lowered(value, in: lower))
                    }))
        case .array(let elements): return .array(elements.map { lowered($0, in: name) })
        case .int, .double, .bool: return numbers.contains(name) ? value : .string(value.text())
        case .string(let text):
            guard numbers.contains(name) else { return value }
            return Int(text).map(JSON.int) ?? (text == "true" ? true : text == "false" ? false : value)
        case .null: return value
        }
    }

    static func raised(_ value: JSON, in name: String = "") -> JSON {
        switch value {
        case .object(let members):
            .object(
                JSONObject(
                    members.map { key, value in
                        if name == "configuration" { return (key, value) }
                        return (key.prefix(1).uppercased() + key.dropFirst(), raised(value, in: key))
                    }))
        case .array(let elements): .array(elements.map { raised($0, in: name) })
        default: value
        }
    }
}
