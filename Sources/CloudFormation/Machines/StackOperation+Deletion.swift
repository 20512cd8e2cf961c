internal import CloudFormationTemplate
internal import Notation

/// Removing what is no longer wanted.
extension StackOperation {
    /// The new state stands: what it does not want goes. A failure here does not undo it.
    mutating func beginCleanup() {
        setStatus(.updateCompleteCleanupInProgress)
        phase = .cleanup
        for name in order where targets[name] == nil {
            guard let current = resources[name]?.current else { continue }
            resources[name]?.keepOriginal()
            leave(current, of: name, isRollback: false)
            resources[name]?.current = nil
        }
        scheduleDeletions()
    }

    mutating func endCleanup() {
        settle()
        setStatus(.updateComplete)
        phase = .over
    }

    mutating func beginDeleting(_ reason: String?) {
        if let reason { setStatus(.deleteInProgress, reason) }
        beginDeletingAll()
    }

    mutating func beginDeletingAll() {
        phase = .deleting
        failures = []
        trouble = nil
        targets = [:]
        for name in order {
            if let current = resources[name]?.current {
                leave(current, of: name, isRollback: false)
                resources[name]?.current = nil
            }
            guard subject.retained.contains(name) else { continue }
            for index in resources[name]?.leaving.indices ?? 0..<0 { resources[name]?.leaving[index].isKept = true }
        }
        scheduleDeletions()
    }

    mutating func endDeleting() {
        if failures.isEmpty, schedule.remaining == 0 {
            setStatus(.deleteComplete)
        } else {
            // What could not be deleted is current again, so that everything about it can still be asked.
            for name in order where resources[name]?.current == nil {
                guard let last = resources[name]?.leaving.popLast() else { continue }
                resources[name]?.current = last.deployed
                outbox.touched.insert(name)
            }
            setStatus(.deleteFailed, failureSummary)
        }
        phase = .over
    }

    /// Each goes after everything that leans on it.
    mutating func scheduleDeletions() {
        let leaving = order.filter { resources[$0]?.leaving.isEmpty == false }
        var leaning: [String: [String]] = [:]
        for name in leaving {
            for item in resources[name]?.leaving ?? [] {
                for needed in item.deployed.needs { leaning[needed, default: []].append(name) }
            }
        }
        schedule = Schedule(leaving.reversed()) { leaning[$0] ?? [] }
    }

    mutating func startDeletion(_ name: String) {
        let isLeavingForGood = resources[name]?.current == nil
        let kept = resources[name]?.leaving.filter(\.isKept) ?? []
        resources[name]?.leaving.removeAll(where: \.isKept)
        for item in kept {
            tellDeletion(name, item.deployed, .deleteSkipped, isLast: isLeavingForGood)
        }
        guard let item = resources[name]?.leaving.first(where: { $0.trouble == nil || isRetrying($0) }) else {
            outbox.touched.insert(name)
            return schedule.finish(name)
        }
        let deployed = item.deployed
        let (isRollback, isCleanup) = (phase == .rollbackCleanup, phase == .cleanup)
        tellDeletion(name, deployed, .deleteInProgress, isLast: isLeavingForGood)
        run(
            Running(
                logicalID: name, kind: .delete, properties: deployed.properties, suffix: deployed.suffix,
                physicalID: deployed.physicalID)
        ) { token in
            Action(
                token: token, kind: .delete, logicalID: name, type: deployed.type, properties: deployed.properties,
                previous: nil, physicalID: deployed.physicalID, attributes: deployed.attributes,
                updatePolicy: deployed.updatePolicy, creationPolicy: nil, suffix: deployed.suffix,
                isRollback: isRollback, isCleanup: isCleanup)
        }
    }

    /// Whether trouble from an earlier operation is tried again: once in each operation.
    private func isRetrying(_ item: StackResource.Leaving) -> Bool {
        item.trouble.map { !$0.hasPrefix(subject.operationID) } ?? true
    }

    mutating func deleted(_ name: String, _ physicalID: String) {
        let isLast = resources[name]?.current == nil
        if let index = resources[name]?.leaving.firstIndex(where: { $0.deployed.physicalID == physicalID }),
            let item = resources[name]?.leaving.remove(at: index)
        {
            tellDeletion(name, item.deployed, .deleteComplete, isLast: isLast)
        }
        startDeletion(name)  // there may be more than one under this name
    }

    mutating func deletionFailed(_ name: String, _ physicalID: String, _ reason: String) {
        let isLast = resources[name]?.current == nil
        if let index = resources[name]?.leaving.firstIndex(where: { $0.deployed.physicalID == physicalID }),
            let item = resources[name]?.leaving[index]
        {
            resources[name]?.leaving[index].trouble = "\(subject.operationID): \(reason)"
            tellDeletion(name, item.deployed, .deleteFailed, isLast: isLast, reason)
        }
        failures.append(Failure(logicalID: name, status: .deleteFailed, reason: reason))
        // A clean-up goes on past it; a deletion leaves standing what it leans on.
        if phase == .cleanup || (phase == .rollbackCleanup && subject.hasGoodState) { startDeletion(name) }
    }

    private mutating func tellDeletion(
        _ name: String, _ deployed: DeployedResource, _ status: ResourceStatus, isLast: Bool, _ reason: String? = nil
    ) {
        guard !isLast else {
            return note(name, status, reason, physicalID: deployed.physicalID, properties: deployed.properties)
        }
        outbox.touched.insert(name)
        tell(name, deployed.physicalID, deployed.type, status.rawValue, reason, deployed.properties)
    }

    /// The state reached is a good one: nothing older is remembered.
    mutating func settle() {
        for name in order {
            guard resources[name]?.original != nil || resources[name]?.isDirty == true else { continue }
            resources[name]?.original = nil
            resources[name]?.importedID = nil
            resources[name]?.isDirty = false
            outbox.touched.insert(name)
        }
    }
}
