internal import Cloud
internal import Ledger
internal import Notation

/// An operation on a stack as it can be asked about by its id.
struct StackOperationRecord: Codable, Sendable {
    /// The stack's ARN.
    var stackID: String
    /// What is done, in AWS's words.
    var type: String
    /// When it began.
    var began: Timestamp

    /// By account, region and the operation's id.
    static let collection = Collection<StackOperationRecord>("cloudformation operation")

    /// What an intent is called. AWS has no word for imports: they count as what they begin with.
    static func type(_ intent: StackOperation.Intent, _ stack: Stack) -> String {
        switch intent {
        case .create, .update, .delete: intent.rawValue
        case .adopt: stack.status == .reviewInProgress ? "CREATE_STACK" : "UPDATE_STACK"
        case .rollback: stack.status == .updateRollbackFailed ? "CONTINUE_ROLLBACK" : "ROLLBACK"
        }
    }
}

/// DescribeEvents: events by operation, of a stack or of the making of a change set, and the failed ones alone.
///
/// A rollback that follows from a failure belongs to the operation that failed. Source: DescribeEvents in the API
/// Reference.
extension CloudFormationService {
    private static let pageSize = 100

    var operationEventOperations: [Operation] {
        [
            Operation(
                "DescribeEvents", enforces: "StackName ChangeSetName OperationId Filters.FailedEvents NextToken",
                raw: describeOperationEvents)
        ]
    }

    private func describeOperationEvents(_ call: Call) async throws -> Reply {
        let (stack, operationID) = try await asked(call)
        let onlyFailed = call.input["Filters"]?["FailedEvents"]?.bool ?? false
        let prefix = stack.id + "|"
        var place = call.input["NextToken"]?.string.map { prefix + $0 } ?? ""
        var found: [(key: String, view: JSON)] = []
        var types: [String: String] = [:]
        while found.count <= Self.pageSize {
            let page = try await events(of: stack, after: place)
            for (key, event) in page where operationID == nil || event.operationID == operationID {
                let kind = Self.kind(event, stack)
                if onlyFailed, !kind.hasSuffix("_ERROR") { continue }
                if types[event.operationID] == nil {
                    let record = call.caller.scope + event.operationID
                    types[event.operationID] = try await ledger.get(StackOperationRecord.collection, record)?.value.type
                }
                found.append((key, Self.view(event, stack, kind, types[event.operationID])))
            }
            guard let end = page.last, page.count == Self.pageSize else { break }
            place = end.key
        }
        var answer: JSON = ["OperationEvents": .array(found.prefix(Self.pageSize).map(\.view))]
        if found.count > Self.pageSize {
            answer["NextToken"] = .string(String(found[Self.pageSize - 1].key.dropFirst(prefix.count)))
        }
        return Reply(answer)
    }

    /// The stack asked about, and the operation when only one is.
    private func asked(_ call: Call) async throws -> (Stack, operationID: String?) {
        let operationID = call.input["OperationId"]?.string
        if call.input["ChangeSetName"] != nil {
            let changeSet = try await askedChangeSet(call)
            guard let stack = try await ledger.get(StackStore.stacks, changeSet.stackID)?.value,
                operationID == nil || operationID == changeSet.creationID
            else { throw Self.missingChangeSet(changeSet.id) }
            return (stack, changeSet.creationID ?? "")
        }
        if call.input["StackName"] != nil { return (try await named(call), operationID) }
        guard let operationID else {
            throw AWSError("ValidationError", "One of ChangeSetName, OperationId or StackName must be specified")
        }
        let record = try await ledger.get(StackOperationRecord.collection, call.caller.scope + operationID)?.value
        guard let record, let stack = try await ledger.get(StackStore.stacks, record.stackID)?.value else {
            throw AWSError("ValidationError", "Operation [\(operationID)] does not exist")
        }
        return (stack, operationID)
    }

    /// Events of the stack and of its change sets, newest first: at most a page of them.
    private func events(of stack: Stack, after place: String) async throws -> [(key: String, event: StackEvent)] {
        let prefix = stack.id + "|"
        let limit = Self.pageSize
        let own = try await ledger.list(StackStore.events, prefix: prefix, after: place, limit: limit)
        let made = try await ledger.list(StackStore.changeSetEvents, prefix: prefix, after: place, limit: limit)
        // Of either list the first come: so the first of both are the first there are.
        return Array((own + made).map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }.prefix(limit))
    }

    /// What kind of event it is, in AWS's words.
    private static func kind(_ event: StackEvent, _ stack: Stack) -> String {
        if event.validation != nil { return "VALIDATION_ERROR" }
        if let hook = event.hook {
            return hook.status == "HOOK_COMPLETE_SUCCEEDED" ? "PROGRESS_EVENT" : "HOOK_INVOCATION_ERROR"
        }
        if event.physicalID == stack.id { return "STACK_EVENT" }
        return event.status.hasSuffix("_FAILED") ? "PROVISIONING_ERROR" : "PROGRESS_EVENT"
    }

    private static func view(_ event: StackEvent, _ stack: Stack, _ kind: String, _ type: String?) -> JSON {
        var view = StackViews.event(event, stack)
        view["StackName"] = .none
        view["EventType"] = .string(kind)
        view["OperationType"] = type.map(JSON.string)
        if event.status.isEmpty { view["ResourceStatus"] = .none }
        if let note = event.validation {
            view["ValidationName"] = .string(note.name)
            view["ValidationStatus"] = "FAILED"
            view["ValidationStatusReason"] = .string(note.reason)
            view["ValidationPath"] = .string(note.path)
            view["ValidationFailureMode"] = .string(note.mode)
        }
        if let began = event.began { return ended(event, stack, view, since: began) }
        guard kind == "STACK_EVENT" else { return view }
        let isOver = !event.status.hasSuffix("_IN_PROGRESS")
        let isGood = event.status.hasSuffix("_COMPLETE") && !event.status.contains("ROLLBACK")
        let isWanted =
            isGood || ["CONTINUE_ROLLBACK", "ROLLBACK"].contains(type) && event.status.hasSuffix("_COMPLETE")
        view["OperationStatus"] = isOver ? (isWanted ? "SUCCEEDED" : "FAILED") : "IN_PROGRESS"
        return view
    }

    /// The end of the making of a change set, which has no event of its beginning: here it is made while its call waits.
    private static func ended(_ event: StackEvent, _ stack: Stack, _ view: JSON, since began: Timestamp) -> JSON {
        var view = view
        for member in ["LogicalResourceId", "ResourceType", "ResourceStatus"] { view[member] = .none }
        view["StartTime"] = .double(began.seconds)
        view["EndTime"] = .double(event.time.seconds)
        view["OperationStatus"] = event.status == "FAILED" ? "FAILED" : "SUCCEEDED"
        return view
    }
}
