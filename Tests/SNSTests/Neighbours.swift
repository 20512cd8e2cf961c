import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import ServiceLifecycle
import Synchronization
import Testing

@testable import SNS

/// A service that remembers what it is called with, and answers as it is told.
final class Neighbour: CloudService {
    struct Heard: Sendable {
        let input: JSON
        let payload: String
        let caller: Caller
    }
    let id: String
    private let name: String
    private let answer: @Sendable (Heard) async throws -> JSON
    private let calls = Mutex<[Heard]>([])

    init(_ id: String, _ name: String, _ answer: @escaping @Sendable (Heard) async throws -> JSON = { _ in [:] }) {
        self.id = id
        self.name = name
        self.answer = answer
    }

    var heard: [Heard] { calls.withLock { $0 } }

    var operations: [Operation] {
        let everything =
            "FunctionName InvocationType QueueUrl MessageBody MessageAttributes MessageGroupId MessageDeduplicationId"
        return [
            Operation(name, enforces: everything) { call in
                let bytes = try await call.payload?.collected(limit: 1 << 20) ?? []
                let heard = Heard(
                    input: call.input, payload: String(decoding: bytes, as: UTF8.self), caller: call.caller)
                self.calls.withLock { $0.append(heard) }
                return Reply(try await self.answer(heard))
            }
        ]
    }
}

/// The world outside: remembers requests and answers with one status after the other, the last for ever.
final class World: WebSender {
    struct Sent: Sendable {
        let request: HTTPRequest
        let url: String
        let body: String
        var json: JSON { (try? JSON(parsing: body)) ?? .null }
    }
    private struct State {
        var sent: [Sent] = []
        var statuses: [Int]
    }
    private let state: Mutex<State>

    init(_ statuses: [Int] = [200]) { state = Mutex(State(statuses: statuses)) }

    var sent: [Sent] { state.withLock { $0.sent } }

    func send(_ request: HTTPRequest, to url: String, within limit: Duration) async throws -> WebAnswer {
        let body = String(decoding: try await request.body.collected(limit: 1 << 20), as: UTF8.self)
        return state.withLock { state in
            state.sent.append(Sent(request: request, url: url, body: body))
            return WebAnswer(status: state.statuses.count > 1 ? state.statuses.removeFirst() : state.statuses[0])
        }
    }
}

/// SNS among neighbours.
struct Office: Sendable {
    let test: TestCloud
    let service: SNSService

    /// Makes a topic and gives back its ARN.
    func topic(_ name: String, _ attributes: JSON = [:]) async throws -> JSON {
        var attributes = attributes
        if name.hasSuffix(".fifo") { attributes["FifoTopic"] = "true" }
        return try await test.call("sns", "CreateTopic", ["Name": .string(name), "Attributes": attributes])["TopicArn"]
            ?? ""
    }

    /// Subscribes and gives back the subscription's ARN.
    func subscribe(_ topic: JSON, _ way: String, _ endpoint: String, _ attributes: JSON = [:]) async throws -> JSON {
        try await test.call(
            "sns", "Subscribe",
            [
                "TopicArn": topic, "Protocol": .string(way), "Endpoint": .string(endpoint), "Attributes": attributes,
                "ReturnSubscriptionArn": true,
            ])["SubscriptionArn"] ?? ""
    }

    /// Publishes a message with whatever else.
    @discardableResult
    func publish(_ topic: JSON, _ message: String, _ more: JSON = [:]) async throws -> JSON {
        var input = more
        input["TopicArn"] = topic
        input["Message"] = .string(message)
        return try await test.call("sns", "Publish", input)
    }
}

/// Runs the closure with SNS running among neighbours.
func withOffice<Result: Sendable>(
    at surroundings: Surroundings = Surroundings(), web: World = World(), _ neighbours: [Neighbour] = [],
    isRunning: Bool = true, _ body: (Office) async throws -> Result
) async throws -> Result {
    let made = Mutex<SNSService?>(nil)
    return try await withTestCloud(surroundings) { cloud, ledger in
        let service = try SNSService(cloud: cloud, ledger: ledger, web: web)
        made.withLock { $0 = service }
        return [service] + neighbours
    } _: { test in
        let service = try #require(made.withLock { $0 })
        return try await withRunning(isRunning ? service.services : []) {
            try await body(Office(test: test, service: service))
        }
    }
}

let queueARN = "arn:aws:sqs:eu-west-1:123456789012:q"
let functionARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
