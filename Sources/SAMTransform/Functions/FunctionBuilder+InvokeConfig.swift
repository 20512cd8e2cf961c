import Notation

extension FunctionBuilder {
    /// What becomes of asynchronous invocations, with a queue or topic made where a destination names none.
    ///
    /// - Returns: The policies by which the function may reach its destinations.
    mutating func addInvokeConfig(_ function: Resource, _ alias: Resource?) throws -> [JSON] {
        guard declaration["EventInvokeConfig"].isTruthy else { return [] }
        let resolved = try resolver.resolve(declaration["EventInvokeConfig"])
        let config = try Resource(
            "AWS::Lambda::EventInvokeConfig", "\(function.logicalID)EventInvokeConfig",
            dependsOn: alias.map { [.string($0.logicalID)] }, attributes: declaration.attributes)
        var destinations: JSONObject = [:]
        var policies: [JSON] = []
        if let given = resolved?["DestinationConfig"].truthy {
            let owner = Expectation.Owner.resource(logicalID)
            let path = "EventInvokeConfig.DestinationConfig"
            let outcomes = try Expectation(given, of: owner, path).map()
            for outcome in ["OnSuccess", "OnFailure"] {
                guard let value = outcomes.given(outcome) else { continue }
                let destination = try Expectation(value, of: owner, "\(path).\(outcome)").map()
                let (arn, policy) = try addDestination(destination, config.logicalID, outcome)
                destinations[outcome] = ["Destination": arn ?? .null]
                policies.append(policy)
            }
        }
        config["FunctionName"] = function.ref
        config["Qualifier"] = alias?["Name"] ?? "$LATEST"
        config["DestinationConfig"] = .object(destinations)
        config["MaximumEventAgeInSeconds"] = resolved?["MaximumEventAgeInSeconds"]
        config["MaximumRetryAttempts"] = resolved?["MaximumRetryAttempts"]
        resources.append(config)
        return policies
    }

    private mutating func addDestination(
        _ config: JSONObject, _ configID: String, _ outcome: String
    ) throws -> (arn: JSON?, policy: JSON) {
        let types = ["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"]
        guard let type = config["Type"]?.string, types.contains(type) else {
            let list = JSON.array(types.map { .string($0) }).literal
            throw refusal("'Type: \(config["Type"].printed)' must be one of \(list)")
        }
        let given = config.given("Destination")
        let (condition, arn) = try optional(given, configID)
        let id = configID + outcome
        guard given == nil || condition != nil else { return (given, policy(type, given ?? .null, id)) }
        guard type == "SQS" || type == "SNS" else {
            throw refusal("Destination is required if Type is not ['SQS', 'SNS']")
        }
        let resource =
            try type == "SQS"
            ? Resource("AWS::SQS::Queue", id + "Queue", attributes: passedOn)
            : Resource("AWS::SNS::Topic", id + "Topic", attributes: passedOn)
        if let both = joined(passedOn["Condition"], condition) { resource.attributes["Condition"] = both }
        resources.append(resource)
        let own = type == "SQS" ? resource.getAtt("Arn") : resource.ref
        let destination = condition.map { Intrinsics.choose($0, own, arn) } ?? own
        return (destination, policy(type, destination, id))
    }

    private func policy(_ type: String, _ arn: JSON, _ id: String) -> JSON {
        switch type {
        case "SQS": RolePolicies.sendMessage(to: arn, id)
        case "SNS": RolePolicies.publish(to: arn, id)
        case "EventBridge": RolePolicies.putEvents(to: arn, id)
        case "Lambda": RolePolicies.invoke(arn, id)
        default: RolePolicies.putObjects(into: arn, id)
        }
    }

    /// Of a destination that is there under a condition only: the condition under which it is missing, and the
    /// destination.
    private func optional(_ destination: JSON?, _ configID: String) throws -> (missing: JSON?, arn: JSON?) {
        guard let destination, destination.isIf else { return (nil, nil) }
        guard let choice = destination.ifArguments else {
            throw Fault.resource(configID, "Malformed 'Destination' property: Fn::If requires 3 arguments.")
        }
        switch (choice[1].isNoValue, choice[2].isNoValue) {
        case (true, false): return (choice[0], choice[2])
        case (false, true):
            let name = "NOT" + choice[0].printed + LogicalID.hash(.string(configID))
            translation.addCondition(name, Intrinsics.not(choice[0].printed))
            return (.string(name), choice[1])
        default: return (nil, nil)
        }
    }

    private func joined(_ first: JSON?, _ second: JSON?) -> JSON? {
        guard let first, let second else { return first ?? second }
        let name = first.printed + "AND" + second.printed + LogicalID.hash(.string(logicalID))
        translation.addCondition(name, Intrinsics.and([["Condition": first], ["Condition": second]]))
        return .string(name)
    }
}
