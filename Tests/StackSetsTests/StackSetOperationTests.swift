import Ledger
import LedgerTesting
import Notation
import Testing

@testable import StackSets

@Suite("Operations on stack sets, as machines")
struct StackSetOperationTests {
    private func operation(
        _ accounts: [String], _ regions: [String], _ preferences: JSON = [:]
    ) throws -> StackSetOperation {
        var subject = StackSetOperation.Subject(
            operationID: "op", setID: "s:1", setName: "s", setARN: "arn:s", account: "1", region: "r", principal: "p",
            action: .create, revision: .init(templateKey: "k"))
        subject.preferences = try StackSetPreferences(preferences)
        let targets = regions.flatMap { region in
            accounts.map { StackSetOperation.Target(account: $0, region: region) }
        }
        return StackSetOperation(subject, targets: targets)
    }

    /// Takes an operation to its end; a target fails when its account begins with `bad`. Tells how many were under way
    /// at once, at most, and in which order they began.
    private func course(
        _ operation: StackSetOperation, seed: UInt64 = 0,
        roughness: MachineSimulation<StackSetOperation>.Roughness = .smooth
    ) throws -> (end: StackSetOperation, most: Int, order: [String]) {
        var most = 0
        var order: [String] = []
        var simulation = MachineSimulation(operation, seed: seed, roughness: roughness)
        try simulation.send(.start)
        most = simulation.engine.results.values.count { $0.status == "RUNNING" }
        try simulation.run { command, _, _ in
            guard case .act(let target) = command else { return nil }
            let key = StackSetOperation.key(target)
            if !order.contains(key) { order.append(key) }
            let isBad = target.account.hasPrefix("bad")
            return .ended(target, .init(status: isBad ? "FAILED" : "SUCCEEDED", stackID: "arn:\(key)"))
        } check: { engine, _ in
            most = max(most, engine.results.values.count { $0.status == "RUNNING" })
        }
        #expect(simulation.isFinished)
        return (simulation.engine, most, order)
    }

    private func statuses(_ operation: StackSetOperation) -> [String: Int] {
        Dictionary(operation.results.values.map { ($0.status, 1) }) { $0 + $1 }
    }

    @Test("by default one account after the other, region by region")
    func oneByOne() throws {
        let (end, most, order) = try course(operation(["a", "b"], ["r1", "r2"]))
        #expect(end.status == "SUCCEEDED")
        #expect(most == 1)
        #expect(order == ["a/r1", "b/r1", "a/r2", "b/r2"])
    }

    @Test("regions go in the order asked for")
    func order() throws {
        let (_, _, order) = try course(operation(["a"], ["r1", "r2", "r3"], ["RegionOrder": ["r3", "r1"]]))
        #expect(order == ["a/r3", "a/r1", "a/r2"])
    }

    @Test("more failures than are borne end the region and those after it")
    func tolerance() throws {
        let accounts = ["a", "bad1", "bad2", "c"]
        let strict = try course(operation(accounts, ["r1", "r2"])).end
        #expect(strict.status == "FAILED")
        #expect(statuses(strict) == ["SUCCEEDED": 1, "FAILED": 1, "CANCELLED": 6])
        let borne = try course(operation(accounts, ["r1", "r2"], ["FailureToleranceCount": 2])).end
        #expect(borne.status == "SUCCEEDED")
        #expect(statuses(borne) == ["SUCCEEDED": 4, "FAILED": 4])
        let share = try course(operation(accounts, ["r1"], ["FailureTolerancePercentage": 25])).end
        #expect(statuses(share) == ["SUCCEEDED": 1, "FAILED": 2, "CANCELLED": 1])
    }

    @Test("side by side, a region that is given up does not stop the others")
    func parallel() throws {
        let preferences: JSON = ["RegionConcurrencyType": "PARALLEL"]
        let (end, most, _) = try course(operation(["a", "bad", "c"], ["r1", "r2"], preferences))
        #expect(most == 2)
        #expect(statuses(end) == ["SUCCEEDED": 2, "FAILED": 2, "CANCELLED": 2])
        #expect(end.status == "FAILED")
    }

    @Test(
        "never more at once than could all fail, unless that is asked for",
        arguments: [
            (["MaxConcurrentCount": 3], 1), (["MaxConcurrentCount": 3, "FailureToleranceCount": 1], 2),
            (["MaxConcurrentCount": 3, "FailureToleranceCount": 9], 3),
            (["MaxConcurrentPercentage": 50, "FailureTolerancePercentage": 100], 4),
            (["MaxConcurrentPercentage": 1, "FailureTolerancePercentage": 100], 1),
            (["MaxConcurrentCount": 3, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"], 3),
        ] as [(JSON, Int)])
    func concurrency(preferences: JSON, expected: Int) throws {
        let accounts = (1...8).map(String.init)
        #expect(try course(operation(accounts, ["r"], preferences)).most == expected)
    }

    @Test("both a count and a percentage cannot be meant")
    func exclusive() {
        #expect(throws: (any Error).self) {
            try StackSetPreferences(["MaxConcurrentCount": 1, "MaxConcurrentPercentage": 1])
        }
    }

    @Test("stopping lets end what is under way and begins no more")
    func stopped() throws {
        var operation = try operation(["a", "b"], ["r1", "r2"])
        _ = operation.advance(.start, now: Timestamp(seconds: 1))
        _ = operation.advance(.stop, now: Timestamp(seconds: 2))
        #expect(operation.status == "STOPPING")
        #expect(statuses(operation) == ["RUNNING": 1, "CANCELLED": 3])
        let target = StackSetOperation.Target(account: "a", region: "r1")
        let end = operation.advance(.ended(target, .init(status: "SUCCEEDED")), now: Timestamp(seconds: 3))
        #expect(end.isFinished)
        #expect(operation.status == "STOPPED")
    }

    @Test("one without targets is over at once; one that has to wait begins when told")
    func edges() throws {
        var empty = try operation([], [])
        #expect(empty.advance(.start, now: Timestamp(seconds: 1)).isFinished)
        #expect(empty.status == "SUCCEEDED")
        var waiting = try operation(["a"], ["r"])
        #expect(waiting.advance(.queue, now: Timestamp(seconds: 1)).commands.isEmpty)
        #expect(waiting.status == "QUEUED")
        #expect(waiting.advance(.start, now: Timestamp(seconds: 2)).commands.count == 1)
        var given = try operation(["a"], ["r"])
        _ = given.advance(.queue, now: Timestamp(seconds: 1))
        #expect(given.advance(.stop, now: Timestamp(seconds: 2)).isFinished)
        #expect(given.status == "STOPPED")
    }

    @Test(
        "whatever comes twice or after a crash, it ends, and bears no more than was said",
        arguments: 0..<300 as Range<UInt64>)
    func simulated(seed: UInt64) throws {
        let chance = SeededChance(seed: seed &+ 5)
        let accounts = (0..<Int(1 + chance.next() % 9)).map { (chance.fraction() < 0.3 ? "bad" : "a") + String($0) }
        let regions = (0..<Int(1 + chance.next() % 4)).map { "r\($0)" }
        let tolerance = Int(chance.next() % 4)
        let limit = Int(1 + chance.next() % 6)
        let isSoft = chance.fraction() < 0.3
        let isParallel = chance.fraction() < 0.5
        let preferences: JSON = [
            "FailureToleranceCount": .int(tolerance), "MaxConcurrentCount": .int(limit),
            "ConcurrencyMode": isSoft ? "SOFT_FAILURE_TOLERANCE" : "STRICT_FAILURE_TOLERANCE",
            "RegionConcurrencyType": isParallel ? "PARALLEL" : "SEQUENTIAL",
        ]
        let (end, most, _) = try course(operation(accounts, regions, preferences), seed: seed, roughness: .rough)
        #expect(end.results.values.allSatisfy { $0.status != "RUNNING" && $0.status != "PENDING" }, "seed \(seed)")
        #expect(most <= limit * (isParallel ? regions.count : 1), "seed \(seed)")
        for region in regions where !isSoft {
            let failed = end.targets.count {
                $0.region == region && end.results[StackSetOperation.key($0)]?.status == "FAILED"
            }
            #expect(failed <= tolerance + 1, "seed \(seed): \(region)")
        }
    }
}
