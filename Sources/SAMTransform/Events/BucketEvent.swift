import Notation

/// `S3`: notifications of a bucket in the same template.
struct BucketEvent: EventSource {
    func link(_ event: Declaration, in translation: Translation) throws {
        if let reference = event["Bucket"]?["Ref"] {
            guard let id = reference.string else {
                throw Fault.event(event.eventID, "'Ref' value in S3 events is not a valid string.")
            }
            if translation.resources.contains(id) { return }
        }
        throw Fault.event(event.eventID, "S3 events must reference an S3 bucket in the same template.")
    }

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let bucketID = event["Bucket"]?["Ref"]?.string ?? ""
        let permission = try Permission(
            principal: "s3.amazonaws.com", sourceAccount: Intrinsics.ref("AWS::AccountId")
        ).resource(for: event, target: target)
        var bucket = translation.resources[bucketID]?.object ?? [:]
        if let condition = permission.attributes["Condition"] {
            try tagDependency(&bucket, bucketID, on: permission.logicalID, under: condition)
        } else {
            try addDependency(&bucket, event, on: permission.logicalID)
        }
        try addNotifications(&bucket, bucketID, event, target)
        translation.resources[bucketID] = .object(bucket)
        return [permission, try Resource(Declaration(bucketID, bucket, table: "AWS::S3::Bucket"))]
    }

    /// The bucket is made after the permission: it checks that it may call the function.
    private func addDependency(_ bucket: inout JSONObject, _ event: Declaration, on id: String) throws {
        let given = bucket["DependsOn"] ?? []
        let names: [JSON]
        switch given {
        case .string: names = [given]
        case .array(let elements) where elements.allSatisfy({ $0.object == nil && $0.array == nil }): names = elements
        case .object(let members): names = members.keys.map { .string($0) }
        default:
            throw Fault.resource(
                event.logicalID, "Invalid type for field 'DependsOn'. Expected a string or list of strings.")
        }
        var unique: [JSON] = []
        for name in names + [.string(id)] where !unique.contains(name) { unique.append(name) }
        bucket["DependsOn"] = .array(unique)
    }

    /// A dependency cannot be conditional; a tag whose value refers to the permission can.
    private func tagDependency(
        _ bucket: inout JSONObject, _ bucketID: String, on id: String, under condition: JSON
    ) throws {
        var properties = bucket.given("Properties") ?? [:]
        let tags = try Expectation(properties.object?.given("Tags") ?? [], of: .resource(bucketID), "Tags").list()
        let value = Intrinsics.choose(condition, Intrinsics.ref(id), "no dependency")
        properties["Tags"] = .array(tags + Tags.list(["sam:ConditionalDependsOn:\(id)": value]))
        bucket["Properties"] = properties
    }

    private func addNotifications(
        _ bucket: inout JSONObject, _ bucketID: String, _ event: Declaration, _ target: EventTarget
    ) throws {
        let owner = Expectation.Owner.resource(bucketID)
        var properties = try Expectation(bucket["Properties"] ?? [:], of: owner, "").map("Properties should be a map.")
        let given = properties.given("NotificationConfiguration") ?? [:]
        var configuration = try Expectation(given, of: owner, "NotificationConfiguration").map()
        guard var entries = (configuration.given("LambdaConfigurations") ?? []).array else {
            throw Fault.resource(bucketID, "Invalid type for LambdaConfigurations. Must be a list.")
        }
        for name in event["Events"]?.asList ?? [] {
            var entry: JSONObject = ["Function": target.arn]
            if let filter = event["Filter"] { entry["Filter"] = filter }
            entry["Event"] = name
            let condition = target.resource.attributes["Condition"]
            let value = condition.map { Intrinsics.choose($0, .object(entry)) } ?? .object(entry)
            if !entries.contains(value) { entries.append(value) }
        }
        configuration["LambdaConfigurations"] = .array(entries)
        properties["NotificationConfiguration"] = .object(configuration)
        bucket["Properties"] = .object(properties)
    }
}
