internal import CloudFormation
package import Ledger
package import Notation

/// An environment that was copied from another, from its first copy until nothing of it is left.
///
/// Stacks are made in the order of what they import; what does not lean on others is made side by side. A copy that
/// fails holds up only those that lean on it. With an end, the environment takes itself away.
package struct EnvironmentMachine: Machine {
    /// The name under which environments are stored.
    package static let kind = "environment"
    /// What the alarm clock feeds in.
    package static var woken: Event { .woken }

    /// A stack of it.
    package struct Part: Codable, Sendable, Hashable {
        /// The stack's name.
        package var name: String
        /// The stacks that must stand first.
        package var needs: [String]
        /// `pending`, `running`, `done`, `failed`, `skipped`, `gone`.
        package var status = "pending"
        /// Why.
        package var reason: String?
        /// The stack's ARN.
        package var stackID: String?

        init(name: String, needs: [String]) {
            self.name = name
            self.needs = needs
        }
    }

    /// What can happen to it.
    package enum Event: Codable, Sendable {
        /// It is copied, for the first time or again, and ends then, if at all.
        case copy(parts: [Part], round: Int, expires: Timestamp?)
        /// A stack has come to its end.
        case ended(name: String, round: Int, stackID: String?, trouble: String?)
        /// It is to go.
        case remove
        /// Its alarm clock went off.
        case woken
    }

    /// What it wants done outside.
    package enum Command: Codable, Sendable {
        /// Make or change the stack.
        case deploy(name: String, round: Int)
        /// Delete the stack.
        case delete(name: String, round: Int, stackID: String?)
    }

    /// Its name.
    package let name: String
    /// Where it is.
    package let account: String
    /// Where it is.
    package let region: String
    /// Who asked for it last.
    package internal(set) var principal: String
    /// The environment it is a copy of.
    package internal(set) var source: String
    /// `copying`, `ready`, `failed`, `removing`, `removed`.
    package private(set) var status = "new"
    /// Its stacks.
    package private(set) var parts: [Part] = []
    /// How often it was copied or removed.
    package private(set) var round = 0
    /// When it takes itself away.
    package private(set) var expires: Timestamp?

    init(name: String, account: String, region: String, principal: String, source: String) {
        self.name = name
        self.account = account
        self.region = region
        self.principal = principal
        self.source = source
    }

    /// Whether something is under way.
    package var isBusy: Bool { status == "copying" || status == "removing" }

    /// Takes one step. Repeats, and answers of earlier rounds, change nothing.
    package mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        let before = status
        var reaction = Reaction<Command>()
        switch event {
        case .copy(let parts, let round, let expires):
            guard !isBusy, round == self.round + 1 else { return reaction }
            begin(parts, round)
            self.expires = expires
            reaction.wake = expires.map { .at($0) } ?? .never
        case .ended(let name, let round, let stackID, let trouble):
            guard round == self.round, let index = parts.firstIndex(where: { $0.name == name }),
                parts[index].status == "running"
            else { return reaction }
            parts[index].stackID = stackID ?? parts[index].stackID
            parts[index].reason = trouble
            parts[index].status = trouble != nil ? "failed" : status == "removing" ? "gone" : "done"
        case .remove:
            guard !isBusy, status != "removed" else { return reaction }
            beginRemoving()
        case .woken:
            guard let expires, now >= expires else { return reaction }
            guard !isBusy else {
                reaction.wake = .at(now + .seconds(5))  // what is under way comes to its end first
                return reaction
            }
            beginRemoving()
        }
        reaction.commands = status == "copying" ? deploys() : status == "removing" ? deletions() : []
        settle()
        // What could not be taken away at its end is tried again.
        if status == "failed", before == "removing", expires != nil { reaction.wake = .at(now + .seconds(600)) }
        reaction.isFinished = status == "removed"
        if status != before { reaction.events = [news(now)] }
        return reaction
    }

    private mutating func begin(_ new: [Part], _ round: Int) {
        self.round = round
        status = "copying"
        let old = Dictionary(parts.map { ($0.name, $0) }) { first, _ in first }
        // What is no longer copied still belongs to it, so that it goes with the rest.
        let kept = parts.filter { part in !new.contains { $0.name == part.name } && part.stackID != nil }
        parts =
            new.map { part in
                var part = part
                part.stackID = old[part.name]?.stackID
                return part
            } + kept
    }

    private mutating func beginRemoving() {
        round += 1
        status = "removing"
        for index in parts.indices {
            parts[index].status = "pending"
            parts[index].reason = nil
        }
    }

    private mutating func deploys() -> [Command] {
        var commands: [Command] = []
        for index in parts.indices where parts[index].status == "pending" {
            let needs = parts.filter { parts[index].needs.contains($0.name) && $0.name != parts[index].name }
            if needs.contains(where: { $0.status == "failed" || $0.status == "skipped" }) {
                parts[index].status = "skipped"
                parts[index].reason = "A stack that it imports from could not be made."
            } else if needs.allSatisfy({ $0.status == "done" }) {
                parts[index].status = "running"
                commands.append(.deploy(name: parts[index].name, round: round))
            }
        }
        return commands
    }

    /// Each goes after those that lean on it; one that cannot be deleted does not keep the others.
    private mutating func deletions() -> [Command] {
        var commands: [Command] = []
        for index in parts.indices where parts[index].status == "pending" {
            let name = parts[index].name
            let isHeld = parts.contains {
                $0.needs.contains(name) && $0.name != name && ($0.status == "pending" || $0.status == "running")
            }
            guard !isHeld else { continue }
            parts[index].status = "running"
            commands.append(.delete(name: name, round: round, stackID: parts[index].stackID))
        }
        return commands
    }

    private mutating func settle() {
        guard isBusy, !parts.contains(where: { $0.status == "running" }) else { return }
        // Stacks that wait for each other in a circle are never begun.
        for index in parts.indices where parts[index].status == "pending" {
            parts[index].status = "failed"
            parts[index].reason = "It waits for a stack that waits for it."
        }
        let hasFailed = parts.contains { $0.status == "failed" || $0.status == "skipped" }
        status = hasFailed ? "failed" : status == "removing" ? "removed" : "ready"
    }

    private func news(_ now: Timestamp) -> LedgerEvent {
        LedgerEvent(
            id: StableID.uuid(account, region, name, String(round), status), time: now,
            source: "slipway.environments", detailType: "Environment Status Change", account: account, region: region,
            detail: [
                "environment": .string(name), "source": .string(source), "status": .string(status),
                "stacks": .array(parts.map { ["name": .string($0.name), "status": .string($0.status)] }),
            ])
    }
}
