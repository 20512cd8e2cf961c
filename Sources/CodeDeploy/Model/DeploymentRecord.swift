internal import Cloud
internal import Ledger
internal import Notation

/// What deployments are found by. The deployment itself is its machine; a rollback is part of the machine of the one it
/// rolls back.
struct DeploymentRecord: Codable, Sendable {
    var id: String
    var application: String
    var group: String
    var status: DeploymentStatus
    var createTime: Timestamp
    /// The key of its machine.
    var machine: String
    /// The deployment it rolls back.
    var rollsBack: String?
    var externalId: String?
    /// Given by a service that may repeat itself.
    var token: String?
    /// Account and region.
    var scope: String

    static let collection = Collection<DeploymentRecord>(
        "codedeploy.deployment",
        lookups: [
            "group": { ["\($0.scope)\($0.application)/\($0.group)"] },
            "scope": { [$0.scope] },
            "external": { record in record.externalId.map { ["\(record.scope)\($0)"] } ?? [] },
            "token": { record in record.token.map { ["\(record.scope)\($0)"] } ?? [] },
        ])

    static func missing(_ id: String) -> AWSError {
        AWSError("DeploymentDoesNotExistException", "The deployment \(id) could not be found")
    }

    /// The record, and the machine that is the deployment.
    ///
    /// - Throws: The id's refusals, `DeploymentDoesNotExistException`.
    static func get(
        _ id: String?, _ caller: Caller, _ runner: MachineRunner<DeploymentMachine>, in transaction: Transaction
    ) throws -> (record: DeploymentRecord, machine: DeploymentMachine) {
        let id = try DeploymentID.check(id)
        guard let record = try transaction.get(collection, caller.key(id))?.value,
            let machine = try runner.machine(record.machine, in: transaction)
        else { throw missing(id) }
        return (record, machine)
    }
}
