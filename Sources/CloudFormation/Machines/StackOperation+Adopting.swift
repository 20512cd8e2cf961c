internal import CloudFormationTemplate
internal import Notation

/// Taking over resources that stand already. Nothing is made and nothing is deleted: when it fails, they are as they
/// were.
extension StackOperation {
    mutating func adopt(_ logicalID: String, _ physicalID: String, _ target: ResourceTarget, _ wanted: Wanted) {
        if resources[logicalID] == nil {
            resources[logicalID] = StackResource(
                logicalID: logicalID, type: target.type, status: .importInProgress, updated: outbox.now)
        }
        resources[logicalID]?.type = target.type
        resources[logicalID]?.origin = wanted.metadata?[ModuleExpansion.metadataKey]
        resources[logicalID]?.keepOriginal()
        resources[logicalID]?.importedID = physicalID
        let suffix = StableID.suffix(subject.stackID, logicalID, physicalID)
        run(
            Running(
                logicalID: logicalID, kind: .adopt, properties: wanted.properties, metadata: wanted.metadata,
                updatePolicy: wanted.updatePolicy, suffix: suffix)
        ) { token in
            Action(
                token: token, kind: .adopt, logicalID: logicalID, type: target.type, properties: wanted.properties,
                previous: nil, physicalID: physicalID, attributes: [:], updatePolicy: wanted.updatePolicy,
                creationPolicy: nil, suffix: suffix, isRollback: false)
        }
        note(logicalID, .importInProgress, physicalID: physicalID, properties: wanted.properties)
    }

    /// Whether the resource was there before the stack: whatever happens, it is given back as it was.
    func isImport(_ name: String) -> Bool {
        guard let resource = resources[name], intent != .adopt else { return true }
        return resource.importedID != nil && resource.importedID == resource.current?.physicalID
    }

    /// The resource is given back: the stack forgets it, and it stands as before.
    mutating func release(_ name: String) {
        resources[name]?.current = nil
        resources[name]?.original = nil
        resources[name]?.importedID = nil
        outbox.touched.insert(name)
        schedule.finish(name)
    }
}
