internal import Cloud
internal import Ledger
internal import Notation

extension LogsService {
    private struct GroupInput: Decodable {
        let logGroupName: String
        let logGroupClass: String?
        let tags: [String: String]?
        let retentionInDays: Int?
    }
    private struct DescribeInput: Decodable {
        let logGroupNamePrefix, logGroupNamePattern, nextToken, logGroupClass: String?
        let logGroupIdentifiers: [String]?
        let limit: Int?
        let includeLinkedAccounts: Bool?
    }

    /// Source: CloudWatch Logs API Reference, PutRetentionPolicy.
    static let retentions: Set<Int> = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ]

    var groupOperations: [Operation] {
        [
            createLogGroup, deleteLogGroup, describeLogGroups,
            Operation("PutRetentionPolicy", enforces: "logGroupName retentionInDays") { (input: GroupInput, call) in
                guard let days = input.retentionInDays, Self.retentions.contains(days) else {
                    let valid = Self.retentions.sorted().map(String.init).joined(separator: ", ")
                    throw Refusal.invalid("retentionInDays must be one of \(valid).")
                }
                try await change(input.logGroupName, call) { group, _ in group.retentionDays = days }
                return Nothing()
            },
            Operation("DeleteRetentionPolicy", enforces: "logGroupName") { (input: GroupInput, call) in
                try await change(input.logGroupName, call) { group, _ in group.retentionDays = nil }
                return Nothing()
            },
        ]
    }

    private var createLogGroup: Operation {
        Operation("CreateLogGroup", enforces: "logGroupName tags logGroupClass") { (input: GroupInput, call) in
            guard input.logGroupClass ?? "STANDARD" == "STANDARD" else {
                throw AWSError.notImplemented("log groups of class \(input.logGroupClass ?? "")")
            }
            try await ledger.write { transaction in
                let key = call.caller.key(input.logGroupName)
                guard try transaction.get(Collections.groups, key) == nil else { throw Refusal.groupExists }
                let group = LogGroup(
                    name: input.logGroupName, scope: call.caller.scope,
                    id: transaction.surroundings.chance.hexadecimal(16),
                    created: transaction.now, tags: input.tags ?? [:])
                try transaction.put(Collections.groups, key, group)
            }
            return Nothing()
        }
    }

    /// The group is gone at once; the room its events take is given back by the next sweep.
    private var deleteLogGroup: Operation {
        Operation("DeleteLogGroup", enforces: "logGroupName") { (input: GroupInput, call) in
            try await ledger.write { transaction in
                let key = call.caller.key(input.logGroupName)
                guard let group = try transaction.get(Collections.groups, key)?.value else { throw Refusal.noGroup }
                try transaction.delete(Collections.groups, key)
                try transaction.put(Collections.garbage, group.id, Garbage(group: group.id))
            }
            return Nothing()
        }
    }

    private var describeLogGroups: Operation {
        Operation(
            "DescribeLogGroups",
            enforces:
                "logGroupNamePrefix logGroupNamePattern nextToken limit logGroupClass logGroupIdentifiers "
                + "includeLinkedAccounts"
        ) { (input: DescribeInput, call) in
            guard input.logGroupNamePrefix == nil || input.logGroupNamePattern == nil else {
                throw Refusal.invalid(
                    "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
            }
            let all = try await ledger.list(Collections.groups, prefix: call.caller.key(input.logGroupNamePrefix ?? ""))
                .map(\.value)
            let names = input.logGroupIdentifiers.map { Set($0.map(GroupReference.name)) }
            let wanted = all.filter { group in
                (names?.contains(group.name) ?? true) && (input.logGroupClass ?? group.logClass) == group.logClass
                    && (input.logGroupNamePattern.map { group.name.hasPart($0) } ?? true)
                    && (input.nextToken.map { group.name > $0 } ?? true)
            }
            let page = wanted.prefix(input.limit ?? 50)
            var output: JSON = ["logGroups": .array(page.map(view))]
            if page.count < wanted.count, let last = page.last { output["nextToken"] = .string(last.name) }
            return output
        }
    }

    private func view(_ group: LogGroup) -> JSON {
        var tree: JSON = [
            "logGroupName": .string(group.name), "creationTime": .int(Int(group.created.milliseconds)),
            "metricFilterCount": .int(group.metricFilters.count), "arn": .string(group.arn + ":*"),
            "logGroupArn": .string(group.arn),
            "storedBytes": .int(group.storedBytes), "logGroupClass": .string(group.logClass),
        ]
        if let days = group.retentionDays { tree["retentionInDays"] = .int(days) }
        return tree
    }

    // MARK: Tags

    private struct TagInput: Decodable {
        let logGroupName, resourceArn: String?
        let tags: JSON?
        let tagKeys: [String]?

        /// The group that is meant. An ARN with or without `:*` at its end.
        func group() throws -> String {
            if let logGroupName { return logGroupName }
            let parts = (resourceArn ?? "").split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 7, parts[5] == "log-group" else { throw Refusal.noGroup }
            return String(parts[6])
        }
        var keys: [String] { tagKeys ?? tags?.array?.compactMap(\.string) ?? [] }
    }

    var tagOperations: [Operation] {
        let names = [("TagLogGroup", "logGroupName tags"), ("TagResource", "resourceArn tags")]
        let tagging = names.map { name, members in
            Operation(name, enforces: members) { (input: TagInput, call) in
                let tags = input.tags?.object ?? [:]
                try await change(try input.group(), call) { group, _ in
                    for (key, value) in tags { group.tags[key] = value.string ?? "" }
                    guard group.tags.count <= 50 else {
                        throw AWSError("TooManyTagsException", "A log group can have 50 tags at most.")
                    }
                }
                return Nothing()
            }
        }
        let untagging = [("UntagLogGroup", "logGroupName tags"), ("UntagResource", "resourceArn tagKeys")].map {
            name, members in
            Operation(name, enforces: members) { (input: TagInput, call) in
                let keys = input.keys
                try await change(try input.group(), call) { group, _ in for key in keys { group.tags[key] = nil } }
                return Nothing()
            }
        }
        let listing = [("ListTagsLogGroup", "logGroupName"), ("ListTagsForResource", "resourceArn")].map {
            name, members in
            Operation(name, enforces: members) { (input: TagInput, call) in
                let tags = try await group(try input.group(), call.caller).tags
                return [
                    "tags": .object(JSONObject(tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
                ] as JSON
            }
        }
        return tagging + untagging + listing
    }
}
