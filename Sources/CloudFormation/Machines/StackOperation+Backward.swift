internal import CloudFormationTemplate
internal import Notation

/// The way back to the last good state.
extension StackOperation {
    mutating func endStopping() {
        if intent == .delete { return beginDeleting(nil) }
        let summary = failureSummary
        switch subject.onFailure {
        case .nothing:
            // Nothing is undone: what was good before stays remembered, so that a later rollback finds it.
            setStatus(intent == .create ? .createFailed : .updateFailed, summary)
            phase = .over
        case .delete where !subject.hasGoodState:
            intent = .delete
            setStatus(.deleteInProgress, summary + "Delete requested by user.")
            beginDeletingAll()
        case .delete, .rollback:
            beginRollback(subject.hasGoodState ? summary : summary + "Rollback requested by user.")
        }
    }

    mutating func beginRollback(_ reason: String) {
        failures = []
        trouble = nil
        phase = .backward
        let going: StackStatus = subject.hasGoodState ? .updateRollbackInProgress : .rollbackInProgress
        setStatus(intent == .adopt ? .importRollbackInProgress : going, reason)
        let resources = resources
        let changed = order.filter { resources[$0]?.original != nil }
        schedule = Schedule(changed) { resources[$0]?.original?.deployed?.needs ?? [] }
    }

    mutating func startBackward(_ name: String) {
        guard let resource = resources[name], let original = resource.original else { return schedule.finish(name) }
        if subject.skipped.contains(name) {
            note(name, .updateComplete, "Resource skipped during rollback")
            resources[name]?.current = original.deployed
            resources[name]?.isDirty = false
            return schedule.finish(name)
        }
        guard let good = original.deployed else { return isImport(name) ? release(name) : forget(name) }
        if let current = resource.current, current.physicalID != good.physicalID {
            return takeBack(good, in: name, insteadOf: current)
        }
        let isSame = resource.current?.properties.loose == good.properties.loose && original.isInsideNew != true
        if isSame, !resource.isDirty {
            resources[name]?.current = good
            outbox.touched.insert(name)
            return schedule.finish(name)
        }
        restore(name, good)
    }

    /// What the failed attempt created goes.
    private mutating func forget(_ name: String) {
        if let current = resources[name]?.current {
            leave(current, of: name, isRollback: true)
            resources[name]?.current = nil
        }
        schedule.finish(name)
    }

    /// The old one still stands: it takes its place again, and the new one goes.
    private mutating func takeBack(
        _ good: DeployedResource, in name: String, insteadOf current: DeployedResource
    ) {
        let old = resources[name]?.leaving.first { $0.deployed.physicalID == good.physicalID }
        resources[name]?.leaving.removeAll { $0.deployed.physicalID == good.physicalID }
        leave(current, of: name, isRollback: true)
        resources[name]?.type = good.type
        // It may have been changed in place before it was replaced, by an earlier update that was left as it was.
        if let old, old.isDirty || old.deployed.properties.loose != good.properties.loose {
            resources[name]?.current = old.deployed
            return restore(name, good)
        }
        resources[name]?.current = good
        resources[name]?.isDirty = false
        note(name, .updateComplete)
        schedule.finish(name)
    }

    private mutating func restore(_ name: String, _ good: DeployedResource) {
        let current = resources[name]?.current
        run(
            Running(
                logicalID: name, kind: .restore, properties: good.properties, metadata: good.metadata,
                updatePolicy: good.updatePolicy, suffix: good.suffix)
        ) { token in
            Action(
                token: token, kind: .update, logicalID: name, type: good.type, properties: good.properties,
                previous: current?.properties, physicalID: good.physicalID, attributes: good.attributes,
                updatePolicy: good.updatePolicy, creationPolicy: nil, suffix: good.suffix, isRollback: true)
        }
        note(name, .updateInProgress, properties: good.properties)
    }

    mutating func endBackward() {
        let isAllBack = schedule.remaining == 0 && failures.isEmpty
        if !isAllBack {
            setStatus(subject.hasGoodState ? .updateRollbackFailed : .rollbackFailed, failureSummary)
            phase = .over
            return
        }
        outputs = nil
        if intent == .adopt {
            settle()
            setStatus(.importRollbackComplete)
            phase = .over
            return
        }
        if subject.hasGoodState { setStatus(.updateRollbackCompleteCleanupInProgress) }
        phase = .rollbackCleanup
        scheduleDeletions()
    }

    mutating func endRollbackCleanup() {
        if subject.hasGoodState {
            settle()
            setStatus(.updateRollbackComplete)
        } else if failures.isEmpty {
            settle()
            setStatus(.rollbackComplete)
        } else {
            setStatus(.rollbackFailed, failureSummary)
        }
        phase = .over
    }
}
