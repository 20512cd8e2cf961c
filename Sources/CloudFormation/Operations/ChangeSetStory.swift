internal import Cloud
internal import Ledger
internal import Notation

/// What is told of the making of a change set, as an operation of its own: what validations and hooks found, and how it
/// ended.
///
/// Source: DescribeEvents in the API Reference, "Validate stack deployments" in the User Guide.
struct ChangeSetStory: Sendable {
    private let operationID: String
    private let began: Timestamp
    private var events: [StackEvent] = []

    /// A story that begins with the change set.
    init(of changeSet: ChangeSet) {
        operationID = changeSet.creationID ?? ""
        began = changeSet.created
    }

    /// The words with which a change set fails when that validation does: clients look for them.
    static func reason(_ validation: String) -> String {
        "The following hook(s)/validation failed: [AWS::EarlyValidation::\(validation)]. To troubleshoot Early "
            + "Validation errors, use the DescribeEvents API for detailed failure information."
    }

    /// Tells of a resource that a validation objects to.
    mutating func tell(
        _ note: StackEvent.ValidationNote, of logicalID: String, _ type: String, physicalID: String = ""
    ) {
        var event = event(logicalID, physicalID, type)
        event.validation = note
        events.append(event)
    }

    /// Tells of everything that is wrong with properties.
    mutating func tell(_ findings: PropertyFindings) {
        for finding in findings.all {
            let note = StackEvent.ValidationNote(
                name: "PROPERTY_VALIDATION", reason: finding.reason, path: finding.path, mode: "FAIL")
            tell(note, of: finding.logicalID, finding.type)
        }
    }

    /// Tells what a hook said about the change set.
    mutating func tell(_ result: HookResult, of changeSet: ChangeSet) {
        var event = event(changeSet.name, changeSet.id, "AWS::CloudFormation::ChangeSet")
        event.hook = .init(
            type: result.hook, status: result.status, reason: result.reason, mode: result.stops ? "FAIL" : "WARN")
        events.append(event)
    }

    private func event(_ logicalID: String, _ physicalID: String, _ type: String) -> StackEvent {
        StackEvent(
            id: StableID.uuid(operationID, String(events.count)), time: began, logicalID: logicalID,
            physicalID: physicalID, type: type, status: "", operationID: operationID)
    }

    /// What validations object to first; nil when they do not.
    var firstReason: String? { events.lazy.compactMap(\.validation).first { $0.mode == "FAIL" }?.reason }

    /// Numbers of events among those of the same moment, beyond those of stacks: the two are read as one list.
    private static let firstNumber = 900_000_000

    /// Writes it all down, with its end, as part of the write that keeps the change set.
    func write(_ changeSet: ChangeSet, _ caller: Caller, _ transaction: Transaction) throws {
        var told = events
        var end = event("", changeSet.stackID, "")
        end.status = changeSet.status
        end.reason = changeSet.reason
        end.began = began
        told.append(end)
        for (number, event) in told.enumerated() {
            var event = event
            event.time = transaction.now
            let key = event.key(stackID: changeSet.stackID, number: Self.firstNumber + number)
            try transaction.put(StackStore.changeSetEvents, key, event)
        }
        let record = StackOperationRecord(stackID: changeSet.stackID, type: "CREATE_CHANGESET", began: began)
        try transaction.put(StackOperationRecord.collection, caller.scope + operationID, record)
    }
}
