import Notation

extension FunctionBuilder {
    /// Notes how the alias is moved to a new version, and tells the alias.
    mutating func deploy(_ alias: Resource?) throws {
        guard var preference = declaration["DeploymentPreference"].truthy?.object else { return }
        for name in ["Enabled", "Type"] {
            if let value = preference[name] { preference[name] = try settled(value) }
        }
        if let value = preference["PassthroughCondition"] {
            preference["PassthroughCondition"] = .bool(try truth(of: value, "PassthroughCondition"))
        } else {
            preference["PassthroughCondition"] = .bool(translation.context.allFeatures)
        }
        let parsed = try DeploymentPreference(
            preference, of: logicalID, condition: passedOn["Condition"],
            tags: declaration["PropagateTags"].isTruthy ? declaration["Tags"].truthy?.object : nil)
        translation.preferences.add(parsed, of: logicalID)
        guard parsed.isEnabled else { return }
        guard let alias else {
            throw refusal("'DeploymentPreference' requires AutoPublishAlias property to be specified.")
        }
        alias.attributes["UpdatePolicy"] = try translation.preferences.updatePolicy(for: logicalID)
    }

    private func settled(_ value: JSON) throws -> JSON {
        try translation.mappings.resolve(try resolver.resolve(value))
    }

    private func truth(of value: JSON, _ property: String) throws -> Bool {
        let settled = try settled(value)
        switch settled {
        case true, "true", "True", 1: return true
        case false, "false", "False", 0: return false
        default:
            guard settled.isIntrinsic else { throw refusal("Invalid value for property \(property).") }
            throw refusal(
                "Unsupported intrinsic: the only intrinsic functions supported for property \(property) are "
                    + "FindInMap and parameter Refs.")
        }
    }
}
