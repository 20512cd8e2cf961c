import Cloud
import CloudTesting
@testable import CodePipeline
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@Suite("AWS CodePipeline")
struct CodePipelineServiceTests {
    private static let gate = Declarations.stage("Gate", [Declarations.approval()])

    @Test("a function gets its job, answers, and the pipeline goes on")
    func function() async throws {
        try await House.open { house in
            let id = try await house.make([
                Declarations.stage("Work", [Declarations.function("Call", ["inputArtifacts": [["name": "Source"]]])])
            ])
            let job = try await eventually("the invocation") {
                house.neighbours.state.withLock { $0.invocations.first?["CodePipeline.job"] }
            }
            #expect(job["data"]?["actionConfiguration"]?["configuration"]?["FunctionName"] == "work")
            #expect(job["data"]?["inputArtifacts"]?[0]?["revision"] == "v1")
            #expect(job["data"]?["artifactCredentials"]?["accessKeyId"] == "ASIAX")
            try await house.call("PutJobSuccessResult", ["jobId": job["id"] ?? "", "outputVariables": ["a": "b"]])
            try await house.becomes("Succeeded", id)
            let actions = try await house.call("ListActionExecutions", ["pipelineName": "orders"])
            let call = actions["actionExecutionDetails"]?.array?.first { $0["actionName"] == "Call" }
            #expect(call?["output"]?["outputVariables"]?["a"] == "b")
            #expect(house.neighbours.state.withLock { $0.copies } == ["sources/Fetch.zip?versionId=v1"])
        }
    }

    @Test("a function that dies without an answer fails its action at once, with its last words")
    func dyingFunction() async throws {
        try await House.open { house in
            house.neighbours.state.withLock { $0.functionFails = true }
            let id = try await house.make([Declarations.stage("Work", [Declarations.function()])])
            try await house.becomes("Failed", id)
            let view = try await house.door.call(
                "slipway-codepipeline", "ViewExecution", ["pipelineName": "orders", "executionId": .string(id)])
            let error = view["stages"]?[1]?["actions"]?[0]?["error"]
            #expect(error?["message"]?.string?.contains("E: boom") == true)
            #expect(error?["evidence"] == ["last words"])
        }
    }

    @Test("a change of the source starts an execution with that very revision, once")
    func detection() async throws {
        try await House.open { house in
            let first = try await house.make([Self.gate], ["executionMode": "QUEUED"])
            try await eventually("the gate") {
                try await house.execution(first)["artifactRevisions"]?.array?.isEmpty == false ? true : nil
            }
            for _ in 1...2 { try await house.upload("v2", id: "event-2") }
            try await house.upload("v2", id: "event-3")
            try await house.upload("v3", id: "event-4")
            let all = try await eventually("three executions") { () -> [JSON]? in
                let all = try await house.call("ListPipelineExecutions", ["pipelineName": "orders"])[
                    "pipelineExecutionSummaries"]?.array
                let revisions = (all ?? []).compactMap { $0["sourceRevisions"]?[0]?["revisionId"]?.string }
                return revisions.contains("v3") ? all : nil
            }
            let revisions = all.compactMap { $0["sourceRevisions"]?[0]?["revisionId"]?.string }
            #expect(revisions.first == "v3" && revisions.last == "v1" && revisions.contains("v2"))
            #expect(all.first?["trigger"]?["triggerType"] == "PollForSourceChanges")
        }
    }

    @Test("an execution begun before a restart goes on after it")
    func restart() async throws {
        try await withTemporaryLedger { ledger in
            let cloud = Cloud(
                surroundings: ledger.surroundings, endpoint: "http://127.0.0.1:4566", validate: { _, _, _ in nil })
            let neighbours = Neighbours()
            let caller = Caller.root(account: "123456789012", region: "eu-west-1")
            let before = CodePipelineService(cloud: cloud, ledger: ledger)
            cloud.install([before] + neighbours.services)
            // Nothing runs yet: what is begun is only stored.
            try await cloud.call(
                "codepipeline", "CreatePipeline", ["pipeline": Declarations.pipeline([Self.gate])], as: caller)
            let after = CodePipelineService(cloud: cloud, ledger: ledger)
            cloud.install([after] + neighbours.services)
            try await withRunning(after.services) {
                let token = try await eventually("the token") {
                    let state = try await cloud.call("codepipeline", "GetPipelineState", ["name": "orders"], as: caller)
                    return state["stageStates"]?[1]?["actionStates"]?[0]?["latestExecution"]?["token"]
                }
                for (stage, action, code) in [
                    ("Nope", "Approve", "StageNotFoundException"), ("Gate", "Nope", "ActionNotFoundException"),
                    ("Source", "Fetch", "InvalidApprovalTokenException"),
                ] {
                    let elsewhere: JSON = [
                        "pipelineName": "orders", "stageName": .string(stage), "actionName": .string(action),
                        "token": token, "result": ["summary": "", "status": "Approved"],
                    ]
                    await #expect {
                        try await cloud.call("codepipeline", "PutApprovalResult", elsewhere, as: caller)
                    } throws: { ($0 as? AWSError)?.code == code }
                }
                try await cloud.call(
                    "codepipeline", "PutApprovalResult",
                    [
                        "pipelineName": "orders", "stageName": "Gate", "actionName": "Approve", "token": token,
                        "result": ["summary": "", "status": "Approved"],
                    ], as: caller)
                try await eventually("its end") {
                    let all = try await cloud.call(
                        "codepipeline", "ListPipelineExecutions", ["pipelineName": "orders"], as: caller)
                    return all["pipelineExecutionSummaries"]?[0]?["status"] == "Succeeded" ? true : nil
                }
            }
        }
    }

    @Test("a role that does not trust CodePipeline is refused at once")
    func role() async throws {
        try await House.open { house in
            house.neighbours.state.withLock { $0.forbidden = Declarations.role }
            let input: JSON = ["pipeline": Declarations.pipeline([Self.gate])]
            let refusal = try await house.door.refusal("codepipeline", "CreatePipeline", input)
            #expect(refusal?.code == "InvalidStructureException")
            #expect(
                refusal?.message == "CodePipeline is not authorized to perform AssumeRole on role \(Declarations.role)")
        }
    }

    @Test("QUEUED takes fifty that wait, and no more")
    func limit() async throws {
        try await House.open { house in
            _ = try await house.make([Self.gate], ["executionMode": "QUEUED"])
            var refusal: AWSError?
            for _ in 0..<60 where refusal == nil {
                refusal = try await house.door.refusal("codepipeline", "StartPipelineExecution", ["name": "orders"])
            }
            #expect(refusal?.code == "ConcurrentPipelineExecutionsLimitExceededException")
        }
    }

    @Test("tags and pages")
    func lists() async throws {
        try await House.open { house in
            for name in ["a", "b", "c"] {
                let input: JSON = ["pipeline": Declarations.pipeline([Self.gate], ["name": .string(name)])]
                try await house.call("CreatePipeline", input)
            }
            let page = try await house.call("ListPipelines", ["maxResults": 2])
            #expect(page["pipelines"]?.array?.compactMap { $0["name"]?.string } == ["a", "b"])
            let rest = try await house.call("ListPipelines", ["nextToken": page["nextToken"] ?? ""])
            #expect(rest["pipelines"]?.array?.compactMap { $0["name"]?.string } == ["c"])
            let arn: JSON = "arn:aws:codepipeline:eu-west-1:123456789012:a"
            try await house.call("TagResource", ["resourceArn": arn, "tags": [["key": "k", "value": "v"]]])
            #expect(
                try await house.call("ListTagsForResource", ["resourceArn": arn])["tags"] == [
                    ["key": "k", "value": "v"]
                ])
            try await house.call("UntagResource", ["resourceArn": arn, "tagKeys": ["k"]])
            #expect(try await house.call("ListTagsForResource", ["resourceArn": arn])["tags"] == [])
            let wrong = try await house.door.refusal(
                "codepipeline", "TagResource", ["resourceArn": arn, "tags": [["key": "aws:k", "value": "v"]]])
            #expect(wrong?.code == "InvalidTagsException")
        }
    }
}

@Suite("Which pushes start a pipeline")
struct TriggerTests {
    private static func starts(_ git: JSON?, _ detail: JSON, of kind: String = "Repository Push") throws -> Bool {
        let source: JSON = [
            "name": "Fetch",
            "actionTypeId": [
                "category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1",
            ],
            "configuration": [
                "ConnectionArn": "arn:aws:codeconnections:eu-west-1:123456789012:connection/c",
                "FullRepositoryId": "o/r",
                "BranchName": "main",
            ], "outputArtifacts": [["name": "Source"]],
        ]
        var more: JSON = [:]
        if var git {
            git["sourceActionName"] = "Fetch"
            more["triggers"] = [["providerType": "CodeStarSourceConnection", "gitConfiguration": git]]
        }
        let tree = Declarations.pipeline(
            [Declarations.stage("Gate", [Declarations.approval()])], sources: [source], more)
        let definition = try tree.decode(PipelineDefinition.self)
        var detail = detail
        // The older spelling of the same connection.
        detail["connectionArn"] = "arn:aws:codestar-connections:eu-west-1:123456789012:connection/c"
        detail["fullRepositoryId"] = "O/r"
        let event = LedgerEvent(
            time: Timestamp(seconds: 1), source: "slipway.codeconnections", detailType: kind, account: "123456789012",
            region: "eu-west-1", detail: detail)
        let pipeline = Pipeline(
            name: "orders", account: "123456789012", region: "eu-west-1", version: 1, declaration: tree, machine: "m",
            created: Timestamp(seconds: 0), updated: Timestamp(seconds: 0))
        return try #require(SourceChange(event)).overrides(for: definition, in: pipeline).isEmpty == false
    }

    private static func push(_ branch: String, files: [String]? = nil) -> JSON {
        var detail: JSON = ["branch": .string(branch), "commitId": "abc1"]
        detail["changedFiles"] = files.map { .array($0.map(JSON.string)) }
        return detail
    }

    @Test("filters")
    func filters() throws {
        #expect(try Self.starts(nil, Self.push("main")))
        #expect(try !Self.starts(nil, Self.push("other")))
        let branches: JSON = ["push": [["branches": ["includes": ["release/**"], "excludes": ["release/old*"]]]]]
        #expect(try Self.starts(branches, Self.push("release/a/b")))
        #expect(try !Self.starts(branches, Self.push("release/old1")))
        #expect(try !Self.starts(branches, Self.push("main")))
        let excluding: JSON = ["push": [["branches": ["excludes": ["wip*"]]]]]
        #expect(try Self.starts(excluding, Self.push("main")))
        let files: JSON = [
            "push": [
                ["branches": ["includes": ["main"]], "filePaths": ["includes": ["src/**"], "excludes": ["**/*.md"]]]
            ]
        ]
        #expect(try Self.starts(files, Self.push("main", files: ["README.md", "src/a.swift"])))
        #expect(try !Self.starts(files, Self.push("main", files: ["src/notes.md", "docs/a.txt"])))
        #expect(try Self.starts(files, Self.push("main")), "the host did not tell which files changed")
        let tags: JSON = ["push": [["tags": ["includes": ["v*"]]]]]
        #expect(try Self.starts(tags, ["tag": "v1", "commitId": "abc1"]))
        #expect(try !Self.starts(tags, Self.push("v1")))
    }

    @Test("pull requests by their target branch and what happened")
    func pullRequests() throws {
        let kind = "Repository Pull Request"
        let git: JSON = ["pullRequest": [["events": ["OPEN"], "branches": ["includes": ["main"]]]]]
        func request(_ event: String, _ target: String) -> JSON {
            [
                "commitId": "abc1",
                "pullRequest": [
                    "event": .string(event), "destinationBranch": .string(target), "sourceBranch": "topic",
                ],
            ]
        }
        #expect(try Self.starts(git, request("opened", "main"), of: kind))
        #expect(try !Self.starts(git, request("closed", "main"), of: kind))
        #expect(try !Self.starts(git, request("opened", "other"), of: kind))
        #expect(try !Self.starts(git, Self.push("main")))
    }
}
