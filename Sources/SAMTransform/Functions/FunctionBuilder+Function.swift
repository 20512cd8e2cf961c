import Notation

extension FunctionBuilder {
    /// Properties that go to the function as they are.
    private static let copied = [
        "FunctionName", "Handler", "Runtime", "Description", "MemorySize", "Timeout", "VpcConfig", "Role",
        "Environment", "KmsKeyArn", "ReservedConcurrentExecutions", "Layers", "FileSystemConfigs", "ImageConfig",
        "PackageType", "Architectures", "SnapStart", "EphemeralStorage", "CodeSigningConfigArn",
        "RuntimeManagementConfig", "LoggingConfig", "TenancyConfig", "RecursiveLoop", "DurableConfig",
        "PublishToLatestPublished",
    ]

    /// `AWS::Lambda::Function`.
    mutating func function() throws -> Resource {
        let function = try Resource(
            "AWS::Lambda::Function", logicalID, dependsOn: declaration.dependsOn, attributes: declaration.attributes)
        for name in Self.copied { function[name] = declaration[name] }
        if !declaration["FunctionName"].isTruthy { function["FunctionName"] = nil }
        function["Code"] = .object(try code())
        function["Tags"] = .array(try tagList())
        if try isTraced() { function["TracingConfig"] = ["Mode": declaration["Tracing"] ?? .null] }
        if let queue = declaration["DeadLetterQueue"].truthy {
            function["DeadLetterConfig"] = ["TargetArn": queue["TargetArn"] ?? .null]
        }
        if let config = declaration["CapacityProviderConfig"].truthy {
            function["CapacityProviderConfig"] = try capacityProvider(config)
        }
        function["FunctionScalingConfig"] = declaration["FunctionScalingConfig"].truthy
        try checkPackage(function)
        return function
    }

    /// Whether X-Ray traces the function.
    mutating func isTraced() throws -> Bool {
        guard declaration["Tracing"].isTruthy else { return false }
        return try resolver.resolve(inPlace: &declaration.properties["Tracing"]) != "Disabled"
    }

    /// The tags with SAM's own in front.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when one of SAM's own keys is used.
    func tagList() throws -> [JSON] {
        try Tags.withOwn(declaration["Tags"]?.object, of: logicalID)
    }

    private func code() throws -> JSONObject {
        let package = declaration["PackageType"].truthy ?? "Zip"
        guard package == "Zip" || package == "Image" else {
            throw refusal("invalid 'PackageType' : \(package.printed)")
        }
        guard package == "Zip" else {
            guard let image = declaration["ImageUri"] else { throw refusal("'ImageUri' must be set.") }
            guard image.isTruthy else {
                throw refusal("'ImageUri' requires that a image hosted at a registry be specified.")
            }
            return ["ImageUri": image]
        }
        var code: JSONObject
        if let inline = declaration["InlineCode"] {
            code = ["ZipFile": inline]
        } else if let location = declaration["CodeUri"] {
            code = try CodeLocation.s3(location, of: logicalID, "CodeUri")
        } else {
            throw refusal("Only one of 'InlineCode' or 'CodeUri' can be set.")
        }
        if let key = declaration["SourceKMSKeyArn"].truthy { code["SourceKMSKeyArn"] = key }
        return code
    }

    private func checkPackage(_ function: Resource) throws {
        let isImage = declaration["PackageType"] == "Image"
        let word = isImage ? "Image" : "Zip"
        if isImage {
            guard !["Handler", "Runtime", "Layers"].contains(where: { function[$0].isTruthy }) else {
                throw refusal("Runtime, Handler, Layers cannot be present when PackageType is of type `\(word)`")
            }
            return
        }
        guard function["Runtime"].isTruthy, function["Handler"].isTruthy else {
            throw refusal("Runtime and Handler needs to be present when PackageType is of type `\(word)`")
        }
        guard !function["ImageConfig"].isTruthy else {
            throw refusal("ImageUri or ImageConfig cannot be present when PackageType is of type `\(word)`")
        }
    }

    private func capacityProvider(_ config: JSON) throws -> JSON {
        let model = Model(config.object ?? [:], Facts.models["CapacityProviderConfig"] ?? [:])
        guard model.problems.isEmpty else {
            throw refusal("Invalid CapacityProviderConfig: " + model.longReport("CapacityProviderConfig"))
        }
        var inner: JSONObject = ["CapacityProviderArn": model.value["Arn"] ?? .null]
        for name in ["PerExecutionEnvironmentMaxConcurrency", "ExecutionEnvironmentMemoryGiBPerVCpu"] {
            if let value = model.value[name] { inner[name] = value }
        }
        return ["LambdaManagedInstancesCapacityProviderConfig": .object(inner)]
    }
}
