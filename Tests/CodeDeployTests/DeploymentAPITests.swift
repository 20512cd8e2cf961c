import Cloud
import CloudTesting
@testable import CodeDeploy
import HTTP
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@Suite("Deployments by the API", .timeLimit(.minutes(2)))
struct DeploymentAPITests {
    @Test("a canary moves a tenth, waits, moves the rest, and is told in full")
    func canary() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup()
            let id = try await shop.deploy()
            #expect(id.hasPrefix("d-") && id.count == 11)
            try await shop.share(0.1)
            try await shop.baking(id)
            let target = try await shop.call(
                "GetDeploymentTarget", ["deploymentId": .string(id), "targetId": "orders"])
            let lambda = target["deploymentTarget"]?["lambdaTarget"]
            #expect(lambda?["lambdaFunctionInfo"]?["targetVersionWeight"]?.double == 10)
            #expect(lambda?["lifecycleEvents"]?[1]?["status"]?.string == "InProgress")
            let busy = try await shop.call(
                "GetDeploymentGroup", ["applicationName": "shop", "deploymentGroupName": "orders"])
            #expect(busy["deploymentGroupInfo"]?["lastAttemptedDeployment"]?["status"]?.string == "InProgress")
            let info = try await shop.reach("Succeeded", id)
            #expect(shop.neighbours.state.withLock { ($0.version, $0.weights) } == ("2", [:]))
            #expect(info["deploymentOverview"]?["Succeeded"]?.int == 1)
            #expect(info["creator"]?.string == "user")
            #expect((info["completeTime"]?.double ?? 0) - (info["startTime"]?.double ?? 0) == 300)
            let group = try await shop.call(
                "GetDeploymentGroup", ["applicationName": "shop", "deploymentGroupName": "orders"])
            #expect(group["deploymentGroupInfo"]?["lastSuccessfulDeployment"]?["deploymentId"]?.string == id)
            #expect(try await shop.call("ListDeployments")["deployments"]?.array == [.string(id)])
        }
    }

    @Test("an alarm stops it within a second, and a deployment of its own takes traffic back")
    func alarm() async throws {
        try await Shop.open { shop in
            shop.neighbours.alarm("errors", "OK", since: 1)
            shop.neighbours.state.withLock { $0.lines = ["START", "[ERROR] KeyError: 'total'\nTraceback: ...", "END"] }
            try await shop.makeGroup(alarms: ["errors"])
            let id = try await shop.deploy()
            try await shop.share(0.1)
            try await shop.baking(id)
            let fired = shop.time.now
            shop.neighbours.alarm("errors", "ALARM", since: fired.seconds)
            let info = try await shop.reach("Stopped", id, tick: .milliseconds(50))
            #expect((info["completeTime"]?.double ?? 0) - fired.seconds <= 1)
            #expect(info["errorInformation"]?["code"]?.string == "ALARM_ACTIVE")
            #expect(info["errorInformation"]?["message"]?.string?.contains("KeyError: 'total'") == true)
            #expect(shop.neighbours.state.withLock { ($0.version, $0.weights) } == ("1", [:]))
            let rollbackID = try #require(info["rollbackInfo"]?["rollbackDeploymentId"]?.string)
            let back = try await shop.info(rollbackID)
            #expect(back["status"]?.string == "Succeeded")
            #expect(back["creator"]?.string == "codeDeployRollback")
            #expect(back["rollbackInfo"]?["rollbackTriggeringDeploymentId"]?.string == id)
            #expect(
                back["revision"]?["appSpecContent"]?["content"]?.string?.contains("\"TargetVersion\":\"1\"") == true)
            #expect(try await shop.call("ListDeployments")["deployments"]?.array?.count == 2)
            // An alarm still firing does not block the fix.
            let fix = try await shop.deploy(Shop.revision(to: 3))
            try await shop.baking(fix)
            try await shop.door.call("slipway", "PromoteDeployment", ["deploymentId": .string(fix)])
            try await shop.reach("Succeeded", fix)
        }
    }

    @Test("why names the cause first, then what was done, and keeps secrets")
    func why() async throws {
        try await Shop.open { shop in
            shop.neighbours.alarm("errors", "OK", since: 1)
            shop.neighbours.state.withLock { $0.lines = ["[ERROR] KeyError: 'total'", "Traceback"] }
            try await shop.makeGroup(alarms: ["errors"])
            let id = try await shop.deploy()
            try await shop.baking(id)
            shop.neighbours.alarm("errors", "ALARM", since: shop.time.now.seconds)
            try await shop.reach("Stopped", id, tick: .milliseconds(50))
            let why = try await shop.door.call("slipway", "WhyDeployment")
            #expect(why["deploymentId"]?.string == id)
            #expect(why["cause"]?.string == "Version 2 of orders fails: KeyError: 'total'")
            #expect(why["evidence"]?["lines"]?.array?.count == 2)
            #expect(why["evidence"]?["differences"]?.array?.count == 2)
            #expect(why.text().contains("All traffic goes to version 1."))
            // The error is told once, in front.
            #expect(why["chain"]?.array?.count { $0.string?.contains("KeyError") == true } == 1)
            #expect(why.text().contains("answered 40 calls, 7 of them"))
            #expect(!why.text().contains("secret"))
            let view = try await shop.door.call("slipway", "DescribeDeployment", ["deploymentId": .string(id)])
            #expect(view["alarms"]?[0]?["definition"]?["value"]?.double == 7)
            #expect(view["steps"]?.array?.map { $0["state"]?.string ?? "" } == ["failed", "skipped", "done"])
        }
    }

    @Test("a hook is asked once, with exactly two members, and its first report counts")
    func hook() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            let door = shop.door
            shop.neighbours.state.withLock { state in
                state.hook = { _, payload in
                    let report: JSON = [
                        "deploymentId": payload["DeploymentId"] ?? .null,
                        "lifecycleEventHookExecutionId": payload["LifecycleEventHookExecutionId"] ?? .null,
                        "status": "Succeeded",
                    ]
                    try await door.call("codedeploy", "PutLifecycleEventHookExecutionStatus", report)
                    return Reply()
                }
            }
            let id = try await shop.deploy(Shop.revision(hooks: [["BeforeAllowTraffic": "check"]]))
            try await shop.reach("Succeeded", id)
            let payloads = shop.neighbours.state.withLock { $0.invocations }
            #expect(payloads.count == 1 && payloads[0].object?.count == 2)
            let execution = payloads[0]["LifecycleEventHookExecutionId"] ?? .null
            let again: JSON = [
                "deploymentId": .string(id), "lifecycleEventHookExecutionId": execution, "status": "Failed",
            ]
            #expect(
                try await shop.refusal("PutLifecycleEventHookExecutionStatus", again)
                    == "LifecycleEventAlreadyCompletedException")
            for (status, code) in [
                ("Pending", "InvalidLifecycleEventHookExecutionStatusException"),
                ("Succeeded", "InvalidLifecycleEventHookExecutionIdException"),
            ] {
                let report: JSON = [
                    "deploymentId": .string(id), "lifecycleEventHookExecutionId": "guess", "status": .string(status),
                ]
                #expect(try await shop.refusal("PutLifecycleEventHookExecutionStatus", report) == code)
            }
        }
    }

    @Test("a hook that cannot be invoked, or dies, fails the deployment at once", arguments: [true, false])
    func hookFails(isMissing: Bool) async throws {
        try await Shop.open { shop in
            try await shop.makeGroup()
            if !isMissing {
                shop.neighbours.state.withLock { state in
                    state.hook = { _, _ in
                        let error: JSON = ["errorType": "KeyError", "errorMessage": "'total'"]
                        return Reply(
                            ["FunctionError": "Unhandled", "LogResult": "bGFzdCBsaW5l"], payload: .bytes(error.bytes()))
                    }
                }
            }
            let start = shop.time.now
            let id = try await shop.deploy(Shop.revision(hooks: [["BeforeAllowTraffic": "check"]]))
            let info = try await shop.reach("Failed", id)
            #expect(info["completeTime"]?.double == start.seconds)
            #expect(info["errorInformation"]?["code"]?.string == "HOOK_EXECUTION_FAILURE")
            #expect(
                info["errorInformation"]?["message"]?.string?.contains(isMissing ? "not found" : "KeyError: 'total'")
                    == true)
            #expect(shop.neighbours.state.withLock { $0.shares }.isEmpty)
            let target = try await shop.call(
                "BatchGetDeploymentTargets", ["deploymentId": .string(id), "targetIds": ["orders"]])
            let event = target["deploymentTargets"]?[0]?["lambdaTarget"]?["lifecycleEvents"]?[0]
            #expect(event?["diagnostics"]?["errorCode"]?.string == (isMissing ? "ScriptMissing" : "ScriptFailed"))
            #expect(event?["diagnostics"]?["logTail"]?.string == (isMissing ? "" : "last line"))
        }
    }

    @Test("stopped without rollback leaves the alias split; the next deployment says so; a second at a time is refused")
    func stop() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup()
            let id = try await shop.deploy()
            try await shop.share(0.1)
            try await shop.baking(id)
            let second: JSON = [
                "applicationName": "shop", "deploymentGroupName": "orders", "revision": Shop.revision(),
            ]
            let refusal = try await shop.door.refusal("codedeploy", "CreateDeployment", second)
            #expect(refusal?.code == "DeploymentLimitExceededException" && refusal?.message.contains(id) == true)
            let stop: JSON = ["deploymentId": .string(id), "autoRollbackEnabled": false]
            try await shop.call("StopDeployment", stop)
            let info = try await shop.reach("Stopped", id)
            #expect(info["errorInformation"]?["code"]?.string == "MANUAL_STOP")
            #expect(info["rollbackInfo"] == nil)
            #expect(try await shop.call("StopDeployment", stop)["status"]?.string == "Succeeded")
            #expect(shop.neighbours.state.withLock { $0.weights } == ["2": 0.1])
            let next = try await shop.deploy()
            let failed = try await shop.reach("Failed", next)
            #expect(failed["errorInformation"]?["code"]?.string == "INVALID_LAMBDA_CONFIGURATION")
            #expect(failed["errorInformation"]?["message"]?.string?.contains("Clear its weights") == true)
        }
    }

    @Test("can be paused, resumed, promoted and aborted by hand")
    func byHand() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup()
            func ask(_ operation: String, _ id: String) async throws -> JSON {
                try await shop.door.call("slipway", operation, ["deploymentId": .string(id)])
            }
            let first = try await shop.deploy()
            try await shop.baking(first)
            #expect(try await ask("PauseDeployment", first)["phase"]?.string == "paused")
            #expect(try await shop.door.refusal("slipway", "PauseDeployment", ["deploymentId": .string(first)]) != nil)
            #expect(try await ask("ResumeDeployment", first)["phase"]?.string == "baking")
            _ = try await ask("PromoteDeployment", first)
            try await shop.share(1)
            try await shop.reach("Succeeded", first)
            let refusal = try await shop.door.refusal("slipway", "PromoteDeployment", ["deploymentId": .string(first)])
            #expect(refusal?.code == "DeploymentAlreadyCompletedException")
            let second = try await shop.deploy(Shop.revision(from: 2, to: 3))
            try await shop.baking(second)
            _ = try await ask("AbortDeployment", second)
            try await shop.reach("Stopped", second)
            #expect(shop.neighbours.state.withLock { ($0.version, $0.weights) } == ("2", [:]))
        }
    }

    @Test("made for a stack are made once, however often the stack asks")
    func fromStack() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            let stack = shop.door.caller.through("cloudformation.amazonaws.com")
            let input: JSON = [
                "applicationName": "shop", "deploymentGroupName": "orders", "revision": Shop.revision(),
                "externalId": "arn:stack", "idempotencyToken": "step-1",
            ]
            let ids = try await (0..<3).asyncMap { _ in
                try await shop.door.cloud.call("codedeploy", "CreateDeployment", input, as: stack)["deploymentId"]?
                    .string ?? ""
            }
            #expect(Set(ids).count == 1)
            try await shop.reach("Succeeded", ids[0])
            let later = try await shop.door.cloud.call("codedeploy", "CreateDeployment", input, as: stack)
            #expect(later["deploymentId"]?.string == ids[0])
            #expect(try await shop.info(ids[0])["creator"]?.string == "CloudFormation")
            let found = try await shop.call("ListDeployments", ["externalId": "arn:stack"])
            #expect(found["deployments"]?.array == [.string(ids[0])])
            try await shop.call("DeleteResourcesByExternalId", ["externalId": "arn:stack"])
            #expect(try await shop.call("ListDeployments", ["externalId": "arn:stack"])["deployments"]?.array == [])
        }
    }

    @Test("that succeeded is taken back by a new one, alarms or not")
    func takenBack() async throws {
        try await Shop.open { shop in
            shop.neighbours.alarm("errors", "OK", since: 1)
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce", alarms: ["errors"])
            let id = try await shop.deploy()
            try await shop.reach("Succeeded", id)
            shop.neighbours.alarm("errors", "ALARM", since: 9)
            let answer = try await shop.door.call("slipway", "RollbackDeployment", ["deploymentId": .string(id)])
            let back = answer["deploymentId"]?.string ?? ""
            try await shop.reach("Succeeded", back)
            #expect(shop.neighbours.state.withLock { $0.version } == "1")
            let group = try await shop.call(
                "GetDeploymentGroup", ["applicationName": "shop", "deploymentGroupName": "orders"])
            #expect(group["deploymentGroupInfo"]?["lastSuccessfulDeployment"]?["deploymentId"]?.string == back)
        }
    }

    @Test("tell the group's topics, the last one before they are done with")
    func triggers() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            let trigger: JSON = [
                "triggerName": "tell", "triggerTargetArn": "arn:aws:sns:eu-west-1:123456789012:deployments",
                "triggerEvents": ["DeploymentStart", "DeploymentSuccess"],
            ]
            try await shop.call(
                "UpdateDeploymentGroup",
                [
                    "applicationName": "shop", "currentDeploymentGroupName": "orders",
                    "triggerConfigurations": [trigger],
                ])
            let id = try await shop.deploy()
            try await eventually("two messages") {
                shop.neighbours.state.withLock { $0.messages.count } == 2 ? true : nil
            }
            let messages = shop.neighbours.state.withLock { $0.messages }
            let last = messages.first { $0["status"]?.string == "Succeeded" }
            #expect(last?["deploymentId"]?.string == id)
            #expect(last?["eventTriggerName"]?.string == "tell")
            #expect(last?["deploymentOverview"]?["Succeeded"]?.string == "1")
            #expect(last?["completeTime"]?.string == "1750000000000")
        }
    }

    private static let objects: [(key: String, eTag: String?, status: String, code: String?)] = [
        ("good.yaml", nil, "Succeeded", nil), ("good.yaml", "tag", "Succeeded", nil),
        ("good.yaml", "other", "Failed", "INVALID_REVISION"), ("bad.yaml", nil, "Failed", "INVALID_REVISION"),
        ("gone.yaml", nil, "Failed", "REVISION_MISSING"),
    ]

    @Test("fetch their AppSpec from S3, and fail if it cannot be had", arguments: objects.indices)
    func fromS3(index: Int) async throws {
        let test = Self.objects[index]
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            let spec = Shop.revision()["appSpecContent"]?["content"]?.string ?? ""
            shop.neighbours.state.withLock { $0.objects = ["good.yaml": spec, "bad.yaml": "version: 7"] }
            var place: JSON = ["bucket": "b", "key": .string(test.key), "bundleType": "YAML"]
            place["eTag"] = test.eTag.map(JSON.string)
            let id = try await shop.deploy(["revisionType": "S3", "s3Location": place])
            let info = try await shop.reach(test.status, id)
            #expect(info["errorInformation"]?["code"]?.string == test.code)
        }
    }

    private static let refusals: [(error: AWSError, times: Int, status: String, code: String?)] = [
        (
            AWSError("PreconditionFailedException", "The Revision Id provided does not match.", status: 412), 1,
            "Succeeded", nil
        ),
        (AWSError("ServiceException", "down", status: 500), 2, "Succeeded", nil),
        (AWSError("ServiceException", "down", status: 500), 20, "Failed", "INVALID_LAMBDA_CONFIGURATION"),
        (AWSError("AccessDeniedException", "not authorized", status: 403), 1, "Failed", "IAM_ROLE_PERMISSIONS"),
        (AWSError("ResourceNotFoundException", "gone", status: 404), 1, "Failed", "INVALID_LAMBDA_FUNCTION"),
        (AWSError("InvalidParameterValueException", "roles differ"), 1, "Failed", "INVALID_LAMBDA_CONFIGURATION"),
    ]

    @Test("try again what may pass, and fail with the right code of what does not", arguments: refusals.indices)
    func passing(index: Int) async throws {
        let test = Self.refusals[index]
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            shop.neighbours.state.withLock { $0.refusals = Array(repeating: test.error, count: test.times) }
            let id = try await shop.deploy()
            let info = try await eventually("\(id) to be \(test.status)") { () -> JSON? in
                let info = try await shop.info(id)
                // Attempts are apart by the clock, which nobody else moves here.
                if let next = shop.time.nextWake, next < shop.time.now + .seconds(2) { shop.time.advance(to: next) }
                guard info["status"]?.string == test.status else { return nil }
                return info
            }
            #expect(info["errorInformation"]?["code"]?.string == test.code)
        }
    }

    @Test("write every change of state into the one log, as EventBridge would have it")
    func events() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            let id = try await shop.deploy()
            try await shop.reach("Succeeded", id)
            let all = try await shop.door.ledger.events(after: 0).map(\.event)
            let states = all.filter { $0.detailType == "CodeDeploy Deployment State-change Notification" }
            #expect(states.map { $0.detail["state"]?.string } == ["START", "SUCCESS"])
            #expect(states.first?.source == "aws.codedeploy")
            #expect(
                states.first?.resources == [
                    "arn:aws:codedeploy:eu-west-1:123456789012:application:shop",
                    "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:shop/orders",
                ])
            let steps = all.filter { $0.source == "slipway.codedeploy" }.compactMap { $0.detail["step"]?.string }
            #expect(steps == ["Started", "TrafficShifted", "Succeeded"])
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
