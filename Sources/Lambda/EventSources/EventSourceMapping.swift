import Cloud
import Ledger
import Notation

/// What a function is fed from by itself: a queue, and how.
///
/// Source: Lambda API Reference, CreateEventSourceMapping; Developer Guide, "Using Lambda with Amazon SQS".
struct EventSourceMapping: Codable, Sendable, Hashable {
    let id: String
    let account: String
    let region: String
    /// The function's name and qualifier, as its ARN ends.
    var function: String
    let source: String
    var isEnabled = true
    var batchSize = 10
    /// How long a batch may wait to become full.
    var windowSeconds = 0
    /// Event patterns, of which a message must match one; none let all through.
    var filters: [String] = []
    /// Whether the function says which messages of a batch it failed at.
    var reportsItems = false
    /// Invocations at once.
    var maximumConcurrency: Int?
    var metrics: [String]?
    var kmsKeyARN: String?
    var tags: [String: String] = [:]
    var modified: Timestamp
    /// Changes with every update: who polls for an older one stops.
    var revision = 0

    static let all = Collection<EventSourceMapping>("lambda.eventsource")

    var owner: Caller { .root(account: account, region: region) }
    var key: String { "\(account)/\(region)/\(id)" }
    var isFIFO: Bool { source.hasSuffix(".fifo") }
    var arn: String { owner.arn("lambda", "event-source-mapping:\(id)") }
    /// The function as requests name it.
    var functionARN: String { owner.arn("lambda", "function:\(function)") }

    /// The queue's URL, by its ARN.
    func queueURL(_ endpoint: String) -> String {
        let parts = source.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6 ? "\(endpoint)/\(parts[4])/\(parts[5])" : source
    }

    /// As the API answers it.
    ///
    /// - Parameters:
    ///   - state: Where it is on its way; nil for where it has arrived.
    ///   - result: What became of the last batch.
    func answer(state: String? = nil, result: String? = nil) -> JSON {
        var answer: JSON = [
            "UUID": .string(id), "BatchSize": .int(batchSize),
            "MaximumBatchingWindowInSeconds": .int(windowSeconds), "EventSourceArn": .string(source),
            "FunctionArn": .string(functionARN), "LastModified": .double(modified.seconds),
            "State": .string(state ?? (isEnabled ? "Enabled" : "Disabled")),
            "StateTransitionReason": "USER_INITIATED", "EventSourceMappingArn": .string(arn),
            "FunctionResponseTypes": reportsItems ? ["ReportBatchItemFailures"] : [],
        ]
        if let result { answer["LastProcessingResult"] = .string(result) }
        if !filters.isEmpty { answer["FilterCriteria"] = ["Filters": .array(filters.map { ["Pattern": .string($0)] })] }
        if let maximumConcurrency { answer["ScalingConfig"] = ["MaximumConcurrency": .int(maximumConcurrency)] }
        if let metrics { answer["MetricsConfig"] = ["Metrics": .array(metrics.map(JSON.string))] }
        if let kmsKeyARN { answer["KMSKeyArn"] = .string(kmsKeyARN) }
        return answer
    }
}
