internal import Cloud
internal import CloudFormationTemplate
internal import HTTP
internal import Ledger
internal import Notation

/// `AWS::CloudFormation::CustomResource` and `Custom::*`: resources that a function of the user's makes, or whoever
/// listens to a topic.
///
/// The function is invoked and answers by a PUT to the address it is given. When it exits without having answered, that
/// is known at once and said with its last log lines, instead of after an hour. A function that hands the answering on
/// to something else says so by giving `ServiceTimeout`: then the answer is waited for that long. Source: "Custom
/// resource request objects" and "response objects" in the CloudFormation User Guide.
struct CustomResource: Sendable {
    static let typeName = "AWS::CloudFormation::CustomResource"

    private let inbox: ResponseInbox
    /// How long an answer may be on its way after its function has exited.
    private static let grace = Duration.seconds(3)
    /// The same after it has failed: what it sent before that has arrived by then.
    private static let graceAfterFailure = Duration.milliseconds(300)

    init(inbox: ResponseInbox) { self.inbox = inbox }

    /// The declaration.
    var type: ResourceType {
        ResourceType(
            Self.typeName, enforces: "ServiceToken ServiceTimeout", requires: "ServiceToken",
            replacedBy: "ServiceToken",
            attributes: "*",
            .init(
                create: { try await self.ask("Create", $0) }, update: { try await self.ask("Update", $0) },
                delete: { _ = try await self.ask("Delete", $0) }))
    }

    private func ask(_ kind: String, _ request: ResourceRequest) async throws -> ResourceState {
        let token = StableID.uuid(request.key, kind)
        let provider = request.properties["ServiceToken"]?.string ?? ""
        let isTopic = NoticeTarget(provider) != nil
        guard isTopic || provider.contains(":lambda:") else {
            throw AWSError("InvalidRequest", "ServiceToken must be the ARN of a Lambda function or of an SNS topic.")
        }
        let answer: JSON
        if let known = try await inbox.response(token) {
            answer = known
        } else {
            let event = try await event(kind, token, request)
            answer =
                isTopic
                ? try await publish(provider, event, token, request)
                : try await invoke(provider, event, token, request)
        }
        return try state(answer, kind, token, request)
    }

    private func event(_ kind: String, _ token: String, _ request: ResourceRequest) async throws -> JSON {
        let type = try await inbox.type(ofResource: request.logicalID, in: request.stackID)
        var event: JSON = [
            "RequestType": .string(kind), "ServiceToken": request.properties["ServiceToken"] ?? .null,
            "ResponseURL": .string(try await inbox.open(token)), "StackId": .string(request.stackID),
            "RequestId": .string(token), "LogicalResourceId": .string(request.logicalID),
            "ResourceType": .string(type ?? Self.typeName), "ResourceProperties": request.properties.loose,
        ]
        if let physicalID = request.physicalID { event["PhysicalResourceId"] = .string(physicalID) }
        if kind == "Update" { event["OldResourceProperties"] = (request.previous ?? [:]).loose }
        return event
    }

    /// Seconds that the template gives for the answer.
    private static func timeout(_ request: ResourceRequest) -> Int? {
        request.properties["ServiceTimeout"].flatMap { $0.int ?? $0.string.flatMap { Int($0) } }
    }

    /// Asks by a topic and waits for the answer, an hour unless the template says otherwise. A repeat after a crash
    /// asks again under the same RequestId.
    private func publish(
        _ topic: String, _ event: JSON, _ token: String, _ request: ResourceRequest
    ) async throws -> JSON {
        let seconds = Self.timeout(request) ?? 3600
        var caller = request.caller.through(ActingCaller.service)
        caller.region = NoticeTarget(topic)?.region ?? caller.region
        let input: JSON = [
            "TopicArn": .string(topic), "Subject": "AWS CloudFormation custom resource request",
            "Message": .string(event.text()),
        ]
        let query: JSON = ["TopicArn": .string(topic)]
        // Known before anything is waited for. Whoever may not ask who listens waits, as on AWS.
        let listeners = try? await request.cloud.call("sns", "ListSubscriptionsByTopic", query, as: caller)
        if listeners?["Subscriptions"]?.array?.isEmpty == true {
            throw AWSError("NotStabilized", "Nobody listens to \(topic), so nobody will answer: subscribe to it first.")
        }
        try await request.cloud.call("sns", "Publish", input, as: caller)
        if let answer = try await inbox.wait(for: token, atMost: .seconds(seconds)) { return answer }
        throw AWSError(
            "NotStabilized",
            "CloudFormation did not receive a response from your Custom Resource: nobody who listens to \(topic) "
                + "answered within \(seconds) seconds (requestId [\(token)]).")
    }

    private func invoke(
        _ function: String, _ event: JSON, _ token: String, _ request: ResourceRequest
    ) async throws -> JSON {
        let reply = try await request.cloud.call(
            "lambda", "Invoke",
            ["FunctionName": .string(function), "InvocationType": "RequestResponse", "LogType": "Tail"],
            payload: .bytes(event.bytes()), as: request.caller.through("cloudformation.amazonaws.com"))
        let seconds = Self.timeout(request)
        let hasFailed = reply.output["FunctionError"]?.string != nil
        let wait = hasFailed ? Self.graceAfterFailure : seconds.map { Duration.seconds($0) } ?? Self.grace
        if let answer = try await inbox.wait(for: token, atMost: wait) { return answer }
        let payload = try? await reply.payload?.collected(limit: 16_384)
        let result = payload.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let message =
            hasFailed
            ? "The function \(function) failed without having answered: \(result.prefix(1000))"
            : "CloudFormation did not receive a response from your Custom Resource: "
                + "the function \(function) exited without "
                + "answering. Let it PUT its answer to ResponseURL before it returns (requestId [\(token)])."
        throw AWSError(
            "NotStabilized", message, members: ["Evidence": .string(LogTail(reply.output["LogResult"]).text)])
    }

    private func state(
        _ answer: JSON, _ kind: String, _ token: String, _ request: ResourceRequest
    ) throws -> ResourceState {
        let physicalID = answer["PhysicalResourceId"]?.string
        guard answer["Status"]?.string == "SUCCESS" else {
            let reason = answer["Reason"]?.string ?? "no reason was given"
            var members = JSONObject()
            if kind == "Create", let physicalID { members["PhysicalResourceId"] = .string(physicalID) }
            throw AWSError(
                "GeneralServiceException",
                "Received response status [FAILED] from custom resource. Message returned: \(reason) "
                    + "(RequestId: \(token))",
                members: members)
        }
        guard let id = physicalID ?? (kind == "Create" ? nil : request.physicalID), !id.isEmpty else {
            throw AWSError("InvalidRequest", "Invalid PhysicalResourceId")
        }
        var attributes = answer["Data"]?.object ?? [:]
        attributes[HiddenValues.mark] = answer["NoEcho"]?.loose.string?.lowercased() == "true" ? true : nil
        return ResourceState(id, attributes: attributes)
    }
}
