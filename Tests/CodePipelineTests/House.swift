import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import Synchronization

@testable import CodePipeline

/// S3, STS and Lambda as far as pipelines call them.
final class Neighbours: Sendable {
    struct State {
        var version = "v1"
        var copies: [String] = []
        var invocations: [JSON] = []
        var functionFails = false
        /// A role that nobody may assume.
        var forbidden: String?
        var alarm = "OK"
    }
    let state = Mutex(State())

    private struct Desk: CloudService {
        let id: String
        let operations: [Operation]
    }

    var services: [any CloudService] {
        [
            Desk(
                id: "sts",
                operations: [
                    Operation("AssumeRole", enforces: "RoleArn RoleSessionName") { call in
                        let role = call.input["RoleArn"]?.string ?? ""
                        if self.state.withLock({ $0.forbidden }) == role {
                            throw AWSError("AccessDenied", "No.", status: 403)
                        }
                        return Reply([
                            "Credentials": [
                                "AccessKeyId": "ASIAX", "SecretAccessKey": "s", "SessionToken": "t",
                                "Expiration": .double(call.time.seconds + 3600),
                            ],
                            "AssumedRoleUser": [
                                "Arn": .string(role.replacing(":role/", with: ":assumed-role/") + "/x")
                            ],
                        ])
                    }
                ]),
            Desk(
                id: "s3",
                operations: [
                    Operation("HeadObject", enforces: "Bucket Key VersionId") { call in
                        let version = call.input["VersionId"]?.string ?? self.state.withLock { $0.version }
                        return Reply(["VersionId": .string(version), "ETag": "\"e\"", "LastModified": 1_700_000_000])
                    },
                    Operation("CopyObject", enforces: "Bucket Key CopySource") { call in
                        self.state.withLock { $0.copies.append(call.input["CopySource"]?.string ?? "") }
                        return Reply()
                    },
                ]),
            Desk(
                id: "cloudwatch",
                operations: [
                    Operation("DescribeAlarms", enforces: "AlarmNames") { _ in
                        let state = self.state.withLock { $0.alarm }
                        return Reply(["MetricAlarms": [["StateValue": .string(state), "StateReason": "because"]]])
                    }
                ]),
            Desk(
                id: "lambda",
                operations: [
                    Operation("Invoke", enforces: "FunctionName InvocationType LogType") { call in
                        let bytes = try await call.payload?.collected(limit: 1 << 20) ?? []
                        let fails = try self.state.withLock { state in
                            state.invocations.append(try JSON(parsing: bytes))
                            return state.functionFails
                        }
                        guard fails else { return Reply(["StatusCode": 200]) }
                        return Reply(
                            ["StatusCode": 200, "FunctionError": "Unhandled", "LogResult": "bGFzdCB3b3Jkcw=="],
                            payload: .bytes(Array(#"{"errorType":"E","errorMessage":"boom"}"#.utf8)))
                    }
                ]),
        ]
    }
}

/// CodePipeline at a door, running.
struct House: Sendable {
    let door: TestCloud
    let service: CodePipelineService
    let neighbours: Neighbours

    static func open(
        _ surroundings: Surroundings = Surroundings(), _ body: @Sendable (House) async throws -> Void
    ) async throws {
        let neighbours = Neighbours()
        var desk: CodePipelineService?
        try await withTestCloud(
            surroundings,
            services: { cloud, ledger in
                let made = CodePipelineService(cloud: cloud, ledger: ledger)
                desk = made
                return [made, made.desk] + neighbours.services
            },
            { door in
                guard let desk else { return }
                let house = House(door: door, service: desk, neighbours: neighbours)
                try await withRunning(desk.services) { try await body(house) }
            })
    }

    @discardableResult
    func call(_ operation: String, _ input: JSON = [:]) async throws -> JSON {
        try await door.call("codepipeline", operation, input)
    }

    func make(_ stages: [JSON], _ more: JSON = [:]) async throws -> String {
        try await call("CreatePipeline", ["pipeline": Declarations.pipeline(stages, more)])
        let all = try await call("ListPipelineExecutions", ["pipelineName": "orders"])
        return all["pipelineExecutionSummaries"]?[0]?["pipelineExecutionId"]?.string ?? ""
    }

    func execution(_ id: String) async throws -> JSON {
        try await call("GetPipelineExecution", ["pipelineName": "orders", "pipelineExecutionId": .string(id)])[
            "pipelineExecution"]
            ?? [:]
    }

    func becomes(_ status: String, _ id: String) async throws {
        try await eventually("\(id) \(status)") {
            try await execution(id)["status"]?.string == status ? true : nil
        }
    }

    /// A change of the source, as S3 tells of it.
    func upload(_ version: String, id: String = "") async throws {
        let now = door.ledger.surroundings.now
        let event = LedgerEvent(
            id: id, time: now, source: "aws.s3", detailType: "Object Created", account: door.caller.account,
            region: door.caller.region,
            detail: ["bucket": ["name": "sources"], "object": ["key": "Fetch.zip", "version-id": .string(version)]])
        try await door.ledger.write { try $0.append(event) }
    }
}
