internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// What an application knows of revisions.
    var revisionOperations: [Operation] {
        [
            Operation("RegisterApplicationRevision", enforces: "applicationName revision", stores: "description") {
                (input: RevisionInput, call) in
                try await register(input, call)
                return Nothing()
            },
            Operation("GetApplicationRevision", enforces: "applicationName revision") { (input: RevisionInput, call) in
                try await get(input, call)
            },
            Operation("BatchGetApplicationRevisions", enforces: "applicationName revisions") {
                (input: RevisionInputs, call) in
                try await batchGet(input, call)
            },
            Operation(
                "ListApplicationRevisions",
                enforces: "applicationName sortBy sortOrder s3Bucket s3KeyPrefix deployed nextToken"
            ) { (input: RevisionFilter, call) in try await list(input, call) },
        ]
    }

    /// A revision registered again keeps its times.
    private func register(_ input: RevisionInput, _ call: Call) async throws {
        try NameRule.application.check(input.applicationName)
        _ = try Revision.check(input.revision)
        if let description = input.description, description.count > 256 {
            throw AWSError("DescriptionTooLongException", "The description is longer than 256 characters.")
        }
        try await ledger.write { transaction in
            let application = try Application.get(input.applicationName, call.caller, in: transaction).name
            try Revision.register(
                input.revision ?? .null, application, description: input.description, call.caller, in: transaction)
        }
    }

    private func get(_ input: RevisionInput, _ call: Call) async throws -> JSON {
        guard let location = input.revision else {
            throw AWSError("RevisionRequiredException", "The revision is missing.")
        }
        return try await ledger.write { transaction in
            let application = try Application.get(input.applicationName, call.caller, in: transaction).name
            let key = Revision.key(application, location, call.caller)
            guard let revision = try transaction.get(Revision.collection, key)?.value else {
                throw AWSError(
                    "RevisionDoesNotExistException",
                    "The revision is not registered with the application \(application).")
            }
            return [
                "applicationName": .string(application), "revision": revision.location, "revisionInfo": revision.info,
            ]
        }
    }

    private func batchGet(_ input: RevisionInputs, _ call: Call) async throws -> JSON {
        guard !input.revisions.isEmpty else { throw AWSError("RevisionRequiredException", "No revision was named.") }
        try Batch.check(input.revisions.count, limit: 25)
        return try await ledger.write { transaction in
            let application = try Application.get(input.applicationName, call.caller, in: transaction).name
            let found = try input.revisions.compactMap { location -> JSON? in
                let key = Revision.key(application, location, call.caller)
                guard let revision = try transaction.get(Revision.collection, key)?.value else { return nil }
                return ["revisionLocation": revision.location, "genericRevisionInfo": revision.info]
            }
            return ["applicationName": .string(application), "revisions": .array(found)]
        }
    }

    private func list(_ input: RevisionFilter, _ call: Call) async throws -> JSON {
        try input.check()
        let found = try await ledger.write { transaction in
            let application = try Application.get(input.applicationName, call.caller, in: transaction).name
            return try transaction.list(Revision.collection, prefix: call.caller.key("\(application)/"))
        }
        let kept = found.filter { input.includes($0.value) }
        let sorted = input.sorted(kept)
        let page = try Page(sorted.map(\.key), token: input.nextToken)
        let locations = Dictionary(uniqueKeysWithValues: sorted.map { ($0.key, $0.value.location) })
        var answer: JSON = ["revisions": .array(page.items.compactMap { locations[$0] })]
        answer["nextToken"] = page.nextToken.map(JSON.string)
        return answer
    }
}

private struct RevisionInput: Decodable, Sendable {
    var applicationName: String?
    var revision: JSON?
    var description: String?
}

private struct RevisionInputs: Decodable, Sendable {
    var applicationName: String?
    var revisions: [JSON]
}

private struct RevisionFilter: Decodable, Sendable {
    var applicationName: String?
    var sortBy: String?
    var sortOrder: String?
    var s3Bucket: String?
    var s3KeyPrefix: String?
    var deployed: String?
    var nextToken: String?

    func check() throws {
        if let sortBy, !["registerTime", "firstUsedTime", "lastUsedTime"].contains(sortBy) {
            throw AWSError("InvalidSortByException", "Revisions cannot be sorted by '\(sortBy)'.")
        }
        if let sortOrder, !["ascending", "descending"].contains(sortOrder) {
            throw AWSError("InvalidSortOrderException", "The sort order '\(sortOrder)' is invalid.")
        }
        if let deployed, !["include", "exclude", "ignore"].contains(deployed) {
            throw AWSError("InvalidDeployedStateFilterException", "The deployed state filter '\(deployed)' is invalid.")
        }
        if s3KeyPrefix != nil, s3Bucket == nil {
            throw AWSError("BucketNameFilterRequiredException", "A key prefix needs a bucket name with it.")
        }
    }

    /// Whether the revision is deployed means: whether it is some group's target, which is what it was last used for.
    func includes(_ revision: Revision) -> Bool {
        let place = revision.location["s3Location"]
        if let s3Bucket, place?["bucket"]?.string != s3Bucket { return false }
        if let s3KeyPrefix, place?["key"]?.string?.hasPrefix(s3KeyPrefix) != true { return false }
        switch deployed {
        case "include": return !revision.groups.isEmpty
        case "exclude": return revision.groups.isEmpty
        default: return true
        }
    }

    func sorted(_ revisions: [Document<Revision>]) -> [Document<Revision>] {
        guard let sortBy else { return revisions }
        func time(_ document: Document<Revision>) -> (Timestamp, String) {
            let none = Timestamp(microseconds: .min)
            let revision = document.value
            let time =
                switch sortBy {
                case "firstUsedTime": revision.firstUsedTime ?? none
                case "lastUsedTime": revision.lastUsedTime ?? none
                default: revision.registerTime
                }
            return (time, document.key)
        }
        return revisions.sorted { sortOrder == "descending" ? time($0) > time($1) : time($0) < time($1) }
    }
}
