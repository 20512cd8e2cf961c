import Notation

/// `AWS::Serverless::Function`: the function, its role, version and alias, URL, deployment and event sources.
struct FunctionMacro: Macro {
    let referable = [
        "Alias": "AWS::Lambda::Alias", "Version": "AWS::Lambda::Version",
        "DestinationTopic": "AWS::SNS::Topic", "DestinationQueue": "AWS::SQS::Queue",
    ]

    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let events = try EventList(
            of: declaration, sources: EventSources.ofFunctions, prefix: "Function.", in: translation)
        var builder = FunctionBuilder(declaration: declaration, translation: translation)
        return try builder.build(events: events)
    }
}

/// Builds what one function generates.
struct FunctionBuilder {
    var declaration: Declaration
    let translation: Translation
    /// What has been generated so far, in AWS's order.
    var resources: [Resource] = []

    var logicalID: String { declaration.logicalID }
    var resolver: Resolver { translation.resolver }
    var passedOn: JSONObject { declaration.passedOnAttributes }

    /// A fault of this function.
    func refusal(_ text: String) -> Fault { .resource(declaration.logicalID, text) }

    mutating func build(events: EventList) throws -> [Resource] {
        try checkCombinations()
        try checkDeadLetterQueue()
        try checkTenancy(events)
        let function = try function()
        resources.append(function)
        if declaration["ProvisionedConcurrencyConfig"].isTruthy, !declaration["AutoPublishAlias"].isTruthy {
            throw refusal("To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function")
        }
        let alias = try publish(function)
        if let url = declaration["FunctionUrlConfig"].truthy { try addURL(url, function, alias) }
        try deploy(alias)
        let destinationPolicies = try addInvokeConfig(function, alias)
        let role = try role(destinationPolicies)
        try attach(role, to: function)
        let target = EventTarget(resource: alias ?? function, role: role)
        do {
            resources += try events.resources(target: target, in: translation)
        } catch let fault as Fault {
            throw fault.ofResource(logicalID)
        }
        if declaration["PropagateTags"].isTruthy { Tags.propagate(declaration["Tags"], to: resources) }
        return resources
    }
}

extension FunctionBuilder {
    private func checkCombinations() throws {
        var texts: [String] = []
        for other in ["ProvisionedConcurrencyConfig", "VpcConfig"]
        where declaration["CapacityProviderConfig"] != nil && declaration[other] != nil {
            texts.append("Cannot specify 'CapacityProviderConfig' and '\(other)' together.")
        }
        for (property, needed) in [
            ("FunctionScalingConfig", "CapacityProviderConfig"), ("VersionDeletionPolicy", "AutoPublishAlias"),
        ] where declaration[property] != nil && declaration[needed] == nil {
            texts.append("'\(property)' requires '\(needed)'.")
        }
        guard texts.isEmpty else { throw refusal(texts.joined(separator: "\n")) }
    }

    private func checkDeadLetterQueue() throws {
        guard let queue = declaration["DeadLetterQueue"].truthy else { return }
        guard queue["Type"].isTruthy, queue["TargetArn"].isTruthy else {
            throw refusal("'DeadLetterQueue' requires Type and TargetArn properties to be specified.")
        }
        let type = try Expectation(queue["Type"], of: .resource(logicalID), "DeadLetterQueue.Type").string()
        guard type == "SQS" || type == "SNS" else {
            throw refusal("'DeadLetterQueue' requires Type of ['SQS', 'SNS']")
        }
    }

    private func checkTenancy(_ events: EventList) throws {
        guard declaration["TenancyConfig"].isTruthy else { return }
        for (property, words) in [
            ("ProvisionedConcurrencyConfig", "Provisioned concurrency"), ("FunctionUrlConfig", "Function URL"),
            ("SnapStart", "SnapStart"),
        ] where declaration[property].isTruthy {
            throw refusal("\(words) is not supported for functions enabled with tenancy configuration.")
        }
        for event in events.declarations where event.type != "Api" && event.type != "HttpApi" {
            throw refusal(
                "Event source '\(event.type)' is not supported for functions enabled with tenancy configuration. "
                    + "Only Api and HttpApi event sources are supported.")
        }
    }

    private mutating func attach(_ role: Resource, to function: Resource) throws {
        guard let given = function["Role"] else {
            function["Role"] = role.getAtt("Arn")
            resources.append(role)
            return
        }
        guard given.isIf else { return }
        let resolved = try resolver.resolve(given)
        function["Role"] = resolved
        guard let choice = resolved.ifArguments else {
            throw refusal("Malformed 'Role' property: Fn::If requires 3 arguments.")
        }
        switch (choice[1].isNoValue, choice[2].isNoValue) {
        case (true, true):
            function["Role"] = role.getAtt("Arn")
        case (true, false):
            function["Role"] = Intrinsics.choose(choice[0], role.getAtt("Arn"), choice[2])
            role.attributes["Condition"] = choice[0]
        case (false, true):
            let opposite = "NOT" + choice[0].printed
            function["Role"] = Intrinsics.choose(choice[0], choice[1], role.getAtt("Arn"))
            role.attributes["Condition"] = .string(opposite)
            translation.addCondition(opposite, Intrinsics.not(choice[0].printed))
        case (false, false): return
        }
        resources.append(role)
    }
}
