/// The names of a stack's exports: unique in an account and region, however many stacks end at once.
///
/// A stack claims the names that are new to it in one write, after its resources stand and before its new state counts.
/// The claim bridges the time until the stack itself is the proof: it ends with the operation.
extension StackOperation {
    /// Whether it is on its way to the new state, and may still turn back.
    var isForward: Bool { [.judging, .forward, .monitoring, .claiming].contains(phase) }

    /// Asks for the names that are not this stack's yet. False when there is nothing (more) to ask for.
    mutating func isClaiming(_ names: [String]) -> Bool {
        let held = Set(subject.exportsHeld ?? [])
        let new = names.filter { !$0.isEmpty && !held.contains($0) }
        guard claims == nil, !new.isEmpty else { return false }
        claims = new
        phase = .claiming
        outbox.commands.append(.claim(exports: new))
        return true
    }

    /// The names are this stack's, but for those that others have.
    mutating func claimed(_ taken: [String: String]) {
        guard phase == .claiming else { return }
        phase = .forward
        if let reason = takenExport(claims ?? [], taken) { stop(because: reason) }
    }

    /// What to say of the first of those names that another stack has.
    func takenExport(_ names: [String], _ taken: [String: String]) -> String? {
        for name in names {
            if let other = taken[name] { return "Export with name \(name) is already exported by stack \(other). " }
        }
        return nil
    }
}
