internal import CloudFormation
internal import Ledger
internal import Notation

/// What is forgotten of Cloud Control.
struct ResourceRequestSweep: Sendable {
    let runner: MachineRunner<ResourceRequestMachine>

    /// One round: requests that are over, with their machines and the clients' tokens they were made under, are kept
    /// 7 days. Source: "Managing requests" in the Cloud Control API User Guide.
    func sweep(_ broom: Broom, _ now: Timestamp) async throws {
        let limit = now - .seconds(7 * 86_400)
        let over: Set = ["SUCCESS", "FAILED", "CANCEL_COMPLETE"]
        let old = try await broom.keys(ResourceRequestStore.requests) { $0.asked < limit && over.contains($0.status) }
        guard !old.isEmpty else { return }
        let ended = Set(old.compactMap { $0.split(separator: "/").last.map(String.init) })
        try await broom.forget(ResourceRequestStore.uses) { ended.contains($0.token) }
        try await broom.inPortions(old) { [runner] transaction, key in
            try transaction.delete(ResourceRequestStore.requests, key)
            try runner.remove(key, in: transaction)
        }
    }
}
