internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation
internal import Synchronization

/// Who may run now: builds wait in the order in which they came, for a place on this machine and in their project.
struct BuildQueue: Sendable {
    let ledger: Ledger
    let runner: MachineRunner<BuildMachine>
    let limits: BuildLimits
    let bell: Bell

    /// Lets in whoever may run, as part of that write.
    func admit(in transaction: Transaction) throws {
        let slots = try transaction.list(BuildSlot.collection)
        var running = slots.filter(\.value.isRunning)
        let waiting = slots.filter { !$0.value.isRunning }.sorted {
            ($0.value.since, $0.value.number) < ($1.value.since, $1.value.number)
        }
        for document in waiting where running.count < limits.concurrentBuilds {
            var slot = document.value
            let ofProject = running.count { $0.value.project == slot.project }
            if let limit = slot.projectLimit, ofProject >= limit { continue }
            slot.isRunning = true
            running.append(try transaction.put(BuildSlot.collection, document.key, slot))
            try runner.send(.admitted, to: slot.build, in: transaction)
        }
    }

    /// Lets in whoever may, whenever a place becomes free, until cancelled.
    func run() async throws {
        for await _ in bell.rings {
            try await ledger.write { try self.admit(in: $0) }
        }
    }

    /// Keeps records and slots in step with a build's machine, in the write of each of its steps.
    static func project(
        _ transaction: Transaction, _ before: BuildMachine?, _ after: BuildMachine, _ bell: Bell
    ) throws {
        let order = after.order
        if after.phase == .queued, before?.phase != .queued {
            let slot = BuildSlot(
                build: order.key, project: order.owner.key(order.project),
                projectLimit: order.settings.concurrentBuildLimit,
                since: order.submitted, number: order.number, isRunning: false)
            try transaction.put(BuildSlot.collection, order.key, slot)
            transaction.afterCommit { bell.ring() }
        }
        if after.phase == .completed, before?.phase != .completed {
            try transaction.delete(BuildSlot.collection, order.key)
            transaction.afterCommit { bell.ring() }
        }
        guard before?.status != after.status || before == nil else { return }
        let record = BuildRecord(
            id: order.id, project: order.project, number: order.number, submitted: order.submitted,
            status: after.status,
            sourceVersion: order.sourceVersion, scope: order.owner.scope)
        try transaction.put(BuildRecord.collection, order.key, record)
    }
}

/// Wakes whoever hands out places. Rings that come together are one.
final class Bell: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func ring() { continuation.yield() }
}
