import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import EventBridge

@Suite("Deliveries to targets", .timeLimit(.minutes(2)))
struct DeliveryTests {
    private static let shop = #"{"source":["shop"]}"#

    @Test("bring an event to every kind of target, as the target has it")
    func kinds() async throws {
        let lambda = Neighbour("lambda", "Invoke")
        let sqs = Neighbour("sqs", "SendMessage")
        let sns = Neighbour("sns", "Publish")
        let logs = Neighbour("logs", "CreateLogStream PutLogEvents")
        try await withHouse([lambda, sqs, sns, logs]) { house in
            try await house.rule(
                "r", Self.shop,
                [
                    ["Id": "f", "Arn": .string(functionARN)],
                    [
                        "Id": "q", "Arn": .string(queueARN + ".fifo"), "SqsParameters": ["MessageGroupId": "g"],
                        "InputPath": "$.detail.n",
                    ],
                    ["Id": "t", "Arn": "arn:aws:sns:eu-west-1:123456789012:t", "Input": "\"constant\""],
                    [
                        "Id": "l", "Arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/shop:*",
                        "InputTransformer": [
                            "InputPathsMap": ["n": "$.detail.n"], "InputTemplate": "{\"number\": <n>}",
                        ],
                    ],
                ])
            let id = try await house.put(["n": 7])["Entries"]?[0]?["EventId"]
            let heard = try await eventually("the function hears") { lambda.heard.first }
            let event = try JSON(parsing: heard.payload)
            #expect(event["id"] == id && event["detail"] == ["n": 7] && event["detail-type"] == "Order")
            #expect(heard.input["InvocationType"] == "Event")
            #expect(heard.caller.isService && heard.caller.principal == "events.amazonaws.com")
            #expect(heard.caller.sourceARN == "arn:aws:events:eu-west-1:123456789012:rule/r")
            let message = try await eventually("the queue hears") { sqs.heard.first }
            #expect(message.input["MessageBody"] == "7" && message.input["MessageGroupId"] == "g")
            #expect(message.input["QueueUrl"]?.string?.hasSuffix("/123456789012/q.fifo") == true)
            #expect(try await eventually("the topic hears") { sns.heard.first }.input["Message"] == "\"constant\"")
            let line = try await eventually("the log group hears") {
                logs.heard.first { $0.operation == "PutLogEvents" }
            }
            #expect(
                line.input["logEvents"]?[0]?["message"] == "{\"number\":7}" && line.input["logGroupName"] == "/shop")
            try await eventually("the match is counted, once") { house.figures["MatchedEvents"] == 1 ? true : nil }
            try await eventually("all are counted") { house.figures["Invocations"] == 4 ? true : nil }
            #expect(house.figures["MatchedEvents"] == 1)
        }
    }

    @Test("start pipelines and builds as the target's role, under a token of their own")
    func starts() async throws {
        let pipeline = Neighbour("codepipeline", "StartPipelineExecution")
        let build = Neighbour("codebuild", "StartBuild")
        try await withHouse([pipeline, build, .sts]) { house in
            try await house.rule(
                "r", Self.shop,
                [
                    [
                        "Id": "p", "Arn": "arn:aws:codepipeline:eu-west-1:123456789012:release",
                        "RoleArn": "arn:aws:iam::123456789012:role/go",
                    ],
                    [
                        "Id": "b", "Arn": "arn:aws:codebuild:eu-west-1:123456789012:project/check",
                        "RoleArn": "arn:aws:iam::123456789012:role/go",
                        "InputTransformer": [
                            "InputPathsMap": ["c": "$.detail.commit"], "InputTemplate": "{\"sourceVersion\": <c>}",
                        ],
                    ],
                ])
            try await house.put(["commit": "abc"])
            let started = try await eventually("the pipeline starts") { pipeline.heard.first }
            #expect(started.input["name"] == "release" && started.input["variables"] == nil)
            #expect(started.input["clientRequestToken"]?.string?.utf8.count == 39)
            #expect(started.caller.principal == "arn:aws:sts::123456789012:assumed-role/go/session")
            #expect(
                started.caller.invokedBy == "events.amazonaws.com"
                    && started.caller.sourceARN?.hasSuffix(":rule/r") == true)
            let built = try await eventually("the build starts") { build.heard.first }
            #expect(built.input["projectName"] == "check" && built.input["sourceVersion"] == "abc")
        }
    }

    @Test("leave events alone that no rule wants, that are older than the rule, or while it sleeps")
    func others() async throws {
        let lambda = Neighbour("lambda", "Invoke")
        try await withHouse([lambda]) { house in
            try await house.put(["n": 0])
            try await house.rule("r", Self.shop, [["Id": "f", "Arn": .string(functionARN)]])
            try await house.put(["n": 1], source: "other")
            try await house.test.call("events", "DisableRule", ["Name": "r"])
            try await house.put(["n": 2])
            try await house.test.call("events", "EnableRule", ["Name": "r"])
            try await house.put(["n": 3])
            let heard = try await eventually("the function hears") { lambda.heard.first }
            #expect(try JSON(parsing: heard.payload)["detail"] == ["n": 3])
            #expect(lambda.heard.count == 1)
        }
    }

    @Test("try again while the target is in trouble, and then no longer")
    func retries() async throws {
        let failures = Mutex(2)
        let lambda = Neighbour("lambda", "Invoke") { _ in
            let mustFail = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            if mustFail { throw AWSError("ServiceException", "busy", status: 500) }
            return [:]
        }
        let time = VirtualTime()
        try await withHouse(at: Surroundings(time: time), [lambda]) { house in
            try await house.rule("r", Self.shop, [["Id": "f", "Arn": .string(functionARN)]])
            try await house.put()
            for attempt in 1...3 {
                try await eventually("attempt \(attempt)") { lambda.heard.count == attempt ? true : nil }
                guard attempt < 3 else { break }
                try await eventually("the delivery waits") {
                    time.nextWake.map { $0 < time.now + .seconds(60) } == true ? true : nil
                }
                time.advance(by: .seconds(4))
            }
            let runner = house.service.services.compactMap { $0 as? MachineRunner<EventDelivery> }.first
            try await eventually("the delivery is forgotten") {
                try await runner?.unfinished().isEmpty == true ? true : nil
            }
        }
    }

    @Test("that are refused go to the dead-letter queue with the reason")
    func letters() async throws {
        let lambda = Neighbour("lambda", "Invoke") { _ in
            throw AWSError("AccessDeniedException", "no leave", status: 403)
        }
        let sqs = Neighbour("sqs", "SendMessage")
        try await withHouse([lambda, sqs]) { house in
            try await house.rule(
                "r", Self.shop,
                [["Id": "f", "Arn": .string(functionARN), "DeadLetterConfig": ["Arn": .string(lettersARN)]]])
            try await house.put(["n": 1])
            let letter = try await eventually("the queue hears") { sqs.heard.first }
            let body = try JSON(parsing: letter.input["MessageBody"]?.string ?? "")
            #expect(body["detail"] == ["n": 1])
            let attributes = letter.input["MessageAttributes"]
            #expect(attributes?["ERROR_CODE"]?["StringValue"] == "AccessDeniedException")
            #expect(attributes?["RULE_ARN"]?["StringValue"]?.string?.hasSuffix(":rule/r") == true)
            #expect(attributes?["TARGET_ARN"]?["StringValue"]?.string == functionARN)
            #expect(attributes?["EXHAUSTED_RETRY_CONDITION"] == nil)
            try await eventually("it is counted") { house.figures["InvocationsSentToDlq"] == 1 ? true : nil }
        }
    }

    @Test("to a target that hangs do not hold up those to others")
    func slow() async throws {
        let gate = Mutex<[CheckedContinuation<Void, Never>]>([])
        let lambda = Neighbour("lambda", "Invoke") { _ in
            await withCheckedContinuation { open in gate.withLock { $0.append(open) } }
            return [:]
        }
        let sqs = Neighbour("sqs", "SendMessage")
        try await withHouse([lambda, sqs]) { house in
            try await house.rule(
                "r", Self.shop, [["Id": "f", "Arn": .string(functionARN)], ["Id": "q", "Arn": .string(queueARN)]])
            for number in 0..<40 { try await house.put(["n": .int(number)]) }
            try await eventually("the queue has all") { sqs.heard.count == 40 ? true : nil }
            #expect(lambda.heard.count <= DeliveryPerformer.lane, "no more attempts at once than the lane is wide")
            let freed = Mutex(0)
            try await eventually("all attempts are let go") {
                let waiting = gate.withLock { waiting in
                    defer { waiting = [] }
                    return waiting
                }
                for one in waiting { one.resume() }
                return freed.withLock { count in
                    count += waiting.count
                    return count == 40 ? true : nil
                }
            }
        }
    }

    @Test("begun before a crash are made after it, and those made are not made again")
    func restart() async throws {
        try await withTemporaryLedger { ledger in
            func run(_ neighbour: Neighbour, _ body: (House) async throws -> Void) async throws {
                let cloud = Cloud(
                    surroundings: ledger.surroundings, endpoint: "http://127.0.0.1:4566", validate: { _, _, _ in nil })
                let service = try EventBridgeService(cloud: cloud, ledger: ledger, web: World())
                cloud.install([service, neighbour])
                let house = House(test: TestCloud(cloud: cloud, ledger: ledger), service: service, figures: Figures())
                try await body(house)
            }
            let first = Neighbour("lambda", "Invoke") { _ in throw CancellationError() }
            try await run(first) { house in
                try await house.rule("r", Self.shop, [["Id": "f", "Arn": .string(functionARN)]])
                try await house.put(["n": 1])  // nothing runs: only the log knows of it
                try await withRunning(house.service.services) {
                    _ = try await eventually("the first process tries") { first.heard.first }
                    try await house.put(["n": 2])
                }
            }
            let second = Neighbour("lambda", "Invoke")
            try await run(second) { house in
                try await withRunning(house.service.services) {
                    let seen = try await eventually("the second process delivers both") {
                        let numbers = second.heard.compactMap { try? JSON(parsing: $0.payload)["detail"]?["n"]?.int }
                        return Set(numbers).count == 2 ? numbers : nil
                    }
                    #expect(seen.sorted() == [1, 2])
                }
            }
            let third = Neighbour("lambda", "Invoke")
            try await run(third) { house in
                try await withRunning(house.service.services) {
                    try await house.put(["n": 3])
                    _ = try await eventually("the third process delivers") { third.heard.first }
                    #expect(third.heard.count == 1)
                }
            }
        }
    }

    @Test("go from bus to bus, and end where buses stand in a circle")
    func buses() async throws {
        let lambda = Neighbour("lambda", "Invoke")
        try await withHouse([lambda]) { house in
            for bus in ["a", "b"] { try await house.test.call("events", "CreateEventBus", ["Name": .string(bus)]) }
            func arn(_ bus: String) -> JSON { .string("arn:aws:events:eu-west-1:123456789012:event-bus/" + bus) }
            try await house.rule("in", Self.shop, [["Id": "a", "Arn": arn("a")]])
            try await house.rule("over", Self.shop, [["Id": "b", "Arn": arn("b")]], bus: "a")
            try await house.rule("back", Self.shop, [["Id": "a", "Arn": arn("a")]], bus: "b")
            try await house.rule("told", Self.shop, [["Id": "f", "Arn": .string(functionARN)]], bus: "b")
            try await house.put(["n": 1])
            try await eventually("the circle ends") { house.figures["FailedInvocations"] == 1 ? true : nil }
            try await eventually("every round was told") { lambda.heard.count == Limit.hops / 2 ? true : nil }
            let event = try JSON(parsing: lambda.heard.first?.payload ?? "")
            #expect(event["source"] == "shop" && event["detail"] == ["n": 1], "the event stays what it is")
            // The log's other readers do not see it twice.
            #expect(try await house.test.ledger.events(after: 0).count { $0.event.source == "shop" } == 1)
        }
    }
}

@Suite("Lanes")
struct LanesTests {
    /// What the tasks of a test share.
    private final class Shared: Sendable {
        let now = Mutex(0)
        let most = Mutex(0)
        let held = Mutex<[CheckedContinuation<Void, Never>]>([])

        func work() async {
            let count = now.withLock { count in
                count += 1
                return count
            }
            most.withLock { $0 = max($0, count) }
            await Task.yield()
            now.withLock { $0 -= 1 }
        }

        func hang() async { await withCheckedContinuation { one in held.withLock { $0.append(one) } } }
    }

    @Test("let so many through at once, in order, and forget who was cancelled")
    func width() async throws {
        let lanes = Lanes(width: 2)
        let shared = Shared()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try await lanes.run("a") { await shared.work() } } }
            try await group.waitForAll()
        }
        #expect(shared.most.withLock { $0 } <= 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { try await lanes.run("a") { await shared.hang() } } }
            try await eventually("the lane is full") { shared.held.withLock { $0.count == 2 } ? true : nil }
            let late = Task { try await lanes.run("a") {} }  // ended two lines below
            late.cancel()
            await #expect(throws: CancellationError.self) { try await late.value }
            for one in shared.held.withLock({ $0 }) { one.resume() }
            try await group.waitForAll()
            try await lanes.run("a") {}
        }
    }
}
