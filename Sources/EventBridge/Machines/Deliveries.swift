internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// The deliveries under way: begins them, forgets each as soon as it is done, and knows how many wait for each rule.
final class Deliveries: Sendable {
    let runner: MachineRunner<EventDelivery>
    private let waiting: Backlog

    init(ledger: Ledger) {
        let waiting = Backlog()
        let box = RunnerBox()
        let runner = MachineRunner<EventDelivery>(ledger: ledger, log: Logger(label: "events")) { write, id, _, after in
            guard after.phase == .done else { return }
            try box.runner.withLock { $0 }?.remove(id, in: write)
            let rule = after.order.rule
            write.afterCommit { waiting.add(-1, to: rule) }
        }
        box.runner.withLock { $0 = runner }
        self.runner = runner
        self.waiting = waiting
    }

    /// Counts what an earlier process left. Called once, before anything is begun.
    func restore() async throws {
        for id in try await runner.unfinished() { waiting.add(1, to: Self.rule(of: id)) }
    }

    /// Begins the delivery of an event to a target, as part of that write; once only, however often it is asked for.
    ///
    /// - Returns: Whether it was begun; not when too many wait for the rule.
    func begin(_ order: EventDelivery.Order, in write: Transaction) throws -> Bool {
        let id = "\(order.rule)/\(order.sequence)/\(order.target)"
        guard try runner.machine(id, in: write) == nil else { return true }
        guard waiting.count(of: order.rule) < Limit.backlog else { return false }
        try runner.begin(id, EventDelivery(order), with: .begin, in: write)
        waiting.add(1, to: order.rule)
        return true
    }

    private static func rule(of id: String) -> String {
        id.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    }

    private final class RunnerBox: Sendable {
        let runner = Mutex<MachineRunner<EventDelivery>?>(nil)
    }

    /// How many deliveries wait for each rule. A count too high after a write that failed is put right by the next
    /// start.
    private final class Backlog: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func add(_ count: Int, to rule: String) {
            counts.withLock { counts in
                let sum = counts[rule, default: 0] + count
                counts[rule] = sum > 0 ? sum : nil
            }
        }

        func count(of rule: String) -> Int { counts.withLock { $0[rule] ?? 0 } }
    }
}
