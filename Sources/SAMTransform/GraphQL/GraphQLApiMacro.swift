import Notation

/// `AWS::Serverless::GraphQLApi`: an AppSync API with its schema, data sources, functions and resolvers.
struct GraphQLApiMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let given = declaration.properties.filter { _, value in !value.isNull }
        let model = Model(given, Facts.models["GraphQLApi"] ?? [:])
        if let report = model.firstReport { throw Fault.resource(declaration.logicalID, report) }
        var builder = GraphQLBuilder(declaration: declaration, model: model.value, translation: translation)
        return try builder.build()
    }
}

/// Builds what one GraphQL API generates.
struct GraphQLBuilder {
    let declaration: Declaration
    /// The properties, judged and typed.
    let model: JSONObject
    let translation: Translation
    /// The names of data sources by what the template calls them.
    var sourceNames: [String: JSON] = [:]
    /// The ids of functions by what the template calls them.
    var functionIDs: [String: JSON] = [:]
    /// The data source of functions that have none.
    var emptySource: Resource?

    var logicalID: String { declaration.logicalID }
    var apiID: JSON { Intrinsics.getAtt(logicalID, "ApiId") }

    init(declaration: Declaration, model: JSONObject, translation: Translation) {
        self.declaration = declaration
        self.model = model
        self.translation = translation
    }

    /// A resource that takes over the API's dependencies and attributes.
    func resource(_ type: String, _ logicalID: String) throws -> Resource {
        try Resource(
            type, logicalID, dependsOn: declaration.dependsOn, attributes: declaration.attributes)
    }

    mutating func build() throws -> [Resource] {
        let api = try resource("AWS::AppSync::GraphQLApi", logicalID)
        for name in ["Visibility", "OwnerContact", "IntrospectionConfig", "QueryDepthLimit", "ResolverCountLimit"] {
            api[name] = model[name].truthy
        }
        api["Name"] = model["Name"].truthy ?? .string(logicalID)
        api["XrayEnabled"] = model["XrayEnabled"]
        let authorizers = try addAuth(to: api)
        var tags = model["Tags"]?.object ?? [:]
        tags["graphqlapi:createdBy"] = "SAM"
        api["Tags"] = .array(Tags.list(tags))
        let logRole = try addLogging(to: api)
        let schema = try schema()
        var resources = [api, schema]
        for (index, function) in authorizers.enumerated() {
            resources += try authorizerPermissions(function, number: index + 1)
        }
        if let logRole { resources.append(logRole) }
        resources += try keys() + cache() + dataSources() + domain()
        resources += try functions()
        resources += try resolvers(schema)
        if let emptySource { resources.append(emptySource) }
        return resources
    }

    private func schema() throws -> Resource {
        let schema = try resource("AWS::AppSync::GraphQLSchema", logicalID + "Schema")
        switch (model["SchemaInline"].isTruthy, model["SchemaUri"].isTruthy) {
        case (false, false):
            throw Fault.resource(logicalID, "One of 'SchemaInline' or 'SchemaUri' must be set.")
        case (true, true):
            throw Fault.resource(
                logicalID, "Both 'SchemaInline' and 'SchemaUri' cannot be defined at the same time.")
        default: break
        }
        schema["ApiId"] = apiID
        schema["Definition"] = model["SchemaInline"]
        schema["DefinitionS3Location"] = model["SchemaUri"]
        return schema
    }

    /// Sets what is logged, and makes a role for writing the logs unless one is given.
    private func addLogging(to api: Resource) throws -> Resource? {
        let logging = model["Logging"]
        if logging == false { return nil }
        var config: JSONObject = ["FieldLogLevel": logging?["FieldLogLevel"].truthy ?? "ALL"]
        if let exclude = logging?["ExcludeVerboseContent"].truthy { config["ExcludeVerboseContent"] = exclude }
        if let role = logging?["CloudWatchLogsRoleArn"].truthy {
            config["CloudWatchLogsRoleArn"] = role
            api["LogConfig"] = .object(config)
            return nil
        }
        let role = try resource("AWS::IAM::Role", logicalID + "CloudWatchRole")
        role["AssumeRolePolicyDocument"] = RolePolicies.assumed(by: "appsync.amazonaws.com")
        role["ManagedPolicyArns"] = [
            Intrinsics.sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs")
        ]
        config["CloudWatchLogsRoleArn"] = role.getAtt("Arn")
        api["LogConfig"] = .object(config)
        return role
    }

    private func keys() throws -> [Resource] {
        try (model["ApiKeys"]?.object ?? [:]).map { name, value in
            let key = try resource("AWS::AppSync::ApiKey", logicalID + name)
            key["ApiId"] = apiID
            key["ApiKeyId"] = value["ApiKeyId"]
            key["Description"] = value["Description"]
            key["Expires"] = value["ExpiresOn"]
            return key
        }
    }

    private func cache() throws -> [Resource] {
        guard let given = model["Cache"] else { return [] }
        let cache = try resource("AWS::AppSync::ApiCache", logicalID + "ApiCache")
        cache["ApiId"] = apiID
        for name in ["ApiCachingBehavior", "Type", "Ttl", "AtRestEncryptionEnabled", "TransitEncryptionEnabled"] {
            cache[name] = given[name]
        }
        return [cache]
    }

    private func domain() throws -> [Resource] {
        guard let given = model["DomainName"] else { return [] }
        let domain = try resource("AWS::AppSync::DomainName", logicalID + "DomainName")
        for name in ["CertificateArn", "DomainName", "Description"] { domain[name] = given[name] }
        let association = try resource(
            "AWS::AppSync::DomainNameApiAssociation", logicalID + "DomainNameApiAssociation")
        association["ApiId"] = apiID
        association["DomainName"] = domain.ref  // Ref gives the domain name (template reference, AWS::AppSync::DomainName)
        return [domain, association]
    }

    /// The permissions that a connector between these makes.
    func connector(_ logicalID: String, _ properties: JSON) throws -> [Resource] {
        let declared: JSONObject = ["Type": "AWS::Serverless::Connector", "Properties": properties]
        var declaration = try Declaration(logicalID, declared, table: "AWS::Serverless::Connector")
        return try ConnectorMacro().resources(for: &declaration, in: translation)
    }
}
