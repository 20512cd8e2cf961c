internal import CloudFormation
internal import Ledger
internal import Notation

/// What is forgotten of Cloud Control.
struct ResourceRequestSweep: Sendable {
    let requests: MachineRunner<ResourceRequestMachine>

    init(runner: MachineRunner<ResourceRequestMachine>) { requests = runner }

    /// One round: requests are kept 7 days. Source: "Managing requests" in the Cloud Control API User Guide.
    func sweep(_ broom: Broom, _ now: Timestamp) async throws {
        try await sweepRequests(broom, before: now - .seconds(7 * 86_400))
    }

    /// Requests of Cloud Control that are over, with their machines and the clients' tokens they were made under.
    private func sweepRequests(_ broom: Broom, before limit: Timestamp) async throws {
        let over: Set = ["SUCCESS", "FAILED", "CANCEL_COMPLETE"]
        let old = try await broom.keys(ResourceRequestStore.requests) { $0.asked < limit && over.contains($0.status) }
        guard !old.isEmpty else { return }
        let ended = Set(old.compactMap { $0.split(separator: "/").last.map(String.init) })
        try await broom.forget(ResourceRequestStore.uses) { ended.contains($0.token) }
        try await broom.inPortions(old) { [requests] transaction, key in
            try transaction.delete(ResourceRequestStore.requests, key)
            try requests.remove(key, in: transaction)
        }
    }
}
