import Notation

/// What Lambda itself writes around a function's own lines: text, or JSON records of the levels that are asked for.
///
/// Source: Lambda Developer Guide, "Log-level filtering" (which record has which level), and "Lambda Telemetry API
/// Event schema reference" (what is in a record).
struct SystemLog: Sendable {
    /// The levels of system lines, rising.
    enum Level: Int, Sendable { case debug, info, warn }

    /// The least level that is written as JSON; nil for text.
    private let least: Level?
    private let version: String

    init(_ configuration: FunctionConfiguration, version: String) {
        let levels: [String: Level] = ["DEBUG": .debug, "WARN": .warn]
        least = configuration.logFormat == "JSON" ? levels[configuration.systemLogLevel ?? "INFO"] ?? .info : nil
        self.version = version
    }

    /// The lines of a start that begins.
    func starting(_ runtime: String, warning: String?, function: FunctionName, stream: String, _ now: Timestamp)
        -> [String]
    {
        guard least != nil else {
            return ["INIT_START Runtime Version: \(runtime)"] + (warning.map { ["[WARN] \($0)"] } ?? [])
        }
        let start = record(
            "initStart", .info,
            [
                "initializationType": "on-demand", "phase": "init", "runtimeVersion": .string(runtime),
                "functionName": .string(function.name), "functionVersion": .string(version),
                "instanceId": .string(stream),
            ], now)
        let notice: JSON? = warning.map {
            ["timestamp": .string(now.iso8601(fraction: 3)), "level": "WARN", "message": .string($0)]
        }
        return start + (notice.map { [$0.text()] } ?? [])
    }

    /// The lines of a start that is over.
    func started(_ outcome: InvocationOutcome?, _ duration: Duration, _ now: Timestamp) -> [String] {
        guard least != nil else { return [] }
        var done: JSON = ["initializationType": "on-demand", "phase": "init", "status": "success"]
        if let outcome { done = outcome.noted(in: done) }
        var report = done
        report["metrics"] = ["durationMs": Self.milliseconds(duration)]
        let level: Level = outcome == nil ? .debug : .warn
        return record("initRuntimeDone", level, done, now) + record("initReport", level, report, now)
    }

    /// An invocation's first line; nil when the level leaves it out.
    func begin(_ request: String, _ arn: String, _ now: Timestamp) -> String? {
        guard least != nil else { return "START RequestId: \(request) Version: \(version)" }
        let facts: JSON = [
            "requestId": .string(request), "functionArn": .string(arn), "version": .string(version),
        ]
        return record("start", .info, facts, now).first
    }

    /// An invocation's last lines.
    func end(_ report: InvocationReport, peakMemoryBytes: Int?, _ now: Timestamp) -> [String] {
        guard least != nil else { return report.lines(peakMemoryBytes: peakMemoryBytes) }
        let outcome = report.outcome
        let level: (Level) -> Level = { outcome.functionError == nil ? $0 : .warn }
        var done = outcome.noted(in: ["requestId": .string(report.requestID)])
        var metrics: JSON = [
            "durationMs": Self.milliseconds(report.duration), "billedDurationMs": .int(report.billedMilliseconds),
            "memorySizeMB": .int(report.memorySize),
        ]
        metrics["maxMemoryUsedMB"] = peakMemoryBytes.map { .int(report.used($0)) }
        metrics["initDurationMs"] = report.initDuration.map(Self.milliseconds)
        var whole = done
        whole["metrics"] = metrics
        done["metrics"] = [
            "durationMs": Self.milliseconds(report.duration),
            "producedBytes": .int(outcome.functionError == nil ? outcome.payload.count : 0),
        ]
        return record("runtimeDone", level(.debug), done, now) + record("report", level(.info), whole, now)
    }

    private func record(_ type: String, _ level: Level, _ facts: JSON, _ now: Timestamp) -> [String] {
        guard let least, level.rawValue >= least.rawValue else { return [] }
        let line: JSON = [
            "time": .string(now.iso8601(fraction: 3)), "type": .string("platform.\(type)"), "record": facts,
        ]
        return [line.text()]
    }

    private static func milliseconds(_ duration: Duration) -> JSON { .double(Double(duration.microseconds) / 1000) }
}

/// Which of a function's own lines are kept: `ApplicationLogLevel`, of functions whose format is JSON.
///
/// A line that is an object with `level` has that level, any other counts as INFO. Source: Lambda Developer Guide,
/// "Log-level filtering".
struct ApplicationLogFilter: Sendable {
    private static let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
    private static let synonyms = ["WARNING": "WARN", "CRITICAL": "FATAL"]
    private static let standard = 2
    private let least: Int

    /// Nil when every line is kept.
    init?(_ configuration: FunctionConfiguration) {
        guard configuration.logFormat == "JSON", let name = configuration.applicationLogLevel,
            let least = Self.levels.firstIndex(of: name), least > 0
        else { return nil }
        self.least = least
    }

    func keeps(_ line: String) -> Bool {
        guard line.utf8.first == UInt8(ascii: "{"), let object = try? JSON(parsing: line) else {
            return Self.standard >= least
        }
        let named = (object["level"] ?? object["log_level"])?.string?.uppercased() ?? ""
        return Self.levels.firstIndex(of: Self.synonyms[named] ?? named) ?? Self.standard >= least
    }
}
