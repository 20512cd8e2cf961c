internal import Cloud
internal import Ledger
internal import Notation

extension SNSService {
    /// Who is told.
    var subscriptionOperations: [Operation] {
        [
            Operation(
                "Subscribe", enforces: "TopicArn Protocol Endpoint Attributes ReturnSubscriptionArn", raw: subscribe),
            Operation("ConfirmSubscription", enforces: "TopicArn Token AuthenticateOnUnsubscribe") { call in
                let arn = try await confirm(
                    call.text("TopicArn"), call.text("Token"), isSigned: true,
                    needsSignature: call.input["AuthenticateOnUnsubscribe"]?.string == "true")
                return Reply(["SubscriptionArn": .string(arn)])
            },
            Operation("Unsubscribe", enforces: "SubscriptionArn") { call in
                try await unsubscribe(call.text("SubscriptionArn"), isSigned: true)
                return Reply()
            },
            Operation("GetSubscriptionAttributes", enforces: "SubscriptionArn", raw: subscriptionAttributes),
            Operation(
                "SetSubscriptionAttributes", enforces: "SubscriptionArn AttributeName AttributeValue",
                raw: setSubscriptionAttribute),
            Operation("ListSubscriptions", enforces: "NextToken") { call in
                let all = try await ledger.list(SNSStore.subscriptions, prefix: call.caller.scope).map(\.value)
                return try SNSPage(all, call, key: \.key).reply("Subscriptions", \.view)
            },
            Operation("ListSubscriptionsByTopic", enforces: "TopicArn NextToken") { call in
                let id = try TopicID(arn: call.text("TopicArn"))
                _ = try await topic(id)
                let all = try await ledger.list(SNSStore.subscriptions, prefix: id.key + "/").map(\.value)
                return try SNSPage(all, call, key: \.key).reply("Subscriptions", \.view)
            },
        ]
    }

    // MARK: Beginning

    /// Subscribing what is subscribed already, alike, gives back its ARN.
    private func subscribe(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        let way = try Self.way(call.text("Protocol"))
        let endpoint = call.text("Endpoint")
        let attributes = call.strings("Attributes")
        try EndpointRules.check(endpoint, way, id)
        try SubscriptionAttributes.check(attributes, way)
        let subscription = try await ledger.write { write in
            let topic = try write.topic(id)
            let others = try write.list(SNSStore.subscriptions, prefix: id.key + "/").map(\.value)
            if let known = others.first(where: { $0.delivery == way && $0.endpoint == endpoint }) {
                guard attributes.isEmpty || attributes == known.attributes.filter({ $0.key != Self.usedToken }) else {
                    throw SNSError.invalid("Attributes Reason: Subscription already exists with different attributes")
                }
                try askAgain(known, topic, write)
                return known
            }
            try Self.checkCount(others, attributes)
            let subscription = Self.make(id, way, endpoint, attributes, call, write)
            try write.put(SNSStore.subscriptions, subscription.key, subscription)
            try write.note("Subscribe", subscription.arn, id)
            try askAgain(subscription, topic, write)
            return subscription
        }
        let isShown = subscription.isConfirmed || call.input["ReturnSubscriptionArn"]?.bool == true
        return Reply(["SubscriptionArn": .string(isShown ? subscription.arn : "pending confirmation")])
    }

    private static func way(_ name: String) throws -> Delivery.Way {
        if let way = Delivery.Way(rawValue: name) { return way }
        guard ["email", "email-json", "sms", "application", "firehose"].contains(name) else {
            throw SNSError.invalid("Amazon SNS does not support this protocol string: \(name)")
        }
        throw AWSError.notImplemented("subscriptions of sns by the protocol '\(name)'")
    }

    /// Queues and functions need not agree: their own policies decide what reaches them. Endpoints out in the world
    /// must.
    private static func make(
        _ topic: TopicID, _ way: Delivery.Way, _ endpoint: String, _ attributes: [String: String], _ call: Call,
        _ write: Transaction
    ) -> Subscription {
        let mustAgree = way == .http || way == .https
        return Subscription(
            topic: topic, id: write.surroundings.chance.uuid(), delivery: way, endpoint: endpoint,
            owner: call.caller.account, attributes: attributes,
            token: mustAgree ? write.surroundings.chance.hexadecimal(96) : nil,
            tokenEnds: mustAgree ? write.now + .seconds(3 * 86_400) : nil, wasAuthenticated: !mustAgree)
    }

    /// Source: Amazon SNS endpoints and quotas: 12.5 million subscriptions and 200 filter policies a topic; Slipway
    /// keeps 10,000 of the former.
    private static func checkCount(_ others: [Subscription], _ attributes: [String: String]) throws {
        guard others.count < 10_000 else {
            throw AWSError("SubscriptionLimitExceeded", "A topic has at most 10000 subscriptions.", status: 403)
        }
        guard attributes["FilterPolicy"] == nil || others.count(where: { $0.attributes["FilterPolicy"] != nil }) < 200
        else {
            throw AWSError("FilterPolicyLimitExceeded", "A topic has at most 200 filter policies.", status: 403)
        }
    }

    /// Asks the endpoint of a subscription that waits for it.
    private func askAgain(_ subscription: Subscription, _ topic: Topic, _ write: Transaction) throws {
        guard let token = subscription.token else { return }
        let message = Message(
            id: write.surroundings.chance.uuid(), kind: .confirmation, topic: topic.id,
            body: "You have chosen to subscribe to the topic \(topic.id.arn).\nTo confirm the subscription, visit the "
                + "SubscribeURL included in this message.", time: write.now, token: token)
        try deliveries.add(message, for: subscription, topic, in: write)
    }

    /// Confirms the subscription whose endpoint sends the token back. A second confirmation gives the same answer.
    ///
    /// - Throws: `InvalidParameter` for a token that is none, or too old; `NotFound`.
    func confirm(_ topicARN: String, _ token: String, isSigned: Bool, needsSignature: Bool) async throws -> String {
        let id = try TopicID(arn: topicARN)
        return try await ledger.write { write in
            _ = try write.topic(id)
            let all = try write.list(SNSStore.subscriptions, prefix: id.key + "/").map(\.value)
            if let known = all.first(where: { $0.attributes[Self.usedToken] == token }) { return known.arn }
            let ended = try write.list(SNSStore.ended, prefix: id.key + "/").map(\.value)
            guard var found = (all + ended).first(where: { $0.token == token }), !token.isEmpty,
                found.tokenEnds.map({ $0 > write.now }) ?? true
            else { throw SNSError.invalid("Token") }
            found.attributes[Self.usedToken] = token
            found.token = nil
            found.tokenEnds = nil
            found.needsSignature = needsSignature
            found.wasAuthenticated = isSigned
            try write.delete(SNSStore.ended, found.key)
            try write.put(SNSStore.subscriptions, found.key, found)
            try write.note("ConfirmSubscription", found.arn, id)
            return found.arn
        }
    }

    /// Where the token of a confirmed subscription is kept, so that a repeat is known. No attribute that AWS has.
    private static let usedToken = "slipway:token"

    // MARK: Ending

    /// Ends a subscription and tells an endpoint that had agreed to it. Ending what is not there succeeds.
    ///
    /// - Throws: `AuthorizationError` when it needs a signed call and this is none.
    func unsubscribe(_ arn: String, isSigned: Bool) async throws {
        let key = try Subscription.key(ofARN: arn)
        try await ledger.write { write in
            guard let subscription = try write.get(SNSStore.subscriptions, key)?.value else { return }
            guard isSigned || subscription.needsSignature != true else {
                throw AWSError("AuthorizationError", "This subscription is ended by a signed call only.", status: 403)
            }
            try write.delete(SNSStore.subscriptions, key)
            try write.note("Unsubscribe", arn, subscription.topic)
            guard var topic = try write.get(SNSStore.topics, subscription.topic.key)?.value else { return }
            topic.deleted += 1
            try write.put(SNSStore.topics, topic.id.key, topic)
            guard subscription.isConfirmed, subscription.delivery == .http || subscription.delivery == .https else {
                return
            }
            try sayFarewell(subscription, topic, write)
        }
    }

    /// Tells an endpoint that it will hear no more, and how it can have the subscription back.
    private func sayFarewell(_ subscription: Subscription, _ topic: Topic, _ write: Transaction) throws {
        var ended = subscription
        let token = write.surroundings.chance.hexadecimal(96)
        ended.token = token
        ended.tokenEnds = write.now + .seconds(3 * 86_400)
        try write.put(SNSStore.ended, ended.key, ended)
        let farewell = Message(
            id: write.surroundings.chance.uuid(), kind: .farewell, topic: topic.id,
            body:
                "You have chosen to deactivate subscription \(subscription.arn).\nTo cancel this operation and restore "
                + "the subscription, visit the SubscribeURL included in this message.", time: write.now, token: token)
        try deliveries.add(farewell, for: subscription, topic, in: write)
    }

    // MARK: Attributes

    private func subscriptionAttributes(_ call: Call) async throws -> Reply {
        let arn = call.text("SubscriptionArn")
        guard let found = try await ledger.get(SNSStore.subscriptions, try Subscription.key(ofARN: arn))?.value else {
            throw SNSError.subscriptionMissing()
        }
        var view: JSON = [
            "SubscriptionArn": .string(found.arn), "TopicArn": .string(found.topic.arn), "Owner": .string(found.owner),
            "Protocol": .string(found.delivery.rawValue), "Endpoint": .string(found.endpoint),
            "PendingConfirmation": .string(found.isConfirmed ? "false" : "true"),
            "ConfirmationWasAuthenticated": .string(found.wasAuthenticated ? "true" : "false"),
            "RawMessageDelivery": "false", "SubscriptionPrincipal": .string("arn:aws:iam::\(found.owner):root"),
        ]
        for (name, value) in found.attributes where SubscriptionAttributes.known.contains(name) {
            view[name] = .string(value)
        }
        if found.attributes["FilterPolicy"] != nil, found.attributes["FilterPolicyScope"] == nil {
            view["FilterPolicyScope"] = "MessageAttributes"
        }
        if let topic = try await ledger.get(SNSStore.topics, found.topic.key)?.value {
            let retry: JSON = ["healthyRetryPolicy": try Deliveries.retry(found, topic).view]
            view["EffectiveDeliveryPolicy"] = .string(retry.text())
        }
        return Reply(["Attributes": view])
    }

    private func setSubscriptionAttribute(_ call: Call) async throws -> Reply {
        let arn = call.text("SubscriptionArn")
        let name = call.text("AttributeName")
        let value = call.text("AttributeValue")
        try await ledger.write { write in
            var subscription = try write.subscription(arn)
            subscription.attributes[name] = value.isEmpty ? nil : value
            try SubscriptionAttributes.check(
                subscription.attributes.filter { $0.key != Self.usedToken }, subscription.delivery)
            guard SubscriptionAttributes.known.contains(name) else { throw SNSError.invalid("AttributeName") }
            try write.put(SNSStore.subscriptions, subscription.key, subscription)
            try write.note("SetSubscriptionAttributes", arn, subscription.topic)
        }
        return Reply()
    }
}

/// What an endpoint must be like.
enum EndpointRules {
    /// - Throws: `InvalidParameter`.
    static func check(_ endpoint: String, _ way: Delivery.Way, _ topic: TopicID) throws {
        switch way {
        case .sqs:
            let parts = endpoint.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 6, parts[2] == "sqs" else { throw SNSError.invalid("SQS endpoint ARN") }
            guard topic.isFIFO || !endpoint.hasSuffix(".fifo") else {
                throw SNSError.invalid(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
            }
        case .lambda:
            let parts = endpoint.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 7, parts[2] == "lambda", parts[5] == "function" else {
                throw SNSError.invalid("Lambda endpoint ARN")
            }
        case .http, .https:
            guard endpoint.hasPrefix(way.rawValue + "://"), endpoint.count > way.rawValue.count + 3 else {
                throw SNSError.invalid("Endpoint must match the specified protocol")
            }
            if let unknown = ShapedEndpoint(endpoint).unknown {
                throw SNSError.invalid(
                    "Endpoint Reason: \(ShapedEndpoint.parameter)=\(unknown) is no shape; there are slack, teams and discord"
                )
            }
        }
        guard way == .sqs || !topic.isFIFO else {
            throw SNSError.invalid("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue")
        }
    }
}
