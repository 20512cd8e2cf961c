import Cloud
import Notation
import Patterns

/// What requests set of an event source mapping.
enum MappingSettings {
    /// Members that mean other sources than queues.
    private static let foreign = [
        "StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds", "DestinationConfig", "Topics",
        "Queues", "SourceAccessConfigurations", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig",
    ]

    /// Refuses sources that are not queues, by their names.
    static func checkSource(_ input: JSON) throws -> String {
        if input["SelfManagedEventSource"] != nil {
            throw AWSError.notImplemented("self-managed Kafka as an event source")
        }
        guard let arn = input["EventSourceArn"]?.string else {
            throw LambdaError.invalid("Unrecognized event source.")
        }
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6 else { throw LambdaError.invalid("Unrecognized event source.") }
        let kinds = [
            "kinesis": "Kinesis streams", "dynamodb": "DynamoDB streams", "kafka": "Kafka", "mq": "message brokers",
            "rds": "DocumentDB",
        ]
        if let kind = kinds[String(parts[2])] { throw AWSError.notImplemented("\(kind) as event sources") }
        guard parts[2] == "sqs", parts.count == 6 else { throw LambdaError.invalid("Unrecognized event source.") }
        return arn
    }

    /// Takes a request's settings over into the mapping.
    ///
    /// - Throws: ``AWSError`` for what AWS refuses of queues.
    static func apply(_ input: JSON, to mapping: inout EventSourceMapping) throws {
        for member in foreign where input[member] != nil {
            throw LambdaError.invalid("\(member) is not a valid parameter for this event source: SQS.")
        }
        if let enabled = input["Enabled"]?.bool { mapping.isEnabled = enabled }
        if let size = input["BatchSize"]?.int { mapping.batchSize = size }
        if let window = input["MaximumBatchingWindowInSeconds"]?.int { mapping.windowSeconds = window }
        if let types = input["FunctionResponseTypes"]?.array {
            mapping.reportsItems = types.contains("ReportBatchItemFailures")
        }
        if let scaling = input["ScalingConfig"] { mapping.maximumConcurrency = scaling["MaximumConcurrency"]?.int }
        if let criteria = input["FilterCriteria"] {
            mapping.filters = try (criteria["Filters"]?.array ?? []).compactMap { $0["Pattern"]?.string }.map(checked)
        }
        if let config = input["MetricsConfig"] {
            mapping.metrics = (config["Metrics"]?.array ?? []).compactMap(\.string)
        }
        if let key = input["KMSKeyArn"]?.string { mapping.kmsKeyARN = key }
        try check(mapping)
    }

    private static func checked(_ pattern: String) throws -> String {
        do { _ = try EventPattern(pattern) } catch {
            throw LambdaError.invalid("Invalid filter pattern definition. \(error)")
        }
        return pattern
    }

    /// Source: Lambda API Reference, CreateEventSourceMapping, BatchSize.
    private static func check(_ mapping: EventSourceMapping) throws {
        guard mapping.filters.count <= 5 else {
            throw LambdaError.invalid("Number of filters exceeds the limit of 5.")
        }
        if mapping.isFIFO {
            guard mapping.batchSize <= 10 else {
                throw LambdaError.invalid("Batch size of FIFO queue must be between 1 and 10.")
            }
            guard mapping.windowSeconds == 0 else {
                throw LambdaError.invalid("Batching window is not supported for FIFO queues.")
            }
        }
        if mapping.batchSize > 10, mapping.windowSeconds == 0 {
            throw LambdaError.invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
        }
        if let limit = mapping.maximumConcurrency, !(2...1000).contains(limit) {
            throw LambdaError.invalid("MaximumConcurrency must be between 2 and 1000.")
        }
    }
}
