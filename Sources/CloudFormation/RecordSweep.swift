internal import Ledger
internal import Notation
internal import ServiceLifecycle

/// Forgets what nobody asks for any more, at start and once an hour.
///
/// Stops at any moment without harm: each portion is a write of its own, and the next round finds what is left. How
/// long things are kept is AWS's: requests of Cloud Control 7 days ("Managing requests" in its User Guide), resource
/// scans 30 days, deleted stacks 90 days (CloudFormation User Guide). Hook results, looks for drift, registrations of
/// types, events of change sets and clients' tokens are kept as long as deleted stacks.
struct RecordSweep: Service {
    static let interval = Duration.seconds(3600)
    private static let day = Duration.seconds(86_400)
    private static let portion = 500

    let ledger: Ledger
    let runner: MachineRunner<StackOperation>
    let notices: MachineRunner<StackNotices>
    let scans: MachineRunner<ResourceScan>
    let requests: MachineRunner<ResourceRequestMachine>

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    try await sweep()
                    let time = ledger.surroundings.time
                    try await time.sleep(until: time.now + Self.interval)
                }
            }
        } catch is CancellationError {}
    }

    /// One round.
    func sweep() async throws {
        let now = ledger.surroundings.now
        try await sweepRequests(before: now - Self.day * 7)
        try await sweepScans(before: now - Self.day * 30)
        let limit = now - Self.day * 90
        try await forget(HookResult.collection) { $0.time < limit }
        try await forget(TypeRegistration.collection) { $0.time < limit }
        try await forget(StackOperationRecord.collection) { $0.began < limit }
        try await forget(StackStore.detections) { $0.time < limit }
        try await forget(StackStore.changeSetEvents) { $0.time < limit }
        try await forget(StackStore.tokens) { $0.time.map { $0 < limit } ?? false }
        try await sweepStacks(before: limit)
        try await sweepSetTemplates()
    }

    /// Every key of a collection whose value is chosen, a page at a time.
    private func keys<Value>(
        _ collection: Collection<Value>, prefix: String = "", _ isChosen: (Value) -> Bool = { _ in true }
    ) async throws -> [String] {
        var (keys, place) = ([String](), "")
        while true {
            let page = try await ledger.list(collection, prefix: prefix, after: place, limit: Self.portion)
            guard let end = page.last else { return keys }
            place = end.key
            keys += page.filter { isChosen($0.value) }.map(\.key)
        }
    }

    private func forget<Value>(
        _ collection: Collection<Value>, prefix: String = "", _ isChosen: (Value) -> Bool = { _ in true }
    ) async throws {
        try await inPortions(try await keys(collection, prefix: prefix, isChosen)) { transaction, key in
            try transaction.delete(collection, key)
        }
    }

    private func inPortions(
        _ keys: [String], _ body: @escaping @Sendable (Transaction, String) throws -> Void
    ) async throws {
        var rest = keys[...]
        while !rest.isEmpty {
            let portion = rest.prefix(Self.portion)
            rest = rest.dropFirst(Self.portion)
            try await ledger.write { transaction in
                for key in portion { try body(transaction, key) }
            }
        }
    }

    /// Requests of Cloud Control that are over, with their machines and the clients' tokens they were made under.
    private func sweepRequests(before limit: Timestamp) async throws {
        let over: Set = ["SUCCESS", "FAILED", "CANCEL_COMPLETE"]
        let old = try await keys(ResourceRequestStore.requests) { $0.asked < limit && over.contains($0.status) }
        guard !old.isEmpty else { return }
        let ended = Set(old.compactMap { $0.split(separator: "/").last.map(String.init) })
        try await forget(ResourceRequestStore.uses) { ended.contains($0.token) }
        try await inPortions(old) { [requests] transaction, key in
            try transaction.delete(ResourceRequestStore.requests, key)
            try requests.remove(key, in: transaction)
        }
    }

    private func sweepScans(before limit: Timestamp) async throws {
        for key in try await keys(ResourceScanRecord.collection, { $0.ended.map { $0 < limit } ?? false }) {
            guard let id = try await ledger.get(ResourceScanRecord.collection, key)?.value.id else { continue }
            try await forget(ScannedResource.collection, prefix: id + "|")
            try await ledger.write { [scans] transaction in
                try scans.remove(id, in: transaction)
                try transaction.delete(ResourceScanRecord.collection, key)
            }
        }
    }

    /// Stacks that were deleted long ago: the stack itself last, so that a round that was cut short is made good.
    private func sweepStacks(before limit: Timestamp) async throws {
        let old = try await keys(StackStore.stacks) { stack in
            stack.status == .deleteComplete && stack.deleted.map { $0 < limit } ?? false
        }
        for id in old {
            try await forget(StackStore.events, prefix: id + "|")
            try await forget(StackStore.changeSetEvents, prefix: id + "|")
            try await forget(StackStore.resources, prefix: id + "|")
            try await forget(StackStore.templates, prefix: id + "|")
            try await forget(NestedTemplates.collection, prefix: id + "|")
            try await ledger.write { [runner, notices] transaction in
                guard let stack = try transaction.get(StackStore.stacks, id)?.value else { return }
                if let operation = stack.operationID {
                    try runner.remove(operation, in: transaction)
                    try StackNotices.forget(operation, notices, transaction)
                }
                try transaction.delete(StackStore.stacks, id)
            }
        }
    }

    /// Templates that stack sets had before, once no operation may still need them.
    private func sweepSetTemplates() async throws {
        let all = try await keys(StackSetStore.templates)
        guard !all.isEmpty else { return }
        try await inPortions(all) { transaction, key in
            let setID = key.split(separator: "|").first.map(String.init) ?? ""
            let open = try transaction.list(StackSetStore.operations).contains {
                $0.value.setID == setID && !$0.value.isOver
            }
            let sets = try transaction.list(StackSetStore.sets).map(\.value)
            guard !open, !sets.contains(where: { $0.revision.templateKey == key }) else { return }
            try transaction.delete(StackSetStore.templates, key)
        }
    }
}
