import Notation
import Sandbox

/// An invocation's verdict in Lambda's words.
///
/// The types and wordings are those that functions' callers and logs show on AWS (Lambda Developer Guide,
/// "Troubleshoot execution issues"; Telemetry API, "platform.report").
struct InvocationOutcome: Sendable {
    /// What the caller gets.
    let payload: [UInt8]
    /// `Unhandled`, or nil.
    let functionError: String?
    /// Lines that precede END.
    let lines: [String]
    /// What REPORT ends with.
    let status: String
    /// How it ended in JSON records: `success`, `error`, `failure` or `timeout`.
    let word: String
    /// The kind of error, where there is one.
    let errorType: String?

    /// - Parameter isStart: Whether it was the runtime's start that came out so.
    init(
        _ verdict: Verdict, _ id: String, _ configuration: FunctionConfiguration, now: Timestamp, isStart: Bool = false
    ) {
        switch verdict {
        case .response(let bytes):
            (payload, functionError, lines, status) = (bytes, nil, [], "")
            (word, errorType) = ("success", nil)
        case .fault(let bytes):
            (payload, functionError, lines) = (bytes, "Unhandled", [])
            (word, errorType) = ("error", Self.type(of: bytes))
            status = isStart ? "\tStatus: error\tError Type: \(Self.type(of: bytes))" : ""
        case .exited(let exit):
            let type = exit.outOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError"
            let message =
                exit.status.succeeded && !exit.outOfMemory
                ? "RequestId: \(id) Error: Runtime exited without providing a reason"
                : "RequestId: \(id) Error: Runtime exited with error: \(exit.status)"
            payload = Self.error(type, message)
            functionError = "Unhandled"
            lines = ["\(message)\n\(type)"]
            status = "\tStatus: error\tError Type: \(type)"
            (word, errorType) = ("failure", type)
        case .timedOut:
            let seconds = isStart ? "10.00" : "\(configuration.timeout).00"
            payload = Self.error(
                "Sandbox.Timedout", "RequestId: \(id) Error: Task timed out after \(seconds) seconds")
            functionError = "Unhandled"
            lines = ["\(now.iso8601(fraction: 3)) \(id) Task timed out after \(seconds) seconds"]
            status = "\tStatus: timeout"
            (word, errorType) = ("timeout", nil)
        }
    }

    /// The record with how it ended.
    func noted(in record: JSON) -> JSON {
        var record = record
        record["status"] = .string(word)
        record["errorType"] = errorType.map(JSON.string)
        return record
    }

    private static func error(_ type: String, _ message: String) -> [UInt8] {
        let error: JSON = ["errorType": .string(type), "errorMessage": .string(message)]
        return error.bytes()
    }

    private static func type(of report: [UInt8]) -> String {
        (try? JSON(parsing: report))?["errorType"]?.string ?? "Runtime.Unknown"
    }
}

/// The lines that end an invocation in the log.
struct InvocationReport: Sendable {
    let requestID: String
    let duration: Duration
    let initDuration: Duration?
    let memorySize: Int
    let outcome: InvocationOutcome

    /// What would be paid for: the start counts.
    var billedMilliseconds: Int {
        let start = Self.whole(initDuration ?? .zero)
        return Self.whole(duration) + start
    }

    private static func whole(_ duration: Duration) -> Int { Int((duration.microseconds + 999) / 1000) }

    /// The memory that was used, in MB.
    func used(_ peakMemoryBytes: Int) -> Int { min(memorySize, (peakMemoryBytes >> 20) + 1) }

    func lines(peakMemoryBytes: Int?) -> [String] {
        var report =
            "REPORT RequestId: \(requestID)\tDuration: \(Self.hundredths(duration)) ms\t"
            + "Billed Duration: \(billedMilliseconds) ms\tMemory Size: \(memorySize) MB"
        if let peakMemoryBytes { report += "\tMax Memory Used: \(used(peakMemoryBytes)) MB" }
        if let initDuration { report += "\tInit Duration: \(Self.hundredths(initDuration)) ms" }
        return outcome.lines + ["END RequestId: \(requestID)", report + outcome.status]
    }

    private static func hundredths(_ duration: Duration) -> String {
        let hundredths = max(0, duration.microseconds) / 10
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// The figures of one invocation, under all the names that they are looked for.
///
/// Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions".
struct InvocationFigures: Sendable {
    private let target: LambdaStore.Target
    private let time: Timestamp

    init(_ target: LambdaStore.Target, at time: Timestamp) {
        self.target = target
        self.time = time
    }

    func throttled() -> MetricBatch {
        batch([MetricBatch.Value(name: "Throttles", unit: "Count", value: 1)])
    }

    func finished(_ duration: Duration, isError: Bool, running: Int) -> MetricBatch {
        batch([
            MetricBatch.Value(name: "Invocations", unit: "Count", value: 1),
            MetricBatch.Value(name: "Errors", unit: "Count", value: isError ? 1 : 0),
            MetricBatch.Value(name: "Throttles", unit: "Count", value: 0),
            MetricBatch.Value(name: "Duration", unit: "Milliseconds", value: Double(duration.microseconds) / 1000),
            MetricBatch.Value(name: "ConcurrentExecutions", unit: "Count", value: Double(running)),
        ])
    }

    /// That whoever was to hear of an asynchronous invocation's end could not be told.
    static func undelivered(_ metric: String, _ name: FunctionName, at time: Timestamp) -> MetricBatch {
        MetricBatch(
            account: name.account, region: name.region, time: time, dimensionSets: sets(name),
            values: [MetricBatch.Value(name: metric, unit: "Count", value: 1)])
    }

    private static func sets(_ name: FunctionName) -> [[MetricBatch.Dimension]] {
        let function = MetricBatch.Dimension(name: "FunctionName", value: name.name)
        let resource = MetricBatch.Dimension(
            name: "Resource", value: name.qualifier.map { "\(name.name):\($0)" } ?? name.name)
        return [[], [function], [function, resource]]
    }

    private func batch(_ values: [MetricBatch.Value]) -> MetricBatch {
        var sets = Self.sets(target.asked)
        if let function = sets.last?.first, let resource = sets.last?.last, target.alias != nil {
            sets.append([function, resource, MetricBatch.Dimension(name: "ExecutedVersion", value: target.version)])
        }
        return MetricBatch(
            account: target.function.account, region: target.function.region, time: time, dimensionSets: sets,
            values: values)
    }
}
