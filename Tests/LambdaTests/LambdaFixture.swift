import Cloud
import CloudTesting
import FoundationEssentials
import HTTP
import Ledger
import Logging
import NIOPosix
import Notation
import Sandbox
import Synchronization
import Traffic

@testable import Lambda

/// A running Lambda with everything real below it: sandbox, listener, ledger. Only time's and the neighbours' parts are
/// stand-ins.
struct LambdaFixture: Sendable {
    let test: TestCloud
    let service: LambdaService
    let logs: RecordingLogs
    let metrics: RecordingMetrics
    let observer: RecordingObserver
    let folder: String

    static let role: JSON = "arn:aws:iam::123456789012:role/worker"

    /// Makes a function of those files and waits for nothing: it is active at once.
    @discardableResult
    func create(
        _ name: String, runtime: String = "python3.11", handler: String = "app.handler", _ files: [String: String],
        more: JSON = [:]
    ) async throws -> JSON {
        var input: JSON = [
            "FunctionName": .string(name), "Runtime": .string(runtime), "Handler": .string(handler), "Role": Self.role,
            "Code": ["ZipFile": .string(try Self.zip(files))],
        ]
        for (key, value) in more.object ?? [:] { input[key] = value }
        return try await test.call("lambda", "CreateFunction", input)
    }

    /// A zip of those files, base64; `bootstrap` may be executed.
    static func zip(_ files: [String: String]) throws -> String {
        let folder = "/tmp/slipway-zip-\(UInt64.random(in: 0 ... .max))"
        let manager = FileManager.default
        defer { try? manager.removeItem(atPath: folder) }
        for (name, text) in files {
            let path = "\(folder)/in/\(name)"
            let above = path.split(separator: "/").dropLast().joined(separator: "/")
            try manager.createDirectory(atPath: "/" + above, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
            try manager.setAttributes([.posixPermissions: name == "bootstrap" ? 0o755 : 0o644], ofItemAtPath: path)
        }
        try Archive.zip(folder: folder + "/in", to: folder + "/code.zip")
        return try Data(contentsOf: URL(filePath: folder + "/code.zip")).base64EncodedString()
    }

    /// Invokes a function and returns what came back.
    func invoke(_ name: String, _ payload: String = "{}", _ more: JSON = [:]) async throws -> Answer {
        var input: JSON = ["FunctionName": .string(name)]
        for (key, value) in more.object ?? [:] { input[key] = value }
        let reply = try await test.cloud.call(
            "lambda", "Invoke", input, payload: .bytes(Array(payload.utf8)), as: test.caller)
        return Answer(
            output: reply.output,
            text: String(decoding: try await reply.payload?.collected(limit: 10_000_000) ?? [], as: UTF8.self))
    }

    struct Answer {
        let output: JSON
        let text: String
        var error: String? { output["FunctionError"]?.string }
        var log: String {
            String(decoding: Data(base64Encoded: output["LogResult"]?.string ?? "") ?? Data(), as: UTF8.self)
        }
        var json: JSON { (try? JSON(parsing: text)) ?? .null }
    }
}

/// Runs the body with a fixture of its own.
func withLambda(
    options: LambdaService.Options = LambdaService.Options(), sandbox kinds: [BackendKind] = BackendKind.allCases,
    neighbours: [any CloudService] = [], _ body: (LambdaFixture) async throws -> Void
) async throws {
    let folder = "/tmp/slipway-lambda-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let sandbox = try await Sandbox.probe(state: folder + "/sandbox", candidates: kinds, log: quiet)
    let (logs, metrics, observer) = (RecordingLogs(), RecordingMetrics(), RecordingObserver())
    let made = Mutex<LambdaService?>(nil)
    var options = options
    options.environment = ProcessInfo.processInfo.environment
    let chosen = options
    do {
        try await withTestCloud { cloud, ledger in
            let service = try LambdaService(
                cloud: cloud, ledger: ledger, sandbox: sandbox, folder: folder + "/lambda",
                capabilities: .init(logs: logs, metrics: metrics, observer: observer), options: chosen, log: quiet)
            made.withLock { $0 = service }
            return [service, KeyGiver()] + neighbours
        } _: { test in
            guard let service = made.withLock({ $0 }) else { return }
            let listener = HTTPListener(
                .tcp(host: "127.0.0.1", port: 0), group: .singleton, responder: { await service.runtimeAPI($0) })
            service.useRuntimeAPI(at: try await listener.bind().description)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await listener.run() }
                group.addTask { try? await service.run() }
                try await body(
                    LambdaFixture(
                        test: test, service: service, logs: logs, metrics: metrics, observer: observer, folder: folder))
                await sandbox.shutDown()
                group.cancelAll()
            }
        }
    } catch {
        await sandbox.shutDown()
        throw error
    }
}

/// STS as far as functions need it.
struct KeyGiver: CloudService {
    let id = "sts"
    var operations: [Operation] {
        [
            Operation("AssumeRole", enforces: "RoleArn RoleSessionName") { call in
                Reply([
                    "Credentials": [
                        "AccessKeyId": "ASIATEST", "SecretAccessKey": "secret", "SessionToken": "token",
                        "Expiration": .double(call.time.seconds + 3600),
                    ]
                ])
            }
        ]
    }
}

/// Keeps log lines, and lets a test wait for one.
final class RecordingLogs: LogSink {
    private struct State {
        var lines: [(group: String, stream: String, line: LogLine)] = []
        var waiting: [(wanted: @Sendable (String) -> Bool, found: CheckedContinuation<String, Never>)] = []
    }
    private let state = Mutex(State())

    func write(_ lines: [LogLine], group: String, stream: String, account: String, region: String) async throws {
        let found = state.withLock { state in
            state.lines += lines.map { (group, stream, $0) }
            var found: [(CheckedContinuation<String, Never>, String)] = []
            state.waiting.removeAll { one in
                guard let line = lines.first(where: { one.wanted($0.message) }) else { return false }
                found.append((one.found, line.message))
                return true
            }
            return found
        }
        for (continuation, message) in found { continuation.resume(returning: message) }
    }

    /// The first line of that kind, now or later.
    func line(where wanted: @escaping @Sendable (String) -> Bool) async -> String {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> String? in
                if let known = state.lines.first(where: { wanted($0.line.message) }) { return known.line.message }
                state.waiting.append((wanted, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    var messages: [String] { state.withLock { $0.lines.map(\.line.message) } }
    var groups: Set<String> { state.withLock { Set($0.lines.map(\.group)) } }
    var streams: Set<String> { state.withLock { Set($0.lines.map(\.stream)) } }
}

/// Keeps figures.
final class RecordingMetrics: MetricSink {
    private let batches = Mutex<[MetricBatch]>([])
    func add(_ batch: MetricBatch) { batches.withLock { $0.append(batch) } }
    var all: [MetricBatch] { batches.withLock { $0 } }

    /// The sum of a metric's values.
    func sum(_ name: String) -> Double {
        all.flatMap(\.values).filter { $0.name == name }.reduce(0) { $0 + $1.value }
    }
}

/// Keeps failures of asynchronous invocations, and lets a test wait for the next.
final class RecordingObserver: AsyncInvocationObserver {
    let failures: AsyncStream<AsyncFailure>
    private let heard: AsyncStream<AsyncFailure>.Continuation
    init() { (failures, heard) = AsyncStream.makeStream() }
    func asyncAttemptFailed(_ failure: AsyncFailure) async { heard.yield(failure) }
}

/// S3 with one object, whatever it is asked for.
struct Shelf: CloudService {
    let id = "s3"
    let zip: String
    var operations: [Operation] {
        [
            Operation("GetObject", enforces: "Bucket Key VersionId") { _ in
                Reply([:], payload: .bytes(Data(base64Encoded: zip).map(Array.init) ?? []))
            }
        ]
    }
}
