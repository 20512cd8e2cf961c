import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import EventBridge

@Suite("Schedules", .timeLimit(.minutes(2)))
struct ScheduleTests {
    private static let target: JSON = ["Id": "f", "Arn": .string(functionARN)]

    @Test("tick for their own rule alone, at the time they say")
    func ticks() async throws {
        let lambda = Neighbour("lambda", "Invoke")
        let time = VirtualTime()
        let start = time.now
        try await withHouse(at: Surroundings(time: time), [lambda]) { house in
            try await house.rule("often", nil, [Self.target], schedule: "rate(5 minutes)")
            // Wants ticks and nothing else: that rules change is told by the same source, and rules may want that.
            try await house.rule(
                "never", #"{"source":["aws.events"],"detail-type":["Scheduled Event"]}"#, [Self.target])
            for tick in 1...3 {
                try await eventually("the clock waits") { time.nextWake == start + .seconds(300 * tick) ? true : nil }
                time.advance(to: start + .seconds(300 * tick))
                try await eventually("tick \(tick)") { lambda.heard.count == tick ? true : nil }
            }
            let event = try JSON(parsing: lambda.heard.last?.payload ?? "")
            #expect(
                event["detail-type"] == "Scheduled Event" && event["source"] == "aws.events" && event["detail"] == [:])
            #expect(event["resources"] == ["arn:aws:events:eu-west-1:123456789012:rule/often"])
            #expect(event["time"]?.string == (start + .seconds(900)).iso8601())
        }
    }

    @Test("missed while nobody was there tick once at the start, and then go on")
    func missed() async throws {
        let time = VirtualTime()
        try await withTemporaryLedger(Surroundings(time: time)) { ledger in
            func service(_ neighbour: Neighbour) throws -> (EventBridgeService, House) {
                let cloud = Cloud(
                    surroundings: ledger.surroundings, endpoint: "http://127.0.0.1:4566", validate: { _, _, _ in nil })
                let service = try EventBridgeService(cloud: cloud, ledger: ledger, web: World())
                cloud.install([service, neighbour])
                return (
                    service, House(test: TestCloud(cloud: cloud, ledger: ledger), service: service, figures: Figures())
                )
            }
            let (_, house) = try service(Neighbour("lambda", "Invoke"))
            try await house.rule("hourly", nil, [Self.target], schedule: "rate(1 hour)")
            time.advance(by: .seconds(5 * 3600 + 60))
            let lambda = Neighbour("lambda", "Invoke")
            let (second, _) = try service(lambda)
            try await withRunning(second.services) {
                _ = try await eventually("the missed tick") { lambda.heard.first }
                try await eventually("the clock waits for the next full hour") {
                    time.nextWake.map { $0 - time.now == .seconds(3540) } == true ? true : nil
                }
                #expect(lambda.heard.count == 1)
            }
        }
    }

    @Test("do not tick while their rule is disabled, nor after it was deleted")
    func disabled() async throws {
        let time = VirtualTime()
        try await withHouse(at: Surroundings(time: time), [Neighbour("lambda", "Invoke")], isRunning: false) { house in
            let test = house.test
            func due() async throws -> Int { try await test.ledger.list(EventStore.due).count }
            try await house.rule("r", nil, [Self.target], schedule: "cron(0 12 * * ? *)")
            #expect(try await due() == 1)
            try await test.call("events", "DisableRule", ["Name": "r"])
            #expect(try await due() == 0)
            try await test.call("events", "EnableRule", ["Name": "r"])
            #expect(try await due() == 1)
            try await test.call("events", "RemoveTargets", ["Rule": "r", "Ids": ["f"]])
            try await test.call("events", "DeleteRule", ["Name": "r"])
            #expect(try await due() == 0)
        }
    }
}

@Suite("Archives and replays", .timeLimit(.minutes(2)))
struct ArchiveTests {
    @Test("hold what the log holds of a bus since they were made, and bring it again")
    func replay() async throws {
        let lambda = Neighbour("lambda", "Invoke")
        try await withHouse([lambda]) { house in
            let test = house.test
            try await house.put(["n": 0])
            let archive = try await test.call(
                "events", "CreateArchive",
                [
                    "ArchiveName": "a", "EventSourceArn": "arn:aws:events:eu-west-1:123456789012:event-bus/default",
                    "EventPattern": #"{"source":["shop"]}"#,
                ])["ArchiveArn"]
            for number in 1...3 { try await house.put(["n": .int(number)]) }
            try await house.put(["n": 9], source: "other")
            let described = try await test.call("events", "DescribeArchive", ["ArchiveName": "a"])
            #expect(described["EventCount"] == 3 && (described["SizeBytes"]?.int ?? 0) > 300)
            try await house.rule("r", #"{"source":["shop"]}"#, [["Id": "f", "Arn": .string(functionARN)]])
            try await house.rule(
                "s", #"{"source":["shop"]}"#, [["Id": "f", "Arn": .string(functionARN), "Input": "\"s\""]])
            let now = test.ledger.surroundings.now.seconds
            let bus = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
            let order: JSON = [
                "ReplayName": "again", "EventSourceArn": archive ?? "", "EventStartTime": .double(now - 60),
                "EventEndTime": .double(now + 60),
                "Destination": ["Arn": .string(bus), "FilterArns": ["arn:aws:events:eu-west-1:123456789012:rule/r"]],
            ]
            #expect(try await test.call("events", "StartReplay", order)["State"] == "STARTING")
            #expect(try await test.refusal("events", "StartReplay", order)?.code == "ResourceAlreadyExistsException")
            try await eventually("the replay ends") {
                try await test.call("events", "DescribeReplay", ["ReplayName": "again"])["State"] == "COMPLETED"
                    ? true : nil
            }
            try await eventually("all came again") { lambda.heard.count == 3 ? true : nil }
            let events = lambda.heard.compactMap { try? JSON(parsing: $0.payload) }
            #expect(events.allSatisfy { $0["replay-name"] == "again" })
            #expect(Set(events.compactMap { $0["detail"]?["n"]?.int }) == [1, 2, 3])
            let after = try await test.call("events", "DescribeArchive", ["ArchiveName": "a"])
            #expect(after["EventCount"] == 3, "what a replay brings does not come into the archive again")
            let refusal = try await test.refusal("events", "CancelReplay", ["ReplayName": "again"])
            #expect(refusal?.code == "IllegalStatusException")
        }
    }
}
