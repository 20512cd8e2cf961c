import Cloud
import CloudTesting
import FoundationEssentials
import HTTP
import Ledger
import LedgerTesting
import Logging
import Notation
import Sandbox
import Synchronization

@testable import CodeBuild

/// A running CodeBuild on a sandbox of a kind that the test chooses; its neighbours are stand-ins.
struct BuildHouse: Sendable {
    let test: TestCloud
    let log: RecordingSink
    let bucket: Bucket

    /// Makes a project with that buildspec, builds it, and gives back the build when it is over.
    func build(_ name: String, _ spec: String, _ more: JSON = [:]) async throws -> JSON {
        var input: JSON = [
            "name": .string(name), "source": ["type": "NO_SOURCE", "buildspec": .string(spec)],
            "artifacts": ["type": "NO_ARTIFACTS"], "serviceRole": "arn:aws:iam::123456789012:role/builds",
            "environment": [
                "type": "LINUX_CONTAINER", "image": "slipway/machine", "computeType": "BUILD_GENERAL1_SMALL",
            ],
        ]
        for (key, value) in more.object ?? [:] { input[key] = value }
        try await test.call("codebuild", "CreateProject", input)
        return try await again(name)
    }

    /// Builds the project once more.
    func again(_ name: String) async throws -> JSON {
        let answer = try await test.call("codebuild", "StartBuild", ["projectName": .string(name)])
        let id = answer["build"]?["id"]?.string ?? ""
        for try await logged in test.ledger.follow(after: 0) {
            let detail = logged.event.detail
            guard logged.event.detailType == "CodeBuild Build State Change", detail["build-status"] != "IN_PROGRESS",
                detail["build-id"]?.string?.hasSuffix(id) == true
            else { continue }
            return try await test.call("codebuild", "BatchGetBuilds", ["ids": [.string(id)]])["builds"]?[0] ?? .null
        }
        throw CancellationError()
    }

    /// What commands printed in a build, without what is said around it.
    func printed(_ build: JSON) -> [String] { lines(build).filter { !$0.hasPrefix("[Container]") } }

    /// All lines of a build's log.
    func lines(_ build: JSON) -> [String] { log.lines(build["logs"]?["streamName"]?.string ?? "") }

    /// What the phases that failed say.
    func why(_ build: JSON) -> String {
        (build["phases"]?.array ?? []).flatMap { $0["contexts"]?.array ?? [] }.compactMap { $0["message"]?.string }
            .joined()
    }
}

/// Runs the body with a house on the way to run programs that is named.
///
/// - Throws: `SandboxError` when that way does not work on this machine.
func withBuilds(on kind: BackendKind, _ body: (BuildHouse) async throws -> Void) async throws {
    let folder = "/tmp/slipway-builds-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let sandbox = try await Sandbox.probe(state: folder + "/sandbox", candidates: [kind], log: quiet)
    let (log, bucket) = (RecordingSink(), Bucket())
    let made = Mutex<CodeBuildService?>(nil)
    do {
        try await withTestCloud { cloud, ledger in
            let service = try CodeBuildService(
                cloud: cloud, ledger: ledger, sandbox: sandbox, folder: folder + "/builds", logs: log,
                environment: ProcessInfo.processInfo.environment)
            made.withLock { $0 = service }
            return [service, RoleGiver(), bucket]
        } _: { test in
            guard let service = made.withLock({ $0 }) else { return }
            try await withRunning(service.services) { try await body(BuildHouse(test: test, log: log, bucket: bucket)) }
        }
    } catch {
        await sandbox.shutDown()
        throw error
    }
    await sandbox.shutDown()
}

/// STS as far as builds need it.
private struct RoleGiver: CloudService {
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

/// S3 as far as it takes what builds make.
final class Bucket: CloudService {
    let id = "s3"
    private let objects = Mutex<[String: String]>([:])

    var operations: [Operation] {
        [
            Operation("PutObject", enforces: "Bucket Key Metadata ContentType ContentMD5") { call in
                let bytes = try await call.payload?.collected(limit: 1 << 20) ?? []
                self.objects.withLock {
                    $0[call.input["Key"]?.string ?? ""] = String(decoding: bytes, as: UTF8.self)
                }
                return Reply()
            }
        ]
    }

    func text(_ key: String) -> String? { objects.withLock { $0[key] } }
}

/// Keeps what builds log, by stream.
final class RecordingSink: BuildLogSink {
    private let streams = Mutex<[String: [String]]>([:])

    func write(_ lines: [BuildLogLine], group: String, stream: String, account: String, region: String) {
        streams.withLock { $0[stream, default: []] += lines.map(\.message) }
    }

    func flush() async {}

    func lines(_ stream: String) -> [String] { streams.withLock { $0[stream] ?? [] } }
}
