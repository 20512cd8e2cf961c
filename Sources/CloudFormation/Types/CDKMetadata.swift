internal import Cloud
internal import CloudFormationTemplate

/// `AWS::CDK::Metadata`: what `cdk synth` puts into every template to tell AWS which constructs are used.
///
/// It stands for nothing: there is a physical id, and `Analytics` is kept with the resource and sent nowhere.
enum CDKMetadata {
    /// The declaration.
    static var type: ResourceType {
        ResourceType(
            "AWS::CDK::Metadata", enforces: "", stores: "Analytics",
            .init(
                create: { ResourceState(StableID.uuid($0.stackID, $0.logicalID, $0.suffix)) },
                update: { ResourceState($0.physicalID ?? "") }, delete: { _ in })
        ).withinLedger()
    }
}
