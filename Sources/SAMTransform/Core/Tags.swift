import Notation

/// Tags: how they are written in SAM (an object) and in CloudFormation (a list).
enum Tags {
    /// A list of `Key` and `Value`, in the object's order. A value that was not given is an empty text.
    static func list(_ tags: JSONObject?) -> [JSON] {
        (tags ?? [:]).map { ["Key": .string($0.key), "Value": $0.value.isNull ? "" : $0.value] }
    }

    /// The tags of a Lambda function or a nested stack, with SAM's own in front.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when one of SAM's own keys is used.
    static func withOwn(_ tags: JSONObject?, of logicalID: String, more: JSONObject = [:]) throws -> [JSON] {
        for key in ["lambda:createdBy", "serverlessrepo:applicationId", "serverlessrepo:semanticVersion"]
        where tags?.contains(key) ?? false {
            throw Fault.resource(
                logicalID,
                "\(key) is a reserved Tag key name and cannot be set on your resource. Please change the tag key in "
                    + "the input.")
        }
        return list(["lambda:createdBy": "SAM"]) + list(more) + list(tags)
    }

    /// Gives all generated resources that can carry tags these, in place of any they have.
    static func propagate(_ tags: JSON?, to resources: [Resource]) {
        guard let tags = tags.truthy?.object else { return }
        for resource in resources where resource.isTaggable { resource["Tags"] = .array(list(tags)) }
    }

    /// Gives all generated resources that can carry tags these besides those they have.
    static func combine(_ tags: JSON?, into resources: [Resource]) {
        guard let tags = tags.truthy?.object else { return }
        for resource in resources where resource.isTaggable {
            var all: JSONObject = [:]
            for tag in (resource["Tags"]?.array ?? []) + list(tags) {
                if let key = tag["Key"]?.string { all[key] = tag["Value"] }
            }
            resource["Tags"] = .array(list(all))
        }
    }
}
