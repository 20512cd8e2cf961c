/// What a caller has to acknowledge before a template may be carried out.
package struct Capabilities: Sendable, Hashable {
    /// `CAPABILITY_IAM`, `CAPABILITY_NAMED_IAM` and `CAPABILITY_AUTO_EXPAND`, as far as needed.
    package let required: [String]
    /// Why, in CloudFormation's words; nil when nothing is needed.
    package let reason: String?

    /// The types whose resources can grant rights, and the property that gives each a name of one's own.
    private static let granting: [String: String?] = [
        "AWS::IAM::AccessKey": nil, "AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Policy": nil, "AWS::IAM::Role": "RoleName",
        "AWS::IAM::User": "UserName", "AWS::IAM::UserToGroupAddition": nil,
    ]

    /// What that template needs. Give the template as it is after transforms.
    package init(_ template: Template, transforms: [String]) {
        let granting = template.resources.filter { Self.granting.keys.contains($0.type) }
        let isNamed = granting.contains { resource in
            guard let property = Self.granting[resource.type] ?? nil else { return false }
            return resource.properties[property] != nil
        }
        var required: [String] = []
        if !granting.isEmpty { required.append(isNamed ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM") }
        // Language extensions change no more than the text says; everything else may bring in resources.
        let expanding = transforms.filter { $0 != "AWS::LanguageExtensions" && $0 != "AWS::Include" }
        if !expanding.isEmpty { required.append("CAPABILITY_AUTO_EXPAND") }
        self.required = required
        var types: [String] = []
        for resource in granting where !types.contains(resource.type) { types.append(resource.type) }
        if !types.isEmpty {
            reason = "The following resource(s) require capabilities: \(types.listed)"
        } else if !expanding.isEmpty {
            reason = "The following transform(s) require capabilities: \(expanding.listed)"
        } else {
            reason = nil
        }
    }

    /// What is needed and not among those given. Acknowledging named resources acknowledges the others too.
    package func missing(from given: [String]) -> [String] {
        required.filter { name in
            !given.contains(name) && !(name == "CAPABILITY_IAM" && given.contains("CAPABILITY_NAMED_IAM"))
        }
    }
}
