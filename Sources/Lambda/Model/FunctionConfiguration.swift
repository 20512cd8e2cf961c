import Ledger
import Notation

/// Everything about one version of a function but its name: what it runs, and how.
struct FunctionConfiguration: Codable, Sendable, Hashable {
    var runtime = ""
    var role = ""
    var handler = ""
    var description = ""
    /// Seconds an invocation may take.
    var timeout = 3
    /// Megabytes of memory.
    var memorySize = 128
    /// Megabytes of /tmp.
    var ephemeralStorage = 512
    var architectures = ["x86_64"]
    /// nil when no environment was ever given: AWS leaves the member out then.
    var environment: [String: String]?
    var layers: [LayerReference] = []
    /// SHA-256 of the zip, base64.
    var codeSha256 = ""
    /// Bytes of the zip.
    var codeSize = 0
    var deadLetterTarget: String?
    var tracing = "PassThrough"
    var logFormat = "Text"
    var applicationLogLevel: String?
    var systemLogLevel: String?
    /// nil for the default, `/aws/lambda/NAME`.
    var logGroup: String?
    /// Members that are shown again as they were given, by the names they have in answers.
    var kept: JSON = [:]
    var lastModified = Timestamp(microseconds: 0)
    var revisionID = ""

    /// Changes what must change with every change.
    mutating func touch(_ surroundings: Surroundings) {
        lastModified = surroundings.now
        revisionID = surroundings.chance.uuid()
    }

    /// Where the function's lines go.
    func logGroup(for name: String) -> String { logGroup ?? "/aws/lambda/\(name)" }
}

/// A layer's version as a function uses it.
struct LayerReference: Codable, Sendable, Hashable {
    var arn: String
    var codeSha256: String
    var codeSize: Int
}

extension FunctionConfiguration {
    /// The configuration as the API answers it.
    ///
    /// - Parameters:
    ///   - arn: With the qualifier that was asked for, as AWS answers.
    ///   - version: `$LATEST` or a number.
    func answer(name: String, arn: String, version: String) -> JSON {
        var answer: JSON = [
            "FunctionName": .string(name), "FunctionArn": .string(arn), "Runtime": .string(runtime),
            "Role": .string(role), "Handler": .string(handler), "CodeSize": .int(codeSize),
            "Description": .string(description), "Timeout": .int(timeout), "MemorySize": .int(memorySize),
            "LastModified": .string(lastModified.awsText), "CodeSha256": .string(codeSha256),
            "Version": .string(version), "TracingConfig": ["Mode": .string(tracing)],
            "RevisionId": .string(revisionID), "State": "Active", "LastUpdateStatus": "Successful",
            "PackageType": "Zip", "Architectures": .array(architectures.map(JSON.string)),
            "EphemeralStorage": ["Size": .int(ephemeralStorage)],
            "SnapStart": ["ApplyOn": "None", "OptimizationStatus": "Off"],
            "LoggingConfig": logging(name),
        ]
        if runtime.isEmpty { answer["Runtime"] = nil }
        if handler.isEmpty { answer["Handler"] = nil }
        if let environment {
            answer["Environment"] = [
                "Variables": .object(
                    JSONObject(
                        environment.sorted { $0.key < $1.key }.map {
                            ($0.key, JSON.string($0.value))
                        }))
            ]
        }
        if let deadLetterTarget { answer["DeadLetterConfig"] = ["TargetArn": .string(deadLetterTarget)] }
        if !layers.isEmpty {
            answer["Layers"] = .array(layers.map { ["Arn": .string($0.arn), "CodeSize": .int($0.codeSize)] })
        }
        for (key, value) in kept.object ?? [:] { answer[key] = value }
        return answer
    }

    private func logging(_ name: String) -> JSON {
        var logging: JSON = ["LogFormat": .string(logFormat), "LogGroup": .string(logGroup(for: name))]
        if let applicationLogLevel { logging["ApplicationLogLevel"] = .string(applicationLogLevel) }
        if let systemLogLevel { logging["SystemLogLevel"] = .string(systemLogLevel) }
        return logging
    }
}

extension Timestamp {
    /// As Lambda writes times: `2026-11-23T09:30:00.000+0000`.
    var awsText: String { String(iso8601(fraction: 3).dropLast()) + "+0000" }
}
