internal import Cloud
internal import CloudWatch
internal import CodeBuild
internal import EventBridge
internal import SNS
internal import ServiceLifecycle
internal import Lambda
internal import Logs
internal import Notation
internal import SQS

/// Functions' lines into CloudWatch Logs.
struct FunctionLogs: Lambda.LogSink {
    let store: LogStore

    func write(_ lines: [LogLine], group: String, stream: String, account: String, region: String) async throws {
        store.append(
            lines.map { ($0.time.milliseconds, $0.message) }, group: group, stream: stream, account: account,
            region: region)
    }
}

/// Builds' lines into CloudWatch Logs.
struct BuildLogs: BuildLogSink {
    let store: LogStore

    func write(_ lines: [BuildLogLine], group: String, stream: String, account: String, region: String) {
        store.append(
            lines.map { ($0.time.milliseconds, $0.message) }, group: group, stream: stream, account: account,
            region: region)
    }

    /// A flush that fails is tried again by the store's own keeper.
    func flush() async { try? await store.flush() }
}

/// Functions' figures into CloudWatch.
struct FunctionMetrics: Lambda.MetricSink {
    let store: MetricStore

    func add(_ batch: MetricBatch) {
        for set in batch.dimensionSets {
            let dimensions = set.map { ($0.name, $0.value) }
            for value in batch.values {
                store.record(
                    batch.namespace, value.name, dimensions: dimensions, value: value.value, unit: value.unit,
                    at: batch.time,
                    account: batch.account, region: batch.region)
            }
        }
    }
}

/// What metric filters find, into CloudWatch.
struct FilterMetrics: MetricRecording {
    let store: MetricStore

    func record(
        _ namespace: String, _ name: String, dimensions: [(String, String)], value: Double, unit: String,
        at moment: Timestamp?,
        account: String, region: String
    ) {
        store.record(
            namespace, name, dimensions: dimensions, value: value, unit: unit, at: moment, account: account,
            region: region)
    }
}

/// Queues' figures into CloudWatch.
struct SQSMetrics: QueueMetrics {
    let store: MetricStore

    func add(_ figures: [QueueFigure], queue: String, account: String, region: String, at moment: Timestamp) {
        for figure in figures {
            store.record(
                "AWS/SQS", figure.name, dimensions: [("QueueName", queue)], value: figure.value, unit: figure.unit,
                at: moment, account: account, region: region)
        }
    }
}

/// A part of the house that runs for as long as it is open.
struct Running: Service {
    let body: @Sendable () async throws -> Void
    func run() async throws { try await body() }
}

/// What EventBridge's rules do, into CloudWatch. Source: Amazon EventBridge User Guide, "Monitoring Amazon EventBridge".
struct RuleFigures: EventFigures {
    let store: MetricStore

    func count(_ name: String, rule: String, _ owner: Caller) {
        store.record(
            "AWS/Events", name, dimensions: [("RuleName", rule)], value: 1, unit: "Count", account: owner.account,
            region: owner.region)
    }
}

/// What becomes of topics' messages, into CloudWatch. Source: Amazon SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch".
struct MessageFigures: TopicFigures {
    let store: MetricStore

    func count(_ name: String, topic: String, account: String, region: String) {
        store.record(
            "AWS/SNS", name, dimensions: [("TopicName", topic)], value: 1, unit: "Count", account: account,
            region: region)
    }
}
