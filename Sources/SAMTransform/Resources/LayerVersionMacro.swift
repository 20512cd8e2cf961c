import Notation

/// `AWS::Serverless::LayerVersion`: a layer version whose logical id changes with its content, so that each is kept.
struct LayerVersionMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let owner = declaration.logicalID
        for name in ["LayerName", "LicenseInfo", "Description", "RetentionPolicy"] {
            guard let given = declaration[name].truthy else { continue }
            let value = try translation.resolver.resolve(given)
            guard value.string != nil || value.object != nil else {
                throw Fault.resource(
                    owner, "Could not resolve parameter for '\(name)' or parameter is not a String.")
            }
            declaration.properties[name] = value
        }
        var attributes = declaration.passedOnAttributes
        if let policy = try retention(declaration) {
            attributes["DeletionPolicy"] = policy
        } else if !attributes.contains("DeletionPolicy") {
            attributes["DeletionPolicy"] = "Retain"
        }
        declaration.logicalID = LogicalID.make(owner, over: [owner: try content(of: declaration)])
        return [try layer(declaration, named: owner, attributes)]
    }

    private func layer(_ declaration: Declaration, named name: String, _ attributes: JSONObject) throws -> Resource {
        let layer = try Resource(
            "AWS::Lambda::LayerVersion", declaration.logicalID, dependsOn: declaration.dependsOn,
            attributes: attributes)
        layer["LayerName"] = declaration["LayerName"].truthy ?? .string(name)
        layer["Content"] = .object(
            try CodeLocation.s3(declaration["ContentUri"], of: declaration.logicalID, "ContentUri"))
        for property in ["Description", "CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo"] {
            layer[property] = declaration[property]
        }
        let architectures = declaration["CompatibleArchitectures"].truthy ?? []
        let named = architectures.isIntrinsic ? [] : architectures.array ?? architectures.object?.keys.map(JSON.string)
        for architecture in named ?? []
        where !architecture.isIntrinsic && architecture != "arm64" && architecture != "x86_64" {
            throw Fault.resource(
                declaration.logicalID, "CompatibleArchitectures needs to be a list of 'x86_64' or 'arm64'")
        }
        return layer
    }

    /// All that makes the layer what it is: the declaration without what only decides about old versions.
    private func content(of declaration: Declaration) throws -> JSON {
        var content: JSONObject = ["Type": .string(declaration.type)]
        if let dependsOn = declaration.dependsOn.truthy { content["DependsOn"] = dependsOn }
        for name in ["Condition", "UpdatePolicy"] {
            if let value = declaration.attributes[name] { content[name] = value }
        }
        let properties = declaration.properties.filter { _, value in !value.isNull }
        try Facts.propertyTables[declaration.type]?.judge(properties, of: declaration.logicalID)
        content["Properties"] = .object(properties)
        return .object(content)
    }

    private func retention(_ declaration: Declaration) throws -> JSON? {
        guard let policy = declaration["RetentionPolicy"] else { return nil }
        let options = "['Retain', 'Delete']"
        let refuse = { (text: String) in Fault.resource(declaration.logicalID, text) }
        if policy.isIntrinsic {
            throw refuse(
                "'RetentionPolicy' does not accept intrinsic functions, please use one of the following options: "
                    + "\(options)"
            )
        }
        guard let text = policy.string else {
            throw refuse("Invalid 'RetentionPolicy' type, please use one of the following options: \(options)")
        }
        switch text.lowercased() {
        case "retain": return "Retain"
        case "delete": return "Delete"
        default: throw refuse("'RetentionPolicy' must be one of the following options: \(options).")
        }
    }
}
