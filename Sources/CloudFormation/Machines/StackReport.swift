internal import Ledger
internal import Notation

/// Tells a stack's events how an action is getting on.
struct StackReport {
    let ledger: Ledger
    let subject: OperationSubject
    let action: StackOperation.Action

    init(_ ledger: Ledger, _ subject: OperationSubject, _ action: StackOperation.Action) {
        self.ledger = ledger
        self.subject = subject
        self.action = action
    }

    /// Adds an event in the status the action stands for. What cannot be written is left out: it is only news.
    func tell(_ text: String) async { await add(event(text, StableID.uuid(action.token, text))) }

    /// Adds an event of what a hook said.
    func tell(_ result: HookResult) async {
        var event = event(nil, result.id)
        event.hook = .init(
            type: result.hook, status: result.status, reason: result.reason, mode: result.stops ? "FAIL" : "WARN")
        await add(event)
    }

    private func event(_ text: String?, _ id: String) -> StackEvent {
        let words: [StackOperation.Action.Kind: String] = [.create: "CREATE", .update: "UPDATE", .adopt: "IMPORT"]
        return StackEvent(
            id: id, time: ledger.surroundings.now, logicalID: action.logicalID, physicalID: action.physicalID ?? "",
            type: action.type, status: (words[action.kind] ?? "DELETE") + "_IN_PROGRESS", reason: text,
            operationID: subject.operationID, token: subject.token)
    }

    private func add(_ event: StackEvent) async {
        let stackID = subject.stackID
        _ = try? await ledger.write { transaction in
            // A repeat after a crash has told it already.
            let latest = try transaction.list(StackStore.events, prefix: stackID + "|", limit: 50)
            guard !latest.contains(where: { $0.value.id == event.id }) else { return }
            try transaction.put(StackStore.events, event.key(stackID: stackID, number: 999_999_999), event)
        }
    }
}
