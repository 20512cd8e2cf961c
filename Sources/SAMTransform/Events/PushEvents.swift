import Notation

/// `AlexaSkill`: permission for a skill to call the function.
struct AlexaSkillEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let permission = Permission(principal: "alexa-appkit.amazon.com", token: event["SkillId"])
        return [try permission.resource(for: event, target: target)]
    }
}

/// `CloudWatchLogs`: a subscription of the function to a log group.
struct LogEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let source = Intrinsics.sub(
            "arn:\(translation.context.partition):logs:${AWS::Region}:${AWS::AccountId}:"
                + "log-group:${__LogGroupName__}:*",
            ["__LogGroupName__": event["LogGroupName"] ?? .null])
        let permission = try Permission(principal: "logs.amazonaws.com", sourceARN: source)
            .resource(for: event, target: target)
        let filter = try Resource(
            "AWS::Logs::SubscriptionFilter", event.logicalID, dependsOn: [.string(permission.logicalID)],
            attributes: target.passedOnAttributes)
        filter["LogGroupName"] = event["LogGroupName"]
        filter["FilterPattern"] = event["FilterPattern"]
        filter["DestinationArn"] = target.arn
        return [permission, filter]
    }
}

/// `IoTRule`: a topic rule that calls the function.
struct IoTRuleEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let source = Intrinsics.sub(
            "arn:\(translation.context.partition):iot:${AWS::Region}:${AWS::AccountId}:rule/${RuleName}",
            ["RuleName": Intrinsics.ref(event.logicalID)])
        let permission = Permission(
            principal: "iot.amazonaws.com", sourceARN: source, sourceAccount: Intrinsics.sub("${AWS::AccountId}"))
        let rule = try Resource("AWS::IoT::TopicRule", event.logicalID, attributes: target.passedOnAttributes)
        var payload: JSONObject = [
            "Sql": event["Sql"] ?? .null, "RuleDisabled": false,
            "Actions": [["Lambda": ["FunctionArn": target.arn]]],
        ]
        if let version = event["AwsIotSqlVersion"].truthy { payload["AwsIotSqlVersion"] = version }
        rule["TopicRulePayload"] = .object(payload)
        return [try permission.resource(for: event, target: target), rule]
    }
}

/// `Cognito`: a trigger of a user pool in the same template.
struct CognitoEvent: EventSource {
    func link(_ event: Declaration, in translation: Translation) throws {
        if let reference = event["UserPool"]?["Ref"] {
            guard let id = reference.string else {
                throw Fault.event(event.logicalID, "Ref in Userpool is not a string.")
            }
            if translation.resources.contains(id) { return }
        }
        throw Fault.event(event.eventID, "Cognito events must reference a Cognito UserPool in the same template.")
    }

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let poolID = event["UserPool"]?["Ref"]?.string ?? ""
        var permission = Permission(
            principal: "cognito-idp.amazonaws.com", sourceARN: Intrinsics.getAtt(poolID, "Arn"))
        permission.prefix = target.resource.logicalID + "Cognito"
        var pool = translation.resources[poolID]?.object ?? [:]
        var properties = pool.given("Properties") ?? [:]
        let given = properties.object?.given("LambdaConfig") ?? [:]
        var config = try Expectation(given, of: .resource(poolID), "LambdaConfig").map()
        for trigger in event["Trigger"]?.asList.compactMap(\.string) ?? [] {
            guard !config.contains(trigger) else {
                throw Fault.event(
                    event.eventID, "Cognito trigger \"\(event["Trigger"].printed)\" defined multiple times.")
            }
            config[trigger] = target.arn
        }
        properties["LambdaConfig"] = .object(config)
        pool["Properties"] = properties
        translation.resources[poolID] = .object(pool)
        return [
            try permission.resource(for: event, target: target),
            try Resource(Declaration(poolID, pool, table: "AWS::Cognito::UserPool")),
        ]
    }
}
