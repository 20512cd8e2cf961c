internal import Cloud
internal import Ledger
internal import Notation

/// Keeps records and groups in step with the machines, inside the write of each step.
enum DeploymentProjection {
    /// Called in the write of every step: what it changes is changed with the machine or not at all.
    static func project(
        _ transaction: Transaction, _ id: String, _ before: DeploymentMachine?, _ after: DeploymentMachine
    ) throws {
        if before?.status != after.status { try follow(after, transaction) }
        if before?.rollback?.id == nil, after.rollback?.id != nil { try makeRollback(after, transaction) }
        if after.status.isTerminal, before?.status != after.status { try conclude(after, transaction) }
    }

    /// The record and the group show the machine's status.
    private static func follow(_ machine: DeploymentMachine, _ transaction: Transaction) throws {
        guard var record = try transaction.get(DeploymentRecord.collection, machine.order.key)?.value else { return }
        record.status = machine.status
        try transaction.put(DeploymentRecord.collection, machine.order.key, record)
        guard !machine.status.isTerminal, let document = try group(of: machine, transaction) else { return }
        var group = document.value
        guard group.lastAttempted?.deploymentId == machine.order.id else { return }
        group.lastAttempted?.status = machine.status
        try transaction.put(DeploymentGroup.collection, document.key, group)
    }

    /// The group, by its id: it may have another name by now, or be gone.
    private static func group(
        of machine: DeploymentMachine, _ transaction: Transaction
    ) throws -> Document<DeploymentGroup>? {
        try transaction.find(DeploymentGroup.collection, "id", machine.order.groupID).first
    }

    /// The rollback is found under its own id from the moment it begins.
    private static func makeRollback(_ machine: DeploymentMachine, _ transaction: Transaction) throws {
        guard let back = machine.rollback, let id = back.id else { return }
        let order = machine.order
        let record = DeploymentRecord(
            id: id, application: order.application, group: order.group, status: .inProgress, createTime: back.startTime,
            machine: order.key, rollsBack: order.id, scope: order.caller.scope)
        try transaction.put(DeploymentRecord.collection, order.caller.key(id), record)
    }

    /// The group remembers its last deployments; it may be gone by now.
    private static func conclude(_ machine: DeploymentMachine, _ transaction: Transaction) throws {
        let order = machine.order
        let rollback = DeploymentView.rollbackStatus(machine)
        if let back = machine.rollback, let id = back.id {
            _ = try transaction.update(DeploymentRecord.collection, order.caller.key(id)) { $0.status = rollback }
        }
        guard let document = try group(of: machine, transaction) else { return }
        var group = document.value
        if group.activeDeployment == order.id { group.activeDeployment = nil }
        let own = DeploymentGroup.LastDeployment(
            deploymentId: order.id, status: machine.status, createTime: order.createTime, endTime: machine.completeTime)
        group.lastAttempted = own
        if machine.status == .succeeded {
            group.lastSuccessful = own
            group.currentRevision = order.revision
        }
        if let back = machine.rollback, let id = back.id {
            let last = DeploymentGroup.LastDeployment(
                deploymentId: id, status: rollback, createTime: back.startTime, endTime: machine.completeTime)
            group.lastAttempted = last
            let revision = DeploymentView.rollbackRevision(machine)
            group.targetRevision = revision
            if rollback == .succeeded {
                group.lastSuccessful = last
                group.currentRevision = revision
            }
        }
        try transaction.put(DeploymentGroup.collection, document.key, group)
    }
}
