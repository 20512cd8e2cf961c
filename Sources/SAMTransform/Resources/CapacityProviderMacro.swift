import Notation

/// `AWS::Serverless::CapacityProvider`: a capacity provider of Lambda and the role that runs its instances.
struct CapacityProviderMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let given = declaration.properties.filter { _, value in !value.isNull }
        let model = Model(given, Facts.models["CapacityProvider"] ?? [:])
        if let report = model.fullReport { throw Fault.resource(declaration.logicalID, report) }
        let properties = model.value
        let types = properties["InstanceRequirements"]
        if types?["AllowedTypes"] != nil, types?["ExcludedTypes"] != nil {
            throw Fault.resource(
                declaration.logicalID,
                "Cannot specify 'InstanceRequirements.AllowedTypes' and 'InstanceRequirements.ExcludedTypes' together.")
        }
        let provider = try Resource(
            "AWS::Lambda::CapacityProvider", declaration.logicalID, dependsOn: declaration.dependsOn,
            attributes: declaration.attributes)
        provider["CapacityProviderName"] = properties["CapacityProviderName"].truthy
        provider["KmsKeyArn"] = properties["KmsKeyArn"].truthy
        provider["VpcConfig"] = properties["VpcConfig"].truthy
        provider["InstanceRequirements"] = types.truthy.map(requirements)
        provider["CapacityProviderScalingConfig"] = properties["ScalingConfig"].truthy.map(scaling)
        provider["TelemetryConfig"] = properties["LoggingConfig"].truthy.map { ["LoggingConfig": $0] }
        provider["PropagateTags"] = properties["ManagedResourceTags"].truthy.map(managedTags)
        var resources: [Resource] = []
        var roleARN = properties["OperatorRole"].truthy
        if roleARN == nil {
            let role = try role(declaration, translation)
            resources.append(role)
            roleARN = role.getAtt("Arn")
        }
        provider["PermissionsConfig"] = ["CapacityProviderOperatorRoleArn": roleARN ?? .null]
        var tags = properties["Tags"]?.object ?? [:]
        tags["lambda:createdBy"] = "SAM"
        provider["Tags"] = .array(Tags.list(tags))
        resources.append(provider)
        if declaration["PropagateTags"].isTruthy { Tags.combine(properties["Tags"], into: resources) }
        return resources
    }

    private func role(_ declaration: Declaration, _ translation: Translation) throws -> Resource {
        try ExecutionRole(
            owner: declaration.logicalID + "Operator", attributes: declaration.passedOnAttributes,
            assumedBy: RolePolicies.assumed(by: "lambda.amazonaws.com"),
            managedPolicies: [ManagedPolicies.own("AWSLambdaManagedEC2ResourceOperator", in: translation.context)],
            tags: Tags.list(["lambda:createdBy": "SAM"])
        ).resource(policies: nil, in: translation)
    }

    /// What Lambda puts on the instances that it starts by itself.
    private func managedTags(_ given: JSON) -> JSON {
        guard let tags = given["Tags"] else { return [:] }
        return ["Mode": "Explicit", "ExplicitTags": .array(Tags.list(tags.object ?? [:]))]
    }

    private func requirements(_ given: JSON) -> JSON {
        var result: JSONObject = [:]
        for (own, lambdas) in [
            ("Architectures", "Architectures"), ("AllowedTypes", "AllowedInstanceTypes"),
            ("ExcludedTypes", "ExcludedInstanceTypes"),
        ] {
            if let value = given[own] { result[lambdas] = value }
        }
        return .object(result)
    }

    private func scaling(_ given: JSON) -> JSON {
        var result: JSONObject = [:]
        if let limit = given["MaxVCpuCount"] { result["MaxVCpuCount"] = limit }
        guard let target = given["AverageCPUUtilization"] else {
            result["ScalingMode"] = "Auto"
            return .object(result)
        }
        result["ScalingMode"] = "Manual"
        result["ScalingPolicies"] = [
            ["PredefinedMetricType": "LambdaCapacityProviderAverageCPUUtilization", "TargetValue": target]
        ]
        return .object(result)
    }
}
