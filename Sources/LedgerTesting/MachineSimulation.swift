package import Ledger
package import Notation

/// Drives a machine's rule through many orders of events under a virtual clock, with no ledger and no real time.
///
/// The simulation plays runner and outside world. With a seed it decides which command is carried out next, whether it is
/// carried out twice, whether its event comes twice or late, and when the process "crashes": then the state goes through its stored
/// form and every command not yet settled is carried out again. The same seed gives the same course.
package struct MachineSimulation<Engine: Machine> {
    /// How rough the course is; each a probability from 0 to 1.
    package struct Roughness: Sendable {
        /// That a command is carried out twice before its event is fed in.
        package var repeats = 0.0
        /// That an event is fed in a second time.
        package var doubles = 0.0
        /// That the process dies after a step.
        package var crashes = 0.0
        /// That the next timer goes off although commands could still be carried out.
        package var early = 0.0

        /// A course of that roughness.
        package init(repeats: Double = 0, doubles: Double = 0, crashes: Double = 0, early: Double = 0) {
            self.repeats = repeats
            self.doubles = doubles
            self.crashes = crashes
            self.early = early
        }

        /// Everything happens in order and once.
        package static var smooth: Roughness { Roughness() }
        /// Much goes wrong.
        package static var rough: Roughness { Roughness(repeats: 0.2, doubles: 0.2, crashes: 0.1, early: 0.2) }
    }

    /// Why a course is not a good one. Carries the seed, so that it can be taken again.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The outside world: carries out a command, now, under its key, and gives back the event, if any.
    package typealias World = (_ command: Engine.Command, _ key: String, _ now: Timestamp) throws -> Engine.Event?

    /// The machine as it stands.
    package private(set) var engine: Engine
    /// Whether it took its last step.
    package private(set) var isFinished = false
    /// The virtual moment.
    package private(set) var now: Timestamp
    /// What it wrote into the event log so far.
    package private(set) var log: [LedgerEvent] = []
    /// How many steps it took.
    package private(set) var steps = 0

    private struct Pending {
        let key: String
        let command: Engine.Command
    }
    private var pending: [Pending] = []
    private var late: [Engine.Event] = []
    private var wake: Timestamp?
    private let chance: SeededChance
    private let seed: UInt64
    private let roughness: Roughness

    /// A course for that machine.
    package init(
        _ engine: Engine, seed: UInt64 = 0, roughness: Roughness = .smooth,
        start: Timestamp = Timestamp(seconds: 1_750_000_000)
    ) {
        self.engine = engine
        self.seed = seed
        self.roughness = roughness
        now = start
        chance = SeededChance(seed: seed)
    }

    /// Feeds an event in. Throws a ``Failure`` when the state does not survive being stored.
    package mutating func send(_ event: Engine.Event) throws {
        guard !isFinished else { return }
        let reaction = engine.advance(event, now: now)
        steps += 1
        log += reaction.events
        switch reaction.wake {
        case .unchanged: break
        case .never: wake = nil
        case .at(let moment): wake = moment
        }
        for (place, command) in reaction.commands.enumerated() {
            pending.append(Pending(key: "\(Engine.kind)/sim/\(steps)/\(place)", command: command))
        }
        if reaction.isFinished {
            isFinished = true
            pending = []
            wake = nil
        }
        if happens(roughness.crashes) { try crash() }
    }

    /// Lets the course go on until the machine is finished or nothing is left to happen, at most `stepLimit` steps.
    ///
    /// - Parameter check: Called after every step; what it throws ends the course.
    /// - Throws: ``Failure`` with the seed when the limit is reached or the check fails.
    package mutating func run(
        stepLimit: Int = 10_000, world: World, check: (Engine, Timestamp) throws -> Void = { _, _ in }
    ) throws {
        while !isFinished {
            guard steps < stepLimit else {
                throw Failure(description: "seed \(seed): no end after \(steps) steps: \(engine)")
            }
            guard try turn(world) else { return }
            do { try check(engine, now) } catch {
                throw Failure(description: "seed \(seed), step \(steps): \(error)")
            }
        }
    }

    /// Lets the course go on until that moment, or until the machine is finished.
    ///
    /// - Parameter check: Called after every step; what it throws ends the course.
    package mutating func run(
        until moment: Timestamp, world: World, check: (Engine, Timestamp) throws -> Void = { _, _ in }
    ) throws {
        while !isFinished, !pending.isEmpty || (wake ?? moment) < moment {
            guard try turn(world) else { break }
            do { try check(engine, now) } catch {
                throw Failure(description: "seed \(seed), step \(steps): \(error)")
            }
        }
        now = max(now, moment)
    }

    /// One thing happens. False when nothing can.
    private mutating func turn(_ world: World) throws -> Bool {
        if !late.isEmpty, happens(0.5) {
            try send(late.removeFirst())
            return true
        }
        if !pending.isEmpty, wake == nil || !happens(roughness.early) {
            try carryOut(pending.remove(at: Int(chance.next() % UInt64(pending.count))), world)
            return true
        }
        if let moment = wake {
            now = max(now, moment)
            wake = nil
            try send(Engine.woken)
            return true
        }
        guard !late.isEmpty else { return false }
        try send(late.removeFirst())
        return true
    }

    private mutating func carryOut(_ item: Pending, _ world: World) throws {
        var event = try world(item.command, item.key, now)
        if happens(roughness.repeats) { event = try world(item.command, item.key, now) }
        guard let event else { return }
        if happens(roughness.doubles) { late.append(event) }
        try send(event)
    }

    /// The state goes through its stored form; events on their way are lost, commands are not.
    private mutating func crash() throws {
        do {
            engine = try JSON(parsing: try JSON(encoding: engine).text()).decode(Engine.self)
        } catch {
            throw Failure(description: "seed \(seed), step \(steps): the state does not survive being stored: \(error)")
        }
        late = []
    }

    private func happens(_ probability: Double) -> Bool { probability > 0 && chance.fraction() < probability }
}
