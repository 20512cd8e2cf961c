internal import Cloud
internal import CloudFormationTemplate
internal import Notation

/// The policies that a resource's attributes may name: only those that have their effect here are let through.
enum PolicyAttributes {
    /// - Throws: ``AWSError`` naming the resource and the policy that nothing here would heed.
    static func check(_ template: Template) throws {
        for resource in template.resources {
            if resource.creationPolicy != nil { throw refusal("CreationPolicy", resource) }
            if let policy = resource.updatePolicy {
                let names = policy.members?.map(\.name) ?? []
                let isAlias = resource.type == "AWS::Lambda::Alias"
                guard isAlias, names.allSatisfy({ $0 == "CodeDeployLambdaAliasUpdate" }) else {
                    throw refusal("UpdatePolicy", resource)
                }
            }
            for policy in [resource.deletionPolicy, resource.updateReplacePolicy] where policy?.literal == "Snapshot" {
                throw AWSError(
                    "ValidationError",
                    "Template error: resource type \(resource.type) does not support deletion policy Snapshot")
            }
        }
    }

    private static func refusal(_ attribute: String, _ resource: Resource) -> AWSError {
        AWSError(
            "ValidationError",
            "\(attribute) is not supported for \(resource.type), at /Resources/\(resource.logicalID). "
                + "See 'slipway support'.")
    }
}
