internal import CloudFormationTemplate
internal import Notation

/// Taking over resources that stand already. Nothing is made and nothing is deleted: when it fails, they are as they
/// were.
extension StackOperation {
    mutating func adopt(_ logicalID: String, _ physicalID: String, _ target: ResourceTarget, _ wanted: Wanted) {
        resources[logicalID] = StackResource(
            logicalID: logicalID, type: target.type, status: .importInProgress, updated: outbox.now)
        resources[logicalID]?.keepOriginal()
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

    /// The resource is given back: the stack forgets it, and it stands as before.
    mutating func release(_ name: String) {
        resources[name]?.current = nil
        resources[name]?.original = nil
        outbox.touched.insert(name)
        schedule.finish(name)
    }
}
