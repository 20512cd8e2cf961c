internal import Ledger
internal import Notation

extension StackSetOperation {
    /// An operation as it can be asked about.
    struct Record: Codable, Sendable {
        var operationID: String
        var setID: String
        var action: String
        var status: String
        var created: Timestamp
        var ended: Timestamp?
        var preferences: JSON?
        var retainsStacks: Bool?
        var administrationRoleARN: String?
        var executionRoleName: String?
        var targets: [Target]
        var drift: JSON?

        /// Whether it has come to its end.
        var isOver: Bool { ended != nil }
    }

    /// The operation as it can be asked about now.
    var record: Record {
        // AWS has no word of its own for taking stacks in: it counts as making them.
        let action = subject.action == .adopt ? Action.create : subject.action
        return Record(
            operationID: subject.operationID, setID: subject.setID, action: action.rawValue, status: status,
            created: created, ended: ended, preferences: subject.preferences.given,
            retainsStacks: subject.action == .delete ? subject.retainsStacks : nil,
            administrationRoleARN: subject.administrationRoleARN, executionRoleName: subject.executionRoleName,
            targets: targets, drift: subject.action == .detectDrift ? drift : nil)
    }

    /// What was found so far, as StackSetDriftDetectionDetails.
    private var drift: JSON {
        let all = Array(results.values)
        let drifted = all.count { $0.drift == "DRIFTED" }
        let failed = all.count { $0.status == "FAILED" }
        let open = all.count { $0.status == "PENDING" || $0.status == "RUNNING" }
        let course =
            open > 0
            ? "IN_PROGRESS"
            : status == "STOPPED"
                ? "STOPPED" : failed == 0 ? "COMPLETED" : failed < all.count ? "PARTIAL_SUCCESS" : "FAILED"
        var view: JSON = [
            "DriftStatus": drifted > 0 ? "DRIFTED" : failed < all.count ? "IN_SYNC" : "NOT_CHECKED",
            "DriftDetectionStatus": .string(course), "TotalStackInstancesCount": .int(all.count),
            "DriftedStackInstancesCount": .int(drifted),
            "InSyncStackInstancesCount": .int(all.count { $0.drift == "IN_SYNC" }),
            "InProgressStackInstancesCount": .int(open), "FailedStackInstancesCount": .int(failed),
        ]
        view["LastDriftCheckTimestamp"] = ended.map { .double($0.seconds) }
        return view
    }
}

/// Keeps sets, instances and operations in step with the machines, inside the write that commits a step.
enum StackSetProjection {
    static func project(
        _ transaction: Transaction, _ id: String, _ operation: StackSetOperation
    ) throws {
        let subject = operation.subject
        try transaction.put(StackSetStore.operations, id, operation.record)
        for target in operation.touched.targets {
            guard let result = operation.results[StackSetOperation.key(target)] else { continue }
            try keep(result, of: target, operation, transaction)
        }
        guard operation.isOver, subject.action == .detectDrift else { return }
        let scope = "\(subject.account)/\(subject.region)/"
        guard try transaction.get(StackSetStore.sets, scope + subject.setID) != nil else { return }
        let drift = operation.record.drift
        try transaction.update(StackSetStore.sets, scope + subject.setID) { $0.drift = drift }
    }

    private static func keep(
        _ result: StackSetOperation.Result, of target: StackSetOperation.Target, _ operation: StackSetOperation,
        _ transaction: Transaction
    ) throws {
        let subject = operation.subject
        let key = StackSetStore.key(subject.setID, target)
        let isGood = result.status == "SUCCEEDED"
        if subject.action == .delete, isGood {
            try transaction.delete(StackSetStore.instances, key)
            return
        }
        guard var instance = try transaction.get(StackSetStore.instances, key)?.value else { return }
        instance.lastOperationID = subject.operationID
        instance.stackID = result.stackID ?? instance.stackID
        instance.detailedStatus = result.status
        instance.reason = result.reason
        switch subject.action {
        case .create, .update: if isGood { instance.status = "CURRENT" }
        case .adopt:
            if isGood { instance.status = "CURRENT" }
            if result.status == "FAILED" { instance.detailedStatus = "FAILED_IMPORT" }
        case .delete: if result.status == "FAILED" { instance.status = "INOPERABLE" }
        case .detectDrift:
            if let drift = result.drift {
                instance.driftStatus = drift
                instance.driftTime = transaction.now
            }
        }
        try transaction.put(StackSetStore.instances, key, instance)
    }
}
