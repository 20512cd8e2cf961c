import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import ServiceLifecycle
import Synchronization
import Testing

@testable import EventBridge

/// A service that remembers what it is called with, and answers as it is told.
final class Neighbour: CloudService {
    struct Heard: Sendable {
        let operation: String
        let input: JSON
        let payload: String
        let caller: Caller
    }
    let id: String
    private let names: [String]
    private let answer: @Sendable (Heard) async throws -> JSON
    private let calls = Mutex<[Heard]>([])

    init(_ id: String, _ names: String, _ answer: @escaping @Sendable (Heard) async throws -> JSON = { _ in [:] }) {
        self.id = id
        self.names = names.split(separator: " ").map(String.init)
        self.answer = answer
    }

    var heard: [Heard] { calls.withLock { $0 } }

    var operations: [Operation] {
        let everything =
            "FunctionName InvocationType QueueUrl MessageBody MessageAttributes MessageGroupId TopicArn Message name "
            + "variables sourceRevisions clientRequestToken projectName idempotencyToken logGroupName logStreamName logEvents "
            + "RoleArn RoleSessionName sourceVersion environmentVariablesOverride"
        return names.map { name in
            Operation(name, enforces: everything) { call in
                let bytes = try await call.payload?.collected(limit: 1 << 20) ?? []
                let heard = Heard(
                    operation: name, input: call.input, payload: String(decoding: bytes, as: UTF8.self),
                    caller: call.caller)
                self.calls.withLock { $0.append(heard) }
                return Reply(try await self.answer(heard))
            }
        }
    }

    /// Hands out a session of whatever role is asked for.
    static var sts: Neighbour {
        Neighbour("sts", "AssumeRole") { heard in
            let role = heard.input["RoleArn"]?.string ?? ""
            let arn = role.replacing(":iam:", with: ":sts:").replacing(":role/", with: ":assumed-role/") + "/session"
            return [
                "Credentials": [
                    "AccessKeyId": "ASIA1", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": 2e9,
                ],
                "AssumedRoleUser": ["Arn": .string(arn)],
            ]
        }
    }
}

/// The world outside: remembers requests and answers with one status after the other, the last for ever.
final class World: WebSender {
    struct Sent: Sendable {
        let request: HTTPRequest
        let url: String
        let body: String
    }
    private struct State {
        var sent: [Sent] = []
        var answers: [WebAnswer]
    }
    private let state: Mutex<State>

    init(_ statuses: [Int] = [200]) { state = Mutex(State(answers: statuses.map { WebAnswer(status: $0) })) }
    init(answers: [WebAnswer]) { state = Mutex(State(answers: answers)) }

    var sent: [Sent] { state.withLock { $0.sent } }

    func send(_ request: HTTPRequest, to url: String, within limit: Duration) async throws -> WebAnswer {
        let body = String(decoding: try await request.body.collected(limit: 1 << 20), as: UTF8.self)
        return state.withLock { state in
            state.sent.append(Sent(request: request, url: url, body: body))
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
    }
}

/// Figures by their names.
final class Figures: EventFigures {
    private let counts = Mutex<[String: Int]>([:])
    func count(_ name: String, rule: String, _ owner: Caller) { counts.withLock { $0[name, default: 0] += 1 } }
    subscript(name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
}

/// A house of EventBridge and neighbours.
struct House: Sendable {
    let test: TestCloud
    let service: EventBridgeService
    let figures: Figures

    /// Makes a rule with targets.
    func rule(_ name: String, _ pattern: String?, _ targets: [JSON], bus: String? = nil, schedule: String? = nil)
        async throws
    {
        var input: JSON = ["Name": .string(name)]
        input["EventPattern"] = pattern.map(JSON.string)
        input["ScheduleExpression"] = schedule.map(JSON.string)
        input["EventBusName"] = bus.map(JSON.string)
        try await test.call("events", "PutRule", input)
        var more: JSON = ["Rule": .string(name), "Targets": .array(targets)]
        more["EventBusName"] = bus.map(JSON.string)
        try await test.call("events", "PutTargets", more)
    }

    /// Puts an event.
    @discardableResult
    func put(_ detail: JSON = [:], source: String = "shop", type: String = "Order", bus: String? = nil) async throws
        -> JSON
    {
        var entry: JSON = ["Source": .string(source), "DetailType": .string(type), "Detail": .string(detail.text())]
        entry["EventBusName"] = bus.map(JSON.string)
        return try await test.call("events", "PutEvents", ["Entries": [entry]])
    }
}

/// Runs the closure with EventBridge running among neighbours.
func withHouse<Result: Sendable>(
    at surroundings: Surroundings = Surroundings(), web: World = World(), _ neighbours: [Neighbour],
    isRunning: Bool = true, _ body: (House) async throws -> Result
) async throws -> Result {
    let figures = Figures()
    let made = Mutex<EventBridgeService?>(nil)
    return try await withTestCloud(surroundings) { cloud, ledger in
        let service = try EventBridgeService(cloud: cloud, ledger: ledger, web: web, figures: figures)
        made.withLock { $0 = service }
        return [service] + neighbours
    } _: { test in
        let service = try #require(made.withLock { $0 })
        let house = House(test: test, service: service, figures: figures)
        return try await withRunning(isRunning ? service.services : []) { try await body(house) }
    }
}

let functionARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
let queueARN = "arn:aws:sqs:eu-west-1:123456789012:q"
let lettersARN = "arn:aws:sqs:eu-west-1:123456789012:letters"
