@testable import CodeCommit
import Cloud
import Ledger
import LedgerTesting
import Notation
import Testing

@Suite("Triggers")
struct TriggerTests {
    static let trigger = Trigger(
        name: "build", destinationArn: "arn:aws:lambda:eu-west-1:123456789012:function:f", customData: "x",
        branches: ["main"],
        events: ["updateReference"])
    static var run: TriggerRun {
        TriggerRun(command: .init(trigger: trigger, message: ["a": 1], account: "1", region: "r", repository: "orders"))
    }

    static func change(_ name: String, from old: String?, to new: String?) throws -> RefChange {
        func record(_ digit: String?) -> RefRecord? {
            digit.flatMap { ObjectID(String(repeating: $0, count: 40)) }.map { RefRecord(object: $0, commit: $0) }
        }
        let name = try #require(RefName(name))
        return try #require(RefChange(name, from: record(old), to: record(new)))
    }

    @Test(
        "which moves a trigger is for",
        arguments: [
            (["updateReference"], ["main"], "refs/heads/main", "a", "b", true),
            (["updateReference"], ["main"], "refs/heads/x", "a", "b", false),
            (["updateReference"], [], "refs/heads/x", "a", "b", true),
            (["updateReference"], [], "refs/heads/x", nil, "b", false),
            (["createReference"], [], "refs/tags/v1", nil, "b", true),
            (["deleteReference"], [], "refs/heads/x", "a", nil, true),
            (["all"], ["main"], "refs/tags/main", nil, "b", false), (["all"], [], "refs/tags/main", "a", nil, true),
        ] as [([String], [String], String, String?, String?, Bool)])
    func wants(
        _ events: [String], _ branches: [String], _ name: String, _ old: String?, _ new: String?, _ expected: Bool
    ) throws {
        var trigger = Self.trigger
        trigger.events = events
        trigger.branches = branches
        #expect(trigger.wants(try Self.change(name, from: old, to: new)) == expected)
    }

    @Test("the message has the form AWS's has")
    func message() throws {
        let moment = Timestamp(seconds: 1_700_000_000)
        let repository = Repository(
            id: "id", name: "orders", account: "123456789012", region: "eu-west-1", created: moment, modified: moment,
            kmsKeyID: "k", triggersID: "t")
        let change = try Self.change("refs/heads/main", from: nil, to: "a")
        let record = Self.trigger.message(change, repository, by: "arn:who", id: "e", now: moment)["Records"]?[0]
        #expect(record?["codecommit"]?["references"]?[0]?["created"] == true)
        #expect(record?["eventTime"]?.string == "2023-11-14T22:13:20.000+0000")
        #expect(record?["eventSourceARN"]?.string == "arn:aws:codecommit:eu-west-1:123456789012:orders")
        #expect(
            record?["customData"] == "x" && record?["eventTriggerConfigId"] == "t"
                && record?["userIdentityARN"] == "arn:who")
    }

    @Test("a delivery is tried again, slower each time, and given up in the end")
    func course() throws {
        var run = Self.run
        var now = Timestamp(seconds: 0)
        let start = now
        #expect(run.advance(.due, now: now).commands.count == 1)
        for attempt in 1..<TriggerRun.most {
            let reaction = run.advance(.failed(message: "down", mayPass: true), now: now)
            guard case .at(let moment) = reaction.wake else {
                Issue.record("no wake after attempt \(attempt)")
                return
            }
            #expect(moment > now)
            now = moment
            #expect(run.advance(.due, now: now).commands.count == 1)
        }
        let last = run.advance(.failed(message: "down", mayPass: true), now: now)
        #expect(last.isFinished && last.events.first?.detailType == "CodeCommit Trigger Failed")
        #expect((now - start) > .seconds(2 * 3600))
    }

    @Test("a refusal ends it at once")
    func refusal() {
        var run = Self.run
        _ = run.advance(.due, now: Timestamp(seconds: 0))
        let reaction = run.advance(.failed(message: "no such function", mayPass: false), now: Timestamp(seconds: 0))
        #expect(reaction.isFinished && reaction.events.count == 1)
    }

    @Test("through crashes, repeats and failures it ends, delivered or told to be lost", arguments: 0..<200)
    func rough(_ seed: UInt64) throws {
        var simulation = MachineSimulation(Self.run, seed: seed, roughness: .rough)
        let chance = SeededChance(seed: seed)
        var delivered = 0
        try simulation.send(.due)
        try simulation.run { _, _, _ in
            let draw = chance.fraction()
            if draw < 0.4 { return .failed(message: "down", mayPass: true) }
            if draw < 0.5 { return .failed(message: "refused", mayPass: false) }
            delivered += 1
            return .taken
        }
        #expect(simulation.isFinished)
        #expect(delivered > 0 || simulation.log.count == 1)
    }
}
