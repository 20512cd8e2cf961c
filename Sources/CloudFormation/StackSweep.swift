internal import Ledger
internal import Notation

/// What is forgotten of stacks.
///
/// How long things are kept is AWS's: deleted stacks 90 days (CloudFormation User Guide). Hook results, looks for drift,
/// events of change sets and clients' tokens are kept as long as deleted stacks.
struct StackSweep: Sendable {
    let runner: MachineRunner<StackOperation>
    let notices: MachineRunner<StackNotices>

    /// One round.
    func sweep(_ broom: Broom, _ now: Timestamp) async throws {
        let limit = now - RecordSweep.longest
        try await broom.forget(HookResult.collection) { $0.time < limit }
        try await broom.forget(StackOperationRecord.collection) { $0.began < limit }
        try await broom.forget(StackStore.detections) { $0.time < limit }
        try await broom.forget(StackStore.changeSetEvents) { $0.time < limit }
        try await broom.forget(StackStore.tokens) { $0.time.map { $0 < limit } ?? false }
        try await sweepMail(broom, now, before: limit)
        try await sweepStacks(broom, before: limit)
    }

    /// Answers and signals: those whose stacks have long stopped waiting. An older Slipway's are as old as this one knows
    /// them.
    private func sweepMail(_ broom: Broom, _ now: Timestamp, before limit: Timestamp) async throws {
        try await broom.forget(ResponseInbox.mail) { $0.opened.map { $0 < limit } ?? false }
        let undated = try await broom.keys(ResponseInbox.mail) { $0.opened == nil }
        try await broom.inPortions(undated) { transaction, token in
            guard var mail = try transaction.get(ResponseInbox.mail, token)?.value, mail.opened == nil else { return }
            mail.opened = now
            try transaction.put(ResponseInbox.mail, token, mail)
        }
    }

    /// Stacks that were deleted long ago: the stack itself last, so that a round that was cut short is made good.
    private func sweepStacks(_ broom: Broom, before limit: Timestamp) async throws {
        let old = try await broom.keys(StackStore.stacks) { stack in
            stack.status == .deleteComplete && stack.deleted.map { $0 < limit } ?? false
        }
        for id in old {
            try await broom.forget(StackStore.events, prefix: id + "|")
            try await broom.forget(StackStore.changeSetEvents, prefix: id + "|")
            try await broom.forget(StackStore.resources, prefix: id + "|")
            try await broom.forget(StackStore.templates, prefix: id + "|")
            try await broom.forget(NestedTemplates.collection, prefix: id + "|")
            try await broom.ledger.write { [runner, notices] transaction in
                guard let stack = try transaction.get(StackStore.stacks, id)?.value else { return }
                if let operation = stack.operationID {
                    try runner.remove(operation, in: transaction)
                    try StackNotices.forget(operation, notices, transaction)
                }
                try transaction.delete(StackStore.stacks, id)
            }
        }
    }
}
