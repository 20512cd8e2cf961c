import Notation

extension FunctionBuilder {
    /// The version and alias that `AutoPublishAlias` asks for; the alias is what events then start.
    mutating func publish(_ function: Resource) throws -> Resource? {
        guard declaration["AutoPublishAlias"].isTruthy else { return nil }
        guard let name = try resolver.resolve(inPlace: &declaration.properties["AutoPublishAlias"])?.string else {
            throw refusal("'AutoPublishAlias' must be a string or a Ref to a template parameter")
        }
        let codeHash = try codeHash(describing: function)
        let version = try version(of: function, codeHash: codeHash)
        let alias = try alias(name, of: function, version)
        resources += [version, alias]
        return alias
    }

    /// A hash of the code, if the template gives one. It goes into the description, so that a change is noticed.
    private func codeHash(describing function: Resource) throws -> String? {
        guard let given = declaration["AutoPublishCodeSha256"].truthy else { return nil }
        guard let hash = try resolver.resolve(given).string else {
            throw refusal("AutoPublishCodeSha256 must be a string")
        }
        switch try resolver.resolve(declaration["Description"]).truthy {
        case nil: function["Description"] = .string(hash)
        case .string(let text): function["Description"] = .string("\(text) \(hash)")
        case let description?: function["Description"] = Intrinsics.join(" ", [description, .string(hash)])
        }
        return hash
    }

    private mutating func version(of function: Resource, codeHash: String?) throws -> Resource {
        // The code as it was resolved shows in the function too.
        let code = try resolver.resolve(function["Code"])
        function["Code"] = code
        let content = publishesOnAnyChange ? allProperties(of: function) : codeAndSettings(of: function)
        let logicalID = LogicalID.make("\(logicalID)Version", over: .object(content), hash: codeHash)
        var attributes = passedOn
        if !attributes.contains("DeletionPolicy") {
            let standard: JSON = declaration["CapacityProviderConfig"] == nil ? "Retain" : "Delete"
            attributes["DeletionPolicy"] = declaration["VersionDeletionPolicy"] ?? standard
        }
        let version = try Resource("AWS::Lambda::Version", logicalID, attributes: attributes)
        version["FunctionName"] = function.ref
        version["Description"] = declaration["VersionDescription"]
        if declaration["CapacityProviderConfig"] != nil {
            version["FunctionScalingConfig"] = declaration["FunctionScalingConfig"]
        }
        return version
    }

    private var publishesOnAnyChange: Bool { declaration["AutoPublishAliasAllProperties"].isTruthy }

    /// All that the function is, with the layers it publishes versions of.
    private func allProperties(of function: Resource) -> JSONObject {
        var result = function.properties
        for layer in function["Layers"]?.array ?? [] {
            guard let id = layer.referredID, let resource = translation.output[id] else { continue }
            let properties = resource["Properties"] ?? [:]
            if properties["PublishLambdaVersion"].isTruthy { result[id] = properties }
        }
        return result
    }

    private func codeAndSettings(of function: Resource) -> JSONObject {
        var result = function["Code"]?.object ?? [:]
        if let environment = function["Environment"].truthy?.object { result.merge(environment) }
        if let memory = function["MemorySize"].truthy { result["MemorySize"] = memory }
        if let snapStart = function["SnapStart"].truthy, (snapStart["ApplyOn"] ?? "None") != "None" {
            result["SnapStart"] = snapStart
        }
        return result
    }

    private func alias(_ name: String, of function: Resource, _ version: Resource) throws -> Resource {
        guard !name.isEmpty else { throw refusal("Alias name is required to create an alias") }
        guard Self.isAliasName(name) else {
            throw refusal(
                "AutoPublishAlias name ('\(name)') must contain only alphanumeric characters, hyphens, or underscores "
                    + "matching (?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern.")
        }
        let word = String(name.map { $0 == "-" ? "D" : $0 == "_" ? "U" : $0 })
        let alias = try Resource(
            "AWS::Lambda::Alias", "\(function.logicalID)Alias\(word)", attributes: passedOn)
        alias["Name"] = .string(name)
        alias["FunctionName"] = function.ref
        alias["FunctionVersion"] = version.getAtt("Version")
        alias["ProvisionedConcurrencyConfig"] = declaration["ProvisionedConcurrencyConfig"].truthy
        return alias
    }

    /// Letters, digits, hyphens and underscores, and not digits only: those would be a version.
    private static func isAliasName(_ name: String) -> Bool {
        let plain = name.filter { $0 != "-" && $0 != "_" }
        guard plain.isEmpty || LogicalID.isAlphanumeric(plain) else { return false }
        return !name.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
