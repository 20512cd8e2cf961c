import Notation

/// `AWS::Serverless::Connector`: the permissions that let one resource use another.
struct ConnectorMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let given = declaration["Destination"] ?? []
        let isList = given.array != nil
        var resources: [Resource] = []
        for (index, destination) in given.asList.enumerated() {
            var builder = try ConnectorBuilder(
                declaration, destination: destination.object ?? [:], suffix: isList ? "Destination\(index)" : "",
                in: translation)
            resources += try builder.build()
        }
        ConnectorDependencies.replace(declaration.logicalID, by: resources.map(\.logicalID), in: translation)
        guard !resources.isEmpty else {
            throw Fault.resource(declaration.logicalID, "'Destination' is an empty list")
        }
        return resources
    }
}

/// Builds what a connector generates for one destination.
struct ConnectorBuilder {
    private let declaration: Declaration
    private let translation: Translation
    /// What is put behind names, when there are several destinations.
    private let suffix: String
    private let source: ConnectorEnd
    private let destination: ConnectorEnd
    private let permissions: Set<String>
    private var profile: JSONObject = [:]

    init(
        _ declaration: Declaration, destination: JSONObject, suffix: String, in translation: Translation
    ) throws {
        let id = declaration.logicalID
        let source = declaration["Source"]?.object ?? [:]
        self.declaration = declaration
        self.translation = translation
        self.suffix = suffix
        self.destination = try ConnectorEnd(destination, other: source, of: id, in: translation)
        self.source = try ConnectorEnd(source, other: destination, of: id, in: translation)
        let given = declaration["Permissions"]
        permissions = Set(given?.array?.compactMap(\.string) ?? given?.object?.keys ?? [])
    }

    private func refusal(_ text: String) -> Fault { .resource(declaration.logicalID, text) }

    mutating func build() throws -> [Resource] {
        let entry = Facts.connectorProfiles["Permissions"]?[source.type]?[destination.type]
        guard let entry, let properties = entry["Properties"]?.object else {
            throw refusal(
                "Unable to create connector from \(source.type) to \(destination.type); it's not supported or the "
                    + "template is invalid.")
        }
        try check(properties)
        profile = try filled(properties)
        let resources =
            switch entry["Type"] {
            case "AWS_SQS_QUEUE_POLICY": [try queuePolicy()]
            case "AWS_SNS_TOPIC_POLICY": [try topicPolicy()]
            case "AWS_LAMBDA_PERMISSION": try functionPermissions()
            default: [try rolePolicy()]
            }
        for resource in resources { addMetadata(to: resource) }
        return resources
    }

    private func check(_ profile: JSONObject) throws {
        let known = profile["AccessCategories"]?.object?.keys ?? []
        let list = known.joined(separator: ", ")
        guard !permissions.isEmpty else { throw refusal("'Permissions' cannot be empty; valid values are: \(list).") }
        let start =
            "Unsupported 'Permissions' provided for connector from \(source.type) to \(destination.type); valid "
        guard permissions.isSubset(of: known) else { throw refusal(start + "values are: \(list).") }
        guard let combinations = profile["ValidAccessCategories"]?.array else { return }
        let sorted = combinations.map { ($0.array?.compactMap(\.string) ?? []).sorted() }
        guard sorted.contains(permissions.sorted()) else {
            let text = sorted.map { $0.joined(separator: " + ") }.joined(separator: ", ")
            throw refusal(start + "combinations are: \(text).")
        }
    }

    private func filled(_ profile: JSONObject) throws -> JSONObject {
        let text = ConnectorText(
            [
                "Source.Arn": source.arn, "Destination.Arn": destination.arn,
                "Source.ResourceId": source.resourceID, "Destination.ResourceId": destination.resourceID,
                "Source.Name": source.name, "Destination.Name": destination.name,
                "Source.Qualifier": source.qualifier, "Destination.Qualifier": destination.qualifier,
            ], of: declaration.logicalID)
        return try text.filled(.object(profile)).object ?? [:]
    }

    /// The end whose policy is made, and what messages call it.
    private var holder: (end: ConnectorEnd, word: String) {
        profile["SourcePolicy"].isTruthy ? (source, "Source") : (destination, "Destination")
    }

    private func resource(_ type: String, _ name: String) throws -> Resource {
        try Resource(
            type, declaration.logicalID + name + suffix, dependsOn: declaration.dependsOn,
            attributes: declaration.attributes)
    }

    private var document: JSON {
        let categories = profile["AccessCategories"]?.object?.filter { key, _ in permissions.contains(key) } ?? [:]
        let statements = categories.values.flatMap { $0["Statement"]?.array ?? [] }
        return ["Version": "2012-10-17", "Statement": .array(statements)]
    }

    private func addMetadata(to resource: Resource) {
        let types = [("Source", source), ("Destination", destination)].map { word, end -> (String, JSON) in
            let declared = end.logicalID.flatMap { translation.resources[$0]?["Type"] }
            return (word, ["Type": declared.truthy ?? .string(end.type)])
        }
        var metadata = resource.attributes["Metadata"]?.object ?? [:]
        metadata["aws:sam:connectors"] = .object([declaration.logicalID: .object(JSONObject(types))])
        resource.attributes["Metadata"] = .object(metadata)
    }
}

extension ConnectorBuilder {
    private func rolePolicy() throws -> Resource {
        guard let role = holder.end.roleName.truthy else {
            throw refusal("Unable to get IAM role name from '\(holder.word)' resource.")
        }
        let policy = try resource("AWS::IAM::ManagedPolicy", "Policy")
        policy["PolicyDocument"] = document
        policy["Roles"] = [role]
        switch profile["DependedBy"] {
        case "DESTINATION_EVENT_SOURCE_MAPPING":
            guard let from = source.logicalID, let to = destination.logicalID else { break }
            let mappings = ConnectorDependencies.mappings(from: from, to: to, in: translation)
            if mappings.count == 1 {
                ConnectorDependencies.add(policy.logicalID, to: mappings[0], in: translation)
            }
        case "SOURCE":
            if let id = source.logicalID { ConnectorDependencies.add(policy.logicalID, to: id, in: translation) }
        default: break
        }
        return policy
    }

    private func functionPermissions() throws -> [Resource] {
        guard let arn = holder.end.arn.truthy else {
            throw refusal("Unable to get Lambda function ARN from '\(holder.word)' resource.")
        }
        return try (profile["AccessCategories"]?.object ?? [:]).compactMap { name, access in
            guard permissions.contains(name) else { return nil }
            let permission = try resource("AWS::Lambda::Permission", name + "LambdaPermission")
            permission["FunctionName"] = arn
            for property in ["Action", "Principal", "SourceArn", "SourceAccount"] {
                permission[property] = access[property]
            }
            return permission
        }
    }

    private func topicPolicy() throws -> Resource {
        guard let arn = holder.end.arn.truthy else {
            throw refusal("Unable to get SNS topic ARN from '\(holder.word)' resource.")
        }
        let policy = try resource("AWS::SNS::TopicPolicy", "TopicPolicy")
        policy["Topics"] = [arn]
        policy["PolicyDocument"] = document
        return policy
    }

    private func queuePolicy() throws -> Resource {
        guard let url = holder.end.queueURL.truthy else {
            throw refusal("Unable to get SQS queue URL from '\(holder.word)' resource.")
        }
        let policy = try resource("AWS::SQS::QueuePolicy", "QueuePolicy")
        policy["PolicyDocument"] = document
        policy["Queues"] = [url]
        return policy
    }
}
