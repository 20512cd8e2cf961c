import Notation

/// The events that Lambda fetches itself: an event source mapping, and what the role needs to read the source.
struct PullEvent: EventSource {
    /// What is read from.
    enum Kind: String, Sendable {
        case kinesis = "Kinesis"
        case dynamoDB = "DynamoDB"
        case sqs = "SQS"
        case msk = "MSK"
        case mq = "MQ"
        case selfManagedKafka = "SelfManagedKafka"
        case documentDB = "DocumentDB"
    }

    let kind: Kind

    init(_ kind: Kind) {
        self.kind = kind
    }

    private static let copied = [
        "StartingPosition", "StartingPositionTimestamp", "BatchSize", "Enabled", "MaximumBatchingWindowInSeconds",
        "MaximumRetryAttempts", "BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "ParallelizationFactor",
        "Topics", "Queues", "SourceAccessConfigurations", "TumblingWindowInSeconds", "FunctionResponseTypes",
        "FilterCriteria", "KmsKeyArn", "ScalingConfig", "ProvisionedPollerConfig", "MetricsConfig", "LoggingConfig",
    ]

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let mapping = try Resource(
            "AWS::Lambda::EventSourceMapping", event.logicalID, attributes: target.passedOnAttributes)
        mapping["FunctionName"] = target.name
        mapping["EventSourceArn"] = sourceARN(of: event)
        for name in Self.copied { mapping[name] = event[name] }
        try checkFilter(event)
        if let servers = event["KafkaBootstrapServers"].truthy {
            mapping["SelfManagedEventSource"] = ["Endpoints": ["KafkaBootstrapServers": servers]]
        }
        try addConsumer(event, to: mapping)
        let destination = try addDestination(event, to: mapping)
        if kind == .documentDB { addDatabase(event, to: mapping) }
        let permissions = PullPermissions(event: event, kind: kind, translation: translation)
        let policy = try permissions.policy()
        if let role = target.role {
            permissions.add(managed: permissions.managedPolicy, inline: policy, to: role)
            permissions.add(managed: nil, inline: destination, to: role)
        }
        return [mapping]
    }

    private func sourceARN(of event: Declaration) -> JSON? {
        switch kind {
        case .kinesis, .dynamoDB, .msk: event["Stream"]
        case .sqs: event["Queue"]
        case .mq: event["Broker"]
        case .documentDB: event["Cluster"]
        case .selfManagedKafka: nil
        }
    }

    private func checkFilter(_ event: Declaration) throws {
        guard let filter = event["FilterCriteria"].truthy, !filter.isIntrinsic else { return }
        guard filter.object?.keys == ["Filters"] else {
            throw Fault.event(event.eventID, "FilterCriteria field has a wrong format")
        }
    }

    private func addConsumer(_ event: Declaration, to mapping: Resource) throws {
        let property: String? =
            switch kind {
            case .msk: "AmazonManagedKafkaEventSourceConfig"
            case .selfManagedKafka: "SelfManagedKafkaEventSourceConfig"
            default: nil
            }
        var config: JSONObject = [:]
        if let group = event["ConsumerGroupId"].truthy {
            guard property != nil else {
                throw Fault.event(
                    event.logicalID, "Property ConsumerGroupId not defined for resource of type \(kind.rawValue).")
            }
            config["ConsumerGroupId"] = group
        }
        if let registry = event["SchemaRegistryConfig"].truthy { config["SchemaRegistryConfig"] = registry }
        if let property, !config.isEmpty { mapping[property] = .object(config) }
    }

    /// Where failed batches go, and the policy by which the function may send them there.
    private func addDestination(_ event: Declaration, to mapping: Resource) throws -> JSON? {
        guard var config = event["DestinationConfig"].truthy else { return nil }
        let owner = Expectation.Owner.event(event.logicalID)
        var failure = try Expectation(config["OnFailure"], of: owner, "DestinationConfig.OnFailure").map()
        var policy: JSON?
        if let type = failure["Type"].truthy {
            failure.remove("Type")
            let arn = failure["Destination"] ?? .null
            switch type {
            case "SQS": policy = RolePolicies.sendMessage(to: arn, event.logicalID)
            case "SNS": policy = RolePolicies.publish(to: arn, event.logicalID)
            case "S3": policy = RolePolicies.putObjects(into: arn, event.logicalID)
            case "Kafka": policy = nil
            default:
                throw Fault.event(
                    event.logicalID, "The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'")
            }
            config["OnFailure"] = .object(failure)
        }
        mapping["DestinationConfig"] = config
        return policy
    }

    private func addDatabase(_ event: Declaration, to mapping: Resource) {
        var config: JSONObject = ["DatabaseName": event["DatabaseName"] ?? .null]
        for name in ["CollectionName", "FullDocument"] {
            if let value = event[name].truthy { config[name] = value }
        }
        mapping["DocumentDBEventSourceConfig"] = .object(config)
    }
}
