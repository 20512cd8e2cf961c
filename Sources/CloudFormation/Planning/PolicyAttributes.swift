internal import Cloud
internal import CloudFormationTemplate
internal import Notation

/// The policies that a resource's attributes may name: only those that have their effect here are let through.
enum PolicyAttributes {
    /// - Throws: ``AWSError`` naming the resource and the policy that nothing here would heed.
    static func check(_ template: Template) throws {
        for resource in template.resources {
            try checkCreation(resource)
            if let policy = resource.updatePolicy { try checkUpdate(resource, policy) }
            for policy in [resource.deletionPolicy, resource.updateReplacePolicy] where policy?.literal == "Snapshot" {
                throw AWSError(
                    "ValidationError",
                    "Template error: resource type \(resource.type) does not support deletion policy Snapshot")
            }
        }
    }

    /// Only wait conditions may have a creation policy here, and those that have one take no properties. Source:
    /// "CreationPolicy attribute" and `AWS::CloudFormation::WaitCondition` in the Template Reference.
    private static func checkCreation(_ resource: Resource) throws {
        let properties = Set((resource.properties.members ?? []).map(\.name))
        guard let policy = resource.creationPolicy else {
            guard resource.type == CreationPolicy.type else { return }
            for name in ["Handle", "Timeout"] where !properties.contains(name) {
                throw problem(resource, "Property \(name) cannot be empty without a CreationPolicy")
            }
            return
        }
        guard resource.type == CreationPolicy.type else { throw refusal("CreationPolicy", resource) }
        guard properties.isEmpty else {
            throw problem(resource, "A wait condition with a CreationPolicy takes no properties")
        }
        try checkMembers(policy, of: "CreationPolicy", ["ResourceSignal"], resource)
        guard let signal = policy.members?.first?.value else {
            throw problem(resource, "CreationPolicy must have a ResourceSignal")
        }
        try checkMembers(signal, of: "ResourceSignal", ["Count", "Timeout"], resource)
        if let given = signal.literal {
            do { _ = try CreationPolicy(["ResourceSignal": given]) } catch let error as AWSError {
                throw problem(resource, error.message)
            }
        }
    }

    /// Source: "UpdatePolicy attribute" in the Template Reference, CodeDeployLambdaAliasUpdate.
    private static func checkUpdate(_ resource: Resource, _ policy: Expression) throws {
        let name = "CodeDeployLambdaAliasUpdate"
        guard resource.type == "AWS::Lambda::Alias", (policy.members ?? []).allSatisfy({ $0.name == name }) else {
            throw refusal("UpdatePolicy", resource)
        }
        guard let update = policy.members?.first?.value else { return }
        let needed = ["ApplicationName", "DeploymentGroupName"]
        try checkMembers(update, of: name, needed + ["AfterAllowTrafficHook", "BeforeAllowTrafficHook"], resource)
        guard let members = update.members else { return }  // a function that yields it
        for property in needed where !members.contains(where: { $0.name == property }) {
            throw problem(resource, "\(name) must have \(property)")
        }
    }

    private static func checkMembers(
        _ value: Expression, of attribute: String, _ known: [String], _ resource: Resource
    ) throws {
        guard let other = value.members?.first(where: { !known.contains($0.name) }) else { return }
        throw problem(
            resource,
            "\(attribute) has no \(other.name) that is supported here: it may have " + known.joined(separator: ", "))
    }

    private static func problem(_ resource: Resource, _ what: String) -> AWSError {
        AWSError("ValidationError", "\(what), at /Resources/\(resource.logicalID).")
    }

    private static func refusal(_ attribute: String, _ resource: Resource) -> AWSError {
        AWSError(
            "ValidationError",
            "\(attribute) is not supported for \(resource.type), at /Resources/\(resource.logicalID). "
                + "See 'slipway support'.")
    }
}
