internal import Cloud
internal import CloudFormation
internal import Ledger
internal import Notation

/// Lists the resources of types for scans, as whoever asked for the scan.
struct ResourceScanPerformer: Performer {
    typealias Engine = ResourceScan

    let cloud: Cloud
    let ledger: Ledger
    let runner: MachineRunner<ResourceScan>

    /// Lists a type and keeps what it finds. Repeated, it keeps the same again.
    func perform(_ command: ResourceScan.Command, of id: String, key: String) async throws -> ResourceScan.Event? {
        guard case .scan(let name) = command, let scan = try await runner.machine(id),
            let type = cloud.resourceType(name)
        else { return nil }
        let caller = Caller(account: scan.account, region: scan.region, principal: scan.principal)
        do {
            let found = try await ResourceListing(cloud: cloud).all(type, given: nil, caller)
            try await ledger.write { transaction in
                for resource in found {
                    let scanned = ScannedResource(
                        type: name, identifier: resource.identifier, physicalID: resource.physicalID)
                    try transaction.put(ScannedResource.collection, "\(id)|\(name)|\(resource.identifier)", scanned)
                }
            }
            return .scanned(type: name, count: found.count, trouble: nil)
        } catch let error as AWSError {
            try Task.checkCancellation()
            return .scanned(type: name, count: 0, trouble: error.message)
        }
    }
}
