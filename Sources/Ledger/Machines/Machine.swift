package import Notation

/// An engine as a value: its state, and the one pure rule by which events change it.
///
/// The rule does no I/O and knows no clock and no chance of its own: equal states and events give equal results. That is what
/// lets the runner repeat, replay and rehearse it. The stored forms of the state, the events and the commands are
/// promises to data folders that exist: add optional members, never change the meaning of one.
package protocol Machine: Codable, Sendable {
    /// What happens to it. Delivered one at a time, each possibly more than once, not always in the order of cause.
    associatedtype Event: Codable & Sendable
    /// What it wants done outside.
    associatedtype Command: Codable & Sendable

    /// The name under which machines of this kind are stored.
    static var kind: String { get }

    /// What a timer feeds in when the moment asked for by ``Reaction/wake`` has come.
    static var woken: Event { get }

    /// How many of its last steps are kept to replay it; all, unless a machine says otherwise: one that never finishes has to.
    static var keptSteps: Int { get }

    /// Changes the state as the event demands and says what is to be done. An event that does not fit the state, such
    /// as a repeat or a late answer, changes nothing.
    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command>
}

extension Machine {
    /// All of them.
    package static var keptSteps: Int { .max }
}

/// What a machine wants after an event.
package struct Reaction<Command: Sendable>: Sendable {
    /// What is to be done outside, side by side. Each is carried out at least once, with a key that stays the same.
    package var commands: [Command] = []
    /// When to wake the machine next. It has one alarm clock: a new time replaces the old one.
    package var wake = Wake.unchanged
    /// What to write into the event log.
    package var events: [LedgerEvent] = []
    /// Whether this was the machine's last step: later events are dropped, and commands not yet done are forgotten.
    package var isFinished = false

    /// The alarm clock.
    package enum Wake: Sendable, Hashable {
        /// As it is.
        case unchanged
        /// At that moment, or soon if it is past.
        case at(Timestamp)
        /// Not at all.
        case never
    }

    /// Wants nothing.
    package init() {}

    /// Wants these commands done.
    package init(_ commands: [Command]) { self.commands = commands }
}

/// What carries out a machine's commands.
package protocol Performer<Engine>: Sendable {
    associatedtype Engine: Machine

    /// Does what the command says and gives back the event that tells the machine of it, if any.
    ///
    /// Called at least once for every command: after a crash again, with the same key, which never belongs to another
    /// command. What can go wrong outside is an event as well; throw only when the attempt itself was cut short, and the
    /// runner will try again, slower each time.
    func perform(_ command: Engine.Command, of id: String, key: String) async throws -> Engine.Event?

    /// Whether all that the command does lies in the ledger. Such a command need not wait until the step that wants it
    /// is on disk, nor its own writes: see ``Durability/ordered``.
    func isWithinLedger(_ command: Engine.Command) -> Bool
}

extension Performer {
    /// No: so nothing happens outside that a power cut could make undone inside.
    package func isWithinLedger(_ command: Engine.Command) -> Bool { false }
}
