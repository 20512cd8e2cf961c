internal import Ledger
internal import Notation

/// Tells a stack's events how something is getting on.
struct StackReport {
    private let ledger: Ledger
    private let subject: OperationSubject
    private let place: StackEvent

    /// How an action on a resource is getting on.
    init(_ ledger: Ledger, _ subject: OperationSubject, _ action: StackOperation.Action) {
        let words: [StackOperation.Action.Kind: String] = [.create: "CREATE", .update: "UPDATE", .adopt: "IMPORT"]
        self.init(
            ledger, subject, action.logicalID, action.physicalID ?? "", action.type, words[action.kind] ?? "DELETE",
            mark: action.token)
    }

    /// How the operation as a whole is getting on.
    init(_ ledger: Ledger, _ subject: OperationSubject, verb: String) {
        self.init(
            ledger, subject, subject.stackName, subject.stackID, "AWS::CloudFormation::Stack", verb,
            mark: subject.operationID)
    }

    private init(
        _ ledger: Ledger, _ subject: OperationSubject, _ logicalID: String, _ physicalID: String, _ type: String,
        _ verb: String, mark: String
    ) {
        self.ledger = ledger
        self.subject = subject
        place = StackEvent(
            id: mark, time: ledger.surroundings.now, logicalID: logicalID, physicalID: physicalID, type: type,
            status: verb + "_IN_PROGRESS", operationID: subject.operationID, token: subject.token)
    }

    /// Adds an event in the status the action stands for. What cannot be written is left out: it is only news.
    func tell(_ text: String) async {
        var event = place
        event.id = StableID.uuid(place.id, text)
        event.reason = text
        await add(event)
    }

    /// Adds an event of what a hook said.
    func tell(_ result: HookResult) async {
        var event = place
        event.id = result.id
        event.hook = .init(
            type: result.hook, status: result.status, reason: result.reason, mode: result.stops ? "FAIL" : "WARN")
        await add(event)
    }

    private func add(_ event: StackEvent) async {
        let stackID = subject.stackID
        var event = event
        event.time = ledger.surroundings.now
        let told = event
        _ = try? await ledger.write { transaction in
            // A repeat after a crash has told it already.
            let latest = try transaction.list(StackStore.events, prefix: stackID + "|", limit: 50)
            guard !latest.contains(where: { $0.value.id == told.id }) else { return }
            try transaction.put(StackStore.events, told.key(stackID: stackID, number: 999_999_999), told)
        }
    }
}
