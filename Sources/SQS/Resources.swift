import Cloud
import Notation

extension SQSService {
    private static let settings = [
        "ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoThroughputLimit", "MaximumMessageSize",
        "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy",
        "VisibilityTimeout", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled",
    ]

    /// Source: AWS CloudFormation Template Reference, AWS::SQS::Queue.
    static let queueType = ResourceType(
        "AWS::SQS::Queue",
        enforces: "QueueName FifoQueue ContentBasedDeduplication DeduplicationScope DelaySeconds MaximumMessageSize "
            + "MessageRetentionPeriod ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy VisibilityTimeout Tags",
        stores: "FifoThroughputLimit KmsMasterKeyId KmsDataKeyReusePeriodSeconds SqsManagedSseEnabled",
        replacedBy: "QueueName FifoQueue", attributes: "Arn QueueName QueueUrl", nameProperty: "QueueName",
        ResourceType.Actions(
            create: { request in try await makeQueue(request) }, update: { request in try await changeQueue(request) },
            delete: { request in try await ignoringAbsence { try await call(request, "DeleteQueue", [:]) } },
            read: { request in try await readQueue(request) },
            list: { request in
                try await request.pages("sqs", "ListQueues", ["MaxResults": 1000], of: "QueueUrls", token: "NextToken")
                    .map { ResourceState($0.string ?? "", attributes: ["QueueUrl": $0]) }
            })
    ).withinLedger()

    /// Source: AWS CloudFormation Template Reference, AWS::SQS::QueuePolicy.
    static let policyType = ResourceType(
        "AWS::SQS::QueuePolicy", enforces: "PolicyDocument Queues", requires: "PolicyDocument Queues",
        attributes: "Id",
        ResourceType.Actions(
            create: { request in try await putPolicy(request) }, update: { request in try await putPolicy(request) },
            delete: { request in
                for url in urls(request.properties) {
                    try await ignoringAbsence { try await set(request, url, ["Policy": ""]) }
                }
            }, read: { request in try await readPolicy(request) })
    ).withinLedger()

    /// Source: AWS CloudFormation Template Reference, AWS::SQS::QueueInlinePolicy.
    static let inlinePolicyType = ResourceType(
        "AWS::SQS::QueueInlinePolicy", enforces: "PolicyDocument Queue", requires: "PolicyDocument Queue",
        replacedBy: "Queue",
        ResourceType.Actions(
            create: { request in try await putPolicy(request) }, update: { request in try await putPolicy(request) },
            delete: { request in
                for url in urls(request.properties) {
                    try await ignoringAbsence { try await set(request, url, ["Policy": ""]) }
                }
            }, read: { request in try await readPolicy(request) })
    ).withinLedger()

    private static func call(_ request: ResourceRequest, _ operation: String, _ more: JSON) async throws {
        var input = more
        input["QueueUrl"] = .string(request.physicalID ?? "")
        try await request.call("sqs", operation, input)
    }

    private static func set(_ request: ResourceRequest, _ url: String, _ attributes: JSON) async throws {
        try await request.call("sqs", "SetQueueAttributes", ["QueueUrl": .string(url), "Attributes": attributes])
    }

    private static func ignoringAbsence(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as AWSError where error.code == "QueueDoesNotExist" { return }
    }

    /// Properties are numbers, truths, texts and documents; attributes are texts.
    private static func attribute(_ value: JSON) -> JSON {
        if let text = value.string { return .string(text) }
        return .string(value.text())
    }

    private static func attributes(_ properties: JSON, before: JSON? = nil) -> JSON {
        var attributes: JSON = [:]
        for name in settings {
            if let value = properties[name], !value.isNull {
                attributes[name] = attribute(value)
            } else if before?[name] != nil {
                // What is no longer in the template goes back to its default.
                attributes[name] = .string(defaults[name] ?? "")
            }
        }
        return attributes
    }

    private static let defaults = [
        "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "DelaySeconds": "0",
        "FifoThroughputLimit": "perQueue", "MaximumMessageSize": "\(MessageLimits.size)",
        "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30",
        "SqsManagedSseEnabled": "true", "KmsDataKeyReusePeriodSeconds": "300",
    ]

    private static func isFIFO(_ properties: JSON) -> Bool {
        let value = properties["FifoQueue"]
        return value?.bool ?? (value?.string == "true")
    }

    private static func makeQueue(_ request: ResourceRequest) async throws -> ResourceState {
        let isFIFO = isFIFO(request.properties)
        let generated = request.generatedName(limit: isFIFO ? 75 : 80) + (isFIFO ? ".fifo" : "")
        let name = request.properties["QueueName"]?.string ?? generated
        var attributes = attributes(request.properties)
        if isFIFO { attributes["FifoQueue"] = "true" }
        let tags = JSONObject(request.allTags.map { ($0.key, JSON.string($0.value)) })
        if let known = try await known(request, name) {
            // Made by an earlier attempt at this very action.
            try await set(request, known, attributes)
            return try await state(request, known)
        }
        let made = try await request.call(
            "sqs", "CreateQueue", ["QueueName": .string(name), "Attributes": attributes, "tags": .object(tags)])
        return try await state(request, made["QueueUrl"]?.string ?? "")
    }

    /// The URL of a queue of that name that carries this resource's tags; nil when there is none.
    ///
    /// - Throws: ``AWSError`` when the queue of that name is another's.
    private static func known(_ request: ResourceRequest, _ name: String) async throws -> String? {
        let url: String
        do {
            url = try await request.call("sqs", "GetQueueUrl", ["QueueName": .string(name)])["QueueUrl"]?.string ?? ""
        } catch let error as AWSError where error.code == "QueueDoesNotExist" { return nil }
        let tags = try await request.call("sqs", "ListQueueTags", ["QueueUrl": .string(url)])["Tags"]
        guard tags?["aws:cloudformation:stack-id"]?.string == request.stackID,
            tags?["aws:cloudformation:logical-id"]?.string == request.logicalID
        else {
            throw AWSError("AlreadyExists", "\(name) already exists in stack, or outside of it. Choose another name.")
        }
        return url
    }

    private static func changeQueue(_ request: ResourceRequest) async throws -> ResourceState {
        let url = request.physicalID ?? ""
        let attributes = attributes(request.properties, before: request.previous)
        if attributes.object?.isEmpty == false { try await set(request, url, attributes) }
        let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }
            .filter { request.allTags[$0] == nil }
        if !gone.isEmpty { try await call(request, "UntagQueue", ["TagKeys": .array(gone.map(JSON.string))]) }
        let tags = JSONObject(request.allTags.map { ($0.key, JSON.string($0.value)) })
        try await call(request, "TagQueue", ["Tags": .object(tags)])
        return try await state(request, url)
    }

    private static func state(_ request: ResourceRequest, _ url: String) async throws -> ResourceState {
        let answer = try await request.call(
            "sqs", "GetQueueAttributes", ["QueueUrl": .string(url), "AttributeNames": ["QueueArn"]])
        let arn = answer["Attributes"]?["QueueArn"] ?? ""
        let name = url.split(separator: "/").last.map(String.init) ?? ""
        return ResourceState(url, attributes: ["Arn": arn, "QueueName": .string(name), "QueueUrl": .string(url)])
    }

    private static func readQueue(_ request: ResourceRequest) async throws -> JSON? {
        do {
            let url = JSON.string(request.physicalID ?? "")
            let answer = try await request.call(
                "sqs", "GetQueueAttributes", ["QueueUrl": url, "AttributeNames": ["All"]])
            var properties: JSON = ["QueueUrl": url]
            for name in settings + ["FifoQueue"] {
                properties[name] = answer["Attributes"]?[name]?.string.flatMap(value)
            }
            properties["Arn"] = answer["Attributes"]?["QueueArn"]
            properties["QueueName"] = url.string?.split(separator: "/").last.map { .string(String($0)) }
            let tags = try await request.call("sqs", "ListQueueTags", ["QueueUrl": url])["Tags"]?.object ?? [:]
            properties["Tags"] = .array(
                tags.sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
                    .map { ["Key": .string($0.key), "Value": $0.value] })
            return properties
        } catch let error as AWSError where error.code == "QueueDoesNotExist" { return nil }
    }

    /// An attribute as a property: documents, numbers and truths are texts there.
    private static func value(_ text: String) -> JSON? {
        if text.isEmpty { return nil }
        if text.hasPrefix("{") { return try? JSON(parsing: text) }
        switch text {
        case "true": return true
        case "false": return false
        default: return Int(text).map(JSON.int) ?? .string(text)
        }
    }

    // MARK: Policies

    private static func urls(_ properties: JSON) -> [String] {
        (properties["Queues"]?.array ?? [properties["Queue"] ?? .null]).compactMap(\.string)
    }

    private static func putPolicy(_ request: ResourceRequest) async throws -> ResourceState {
        let document = attribute(request.properties["PolicyDocument"] ?? [:])
        let wanted = urls(request.properties)
        for url in wanted { try await set(request, url, ["Policy": document]) }
        for url in request.previous.map(urls) ?? [] where !wanted.contains(url) {
            try await ignoringAbsence { try await set(request, url, ["Policy": ""]) }
        }
        let isInline = request.properties["Queue"] != nil
        let id = isInline ? wanted.first ?? "" : request.physicalID ?? request.generatedName(limit: 120)
        return ResourceState(id, attributes: ["Id": .string(id)])
    }
    /// The policy of the queues that the resource names: one that differs, if any does.
    private static func readPolicy(_ request: ResourceRequest) async throws -> JSON? {
        let isInline = request.properties["Queues"] == nil
        let named = isInline ? [request.physicalID ?? ""] : urls(request.properties)
        var found: [(url: String, policy: JSON)] = []
        for url in named {
            do {
                let answer = try await request.call(
                    "sqs", "GetQueueAttributes", ["QueueUrl": .string(url), "AttributeNames": ["Policy"]])
                guard let text = answer["Attributes"]?["Policy"]?.string, !text.isEmpty else { continue }
                found.append((url, try JSON(parsing: text)))
            } catch let error as AWSError where error.code == "QueueDoesNotExist" { continue }
        }
        guard let first = found.first else { return nil }
        let wanted = request.properties["PolicyDocument"]
        let other = found.first { $0.policy != wanted } ?? first
        var properties: JSON = ["PolicyDocument": other.policy]
        properties[isInline ? "Queue" : "Queues"] =
            isInline ? .string(first.url) : .array(found.map { .string($0.url) })
        return properties
    }
}
