internal import Cloud
internal import Ledger
internal import Notation

/// Tags of pipelines, webhooks and custom action types.
extension CodePipelineService {
    var tagOperations: [Operation] {
        [
            Operation("TagResource", enforces: "resourceArn tags") { call in
                let added = try Tagging.checked(call.input["tags"], call.caller)
                _ = try await change(call) { tags in tags.merge(added) { $1 } }
                return Reply()
            },
            Operation("UntagResource", enforces: "resourceArn tagKeys") { call in
                let keys = (call.input["tagKeys"]?.array ?? []).compactMap(\.string)
                _ = try await change(call) { tags in for key in keys { tags[key] = nil } }
                return Reply()
            },
            Operation("ListTagsForResource", enforces: "resourceArn nextToken maxResults") { call in
                let all = try await change(call) { _ in }.sorted { $0.key < $1.key }
                let (page, next) = try Page.cut(all, call, limit: call.input["maxResults"]?.int ?? 100) { $0.key }
                var output: JSON = [
                    "tags": .array(page.map { ["key": .string($0.key), "value": .string($0.value)] })
                ]
                output["nextToken"] = next
                return Reply(output)
            },
        ]
    }

    /// Changes the tags of what has that ARN, and says what they are then.
    private func change(
        _ call: Call, _ edit: @escaping @Sendable (inout [String: String]) -> Void
    ) async throws -> [String: String] {
        let arn = call.input["resourceArn"]?.string ?? ""
        let caller = call.caller
        let start = "arn:aws:codepipeline:\(caller.region):\(caller.account):"
        guard arn.hasPrefix(start) else {
            throw AWSError(
                "InvalidArnException", "The ARN '\(arn.prefix(200))' names nothing in this account and region.")
        }
        let name = String(arn.dropFirst(start.count))
        return try await ledger.write { transaction in
            func edited<Value>(
                _ collection: Collection<Value>, _ key: String, _ path: WritableKeyPath<Value, [String: String]>
            ) throws -> [String: String] {
                guard var value = try transaction.get(collection, key)?.value else {
                    throw AWSError("ResourceNotFoundException", "There is no resource with the ARN '\(arn)'.")
                }
                let before = value[keyPath: path]
                edit(&value[keyPath: path])
                let after = value[keyPath: path]
                guard after.count <= Tagging.limit else { throw Tagging.tooMany }
                if after != before { try transaction.put(collection, key, value) }
                return after
            }
            if name.hasPrefix("webhook:") {
                return try edited(Webhook.collection, caller.key(String(name.dropFirst(8))), \.tags)
            }
            if name.hasPrefix("actiontype:") {
                return try edited(CustomActionType.collection, caller.key(String(name.dropFirst(11))), \.tags)
            }
            return try edited(Pipeline.collection, caller.key(name), \.tags)
        }
    }
}

/// What may be a tag.
enum Tagging {
    static let limit = 50

    static var tooMany: AWSError {
        AWSError("TooManyTagsException", "A resource has \(limit) tags at most.")
    }

    /// The tags of an input. Those that begin with `aws:` are CloudFormation's to give.
    ///
    /// - Throws: `InvalidTagsException`, `TooManyTagsException`.
    static func checked(_ input: JSON?, _ caller: Caller) throws -> [String: String] {
        var tags: [String: String] = [:]
        for tag in input?.array ?? [] {
            let key = tag["key"]?.string ?? ""
            guard caller.mayTag(key) else {
                throw AWSError("InvalidTagsException", "The tag key '\(key)' begins with aws:, which is reserved.")
            }
            guard tags.updateValue(tag["value"]?.string ?? "", forKey: key) == nil else {
                throw AWSError("InvalidTagsException", "The tag key '\(key)' is there more than once.")
            }
        }
        guard tags.count <= limit else { throw tooMany }
        return tags
    }

    static func view(_ tags: [String: String]) -> JSON {
        .array(tags.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }
}
