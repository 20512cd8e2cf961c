@testable import DORA
import Ledger
import Notation

/// Tells events as the services do, one after the other, at moments counted in minutes.
struct Story {
    static let begin = Timestamp(seconds: 1_795_000_000)
    private(set) var events: [LedgerEvent] = []
    private(set) var minute = 0.0
    private var count = 0

    var now: Timestamp { Self.begin + .milliseconds(Int(minute * 60_000)) }

    /// Lets time pass.
    mutating func wait(_ minutes: Double) { minute += minutes }

    static func stackID(_ name: String) -> String {
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/\(name)/0000"
    }

    mutating func tell(_ source: String, _ type: String, _ detail: JSON, resources: [String] = []) {
        count += 1
        let digits = String(count)
        let id = "00000000-" + String(repeating: "0", count: 4 - digits.count) + digits + "-event"
        events.append(
            LedgerEvent(
                id: id, time: now, source: source, detailType: type, account: "123456789012", region: "eu-west-1",
                resources: resources, detail: detail))
    }

    // MARK: Stacks

    mutating func stack(_ name: String, _ status: String, reason: String = "", tags: JSON = [:]) {
        tell(
            "aws.cloudformation", "CloudFormation Stack Status Change",
            [
                "stack-id": .string(Self.stackID(name)),
                "status-details": ["status": .string(status), "status-reason": .string(reason)],
                "slipway": ["tags": tags],
            ])
    }

    mutating func resource(_ stack: String, _ type: String, _ status: String, _ physical: String = "r") {
        tell(
            "aws.cloudformation", "CloudFormation Resource Status Change",
            [
                "stack-id": .string(Self.stackID(stack)), "logical-resource-id": "R",
                "physical-resource-id": .string(physical), "resource-type": .string(type),
                "status-details": ["status": .string(status), "status-reason": ""],
            ])
    }

    /// A stack's update that takes so long and goes well.
    mutating func update(_ name: String, minutes: Double = 1, tags: JSON = [:]) {
        stack(name, "UPDATE_IN_PROGRESS", tags: tags)
        wait(minutes)
        stack(name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        stack(name, "UPDATE_COMPLETE")
    }

    // MARK: Traffic

    static func aliasARN(_ function: String) -> String {
        "arn:aws:lambda:eu-west-1:123456789012:function:\(function):live"
    }

    mutating func alias(_ function: String, _ operation: String = "UpdateAlias", version: Int, weights: JSON = [:]) {
        tell(
            "aws.lambda", "Lambda Function Change",
            [
                "operation": .string(operation), "functionName": .string(function), "version": .string("\(version)"),
                "weights": weights,
            ], resources: [Self.aliasARN(function)])
    }

    mutating func step(
        _ id: String, _ name: String, weight: Int, stack: String?, from: Int, to: Int, function: String = "orders",
        text: String = "", creator: String = "CloudFormation"
    ) {
        var detail: JSON = [
            "deploymentId": .string(id), "application": "app", "deploymentGroup": "live", "step": .string(name),
            "text": .string(text), "weight": .int(weight), "functionName": .string(function), "alias": "live",
            "currentVersion": .string("\(from)"), "targetVersion": .string("\(to)"), "creator": .string(creator),
        ]
        if let stack { detail["stackId"] = .string(Self.stackID(stack)) }
        tell("slipway.codedeploy", "Slipway Deployment Step", detail)
    }

    /// A canary: a tenth of the traffic for so long, then all of it, or back.
    mutating func canary(
        _ id: String, stack: String?, from: Int, to: Int, minutes: Double = 5, fails: String? = nil,
        creator: String = "CloudFormation", application: String = "app"
    ) {
        step(id, "Started", weight: 0, stack: stack, from: from, to: to, creator: creator)
        step(id, "TrafficShifted", weight: 10, stack: stack, from: from, to: to, creator: creator)
        wait(minutes)
        if let fails {
            step(id, "RollbackStarted", weight: 10, stack: stack, from: from, to: to, creator: creator)
            step(id, "TrafficRestored", weight: 0, stack: stack, from: from, to: to, creator: creator)
            step(id, "Ended", weight: 0, stack: stack, from: from, to: to, text: fails, creator: creator)
        } else {
            step(id, "TrafficShifted", weight: 100, stack: stack, from: from, to: to, creator: creator)
            step(id, "Succeeded", weight: 100, stack: stack, from: from, to: to, creator: creator)
        }
    }

    /// A stack's update with a canary in it.
    mutating func release(
        _ id: String, _ name: String = "orders", from: Int, to: Int, minutes: Double = 5, fails: String? = nil,
        tags: JSON = [:]
    ) {
        stack(name, "UPDATE_IN_PROGRESS", tags: tags)
        canary(id, stack: name, from: from, to: to, minutes: minutes, fails: fails)
        if let fails {
            stack(name, "UPDATE_ROLLBACK_IN_PROGRESS", reason: fails)
            stack(name, "UPDATE_ROLLBACK_COMPLETE")
        } else {
            resource(name, "AWS::Lambda::Alias", "UPDATE_COMPLETE", Self.aliasARN("orders"))
            stack(name, "UPDATE_COMPLETE")
        }
    }

    /// The stack as it was made: version 1 has all the traffic.
    mutating func create(_ name: String = "orders") {
        stack(name, "CREATE_IN_PROGRESS")
        alias("orders", "CreateAlias", version: 1)
        resource(name, "AWS::Lambda::Alias", "CREATE_COMPLETE", Self.aliasARN("orders"))
        stack(name, "CREATE_COMPLETE")
    }

    // MARK: Commits and pipelines

    /// A push, and what the reader of the log finds out about it.
    mutating func push(_ commits: [(id: String, message: String)], branch: String = "main", looksUp: Bool = true) {
        guard let head = commits.first else { return }
        tell(
            "aws.codecommit", "CodeCommit Repository State Change",
            [
                "event": "referenceUpdated", "referenceType": "branch", "repositoryName": "orders",
                "referenceName": .string(branch), "commitId": .string(head.id), "oldCommitId": "0",
            ])
        guard looksUp, let push = events.last?.id else { return }
        tell(
            "slipway.dora", "Commits Arrived",
            [
                "push": .string(push),
                "commits": .array(
                    commits.map { ["commitId": .string($0.id), "message": .string($0.message)] as JSON }),
            ])
    }

    mutating func action(
        _ execution: String, _ stage: String, _ category: String, _ provider: String, _ state: String,
        external: String = "", more: JSON = [:]
    ) {
        tell(
            "aws.codepipeline", "CodePipeline Action Execution State Change",
            [
                "pipeline": "orders-pipeline", "execution-id": .string(execution), "version": "1",
                "state": .string(state), "stage": .string(stage), "action": "Act",
                "type": ["owner": "AWS", "category": .string(category), "provider": .string(provider)],
                "execution-result": ["external-execution-id": .string(external)], "slipway": more,
            ])
    }

    /// A run of a pipeline from a commit, with a stack's update in each of the stages.
    mutating func run(
        _ execution: String, commit: String, stages: [(name: String, stack: String)], trigger: String = "Webhook"
    ) {
        tell(
            "aws.codepipeline", "CodePipeline Pipeline Execution State Change",
            [
                "pipeline": "orders-pipeline", "execution-id": .string(execution), "version": "1", "state": "STARTED",
                "execution-trigger": ["trigger-type": .string(trigger)],
            ])
        action(
            execution, "Source", "Source", "CodeCommit", "SUCCEEDED", external: commit,
            more: ["repository": "orders", "revision": .string(commit)])
        for stage in stages {
            action(execution, stage.name, "Deploy", "CloudFormation", "STARTED")
            update(stage.stack)
            action(execution, stage.name, "Deploy", "CloudFormation", "SUCCEEDED", external: Self.stackID(stage.stack))
        }
    }

    // MARK: What comes of it

    var book: Book { events.reduce(into: Book()) { $0.read($1) } }

    func history(_ service: String = "orders") -> History? {
        Histories(book).sorted.first { $0.service.name == service }
    }

    /// The figures of the whole story.
    func figures(_ service: String = "orders") -> Figures {
        Figures(
            Histories(book).sorted.filter { $0.service.name == service }, since: Self.begin - .seconds(86_400),
            until: now + .seconds(1))
    }

    func verdict(_ id: String) -> Verdict? {
        guard let (delivery, history) = Histories(book).find(id) else { return nil }
        return history.verdicts[delivery.id]
    }
}
