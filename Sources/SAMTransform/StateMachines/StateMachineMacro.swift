import Notation

/// `AWS::Serverless::StateMachine`: the state machine, its role, version and alias, and event sources.
struct StateMachineMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let events = try EventList(
            of: declaration, sources: EventSources.ofStateMachines, prefix: "StateMachine.", in: translation)
        let machine = try Resource(
            "AWS::StepFunctions::StateMachine", declaration.logicalID, dependsOn: declaration.dependsOn,
            attributes: declaration.attributes)
        try define(machine, declaration)
        var resources = [machine]
        if let role = try role(for: machine, declaration, translation) { resources.append(role) }
        machine["StateMachineName"] = declaration["Name"]
        machine["StateMachineType"] = declaration["Type"]
        machine["LoggingConfiguration"] = declaration["Logging"]
        machine["TracingConfiguration"] = declaration["Tracing"]
        machine["Tags"] = .array(Self.tags(declaration))
        let published = try publish(machine, declaration)
        resources += published
        let startsAlias = declaration["UseAliasAsEventTarget"].isTruthy
        let target = EventTarget(
            resource: startsAlias ? published.last ?? machine : machine, role: nil,
            permissionsBoundary: declaration["PermissionsBoundary"])
        resources += try events.resources(target: target, sorted: false, in: translation)
        if declaration["PropagateTags"].isTruthy { Tags.propagate(declaration["Tags"], to: resources) }
        return resources
    }

    private static func tags(_ declaration: Declaration) -> [JSON] {
        Tags.list(["stateMachine:createdBy": "SAM"]) + Tags.list(declaration["Tags"]?.object)
    }

    private func define(_ machine: Resource, _ declaration: Declaration) throws {
        let refuse = { (text: String) in Fault.resource(declaration.logicalID, text) }
        var substitutions = declaration["DefinitionSubstitutions"].truthy
        switch (declaration["Definition"].truthy, declaration["DefinitionUri"].truthy) {
        case (_?, _?):
            throw refuse("Specify either 'Definition' or 'DefinitionUri' property and not both.")
        case (nil, nil):
            throw refuse("Either 'Definition' or 'DefinitionUri' property must be specified.")
        case (let definition?, nil):
            var reader = DefinitionText()
            let lines = reader.lines(of: definition)
            if !reader.substitutions.isEmpty {
                var all = substitutions?.object ?? [:]
                all.merge(reader.substitutions)
                substitutions = .object(all)
            }
            machine["DefinitionString"] = Intrinsics.join("\n", lines.map { .string($0) })
        case (nil, let location?):
            machine["DefinitionS3Location"] = try place(location, refuse)
        }
        machine["DefinitionSubstitutions"] = substitutions
    }

    private func place(_ location: JSON, _ refuse: (String) -> Fault) throws -> JSON {
        var pointer = location.string.flatMap(CodeLocation.parse)
        if let object = location.object {
            guard object["Bucket"].isTruthy, object["Key"].isTruthy else {
                throw refuse("'DefinitionUri' requires Bucket and Key properties to be specified.")
            }
            pointer = object
        }
        guard let pointer else {
            throw refuse(
                "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query "
                    + "parameter."
            )
        }
        return .object(pointer.filter { key, _ in ["Bucket", "Key", "Version"].contains(key) })
    }

    private func role(
        for machine: Resource, _ declaration: Declaration, _ translation: Translation
    ) throws -> Resource? {
        let policies = declaration["Policies"].truthy
        if let role = declaration["Role"].truthy {
            guard policies == nil else {
                throw Fault.resource(
                    declaration.logicalID,
                    "Specify either 'Role' or 'Policies' (but not both at the same time) or neither of them")
            }
            machine["RoleArn"] = role
            return nil
        }
        var entries = policies?.asList ?? []
        if declaration["Tracing"]?["Enabled"] == true {
            entries.append(
                translation.context.partition == "aws" ? "AWSXrayWriteOnlyAccess" : "AWSXRayDaemonWriteAccess")
        }
        let role = try ExecutionRole(
            owner: declaration.logicalID, attributes: declaration.passedOnAttributes,
            assumedBy: RolePolicies.assumed(by: "states.amazonaws.com"), path: declaration["RolePath"],
            permissionsBoundary: declaration["PermissionsBoundary"], tags: Self.tags(declaration)
        ).resource(policies: .array(entries), in: translation)
        machine["RoleArn"] = role.getAtt("Arn")
        return role
    }

    /// A version, and the alias that follows it.
    private func publish(_ machine: Resource, _ declaration: Declaration) throws -> [Resource] {
        let preference = declaration["DeploymentPreference"].truthy
        guard let name = declaration["AutoPublishAlias"].truthy else {
            for (property, isUsed) in [
                ("UseAliasAsEventTarget", declaration["UseAliasAsEventTarget"].isTruthy),
                ("DeploymentPreference", preference != nil),
            ] where isUsed {
                throw Fault.resource(
                    declaration.logicalID, "'\(property)' requires 'AutoPublishAlias' property to be specified.")
            }
            return []
        }
        var attributes = declaration.passedOnAttributes
        for key in ["DeletionPolicy", "UpdateReplacePolicy"] where !attributes.contains(key) {
            attributes[key] = "Retain"
        }
        let version = try Resource(
            "AWS::StepFunctions::StateMachineVersion", declaration.logicalID + "Version", attributes: attributes)
        version["StateMachineArn"] = machine.ref
        version["StateMachineRevisionId"] = machine.getAtt("StateMachineRevisionId")
        let alias = try Resource(
            "AWS::StepFunctions::StateMachineAlias", "\(declaration.logicalID)Alias\(name.printed)",
            attributes: declaration.passedOnAttributes)
        alias["Name"] = name
        var deployment = preference ?? ["Type": "ALL_AT_ONCE"]
        deployment["StateMachineVersionArn"] = version.ref
        alias["DeploymentPreference"] = deployment
        return [version, alias]
    }
}
