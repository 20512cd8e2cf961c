internal import Cloud
internal import Ledger
internal import Notation

extension EventBridgeService {
    /// Tags of rules and event buses.
    var tagOperations: [Operation] {
        [
            Operation("TagResource", enforces: "ResourceARN Tags") { call in
                let added = try call.tags() ?? [:]
                try await changeTags(call, "TagResource") { tags in
                    tags.merge(added) { $1 }
                    guard tags.count <= 50 else { throw EventError.invalid("A resource can have at most 50 tags.") }
                }
                return Reply()
            },
            Operation("UntagResource", enforces: "ResourceARN TagKeys") { call in
                let keys = (call.input["TagKeys"]?.array ?? []).compactMap(\.string)
                try await changeTags(call, "UntagResource") { tags in for key in keys { tags[key] = nil } }
                return Reply()
            },
            Operation("ListTagsForResource", enforces: "ResourceARN") { call in
                let arn = call.text("ResourceARN")
                let tags: [String: String]
                if let id = BusID(arn: arn) {
                    tags = try await bus(id).tags ?? [:]
                } else if let rule = try await ledger.get(EventStore.rules, Rule.key(ofARN: arn) ?? "")?.value {
                    tags = rule.tags ?? [:]
                } else {
                    throw EventError.notFound("Resource \(arn)")
                }
                let list = tags.sorted { $0.key < $1.key }.map { tag -> JSON in
                    ["Key": .string(tag.key), "Value": .string(tag.value)]
                }
                return Reply(["Tags": .array(list)])
            },
        ]
    }

    private func changeTags(
        _ call: Call, _ operation: String, _ change: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        let arn = call.text("ResourceARN")
        try await ledger.write { write in
            if let id = BusID(arn: arn) {
                var bus = try write.bus(id)
                var tags = bus.tags ?? [:]
                try change(&tags)
                bus.tags = tags
                try write.put(EventStore.buses, id.key, bus)
                try write.note(operation, arn, on: id)
            } else if let key = Rule.key(ofARN: arn), var rule = try write.get(EventStore.rules, key)?.value {
                var tags = rule.tags ?? [:]
                try change(&tags)
                rule.tags = tags
                try write.put(EventStore.rules, key, rule)
                try write.note(operation, arn, on: rule.bus)
            } else {
                throw EventError.notFound("Resource \(arn)")
            }
        }
    }
}
