import CloudFormation
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudControl

@Suite("Requests that nobody asks for any more")
struct ResourceRequestSweepTests {
    @Test("requests of Cloud Control go a week after they are over, with the clients' tokens they were made under")
    func requests() async throws {
        let time = VirtualTime()
        var desk: CloudControlService?
        try await withTestCloud(Surroundings(time: time)) { cloud, ledger in
            let stacks = CloudFormationService(cloud: cloud, ledger: ledger)
            let control = CloudControlService(stacks)
            desk = control
            return [stacks, control]
        } _: { test in
            let sweep = try #require(desk?.sweep)
            let now = time.now
            try await test.ledger.write { write in
                for (token, status) in [("over", "SUCCESS"), ("running", "IN_PROGRESS")] {
                    let record = ResourceRequestStore.Record(progress: [:], asked: now, kind: "CREATE", status: status)
                    try write.put(ResourceRequestStore.requests, "1/r/\(token)", record)
                    try write.put(ResourceRequestStore.uses, "1/r/client-\(token)", .init(token: token, digest: ""))
                }
            }
            try await withRunning([sweep]) {
                try await eventually("it sleeps") { time.nextWake != nil ? true : nil }
                #expect(try await test.ledger.list(ResourceRequestStore.requests).count == 2)
                time.advance(by: .seconds(7 * 86_400) + .seconds(1))
                try await eventually("the round after a week") {
                    try await test.ledger.list(ResourceRequestStore.requests).count == 1 ? true : nil
                }
                #expect(try await test.ledger.list(ResourceRequestStore.uses).map(\.key) == ["1/r/client-running"])
                #expect(try await test.ledger.get(ResourceRequestStore.requests, "1/r/running") != nil)
            }
        }
    }
}
