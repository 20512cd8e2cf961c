import Buildspec
import Foundation
import Notation
import Sandbox

/// Runs a folder's build with the real engine, in a server of its own that is gone afterwards.
///
/// So a build here means the same as one on a server: the same phases, shell, environment, artifacts and reports.
struct LocalBuild {
    /// What is asked for.
    struct Order {
        /// The folder with the source, absolute.
        var source: URL
        /// The build specification's text, as it was read and found in order.
        var text: String
        var spec: Buildspec
        var variables: [(name: String, value: String)]
        /// Where `artifacts.zip` goes; nil when nobody wants it.
        var artifacts: URL?
        var image: String
    }

    let order: Order
    private let client: SlipwayClient
    private let folder: URL
    private static let bucket = "slipway-local-build"
    private static let project = "local"

    /// A build of that order by the server at hand; the folder takes what has to be put down on the way.
    init(_ order: Order, server: DemoServer, folder: URL) throws {
        self.order = order
        self.folder = folder
        client = try SlipwayClient(server.access)
    }

    /// Runs it, printing what it prints. Says whether it succeeded.
    ///
    /// - Throws: ``CommandFailure`` when the folder cannot be packed; ``CallFailure`` when the server refuses.
    func run() async throws -> Bool {
        try await prepare()
        let answer = try await client.call("codebuild", "StartBuild", ["projectName": .string(Self.project)])
        let id = answer["build"]?["id"]?.string ?? ""
        let desk = BuildDesk(client: client)
        var watcher = BuildWatcher(desk: desk, id: id)
        let isGood = try await watcher.follow()
        let build = try await desk.build(id)
        for line in try await reports(build) { Terminal.standard.line(line) }
        try await collect(build)
        return isGood
    }

    // MARK: Before

    private func prepare() async throws {
        let packed = folder.appendingPathComponent("source.zip").path
        do { try Archive.zip(folder: order.source.path, to: packed) } catch {
            throw CommandFailure("The folder \(order.source.path) cannot be packed: \(error)")
        }
        let store = LocalStore(client: client, bucket: Self.bucket)
        try await store.make()
        try await store.put(file: packed, key: "source.zip")
        try await client.call("codebuild", "CreateProject", try await project())
    }

    private func project() async throws -> JSON {
        var project: JSON = [
            "name": .string(Self.project), "serviceRole": .string(try await role()),
            "source": [
                "type": "S3", "location": .string(Self.bucket + "/source.zip"), "buildspec": .string(order.text),
            ],
            "artifacts": order.spec.artifacts == nil ? ["type": "NO_ARTIFACTS"] : Self.artifact("artifacts.zip"),
            "environment": [
                "type": "LINUX_CONTAINER", "image": .string(order.image), "computeType": "BUILD_GENERAL1_MEDIUM",
                "environmentVariables": .array(
                    order.variables.map { ["name": .string($0.name), "value": .string($0.value)] }),
            ],
        ]
        let secondary = order.spec.artifacts?.secondary.keys.sorted() ?? []
        guard !secondary.isEmpty else { return project }
        project["secondaryArtifacts"] = .array(
            secondary.map { name in
                var artifact = Self.artifact(name + ".zip")
                artifact["artifactIdentifier"] = .string(name)
                return artifact
            })
        return project
    }

    private static func artifact(_ name: String) -> JSON {
        [
            "type": "S3", "location": .string(bucket), "packaging": "ZIP", "name": .string(name), "path": "artifacts",
            "namespaceType": "NONE",
        ]
    }

    /// A role that may do everything: nobody else can reach this server.
    private func role() async throws -> String {
        let trust =
            #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "#
            + #""Principal": {"Service": "codebuild.amazonaws.com"}}]}"#
        let rights = #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#
        let made = try await client.call(
            "iam", "CreateRole", ["RoleName": "local-build", "AssumeRolePolicyDocument": .string(trust)])
        try await client.call(
            "iam", "PutRolePolicy",
            ["RoleName": "local-build", "PolicyName": "all", "PolicyDocument": .string(rights)])
        return made["Role"]?["Arn"]?.string ?? ""
    }

    // MARK: After

    /// A line for each report.
    private func reports(_ build: JSON) async throws -> [String] {
        let arns = build["reportArns"]?.array ?? []
        guard !arns.isEmpty else { return [] }
        let answer = try await client.call("codebuild", "BatchGetReports", ["reportArns": .array(arns)])
        return (answer["reports"]?.array ?? []).map { report in
            let name = report["reportGroupArn"]?.string?.split(separator: "/").last.map(String.init) ?? "report"
            let status = Terminal.standard.coloured(report["status"]?.string ?? "")
            if let tests = report["testSummary"] {
                let counts = (tests["statusCounts"]?.object ?? [:]).filter { $0.value.int ?? 0 > 0 }
                    .map { "\($0.value.int ?? 0) \($0.key.lowercased())" }
                let total = tests["total"]?.int ?? 0
                return "\(name): \(status), \(total) tests: \(counts.joined(separator: ", "))"
            }
            let lines = report["codeCoverageSummary"]?["lineCoveragePercentage"]?.double
            return "\(name): \(status)" + (lines.map { ", \($0) % of the lines" } ?? "")
        }
    }

    /// Brings the artifacts to where they are wanted.
    private func collect(_ build: JSON) async throws {
        guard let target = order.artifacts, let artifacts = order.spec.artifacts else { return }
        let store = LocalStore(client: client, bucket: Self.bucket)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        let names = ["artifacts.zip"] + artifacts.secondary.keys.sorted().map { $0 + ".zip" }
        for name in names {
            let file = target.appendingPathComponent(name)
            guard try await store.get(key: "artifacts/" + name, file: file) else { continue }
            Terminal.standard.line("\(file.path)")
        }
    }
}

/// A bucket of the build's server, for files of any size.
struct LocalStore {
    let client: SlipwayClient
    let bucket: String

    /// Larger bodies are sent and fetched in parts of this size.
    private static let part = 16 << 20

    func make() async throws { try await client.call("s3", "CreateBucket", ["Bucket": .string(bucket)]) }

    /// Puts a file there.
    func put(file: String, key: String) async throws {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw CommandFailure("'\(file)' cannot be read.") }
        defer { try? handle.close() }
        let place: JSON = ["Bucket": .string(bucket), "Key": .string(key)]
        let first = try handle.read(upToCount: Self.part) ?? Data()
        if first.count < Self.part {
            _ = try await client.call("s3", "PutObject", place, payload: [UInt8](first))
            return
        }
        let upload = try await client.call("s3", "CreateMultipartUpload", place)["UploadId"] ?? .null
        var parts: [JSON] = []
        var data: Data? = first
        while let piece = data, !piece.isEmpty {
            var input = place
            input["UploadId"] = upload
            input["PartNumber"] = .int(parts.count + 1)
            let (answer, _) = try await client.call("s3", "UploadPart", input, payload: [UInt8](piece))
            parts.append(["PartNumber": .int(parts.count + 1), "ETag": answer["ETag"] ?? .null])
            data = try handle.read(upToCount: Self.part)
        }
        var input = place
        input["UploadId"] = upload
        input["MultipartUpload"] = ["Parts": .array(parts)]
        try await client.call("s3", "CompleteMultipartUpload", input)
    }

    /// Fetches an object into a file; false when there is none.
    func get(key: String, file: URL) async throws -> Bool {
        let place: JSON = ["Bucket": .string(bucket), "Key": .string(key)]
        let size: Int
        do { size = try await client.call("s3", "HeadObject", place)["ContentLength"]?.int ?? 0 } catch is CallFailure {
            return false
        }
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        var offset = 0
        while offset < size {
            var input = place
            input["Range"] = .string("bytes=\(offset)-\(min(offset + Self.part, size) - 1)")
            let (_, bytes) = try await client.call("s3", "GetObject", input, payload: [])
            guard !bytes.isEmpty else { throw CommandFailure("The artifact \(key) ended early.") }
            try handle.write(contentsOf: bytes)
            offset += bytes.count
        }
        return true
    }
}
