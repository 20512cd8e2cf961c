import Notation

/// An `Api` event of a state machine: a method of a REST API that starts executions.
struct StateMachineApiEvent: EventSource {
    func link(_ event: Declaration, in translation: Translation) throws {
        _ = try RestApiLink(ApiEvent(.rest, event, in: translation))
    }

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let method = ApiEvent(.rest, event, in: translation)
        let role = try role(for: event, target, in: translation)
        if method.api["__MANAGE_SWAGGER"].isTruthy, let body = method.body, !body.isNull {
            try add(method, body, target, role)
        }
        return [role]
    }

    private func add(_ event: ApiEvent, _ body: PyValue, _ target: EventTarget, _ role: Resource) throws {
        var editor = try SwaggerEditor(body)
        if try editor.paths.hasIntegration(event.path, event.method) {
            throw event.fault(
                "API method \"\(event.method.text)\" defined multiple times for path \"\(event.path.text)\".")
        }
        let template = template(for: target.resource.logicalID, event.properties["UnescapeMappingTemplate"].isTruthy)
        let call = SwaggerEditor.StateMachineCall(
            uri: .sub("arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution"),
            credentials: PyValue(plain: role.getAtt("Arn")),
            requestTemplates: ["application/json": .sub(PyText(template))],
            condition: target.resource.attributes["Condition"]?.string.map(event.translation.api.text))
        try editor.addStateMachine(event.path, event.method, call)
        if let auth = event.auth {
            let stage = event.properties["Stage"] ?? .null
            try RestApiMethod(event: event, stage: stage).addAuth(auth, to: &editor)
        }
        event.body = editor.document
    }

    /// The request's body as the execution's input, in API Gateway's template language.
    private func template(for id: String, _ isUnescaped: Bool) -> String {
        let escaped = "$util.escapeJavaScript($input.json('$'))"
        // JavaScript's escape of a single quote is none of JSON's.
        let input = isUnescaped ? escaped + #".replaceAll("\\'","'")"# : escaped
        return #"{"input": ""# + input + #"", "stateMachineArn": "${"# + id + #"}"}"#
    }

    /// The role by which API Gateway starts executions.
    private func role(
        for event: Declaration, _ target: EventTarget, in translation: Translation
    ) throws -> Resource {
        let id = event.logicalID + "Role"
        let role = try Resource("AWS::IAM::Role", id, attributes: target.passedOnAttributes)
        role["AssumeRolePolicyDocument"] = [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Action": ["sts:AssumeRole"], "Effect": "Allow",
                    "Principal": ["Service": ["apigateway.amazonaws.com"]],
                ]
            ],
        ]
        let statement: JSON = ["Action": "states:StartExecution", "Effect": "Allow", "Resource": target.arn]
        role["Policies"] = [
            [
                "PolicyName": .string(id + "StartExecutionPolicy"),
                "PolicyDocument": ["Statement": [statement]],
            ]
        ]
        let owner = String(event.logicalID.dropLast(event.eventID.count))
        if let boundary = translation.resources[owner]?["Properties"]?["PermissionsBoundary"].truthy {
            role["PermissionsBoundary"] = boundary
        }
        return role
    }
}
