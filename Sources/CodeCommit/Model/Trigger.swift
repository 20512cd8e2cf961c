internal import Cloud
internal import Notation

/// Whom to tell when references move.
struct Trigger: Codable, Sendable, Hashable {
    var name: String
    var destinationArn: String
    var customData: String?
    /// Branches it is for; all, and tags, when empty.
    var branches: [String]?
    /// `all`, `updateReference`, `createReference`, `deleteReference`.
    var events: [String]

    /// The service that runs it.
    var destination: Destination? {
        let parts = destinationArn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6, parts[0] == "arn" else { return nil }
        switch parts[2] {
        case "sns": return .topic
        case "lambda": return .function
        default: return nil
        }
    }

    /// What a trigger can run.
    enum Destination: Sendable { case topic, function }

    /// The region in its destination.
    var region: Substring {
        let parts = destinationArn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 3 ? parts[3] : ""
    }

    /// Whether the move of a reference is for it.
    func wants(_ change: RefChange) -> Bool {
        let event =
            switch change.kind {
            case .created: "createReference"
            case .updated: "updateReference"
            case .deleted: "deleteReference"
            }
        guard events.contains("all") || events.contains(event) else { return false }
        guard let branches, !branches.isEmpty else { return true }
        return change.name.isBranch && branches.contains(change.name.short)
    }

    /// What its destination is told.
    ///
    /// Source: CodeCommit User Guide, "Manage triggers", and the Lambda Developer Guide's example event of CodeCommit.
    func message(_ change: RefChange, _ repository: Repository, by principal: String, id: String, now: Timestamp)
        -> JSON
    {
        var reference: JSON = ["ref": .string(change.name.full)]
        reference["commit"] = .string((change.new ?? change.old)?.commit.hex ?? "")
        if change.kind == .created { reference["created"] = true }
        if change.kind == .deleted { reference["deleted"] = true }
        var record: JSON = [
            "awsRegion": .string(repository.region), "codecommit": ["references": [reference]],
            "eventId": .string(id), "eventName": "ReferenceChanges", "eventPartNumber": 1, "eventTotalParts": 1,
            "eventSource": "aws:codecommit", "eventSourceARN": .string(repository.arn),
            "eventTime": .string(String(now.iso8601(fraction: 3).dropLast()) + "+0000"),
            "eventTriggerConfigId": .string(repository.triggersID ?? ""), "eventTriggerName": .string(name),
            "eventVersion": "1.0", "userIdentityARN": .string(principal),
        ]
        if let customData { record["customData"] = .string(customData) }
        return ["Records": [record]]
    }

    /// As GetRepositoryTriggers shows it.
    var shown: JSON {
        var tree: JSON = [
            "name": .string(name), "destinationArn": .string(destinationArn),
            "branches": .array((branches ?? []).map(JSON.string)), "events": .array(events.map(JSON.string)),
        ]
        if let customData { tree["customData"] = .string(customData) }
        return tree
    }
}
