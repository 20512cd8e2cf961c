internal import CloudFormation
internal import Ledger
internal import Notation

/// What is forgotten of scans. Templates stay until they are deleted.
struct ResourceScanSweep: Sendable {
    let runner: MachineRunner<ResourceScan>

    /// One round: scans are kept 30 days. Source: "Generate templates from existing resources" in the User Guide.
    func sweep(_ broom: Broom, _ now: Timestamp) async throws {
        let limit = now - .seconds(30 * 86_400)
        for key in try await broom.keys(ResourceScanRecord.collection, { $0.ended.map { $0 < limit } ?? false }) {
            guard let id = try await broom.ledger.get(ResourceScanRecord.collection, key)?.value.id else { continue }
            try await broom.forget(ScannedResource.collection, prefix: id + "|")
            try await broom.ledger.write { [runner] transaction in
                try runner.remove(id, in: transaction)
                try transaction.delete(ResourceScanRecord.collection, key)
            }
        }
    }
}
