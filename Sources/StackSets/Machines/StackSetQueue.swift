internal import Ledger
internal import Synchronization

/// Lets operations of managed stack sets begin that had to wait, as soon as nothing before them touches their stacks.
final class StackSetQueue: Sendable {
    private let runner = Mutex<MachineRunner<StackSetOperation>?>(nil)

    /// Says who runs them: the runner whose projection calls ``goOn(after:_:)``, so it is there only afterwards.
    func use(_ runner: MachineRunner<StackSetOperation>) { self.runner.withLock { $0 = runner } }

    /// Begins what may begin, as part of the write that ends that operation.
    func goOn(after operation: StackSetOperation, _ transaction: Transaction) throws {
        guard operation.isOver, let runner = runner.withLock({ $0 }) else { return }
        let subject = operation.subject
        let prefix = "\(subject.account)/\(subject.region)/\(subject.setID)|"
        let open = try transaction.list(StackSetStore.operations, prefix: prefix).filter { !$0.value.isOver }
            .sorted { $0.value.created < $1.value.created }
        var busy: Set<StackSetOperation.Target> = []
        for next in open {
            if next.value.status == "QUEUED", busy.isDisjoint(with: next.value.targets) {
                try runner.send(.start, to: next.key, in: transaction)
            }
            busy.formUnion(next.value.targets)
        }
    }
}
