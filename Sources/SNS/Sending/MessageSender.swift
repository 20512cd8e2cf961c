internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

/// Hands a message to its receiver, once.
struct MessageSender: Sendable {
    static let service = "sns.amazonaws.com"
    /// How long an endpoint may take. Source: Amazon SNS Developer Guide: 15 seconds.
    static let patience = Duration.seconds(15)

    let cloud: Cloud
    let web: any WebSender
    let signer: MessageSigner

    /// Hands it over.
    ///
    /// - Throws: ``AWSError``: one that may pass where another attempt may go better.
    func send(_ message: Message, to target: Delivery.Target) async throws {
        switch target.way {
        case .sqs: try await send(message, toQueue: target.endpoint, target)
        case .lambda:
            let envelope = try Envelope(message, target, signer: signer, endpoint: cloud.endpoint)
            _ = try await cloud.call(
                "lambda", "Invoke", ["FunctionName": .string(target.endpoint), "InvocationType": "Event"],
                payload: .bytes(envelope.record(of: target.subscription).bytes()), as: caller(target, target.endpoint))
        case .http, .https: try await post(message, target)
        }
    }

    /// SNS itself, for the topic, where the receiver is.
    private func caller(_ target: Delivery.Target, _ arn: String) -> Caller {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let region = parts.count > 3 ? parts[3] : target.topic.region
        return .service(Self.service, for: target.topic.arn, account: target.topic.account, region: region)
    }

    /// Puts it into a queue: the subscription's own, or the one for what could not be delivered.
    func send(_ message: Message, toQueue arn: String, _ target: Delivery.Target) async throws {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6 else { throw SNSError.invalid("\(arn) is no queue's ARN") }
        var input: JSON = ["QueueUrl": .string("\(cloud.endpoint)/\(parts[4])/\(parts[5])")]
        if target.isRaw {
            input["MessageBody"] = .string(message.body)
            if !message.attributes.isEmpty { input["MessageAttributes"] = Self.attributes(message) }
        } else {
            let envelope = try Envelope(message, target, signer: signer, endpoint: cloud.endpoint)
            input["MessageBody"] = .string(envelope.json.text())
        }
        if parts[5].hasSuffix(".fifo") {
            input["MessageGroupId"] = .string(message.group ?? message.topic.name)
            input["MessageDeduplicationId"] = .string(message.deduplication ?? message.id)
        }
        try await cloud.call("sqs", "SendMessage", input, as: caller(target, arn))
    }

    private static func attributes(_ message: Message) -> JSON {
        var members = JSONObject()
        for (name, attribute) in message.attributes {
            let isBinary = attribute.type.hasPrefix("Binary")
            // SQS has no lists: they are texts there.
            let type = attribute.type == "String.Array" ? "String" : attribute.type
            members[name] = ["DataType": .string(type)]
            members[name]?[isBinary ? "BinaryValue" : "StringValue"] = .string(attribute.value)
        }
        return .object(members)
    }

    // MARK: HTTP

    private func post(_ message: Message, _ target: Delivery.Target) async throws {
        let address = ShapedEndpoint(target.endpoint)
        let envelope = try Envelope(message, target, signer: signer, endpoint: cloud.endpoint)
        var fields: HTTPFields = [
            "User-Agent": "Amazon Simple Notification Service Agent",
            "Content-Type": target.retry.contentType ?? "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": message.kind.rawValue, "x-amz-sns-message-id": message.id,
            "x-amz-sns-topic-arn": message.topic.arn,
        ]
        if message.kind == .notification { fields["x-amz-sns-subscription-arn"] = target.subscription }
        var body = envelope.json.text()
        if let shape = address.shape {
            fields["Content-Type"] = "application/json"
            body = shape.body(ChatText(message, confirmation: envelope.subscribeURL)).text()
        } else if target.isRaw, message.kind == .notification {
            fields["x-amz-sns-rawdelivery"] = "true"
            body = message.body
        }
        let request = HTTPRequest(method: "POST", target: "/", fields: fields, body: .bytes(Array(body.utf8)))
        let answer: WebAnswer
        do { answer = try await web.send(request, to: address.url, within: Self.patience) } catch let error as WebError
        {
            throw AWSError("EndpointUnreachable", error.description, status: 503)
        }
        guard !(200...299).contains(answer.status) else { return }
        let mayPass = answer.status >= 500 || answer.status == 429 || answer.status == 408
        throw AWSError(
            "HttpStatus\(answer.status)", "The endpoint answered with status \(answer.status).",
            status: mayPass ? 503 : 400)
    }
}
