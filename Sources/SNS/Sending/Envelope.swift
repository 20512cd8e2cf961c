internal import Cloud
internal import Notation

/// A message as receivers see it. Source: Amazon SNS Developer Guide, "Parsing Amazon SNS message formats" and "Using
/// AWS Lambda with Amazon SNS".
struct Envelope {
    /// The document that queues and endpoints get.
    let json: JSON
    /// The address that confirms a subscription; nil for plain notifications.
    let subscribeURL: String?
    private let message: Message

    init(_ message: Message, _ target: Delivery.Target, signer: MessageSigner, endpoint: String) throws {
        self.message = message
        var json: JSON = ["Type": .string(message.kind.rawValue), "MessageId": .string(message.id)]
        json["SequenceNumber"] = message.sequence.map(JSON.string)
        json["Token"] = message.token.map(JSON.string)
        json["TopicArn"] = .string(message.topic.arn)
        json["Subject"] = message.subject.map(JSON.string)
        json["Message"] = .string(message.body)
        subscribeURL = message.token.map { token in
            "\(endpoint)/?Action=ConfirmSubscription&TopicArn=\(message.topic.arn)&Token=\(token)"
        }
        json["SubscribeURL"] = subscribeURL.map(JSON.string)
        json["Timestamp"] = .string(message.time.iso8601(fraction: 3))
        // FIFO topics do not sign.
        if message.sequence == nil {
            json["SignatureVersion"] = .string(target.signatureVersion)
            json["Signature"] = .string(try signer.signature(of: json, version: target.signatureVersion))
            json["SigningCertURL"] = .string(endpoint + signer.certificatePath)
        }
        if message.kind == .notification {
            json["UnsubscribeURL"] = .string(
                "\(endpoint)/?Action=Unsubscribe&SubscriptionArn=\(target.subscription)")
            if !message.attributes.isEmpty { json["MessageAttributes"] = Self.attributes(message) }
        }
        self.json = json
    }

    private static func attributes(_ message: Message) -> JSON {
        var members = JSONObject()
        for (name, attribute) in message.attributes.sorted(by: { $0.key < $1.key }) {
            members[name] = ["Type": .string(attribute.type), "Value": .string(attribute.value)]
        }
        return .object(members)
    }

    /// What a function is invoked with.
    func record(of subscription: String) -> JSON {
        var sns: JSON = [:]
        let names = ["SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"]
        for (name, value) in json.object ?? [:] { sns[names[name] ?? name] = value }
        sns["Subject"] = json["Subject"] ?? .null
        sns["MessageAttributes"] = json["MessageAttributes"] ?? [:]
        return [
            "Records": [
                [
                    "EventVersion": "1.0", "EventSubscriptionArn": .string(subscription), "EventSource": "aws:sns",
                    "Sns": sns,
                ]
            ]
        ]
    }
}
