internal import CloudFormationTemplate
internal import Notation

/// What the outside answered.
extension StackOperation {
    mutating func succeeded(_ token: String, _ physicalID: String, _ attributes: JSON) {
        guard let action = running.removeValue(forKey: token) else { return }
        let name = action.logicalID
        guard action.kind != .delete else { return deleted(name, action.physicalID ?? "") }
        let old = resources[name]?.current
        let deployed = deployed(action, physicalID, attributes, old)
        let hiding = HiddenValues.values(in: attributes)
        if !hiding.isEmpty { hidden = (hidden ?? []) + hiding }
        let wasDirty = resources[name]?.isDirty ?? false
        resources[name]?.isDirty = false
        resources[name]?.current = deployed
        resources[name]?.drift = nil
        if action.kind == .update, forced?.contains(name) == true { resources[name]?.original?.isInsideNew = true }
        if let old, old.physicalID != physicalID {
            leave(old, of: name, isRollback: action.kind == .restore, isDirty: wasDirty)
        }
        note(name, action.kind == .create ? .createComplete : action.kind == .adopt ? .importComplete : .updateComplete)
        if phase == .forward || phase == .backward { schedule.finish(name) }
    }

    private func deployed(
        _ action: Running, _ physicalID: String, _ attributes: JSON, _ old: DeployedResource?
    ) -> DeployedResource {
        if action.kind == .restore, var original = resources[action.logicalID]?.original?.deployed {
            original.physicalID = physicalID
            original.attributes = attributes
            return original
        }
        let target = targets[action.logicalID]
        return DeployedResource(
            type: target?.type ?? old?.type ?? "", physicalID: physicalID, properties: action.properties,
            attributes: attributes, metadata: action.metadata, updatePolicy: action.updatePolicy,
            deletionPolicy: target?.deletionPolicy ?? .delete, needs: target?.needs ?? [], suffix: action.suffix)
    }

    /// Something that stood, or may stand, is no longer wanted: it is removed at the end, or only forgotten.
    mutating func leave(_ deployed: DeployedResource, of name: String, isRollback: Bool, isDirty: Bool = false) {
        let isKept: Bool
        if deployed.physicalID == resources[name]?.importedID {
            isKept = true  // it stood before the stack, and no good state has it: it is only given back
        } else if isRollback {
            isKept = deployed.deletionPolicy == .retain && subject.retainsOnRollback
        } else if let target = targets[name] {
            isKept = target.updateReplacePolicy == .retain
        } else {
            isKept = deployed.deletionPolicy == .retain || deployed.deletionPolicy == .retainExceptOnCreate
        }
        resources[name]?.leaving.append(StackResource.Leaving(deployed: deployed, isKept: isKept, isDirty: isDirty))
        outbox.touched.insert(name)
    }

    mutating func failed(_ token: String, _ reason: String, _ physicalID: String?, isCancelled: Bool) {
        guard let action = running.removeValue(forKey: token) else { return }
        let name = action.logicalID
        let isStopped = isCancelled || action.isCancelled
        switch action.kind {
        case .create, .replace:
            let status: ResourceStatus = action.kind == .create ? .createFailed : .updateFailed
            if let physicalID {
                // It failed half made: what stands of it goes with the rest.
                let half = deployed(action, physicalID, [:], nil)
                leaveHalfMade(half, of: name)
            }
            failed(name, status, isStopped ? "Resource creation cancelled" : reason, isCancelled: isStopped)
        case .update:
            resources[name]?.isDirty = true
            failed(name, .updateFailed, isStopped ? "Resource update cancelled" : reason, isCancelled: isStopped)
        case .restore:
            resources[name]?.isDirty = true
            note(name, .updateFailed, reason)
            failures.append(Failure(logicalID: name, status: .updateFailed, reason: reason))
        case .adopt: failed(name, .importFailed, reason, isCancelled: false)
        case .delete: deletionFailed(name, action.physicalID ?? "", reason)
        }
    }

    private mutating func leaveHalfMade(_ deployed: DeployedResource, of name: String) {
        resources[name]?.leaving.append(StackResource.Leaving(deployed: deployed, isKept: false))
        outbox.touched.insert(name)
    }

    private mutating func failed(_ name: String, _ status: ResourceStatus, _ reason: String, isCancelled: Bool) {
        let halfMade = resources[name]?.current == nil ? resources[name]?.leaving.last?.deployed.physicalID : nil
        note(name, status, reason, physicalID: halfMade)
        let failure = Failure(logicalID: name, status: status, reason: reason, isCancelled: isCancelled)
        let first = failures.firstIndex(where: \.isCancelled) ?? failures.endIndex
        failures.insert(failure, at: isCancelled ? failures.endIndex : first)
        if phase == .forward { stop(because: "") }
    }

    /// `The following resource(s) failed to create: [A, B]. `, as CloudFormation puts it.
    var failureSummary: String {
        if let trouble, !trouble.isEmpty { return trouble }
        var parts: [String] = []
        let groups: [(ResourceStatus, String)] = [
            (.createFailed, "create"), (.updateFailed, "update"), (.deleteFailed, "delete"), (.importFailed, "import"),
        ]
        for (status, word) in groups {
            let names = failures.filter { $0.status == status }.map(\.logicalID)
            if !names.isEmpty {
                parts.append("The following resource(s) failed to \(word): [\(names.joined(separator: ", "))]. ")
            }
        }
        return parts.joined()
    }
}
