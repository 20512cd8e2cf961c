import CloudFormation
import CloudTesting
import Ledger
import LedgerTesting
import Testing

@testable import StackSets

@Suite("Templates that no stack set has any more")
struct StackSetSweepTests {
    @Test("what a set has stays, what it had and what lost its set goes at the first round")
    func templates() async throws {
        let time = VirtualTime()
        var desk: StackSetService?
        try await withTestCloud(Surroundings(time: time)) { cloud, ledger in
            let sets = StackSetService(CloudFormationService(cloud: cloud, ledger: ledger))
            desk = sets
            return [sets]
        } _: { test in
            let sweep = try #require(desk?.machines.last)
            let made = StackSet(
                id: "set:1", name: "set", account: "1", region: "r",
                revision: StackSet.Revision(templateKey: "set:1|new"))
            try await test.ledger.write { write in
                for key in ["set:1|old", "set:1|new", "lost:1|x"] {
                    try write.put(StackSetStore.templates, key, "text")
                }
                try write.put(StackSetStore.sets, made.scope + made.id, made)
            }
            try await withRunning([sweep]) {
                try await eventually("the first round") { time.nextWake != nil ? true : nil }
                #expect(try await test.ledger.list(StackSetStore.templates).map(\.key) == ["set:1|new"])
            }
        }
    }
}
