import Notation

/// The role that SAM makes for a function or state machine.
struct ExecutionRole {
    /// The resource it is for.
    let owner: String
    let attributes: JSONObject
    let assumedBy: JSON
    var managedPolicies: [JSON] = []
    var inlinePolicies: [JSON] = []
    var path: JSON?
    var permissionsBoundary: JSON?
    var tags: [JSON]?

    /// The role with the resource's own policies added.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` for a policy that is none.
    func resource(policies: JSON?, in translation: Translation) throws -> Resource {
        let role = try Resource("AWS::IAM::Role", owner + "Role", attributes: attributes)
        var managed = managedPolicies
        var inline = inlinePolicies
        for (index, entry) in try PolicyEntry.list(policies, knowsTemplates: false).enumerated() {
            switch entry.kind {
            case .statement:
                inline.append(named("\(role.logicalID)Policy\(index)", entry.value))
            case .managed:
                let arn = Self.arn(of: entry.value, in: translation)
                if !managed.contains(arn) { managed.append(arn) }
            case .template, .unknown:
                throw Fault.resource(owner, "Policy at index \(index) in the 'Policies' property is not valid")
            }
        }
        role["AssumeRolePolicyDocument"] = assumedBy
        role["ManagedPolicyArns"] = .array(managed)
        role["Policies"] = inline.isEmpty ? nil : .array(inline)
        role["Path"] = path
        role["PermissionsBoundary"] = permissionsBoundary
        role["Tags"] = tags.map { .array($0) }
        return role
    }

    private func named(_ name: String, _ document: JSON) -> JSON {
        guard document.isIf, let choice = document.ifArguments else {
            return ["PolicyName": .string(name), "PolicyDocument": document]
        }
        let branches = choice.dropFirst().map { branch -> JSON in
            branch.isNoValue ? branch : ["PolicyName": .string(name), "PolicyDocument": branch]
        }
        return ["Fn::If": .array([choice[0]] + branches)]
    }

    private static func arn(of policy: JSON, in translation: Translation) -> JSON {
        if let name = policy.string { return .string(ManagedPolicies.arn(of: name, in: translation.context)) }
        guard policy.isIf, let choice = policy.ifArguments else { return policy }
        return ["Fn::If": .array([choice[0]] + choice.dropFirst().map { arnInChoice($0, translation) })]
    }

    private static func arnInChoice(_ value: JSON, _ translation: Translation) -> JSON {
        value.string.map { .string(ManagedPolicies.arn(of: $0, in: translation.context)) } ?? value
    }
}

/// Names of managed policies.
enum ManagedPolicies {
    /// The ARN that a name stands for; what is no known name, an ARN for instance, stays as it is.
    static func arn(of name: String, in context: SAMTransform.Context) -> String {
        if let path = Facts.managedPolicies[context.partition]?[name]?.string {
            return "arn:\(context.partition):iam::aws:policy/\(path)\(name)"
        }
        if name.hasPrefix("arn:") { return name }
        return context.managedPolicies[name] ?? name
    }

    /// The ARN of one of AWS's own policies.
    static func own(_ pathAndName: String, in context: SAMTransform.Context) -> JSON {
        .string("arn:\(context.partition):iam::aws:policy/\(pathAndName)")
    }
}
