internal import Cloud
internal import Ledger
internal import Notation

extension SNSService {
    /// Topics and who may use them.
    var topicOperations: [Operation] {
        [
            Operation("CreateTopic", enforces: "Name Attributes Tags", raw: createTopic),
            Operation("DeleteTopic", enforces: "TopicArn", raw: deleteTopic),
            Operation("GetTopicAttributes", enforces: "TopicArn", raw: topicAttributes),
            Operation("SetTopicAttributes", enforces: "TopicArn AttributeName AttributeValue", raw: setTopicAttribute),
            Operation("ListTopics", enforces: "NextToken") { call in
                let topics = try await ledger.list(SNSStore.topics, prefix: call.caller.scope).map(\.value)
                return try SNSPage(topics, call) { $0.id.name }.reply("Topics") { ["TopicArn": .string($0.id.arn)] }
            },
            Operation("AddPermission", enforces: "TopicArn Label AWSAccountId ActionName", raw: addPermission),
            Operation("RemovePermission", enforces: "TopicArn Label", raw: removePermission),
            Operation("TagResource", enforces: "ResourceArn Tags") { call in
                let tags = try call.tags()
                try await changeTags(call, "TagResource") { $0.merge(tags) { $1 } }
                return Reply()
            },
            Operation("UntagResource", enforces: "ResourceArn TagKeys") { call in
                let keys = (call.input["TagKeys"]?.array ?? []).compactMap(\.string)
                try await changeTags(call, "UntagResource") { tags in for key in keys { tags[key] = nil } }
                return Reply()
            },
            Operation("ListTagsForResource", enforces: "ResourceArn") { call in
                let topic = try await topic(TopicID(arn: call.text("ResourceArn")), missing: Self.resourceMissing)
                let tags = topic.tags.sorted { $0.key < $1.key }.map { tag -> JSON in
                    ["Key": .string(tag.key), "Value": .string(tag.value)]
                }
                return Reply(["Tags": .array(tags)])
            },
        ]
    }

    private static var resourceMissing: AWSError {
        AWSError("ResourceNotFound", "Resource does not exist", status: 404)
    }

    /// The topic as it stands.
    ///
    /// - Throws: `NotFound`, or whatever is given for a topic that is missing.
    func topic(_ id: TopicID, missing: AWSError = SNSError.topicMissing()) async throws -> Topic {
        guard let topic = try await ledger.get(SNSStore.topics, id.key)?.value else { throw missing }
        return topic
    }

    /// The policy of that topic, for whoever judges calls; nil when it is not there.
    package func policy(ofTopic arn: String) async throws -> String? {
        guard let id = try? TopicID(arn: arn) else { return nil }
        return try await ledger.get(SNSStore.topics, id.key)?.value.policy
    }

    /// Creating what is there already, alike, gives back its ARN.
    private func createTopic(_ call: Call) async throws -> Reply {
        let name = call.text("Name")
        let attributes = call.strings("Attributes")
        let isFIFO = attributes["FifoTopic"] == "true"
        let plain = isFIFO && name.hasSuffix(".fifo") ? name.dropLast(".fifo".count) : name[...]
        let isFit = (1...256).contains(name.count) && plain.utf8.allSatisfy(Self.isNameByte) && !plain.isEmpty
        guard isFit, isFIFO == name.hasSuffix(".fifo") else {
            throw SNSError.invalid(
                isFIFO
                    ? "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase "
                        + "ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 "
                        + "characters long."
                    : "Topic Name")
        }
        let id = TopicID(account: call.caller.account, region: call.caller.region, name: name)
        for (name, value) in attributes { try TopicAttributes.check(name, value, id) }
        let tags = try call.tags()
        try await ledger.write { write in
            if let known = try write.get(SNSStore.topics, id.key)?.value {
                let isSame = attributes.allSatisfy { name, value in
                    (known.attributes[name] ?? TopicAttributes.standard(name)) == value
                }
                guard isSame else {
                    throw SNSError.invalid("Attributes Reason: Topic already exists with different attributes")
                }
                guard tags.isEmpty || tags == known.tags else {
                    throw SNSError.invalid("Tags Reason: Topic already exists with different tags")
                }
                return
            }
            try write.put(SNSStore.topics, id.key, Topic(id, attributes: attributes, tags: tags))
            try write.note("CreateTopic", id.arn, id)
        }
        return Reply(["TopicArn": .string(id.arn)])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let isLetter = (0x41...0x5A).contains(byte & 0xDF)
        return isLetter || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// Deletes a topic with its subscriptions; what still waits for them is dropped. Deleting what is not there
    /// succeeds.
    private func deleteTopic(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        try await ledger.write { write in
            guard try write.delete(SNSStore.topics, id.key) else { return }
            for subscription in try write.list(SNSStore.subscriptions, prefix: id.key + "/") {
                try write.delete(SNSStore.subscriptions, subscription.key)
            }
            try write.note("DeleteTopic", id.arn, id)
        }
        return Reply()
    }

    private func topicAttributes(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        let topic = try await topic(id)
        let all = try await ledger.list(SNSStore.subscriptions, prefix: id.key + "/").map(\.value)
        var view: JSON = [
            "TopicArn": .string(id.arn), "Owner": .string(id.account), "DisplayName": "",
            "SubscriptionsConfirmed": .string(String(all.count(where: \.isConfirmed))),
            "SubscriptionsPending": .string(String(all.count { !$0.isConfirmed })),
            "SubscriptionsDeleted": .string(String(topic.deleted)),
        ]
        for (name, value) in topic.attributes.sorted(by: { $0.key < $1.key }) { view[name] = .string(value) }
        view["Policy"] = .string(topic.policy)
        let retry = try RetryPolicy.topic(topic.attributes["DeliveryPolicy"] ?? "")
        let effective: JSON = [
            "http": [
                "defaultHealthyRetryPolicy": retry.policy.view, "disableSubscriptionOverrides": .bool(retry.isFinal),
            ]
        ]
        view["EffectiveDeliveryPolicy"] = .string(effective.text())
        if id.isFIFO {
            view["FifoTopic"] = "true"
            view["ContentBasedDeduplication"] = .string(topic.deduplicatesByContent ? "true" : "false")
        }
        return Reply(["Attributes": view])
    }

    private func setTopicAttribute(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        let name = call.text("AttributeName")
        let value = call.text("AttributeValue")
        try TopicAttributes.check(name, value, id)
        guard name != "FifoTopic" else { throw SNSError.invalid("AttributeName") }
        try await changeTopic(id, "SetTopicAttributes") { topic in
            topic.attributes[name] = value.isEmpty ? nil : value
        }
        return Reply()
    }

    func changeTopic(
        _ id: TopicID, _ operation: String, missing: AWSError = SNSError.topicMissing(),
        _ change: @escaping @Sendable (inout Topic) throws -> Void
    ) async throws {
        try await ledger.write { write in
            guard var topic = try write.get(SNSStore.topics, id.key)?.value else { throw missing }
            try change(&topic)
            try write.put(SNSStore.topics, id.key, topic)
            try write.note(operation, id.arn, id)
        }
    }

    private func changeTags(
        _ call: Call, _ operation: String, _ change: @escaping @Sendable (inout [String: String]) -> Void
    ) async throws {
        let id = try TopicID(arn: call.text("ResourceArn"))
        try await changeTopic(id, operation, missing: Self.resourceMissing) { topic in
            change(&topic.tags)
            guard topic.tags.count <= 50 else {
                throw AWSError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
            }
        }
    }

    // MARK: Permissions

    private func addPermission(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        let label = call.text("Label")
        let accounts = (call.input["AWSAccountId"]?.array ?? []).compactMap(\.string)
        let actions = (call.input["ActionName"]?.array ?? []).compactMap(\.string)
        let known = [
            "Publish", "RemovePermission", "SetTopicAttributes", "DeleteTopic", "ListSubscriptionsByTopic",
            "GetTopicAttributes", "Receive", "AddPermission", "Subscribe", "*",
        ]
        guard actions.allSatisfy(known.contains) else {
            throw SNSError.invalid("Policy statement action out of service scope!")
        }
        let statement: JSON = [
            "Sid": .string(label), "Effect": "Allow",
            "Principal": ["AWS": .array(accounts.map { .string("arn:aws:iam::\($0):root") })],
            "Action": .array(actions.map { .string("SNS:" + $0) }), "Resource": .string(id.arn),
        ]
        try await changeTopic(id, "AddPermission") { topic in
            var policy = try JSON(parsing: topic.policy)
            let statements = policy["Statement"].map { $0.array ?? [$0] } ?? []
            guard !statements.contains(where: { $0["Sid"]?.string == label }) else {
                throw SNSError.invalid("Statement already exists")
            }
            policy["Statement"] = .array(statements + [statement])
            topic.attributes["Policy"] = policy.text()
        }
        return Reply()
    }

    private func removePermission(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        let label = call.text("Label")
        try await changeTopic(id, "RemovePermission") { topic in
            var policy = try JSON(parsing: topic.policy)
            let statements = policy["Statement"].map { $0.array ?? [$0] } ?? []
            policy["Statement"] = .array(statements.filter { $0["Sid"]?.string != label })
            topic.attributes["Policy"] = policy.text()
        }
        return Reply()
    }
}

/// What may be set of a topic.
enum TopicAttributes {
    /// What an attribute is before it is set.
    static func standard(_ name: String) -> String? {
        switch name {
        case "DisplayName": ""
        case "ContentBasedDeduplication", "FifoTopic": "false"
        case "SignatureVersion": "1"
        case "TracingConfig": "PassThrough"
        case "FifoThroughputScope": "MessageGroup"
        default: nil
        }
    }

    /// - Throws: `InvalidParameter`; `NotImplemented` for what Slipway does not do.
    static func check(_ name: String, _ value: String, _ topic: TopicID) throws {
        func choose(_ choices: String...) throws {
            guard choices.contains(value) else {
                throw SNSError.invalid(
                    "Attributes Reason: \(name): Invalid value [\(value)]. Must be "
                        + "\(choices.joined(separator: " or "))."
                )
            }
        }
        switch name {
        case "DisplayName":
            guard value.count <= 100 else { throw SNSError.invalid("Display Name") }
        case "Policy": try checkPolicy(value)
        case "DeliveryPolicy": _ = try RetryPolicy.topic(value)
        case "SignatureVersion": try choose("1", "2")
        case "FifoTopic": try choose("true", "false")
        case "ContentBasedDeduplication", "FifoThroughputScope":
            guard topic.isFIFO else {
                throw SNSError.invalid("Attributes Reason: \(name) is only supported for FIFO topics.")
            }
            if name == "FifoThroughputScope" {
                try choose("Topic", "MessageGroup")
            } else {
                try choose("true", "false")
            }
        case "TracingConfig" where value == "PassThrough": break
        case "KmsMasterKeyId" where value.isEmpty: break
        case "TracingConfig", "KmsMasterKeyId", "ArchivePolicy":
            throw AWSError.notImplemented("the topic attribute \(name) = \(value) of sns")
        default:
            guard !name.contains("FeedbackRoleArn"), !name.contains("FeedbackSampleRate") else {
                throw AWSError.notImplemented(
                    "the topic attribute \(name) of sns: delivery status is in the metrics AWS/SNS")
            }
            throw SNSError.invalid("AttributeName")
        }
    }

    private static func checkPolicy(_ text: String) throws {
        guard !text.isEmpty else { return }
        guard text.utf8.count <= 30_720 else { throw SNSError.invalid("Policy is too long") }
        guard let tree = try? JSON(parsing: text), let statement = tree["Statement"] else {
            throw SNSError.invalid("Policy Error: null")
        }
        for statement in statement.array ?? [statement] {
            guard ["Allow", "Deny"].contains(statement["Effect"]?.string),
                statement["Principal"] != nil || statement["NotPrincipal"] != nil,
                statement["Action"] != nil || statement["NotAction"] != nil
            else { throw SNSError.invalid("Policy statement must contain an effect, a principal and actions") }
        }
    }
}
