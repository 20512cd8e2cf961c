internal import Ledger
internal import Notation

/// Keeps the documents in step with the machine, inside the write that commits the step.
enum StackProjection {
    static func project(
        _ transaction: Transaction, _ id: String, _ before: StackOperation?, _ after: StackOperation
    ) throws {
        let stackID = after.subject.stackID
        let first = after.eventCount - after.outbox.events.count
        for (index, event) in after.outbox.events.enumerated() {
            try transaction.put(StackStore.events, event.key(stackID: stackID, number: first + index), event)
        }
        let isContinuing =
            after.status != .deleteInProgress && after.status != .deleteComplete && after.subject.hasGoodState
        for name in after.outbox.touched {
            guard let resource = after.resources[name] else { continue }
            let key = StackStore.key(stackID, name)
            let isGone = resource.current == nil && resource.leaving.isEmpty && resource.original == nil
            if isGone, isContinuing {
                try transaction.delete(StackStore.resources, key)
            } else {
                try transaction.put(StackStore.resources, key, resource)
            }
        }
        guard after.outbox.isStackTouched else { return }
        guard try transaction.get(StackStore.stacks, stackID) != nil else { return }
        try transaction.update(StackStore.stacks, stackID) { stack in
            stack.status = after.status
            stack.reason = after.outbox.reason
            stack.eventCount = after.eventCount
            if after.phase == .over { try finish(&stack, after, transaction) }
        }
        guard after.phase == .over else { return }
        try finishChangeSets(after, transaction)
        try ExportClaims.release(after.claims ?? [], after.subject, transaction)
    }

    private static func finish(_ stack: inout Stack, _ operation: StackOperation, _ transaction: Transaction) throws {
        if let outputs = operation.outputs { stack.revision.outputs = outputs }
        switch operation.status {
        case .createComplete, .updateComplete, .importComplete:
            if let old = stack.good?.templateKey, old != stack.revision.templateKey {
                try transaction.delete(StackStore.templates, old)
            }
            stack.good = stack.revision
        case .updateRollbackComplete, .importRollbackComplete:
            guard let good = stack.good else { return }
            if good.templateKey != stack.revision.templateKey {
                try transaction.delete(StackStore.templates, stack.revision.templateKey)
            }
            let role = stack.revision.roleARN
            stack.revision = good
            stack.revision.roleARN = role
        case .deleteComplete: stack.deleted = operation.outbox.now
        default: return
        }
    }

    /// The change set that was carried out says how it ended.
    private static func finishChangeSets(_ operation: StackOperation, _ transaction: Transaction) throws {
        let sets = try transaction.find(StackStore.changeSets, "stack", operation.subject.stackID)
        for set in sets where set.value.operationID == operation.subject.operationID {
            try transaction.update(StackStore.changeSets, set.key) { changeSet in
                let isDone = [.createComplete, .updateComplete, .importComplete].contains(operation.status)
                changeSet.executionStatus = isDone ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED"
            }
        }
    }
}
