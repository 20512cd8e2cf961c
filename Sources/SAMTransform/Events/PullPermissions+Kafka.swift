import Notation

extension PullPermissions {
    private static let mechanisms = [
        "SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH", "BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH",
    ]

    /// The policy for a Kafka cluster of one's own.
    func kafkaPolicy() throws -> JSON {
        guard event["KafkaBootstrapServers"].isTruthy else {
            throw refusal("No KafkaBootstrapServers provided for self managed kafka as an event source")
        }
        guard let topics = event["Topics"].truthy else {
            throw refusal("No Topics provided for self managed kafka as an event source")
        }
        guard (topics.array?.count ?? topics.object?.count) == 1 else {
            throw refusal("Topics for self managed kafka only supports single configuration entry.")
        }
        guard let access = event["SourceAccessConfigurations"].truthy else {
            throw refusal("No SourceAccessConfigurations for self managed kafka event provided.")
        }
        guard let entries = access.array else {
            throw refusal("SourceAccessConfigurations for self managed kafka event should be a list.")
        }
        let (secret, hasCertificate, isInVPC) = try readAccess(entries)
        var statements: [JSON] = []
        if secret != nil { statements.append(Self.readSecret(secret)) }
        // AWS's translator allows reading the mechanism's secret once more where one for the certificate is meant.
        if hasCertificate { statements.append(Self.readSecret(secret)) }
        if isInVPC { statements.append(Self.joinVPC) }
        if let key = try decrypt(["kms:Decrypt"]) { statements.append(key) }
        statements += try registryStatements()
        return [
            "PolicyName": "SelfManagedKafkaExecutionRolePolicy",
            "PolicyDocument": ["Version": "2012-10-17", "Statement": .array(statements)],
        ]
    }

    private func readAccess(_ entries: [JSON]) throws -> (secret: JSON?, hasCertificate: Bool, isInVPC: Bool) {
        var secret: JSON?
        var found: Set<String> = []
        for entry in entries {
            let owner = Expectation.Owner.resource(event.eventID)
            let entry = try Expectation(entry, of: owner, "SourceAccessConfigurations").map()
            let type = entry["Type"]?.string ?? ""
            switch type {
            case "VPC_SUBNET", "VPC_SECURITY_GROUP", "SERVER_ROOT_CA_CERTIFICATE":
                try checkURI(entry["URI"], type)
                found.insert(type)
            case _ where Self.mechanisms.contains(type):
                guard secret == nil else {
                    throw refusal(
                        "Multiple auth mechanism properties specified in SourceAccessConfigurations for self "
                            + "managed kafka event.")
                }
                try checkURI(entry["URI"], "auth mechanism")
                secret = entry["URI"]
            default:
                throw refusal("Invalid SourceAccessConfigurations Type provided for self managed kafka event.")
            }
        }
        let isInVPC = found.contains("VPC_SUBNET")
        guard isInVPC == found.contains("VPC_SECURITY_GROUP") else {
            throw refusal(
                "VPC_SUBNET and VPC_SECURITY_GROUP in SourceAccessConfigurations for SelfManagedKafka must be both "
                    + "provided."
            )
        }
        return (secret, found.contains("SERVER_ROOT_CA_CERTIFICATE"), isInVPC)
    }

    private func checkURI(_ uri: JSON?, _ type: String) throws {
        let end = "\(type) URI property specified in SourceAccessConfigurations for self managed kafka event."
        guard let uri = uri.truthy else { throw refusal("No \(end)") }
        guard uri.string != nil || uri.isIntrinsic else { throw refusal("Wrong Type for \(end)") }
    }

    /// What reading a schema registry takes.
    func registryStatements() throws -> [JSON] {
        guard let config = event["SchemaRegistryConfig"].truthy else { return [] }
        try checkRegistry(config)
        var statements = (config["AccessConfigs"]?.array ?? []).map { Self.readSecret($0["URI"]) }
        let uri = config["SchemaRegistryURI"] ?? .null
        let text = try uri.string ?? translation.resolver.resolve(uri)["Fn::Sub"]?.string
        guard let text, text.hasPrefix("arn") else { return statements }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6, parts[5].hasPrefix("registry/") else { return statements }
        let schemas = Self.ownARN("glue", "schema/\(parts[5].dropFirst(9))/*")
        statements.append(RolePolicies.allow(["glue:GetRegistry"], on: uri))
        statements.append(RolePolicies.allow(["glue:GetSchemaVersion"], on: [schemas]))
        return statements
    }

    private func checkRegistry(_ config: JSON) throws {
        let config = try Expectation(config, of: .event(event.eventID), "SchemaRegistryConfig").map()
        for field in ["SchemaRegistryURI", "EventRecordFormat", "SchemaValidationConfigs"]
        where !config.contains(field) {
            throw refusal("Missing required field \(field) in SchemaRegistryConfig")
        }
        guard config["EventRecordFormat"] == "JSON" || config["EventRecordFormat"] == "SOURCE" else {
            throw refusal("EventRecordFormat in SchemaRegistryConfig must be either 'JSON' or 'SOURCE'")
        }
        guard config["SchemaValidationConfigs"]?.array != nil else {
            throw refusal("SchemaValidationConfigs must be a list")
        }
        guard let access = config["AccessConfigs"].truthy else { return }
        guard let entries = access.array else {
            throw refusal("AccessConfigs in SchemaRegistryConfig must be a list")
        }
        guard entries.allSatisfy({ $0["Type"] != nil && $0["URI"] != nil }) else {
            throw refusal("Each AccessConfig must be a dict with 'Type' and 'URI' fields")
        }
    }
}
