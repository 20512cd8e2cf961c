import Cloud
import Ledger
import Notation

extension SQSService {
    struct AttributesInput: Decodable, Sendable { let QueueUrl: String, AttributeNames: [String]? }
    struct AttributesOutput: Encodable { let Attributes: [String: String]? }
    struct SetInput: Decodable, Sendable { let QueueUrl: String, Attributes: [String: String] }
    struct TagInput: Decodable, Sendable { let QueueUrl: String, Tags: [String: String] }
    struct UntagInput: Decodable, Sendable { let QueueUrl: String, TagKeys: [String] }
    struct TagsOutput: Encodable { let Tags: [String: String] }
    struct PermissionInput: Decodable, Sendable {
        let QueueUrl: String, Label: String, AWSAccountIds: [String]?, Actions: [String]?
    }

    private static let tagLimit = 50

    var attributes: [Operation] {
        [
            Operation("GetQueueAttributes", enforces: "QueueUrl AttributeNames") { (input: AttributesInput, call) in
                let queue = try await queue(input.QueueUrl, call.caller)
                try QueueAttributes.checkAsked(input.AttributeNames ?? [])
                let counts = try await queues.live(queue).counts(now: call.time)
                let all = QueueAttributes.shown(queue, counts)
                let names = Set(input.AttributeNames ?? [])
                let shown = names.contains("All") ? all : all.filter { names.contains($0.key) }
                return AttributesOutput(Attributes: shown.isEmpty ? nil : shown)
            },
            Operation("SetQueueAttributes", enforces: "QueueUrl Attributes") { (input: SetInput, call) in
                try await change(input.QueueUrl, call) { queue, write in
                    try QueueAttributes.check(input.Attributes, queue: queue.name)
                    for (name, value) in input.Attributes { queue.attributes[name] = value.isEmpty ? nil : value }
                    try QueueAttributes.checkTogether(queue.attributes)
                    try QueueAttributes.checkRedrive(queue, write)
                    queue.modified = write.now
                }
                return Nothing()
            },
        ]
    }

    var labels: [Operation] {
        [
            Operation("TagQueue", enforces: "QueueUrl Tags") { (input: TagInput, call) in
                try await change(input.QueueUrl, call) { queue, _ in
                    try Self.checkTags(input.Tags, beside: queue.tags, call)
                    queue.tags.merge(input.Tags) { $1 }
                }
                return Nothing()
            },
            Operation("UntagQueue", enforces: "QueueUrl TagKeys") { (input: UntagInput, call) in
                try await change(input.QueueUrl, call) { queue, _ in
                    for key in input.TagKeys { queue.tags[key] = nil }
                }
                return Nothing()
            },
            Operation("ListQueueTags", enforces: "QueueUrl") { (input: URLInput, call) in
                TagsOutput(Tags: try await queue(input.QueueUrl, call.caller).tags)
            },
            Operation("AddPermission", enforces: "QueueUrl Label AWSAccountIds Actions") {
                (input: PermissionInput, call) in
                try await change(input.QueueUrl, call) { queue, _ in
                    queue.attributes["Policy"] = try Self.policy(queue, adding: input)
                }
                return Nothing()
            },
            Operation("RemovePermission", enforces: "QueueUrl Label") { (input: PermissionInput, call) in
                try await change(input.QueueUrl, call) { queue, _ in
                    queue.attributes["Policy"] = try Self.policy(queue, removing: input.Label)
                }
                return Nothing()
            },
        ]
    }

    /// Refuses tags that a queue may not have (SQS Developer Guide, "Cost allocation tags": limits).
    static func checkTags(_ tags: [String: String], beside known: [String: String] = [:], _ call: Call) throws {
        // Only tags of people's own count; stacks mark what is theirs with others.
        guard known.merging(tags, uniquingKeysWith: { $1 }).count(where: { !$0.key.hasPrefix("aws:") }) <= tagLimit
        else {
            throw AWSError("InvalidParameterValue", "Too many tags added for queue.")
        }
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
            guard call.caller.mayTag(key) else {
                throw AWSError.invalid(key, "Tag.Key", "The prefix aws: is reserved for AWS use.")
            }
            guard !key.isEmpty, key.count <= 128, value.count <= 256 else {
                throw AWSError(
                    "InvalidParameterValue", "Tag key must be 1 to 128 characters long, its value up to 256.")
            }
        }
    }

    private func change(
        _ url: String, _ call: Call, _ body: @escaping @Sendable (inout Queue, Transaction) throws -> Void
    ) async throws {
        let key = try Queue.key(ofURL: url, call.caller)
        try await ledger.write { write in
            var queue = try write.queue(key)
            try body(&queue, write)
            try write.put(Queue.all, key, queue)
            try write.note(call, queue)
        }
    }

    // MARK: Permissions

    private static func policy(_ queue: Queue, adding input: PermissionInput) throws -> String {
        let accounts = input.AWSAccountIds ?? []
        let actions = input.Actions ?? []
        guard !accounts.isEmpty else { throw AWSError.missing("PrincipalId") }
        guard !actions.isEmpty else { throw AWSError.missing("Actions") }
        guard !input.Label.isEmpty, input.Label.utf8.count <= 80 else {
            throw AWSError.invalid(input.Label, "Label", "Must be 1 to 80 characters long.")
        }
        for action in actions where action != "*" && !known.contains(action) {
            throw AWSError.invalid(
                "SQS:\(action)", "ActionName", "Please refer to the appropriate WSDL for a list of valid actions.")
        }
        var policy =
            queue.policy.flatMap { try? JSON(parsing: $0) } ?? [
                "Version": "2012-10-17", "Id": .string("\(queue.arn)/SQSDefaultPolicy"), "Statement": [],
            ]
        var statements = policy["Statement"].map { $0.array ?? [$0] } ?? []
        guard !statements.contains(where: { $0["Sid"]?.string == input.Label }) else {
            throw AWSError.invalid(input.Label, "Label", "Already exists.")
        }
        let principals = accounts.map { JSON.string("arn:aws:iam::\($0):root") }
        let names = actions.map { JSON.string("SQS:\($0)") }
        statements.append([
            "Sid": .string(input.Label), "Effect": "Allow",
            "Principal": ["AWS": principals.count == 1 ? principals[0] : .array(principals)],
            "Action": names.count == 1 ? names[0] : .array(names), "Resource": .string(queue.arn),
        ])
        policy["Statement"] = .array(statements)
        return policy.text()
    }

    /// The actions that AddPermission may give away.
    private static let known: Set<String> = [
        "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues", "PurgeQueue",
    ]

    private static func policy(_ queue: Queue, removing label: String) throws -> String? {
        var policy = queue.policy.flatMap { try? JSON(parsing: $0) } ?? [:]
        var statements = policy["Statement"].map { $0.array ?? [$0] } ?? []
        let before = statements.count
        statements.removeAll { $0["Sid"]?.string == label }
        guard statements.count < before else {
            throw AWSError.invalid(label, "Label", "Does not exist.")
        }
        policy["Statement"] = .array(statements)
        return statements.isEmpty ? nil : policy.text()
    }
}
