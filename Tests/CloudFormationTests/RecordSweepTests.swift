import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Records that nobody asks for any more")
struct RecordSweepTests {
    private static let day = Duration.seconds(86_400)

    private func hookResult(_ id: String, _ time: Timestamp) -> HookResult {
        HookResult(
            id: id, hook: "A::B::C", arn: "arn", status: "HOOK_COMPLETE_SUCCEEDED", reason: "", stops: true, time: time,
            targetType: "RESOURCE", targetID: "t", target: "R", targetName: "T", action: "CREATE")
    }

    private func stack(_ name: String, deleted: Timestamp?) -> Stack {
        var stack = Stack(
            id: "arn:\(name)", name: name, account: "1", region: "r", created: Timestamp(microseconds: 0),
            revision: Stack.Revision(templateKey: "arn:\(name)|op"))
        stack.status = deleted == nil ? .createComplete : .deleteComplete
        stack.deleted = deleted
        return stack
    }

    private func fill(_ ledger: Ledger, _ now: Timestamp) async throws {
        let event = StackEvent(
            id: "e", time: now, logicalID: "s", physicalID: "p", type: "T", status: "X", operationID: "op")
        try await ledger.write { write in
            try write.put(HookResult.collection, "1/r/h", hookResult("h", now))
            try write.put(
                StackStore.detections, "1/r/d",
                DriftDetection(id: "d", stackID: "s", status: "IN_SYNC", count: 0, time: now))
            try write.put(ResponseInbox.mail, "handed out", .init(opened: now))
            try write.put(ResponseInbox.mail, "by an older one", .init())
            for stack in [stack("gone", deleted: now), stack("here", deleted: nil)] {
                try write.put(StackStore.stacks, stack.id, stack)
                try write.put(StackStore.events, event.key(stackID: stack.id, number: 0), event)
                try write.put(StackStore.templates, stack.revision.templateKey, .init(original: "", processed: ""))
            }
        }
    }

    /// How many documents there are of each kind.
    private func counts(_ ledger: Ledger) async throws -> [String: Int] {
        [
            "hooks": try await ledger.list(HookResult.collection).count,
            "detections": try await ledger.list(StackStore.detections).count,
            "stacks": try await ledger.list(StackStore.stacks).count,
            "events": try await ledger.list(StackStore.events).count,
            "templates": try await ledger.list(StackStore.templates).count,
            "mail": try await ledger.list(ResponseInbox.mail).count,
        ]
    }

    @Test("each kind goes after its own time, and what is still of use stays")
    func times() async throws {
        let time = VirtualTime()
        var desk: CloudFormationService?
        try await withTestCloud(Surroundings(time: time)) { cloud, ledger in
            let stacks = CloudFormationService(cloud: cloud, ledger: ledger)
            desk = stacks
            return [stacks]
        } _: { test in
            let sweep = try #require(desk?.sweep)
            try await fill(test.ledger, time.now)
            try await withRunning([sweep]) {
                var expected = ["hooks": 1, "detections": 1, "stacks": 2, "events": 2, "templates": 2, "mail": 2]
                #expect(try await counts(test.ledger) == expected)
                for (days, changes) in [
                    (89, [:]),
                    (1, ["hooks": 0, "detections": 0, "stacks": 1, "events": 1, "templates": 1, "mail": 0]),
                ] {
                    try await eventually("it sleeps") { time.nextWake != nil ? true : nil }
                    time.advance(by: Self.day * days + .seconds(1))
                    expected.merge(changes) { $1 }
                    let wanted = expected
                    try await eventually("the round after \(days) days") {
                        try await counts(test.ledger) == wanted ? true : nil
                    }
                }
                #expect(try await test.ledger.get(StackStore.stacks, "arn:here") != nil)
            }
        }
    }
}
