internal import Cloud
internal import Notation

extension SNSService {
    private static let topicAttributes = [
        "DisplayName", "ContentBasedDeduplication", "FifoThroughputScope", "SignatureVersion", "TracingConfig",
    ]

    /// Source: AWS CloudFormation Template Reference, AWS::SNS::Topic.
    static var topicType: ResourceType {
        ResourceType(
            "AWS::SNS::Topic",
            enforces: "TopicName FifoTopic Subscription Tags DisplayName ContentBasedDeduplication FifoThroughputScope "
                + "SignatureVersion TracingConfig",
            replacedBy: "TopicName FifoTopic", attributes: "TopicArn TopicName", nameProperty: "TopicName",
            ResourceType.Actions(
                create: { request in
                    let isFIFO = isTrue(request.properties["FifoTopic"])
                    let made = request.generatedName(limit: 250) + (isFIFO ? ".fifo" : "")
                    let name = request.properties["TopicName"]?.string ?? made
                    return try await putTopic(request, name)
                },
                update: { request in
                    let arn = request.physicalID ?? ""
                    return try await putTopic(request, String(arn.split(separator: ":").last ?? ""))
                },
                delete: { request in
                    guard let arn = request.physicalID else { return }
                    try await request.call("sns", "DeleteTopic", ["TopicArn": .string(arn)])
                },
                read: { request in
                    do {
                        let arn = request.physicalID ?? ""
                        let found = try await request.call("sns", "GetTopicAttributes", ["TopicArn": .string(arn)])
                        return try await topicProperties(arn, found["Attributes"] ?? [:], request)
                    } catch let error as AWSError where error.code == "NotFound" { return nil }
                },
                list: { request in
                    try await request.pages("sns", "ListTopics", of: "Topics", token: "NextToken").map {
                        ResourceState($0["TopicArn"]?.string ?? "", attributes: ["TopicArn": $0["TopicArn"] ?? ""])
                    }
                })
        ).offering(["PassThrough"], of: "TracingConfig")
    }

    /// The topic's properties as they are.
    private static func topicProperties(
        _ arn: String, _ attributes: JSON, _ request: ResourceRequest
    ) async throws -> JSON {
        var properties: JSON = [
            "TopicArn": .string(arn), "TopicName": .string(String(arn.split(separator: ":").last ?? "")),
        ]
        for name in topicAttributes + ["FifoTopic"] {
            guard let value = attributes[name], value.string?.isEmpty == false else { continue }
            properties[name] = value == "true" ? true : value == "false" ? false : value
        }
        let known = try await request.pages(
            "sns", "ListSubscriptionsByTopic", ["TopicArn": .string(arn)], of: "Subscriptions", token: "NextToken")
        properties["Subscription"] = .array(
            known.map { ["Protocol": $0["Protocol"] ?? "", "Endpoint": $0["Endpoint"] ?? ""] })
        let tags = try await request.call("sns", "ListTagsForResource", ["ResourceArn": .string(arn)])["Tags"]
        properties["Tags"] = .array(
            (tags?.array ?? []).filter { $0["Key"]?.string?.hasPrefix("aws:") != true })
        return properties
    }

    private static func isTrue(_ value: JSON?) -> Bool { value?.bool == true || value?.string?.lowercased() == "true" }

    private static func text(_ value: JSON) -> String { value.string ?? value.text() }

    /// Each call sets what is wanted, so that every action may be repeated.
    private static func putTopic(_ request: ResourceRequest, _ name: String) async throws -> ResourceState {
        let properties = request.properties
        var attributes: JSON = [:]
        for name in topicAttributes {
            if let value = properties[name] { attributes[name] = .string(text(value)) }
        }
        if isTrue(properties["FifoTopic"]) { attributes["FifoTopic"] = "true" }
        let tags = request.allTags.sorted { $0.key < $1.key }.map { tag -> JSON in
            ["Key": .string(tag.key), "Value": .string(tag.value)]
        }
        let arn = request.caller.arn("sns", name)
        if request.previous == nil {
            let input: JSON = ["Name": .string(name), "Attributes": attributes, "Tags": .array(tags)]
            do { try await request.call("sns", "CreateTopic", input) } catch let error as AWSError
                where error.message.contains("Topic already exists")
            {
                throw await collision(name, arn, request)
            }
        } else {
            for name in topicAttributes where properties[name] != request.previous?[name] {
                let value = properties[name].map(text) ?? TopicAttributes.standard(name) ?? ""
                try await request.call(
                    "sns", "SetTopicAttributes",
                    ["TopicArn": .string(arn), "AttributeName": .string(name), "AttributeValue": .string(value)])
            }
            let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }
                .filter { request.allTags[$0] == nil }
            if !gone.isEmpty {
                try await request.call(
                    "sns", "UntagResource", ["ResourceArn": .string(arn), "TagKeys": .array(gone.map(JSON.string))])
            }
            try await request.call("sns", "TagResource", ["ResourceArn": .string(arn), "Tags": .array(tags)])
        }
        try await putSubscriptions(request, arn)
        return ResourceState(arn, attributes: ["TopicArn": .string(arn), "TopicName": .string(name)])
    }

    /// A topic of that name stands, and the tags tell that it is not this resource's: in CloudFormation's words.
    private static func collision(_ name: String, _ arn: String, _ request: ResourceRequest) async -> AWSError {
        let known = try? await request.call("sns", "ListTagsForResource", ["ResourceArn": .string(arn)])
        let owner = known?["Tags"]?.array?.first { $0["Key"] == "aws:cloudformation:stack-id" }?["Value"]?.string
        let place = owner.map { "in stack \($0)" } ?? "outside of any stack"
        return AWSError("AlreadyExists", "\(name) already exists \(place). Choose another name.")
    }

    /// The subscriptions that a topic's own property lists.
    private static func putSubscriptions(_ request: ResourceRequest, _ arn: String) async throws {
        let wanted = request.properties["Subscription"]?.array ?? []
        for subscription in wanted {
            var input: JSON = ["TopicArn": .string(arn)]
            for name in ["Protocol", "Endpoint"] { input[name] = subscription[name] }
            try await request.call("sns", "Subscribe", input)
        }
        let gone = (request.previous?["Subscription"]?.array ?? []).filter { !wanted.contains($0) }
        guard !gone.isEmpty else { return }
        let known = try await request.call("sns", "ListSubscriptionsByTopic", ["TopicArn": .string(arn)])
        for subscription in known["Subscriptions"]?.array ?? [] {
            let isGone = gone.contains {
                $0["Protocol"] == subscription["Protocol"] && $0["Endpoint"] == subscription["Endpoint"]
            }
            guard isGone, let id = subscription["SubscriptionArn"]?.string, id.hasPrefix("arn:") else { continue }
            try await request.call("sns", "Unsubscribe", ["SubscriptionArn": .string(id)])
        }
    }

    /// Source: AWS CloudFormation Template Reference, AWS::SNS::Subscription.
    static var subscriptionType: ResourceType {
        ResourceType(
            "AWS::SNS::Subscription",
            enforces: "TopicArn Protocol Endpoint FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy "
                + "DeliveryPolicy Region",
            requires: "TopicArn Protocol", replacedBy: "TopicArn Protocol Endpoint Region", attributes: "Arn",
            ResourceType.Actions(
                create: { request in
                    var input: JSON = [:]
                    for name in ["TopicArn", "Protocol", "Endpoint"] { input[name] = request.properties[name] }
                    input["ReturnSubscriptionArn"] = true
                    let attributes = subscriptionAttributes(request.properties)
                    if !attributes.isEmpty { input["Attributes"] = .object(attributes) }
                    let answer = try await subscriber(request).0.call(
                        "sns", "Subscribe", input, as: subscriber(request).1)
                    let arn = answer["SubscriptionArn"] ?? ""
                    return ResourceState(arn.string ?? "", attributes: ["Arn": arn])
                },
                update: { request in
                    let (cloud, caller) = subscriber(request)
                    let wanted = subscriptionAttributes(request.properties)
                    let known = subscriptionAttributes(request.previous ?? [:])
                    for name in Set(wanted.keys + known.keys).sorted() where wanted[name] != known[name] {
                        try await cloud.call(
                            "sns", "SetSubscriptionAttributes",
                            [
                                "SubscriptionArn": .string(request.physicalID ?? ""), "AttributeName": .string(name),
                                "AttributeValue": wanted[name] ?? SubscriptionAttributes.standard(name),
                            ], as: caller)
                    }
                    return ResourceState(
                        request.physicalID ?? "", attributes: ["Arn": .string(request.physicalID ?? "")])
                },
                delete: { request in
                    guard let arn = request.physicalID, arn.hasPrefix("arn:") else { return }
                    let (cloud, caller) = subscriber(request)
                    try await cloud.call("sns", "Unsubscribe", ["SubscriptionArn": .string(arn)], as: caller)
                }, read: { try await readSubscription($0) },
                list: { request in
                    try await request.pages("sns", "ListSubscriptions", of: "Subscriptions", token: "NextToken")
                        .compactMap { $0["SubscriptionArn"]?.string }.filter { $0.hasPrefix("arn:") }
                        .map { ResourceState($0, attributes: ["Arn": .string($0)]) }
                }))
    }

    private static func readSubscription(_ request: ResourceRequest) async throws -> JSON? {
        let (cloud, caller) = subscriber(request)
        do {
            let arn = JSON.string(request.physicalID ?? "")
            let answer = try await cloud.call(
                "sns", "GetSubscriptionAttributes", ["SubscriptionArn": arn], as: caller)["Attributes"]
            var properties: JSON = ["Arn": arn]
            for name in ["TopicArn", "Protocol", "Endpoint", "FilterPolicyScope"] { properties[name] = answer?[name] }
            properties["RawMessageDelivery"] = .bool(answer?["RawMessageDelivery"] == "true")
            for name in ["FilterPolicy", "RedrivePolicy", "DeliveryPolicy"] {
                properties[name] = answer?[name]?.string.flatMap { try? JSON(parsing: $0) }
            }
            return properties
        } catch let error as AWSError where error.code == "NotFound" { return nil }
    }

    /// Who subscribes: the stack's caller, in the region that the property names or the topic is in.
    private static func subscriber(_ request: ResourceRequest) -> (Cloud, Caller) {
        var caller = request.caller.through("cloudformation.amazonaws.com")
        caller.region = request.properties["Region"]?.string ?? caller.region
        return (request.cloud, caller)
    }

    private static func subscriptionAttributes(_ properties: JSON) -> JSONObject {
        var attributes = JSONObject()
        for name in SubscriptionAttributes.known {
            if let value = properties[name] { attributes[name] = .string(text(value)) }
        }
        return attributes
    }

    /// Source: AWS CloudFormation Template Reference, AWS::SNS::TopicPolicy.
    static var topicPolicyType: ResourceType {
        policyType("AWS::SNS::TopicPolicy", "Topics", isMany: true)
    }

    /// Source: AWS CloudFormation Template Reference, AWS::SNS::TopicInlinePolicy.
    static var inlinePolicyType: ResourceType {
        policyType("AWS::SNS::TopicInlinePolicy", "TopicArn", isMany: false)
    }

    private static func policyType(_ name: String, _ member: String, isMany: Bool) -> ResourceType {
        @Sendable func topics(_ properties: JSON) -> [String] {
            (properties[member]?.array ?? properties[member].map { [$0] } ?? []).compactMap(\.string)
        }
        @Sendable func set(_ topic: String, _ policy: String, _ request: ResourceRequest) async throws {
            try await request.call(
                "sns", "SetTopicAttributes",
                ["TopicArn": .string(topic), "AttributeName": "Policy", "AttributeValue": .string(policy)])
        }
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let policy = text(request.properties["PolicyDocument"] ?? "")
            let wanted = topics(request.properties)
            for topic in wanted { try await set(topic, policy, request) }
            for topic in topics(request.previous ?? [:]) where !wanted.contains(topic) {
                try await reset(topic, request)
            }
            let id = isMany ? "\(request.stackName)-\(request.logicalID)-\(request.suffix)" : wanted.first ?? ""
            return ResourceState(request.physicalID ?? id, attributes: isMany ? ["Id": .string(id)] : [:])
        }
        @Sendable func reset(_ topic: String, _ request: ResourceRequest) async throws {
            do { try await set(topic, "", request) } catch let error as AWSError where error.code == "NotFound" {}
        }
        return ResourceType(
            name, enforces: "\(member) PolicyDocument", requires: "\(member) PolicyDocument",
            replacedBy: isMany ? "" : member, attributes: isMany ? "Id" : "",
            ResourceType.Actions(
                create: put, update: put,
                delete: { request in for topic in topics(request.properties) { try await reset(topic, request) } },
                read: { request in
                    let named = topics(request.properties)
                    return try await readPolicy(
                        named.isEmpty && !isMany ? [request.physicalID ?? ""] : named, member, isMany, request)
                }))
    }
    /// The policy of those topics: one that differs from what is wanted, if any does.
    private static func readPolicy(
        _ topics: [String], _ member: String, _ isMany: Bool, _ request: ResourceRequest
    ) async throws -> JSON? {
        var found: [(topic: String, policy: JSON)] = []
        for topic in topics {
            do {
                let answer = try await request.call("sns", "GetTopicAttributes", ["TopicArn": .string(topic)])
                guard let text = answer["Attributes"]?["Policy"]?.string else { continue }
                found.append((topic, try JSON(parsing: text)))
            } catch let error as AWSError where error.code == "NotFound" { continue }
        }
        guard let first = found.first else { return nil }
        let other = found.first { $0.policy != request.properties["PolicyDocument"] } ?? first
        var properties: JSON = ["PolicyDocument": other.policy]
        properties[member] = isMany ? .array(found.map { .string($0.topic) }) : .string(first.topic)
        return properties
    }
}
