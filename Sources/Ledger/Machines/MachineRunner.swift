internal import Foundation
internal import GRDB
package import Logging
package import Notation
internal import ServiceLifecycle
internal import Synchronization

/// Runs all machines of one kind: commits each step with its commands, carries the commands out, feeds what they return back in.
///
/// Machines begun or stepped before ``run()`` are stored and taken up as soon as it runs; so are those a crash left half-way.
package final class MachineRunner<Engine: Machine>: Service {
    /// Called inside the write that commits a step, with the machine before (nil at its beginning) and after: the place to keep documents
    /// in step with the machine. What it throws undoes the step.
    package typealias Projection =
        @Sendable (_ transaction: Transaction, _ id: String, _ before: Engine?, _ after: Engine) throws -> Void

    private enum Work: Sendable {
        case perform(PendingCommand<Engine>)
        case wake(id: String, at: Timestamp)
    }

    private let ledger: Ledger
    private let project: Projection
    private let log: Logger
    private let store = MachineStore<Engine>()
    private let work: AsyncStream<Work>
    private let todo: AsyncStream<Work>.Continuation

    /// A runner on that ledger. There is one per kind and ledger.
    package init(
        ledger: Ledger, log: Logger = Logger(label: "machine"), project: @escaping Projection = { _, _, _, _ in }
    ) {
        self.ledger = ledger
        self.project = project
        self.log = log
        (work, todo) = AsyncStream.makeStream()
    }

    private let performer = Mutex<(any Performer<Engine>)?>(nil)
    /// The keys of commands handed to the workers and not settled: a command is under way once at a time.
    private let underWay = Mutex<Set<String>>([])

    /// Says who carries out the commands. Called once, by the composition root, before ``run()``.
    package func use(_ performer: any Performer<Engine>) { self.performer.withLock { $0 = performer } }

    // MARK: Steps

    /// Begins a machine with its first event, as part of that write. A machine of that id that is there already stays as it is.
    ///
    /// - Returns: The machine as it stands after the step.
    @discardableResult
    package func begin(_ id: String, _ engine: Engine, with event: Engine.Event, in transaction: Transaction) throws
        -> Engine
    {
        if let known = try store.load(id, transaction) { return known.engine }
        let live = MachineStore<Engine>.Live(
            engine: engine, step: 0, snapshotBytes: 0, bytesSinceSnapshot: 0, wake: nil, isFinished: false)
        return hand(try step(live, before: nil, id, event, transaction), after: transaction)
    }

    /// Feeds an event in, as part of that write. Nothing happens when the machine is finished or unknown.
    ///
    /// - Returns: The machine as it stands after the step; nil when there is none.
    @discardableResult
    package func send(_ event: Engine.Event, to id: String, in transaction: Transaction) throws -> Engine? {
        guard let live = try store.load(id, transaction) else { return nil }
        guard !live.isFinished else { return live.engine }
        return hand(try step(live, before: live.engine, id, event, transaction), after: transaction)
    }

    /// Feeds an event in and returns when the step is on disk.
    @discardableResult
    package func send(_ event: Engine.Event, to id: String) async throws -> Engine? {
        try await ledger.write { try self.send(event, to: id, in: $0) }
    }

    /// Forgets the machine and whatever it still had to do, as part of that write. Does nothing when there is none.
    package func remove(_ id: String, in transaction: Transaction) throws { try store.remove(id, transaction) }

    /// The machine as it stands inside that write; nil when there is none.
    package func machine(_ id: String, in transaction: Transaction) throws -> Engine? {
        try store.load(id, transaction)?.engine
    }

    /// The machine as it stands; nil when there is none.
    package func machine(_ id: String) async throws -> Engine? {
        if let entry = ledger.cache.entry("machine " + Engine.kind, id) {
            let document: Document<MachineStore<Engine>.Live>? = entry.document(id)
            return document?.value.engine
        }
        return try await ledger.pool.read { db in try self.store.load(id, db)?.engine }
    }

    /// The ids of all machines that have not taken their last step.
    package func unfinished() async throws -> [String] {
        try await ledger.pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM machine WHERE kind = ? AND finished = 0 ORDER BY id", arguments: [Engine.kind])
        }
    }

    /// Every event the machine was fed, with its time, first to last: enough to replay it.
    package func history(of id: String) async throws -> [(time: Timestamp, event: Engine.Event)] {
        try await ledger.pool.read { db in try self.store.history(id, db) }
    }

    /// A machine after a step, and what it wants done.
    private struct Stepped {
        let engine: Engine
        var pending: [PendingCommand<Engine>]
    }

    private func step(
        _ live: MachineStore<Engine>.Live, before: Engine?, _ id: String, _ event: Engine.Event,
        _ transaction: Transaction
    ) throws -> Stepped {
        var live = live
        let now = transaction.now
        let reaction = live.engine.advance(event, now: now)
        live.step += 1
        switch reaction.wake {
        case .unchanged: break
        case .never: live.wake = nil
        case .at(let moment): live.wake = moment
        }
        live.isFinished = reaction.isFinished
        if live.isFinished { live.wake = nil }
        try store.save(&live, after: event, at: now, id, transaction)
        for event in reaction.events { try transaction.append(event) }
        try project(transaction, id, before, live.engine)
        if live.isFinished { try store.removeCommands(id, transaction) }
        let pending = try store.addCommands(live.isFinished ? [] : reaction.commands, id, step: live.step, transaction)
        if reaction.wake != .unchanged, let wake = live.wake {
            transaction.onceVisible { [todo] in todo.yield(.wake(id: id, at: wake)) }
        }
        return Stepped(engine: live.engine, pending: pending)
    }

    /// Has the commands carried out, each as soon as it may be.
    @discardableResult
    private func hand(_ stepped: Stepped, after transaction: Transaction) -> Engine {
        for command in stepped.pending {
            if isWithinLedger(command) {
                transaction.onceVisible { self.hand(command) }
            } else {
                transaction.afterCommit { self.hand(command) }
            }
        }
        return stepped.engine
    }

    private func isWithinLedger(_ pending: PendingCommand<Engine>) -> Bool {
        performer.withLock { $0 }?.isWithinLedger(pending.command) ?? false
    }

    // MARK: Running

    /// Takes up what an earlier process left, then works until cancelled or asked to stop gracefully. Commands under way when it
    /// stops are taken up by the next start.
    package func run() async throws {
        guard let performer = performer.withLock({ $0 }) else {
            throw LedgerError(.unusable, "Nobody carries out the commands of '\(Engine.kind)'.")
        }
        try await takeUp()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await work in self.work {
                    group.addTask {
                        switch work {
                        case .perform(let pending): await self.carryOut(pending, performer)
                        case .wake(let id, let moment): await self.wake(id, at: moment)
                        }
                    }
                }
                group.cancelAll()
            }
        }
    }

    private func takeUp() async throws {
        let (commands, wakes) = try await ledger.pool.read { db in
            (try self.store.pendingCommands(db), try self.store.wakes(db))
        }
        if !commands.isEmpty {
            log.info("taking up commands", metadata: ["kind": "\(Engine.kind)", "count": "\(commands.count)"])
        }
        for command in commands { hand(command) }
        for wake in wakes { todo.yield(.wake(id: wake.id, at: wake.at)) }
    }

    private func hand(_ pending: PendingCommand<Engine>) {
        guard underWay.withLock({ $0.insert(pending.key).inserted }) else { return }
        todo.yield(.perform(pending))
    }

    /// Carries out the command, and then what its result leads to, one after the other.
    private func carryOut(_ first: PendingCommand<Engine>, _ performer: any Performer<Engine>) async {
        var next: PendingCommand<Engine>? = first
        while let pending = next {
            next = await result(of: pending, performer)
            underWay.withLock { underWay in
                underWay.remove(pending.key)
                if let key = next?.key, !underWay.insert(key).inserted { next = nil }
            }
        }
    }

    /// Tries until the command is settled.
    ///
    /// - Returns: the command to carry out next, if this one's result wants any that nobody else was handed.
    private func result(
        of pending: PendingCommand<Engine>, _ performer: any Performer<Engine>
    ) async -> PendingCommand<Engine>? {
        let durability: Durability = isWithinLedger(pending) ? .ordered : .synced
        var delay = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                return try await Ledger.withDurability(durability) {
                    let event = try await performer.perform(pending.command, of: pending.id, key: pending.key)
                    return try await settle(pending, event, durability)
                }
            } catch is CancellationError {
                return nil
            } catch {
                log.warning(
                    "a command failed and is tried again",
                    metadata: ["key": "\(pending.key)", "error": "\(error)", "after": "\(delay)"])
            }
            try? await ledger.surroundings.time.sleep(until: ledger.surroundings.now + delay)
            delay = min(delay * 2, .seconds(30))
        }
        return nil
    }

    /// Takes the command off the list and feeds in its result, as one. A command carried out twice counts once.
    ///
    /// - Returns: one of the commands that follow, for the caller to carry out: the first that may be when this returns.
    private func settle(
        _ pending: PendingCommand<Engine>, _ event: Engine.Event?, _ durability: Durability
    ) async throws -> PendingCommand<Engine>? {
        try await ledger.write { transaction in
            guard try self.store.removeCommand(pending, transaction), let event,
                let live = try self.store.load(pending.id, transaction), !live.isFinished
            else { return nil }
            var stepped = try self.step(live, before: live.engine, pending.id, event, transaction)
            let place = stepped.pending.firstIndex { durability == .synced || self.isWithinLedger($0) }
            let next = place.map { stepped.pending.remove(at: $0) }
            self.hand(stepped, after: transaction)
            return next
        }
    }

    private func wake(_ id: String, at moment: Timestamp) async {
        do {
            try await ledger.surroundings.time.sleep(until: moment)
            try await ledger.write { transaction in
                guard let live = try self.store.load(id, transaction), live.wake == moment, !live.isFinished else {
                    return
                }
                var woken = live
                woken.wake = nil
                self.hand(try self.step(woken, before: live.engine, id, Engine.woken, transaction), after: transaction)
            }
        } catch is CancellationError {
            return
        } catch {
            log.error("a timer could not be stored", metadata: ["machine": "\(id)", "error": "\(error)"])
            todo.yield(.wake(id: id, at: moment))
        }
    }
}
