import Notation

/// Tags: how they are written in SAM (an object) and in CloudFormation (a list).
enum Tags {
    /// A list of `Key` and `Value`, in the object's order. A value that was not given is an empty text.
    static func list(_ tags: JSONObject?) -> [JSON] {
        (tags ?? [:]).map { ["Key": .string($0.key), "Value": $0.value.isNull ? "" : $0.value] }
    }

    /// Gives all generated resources that can carry tags these, in place of any they have.
    static func propagate(_ tags: JSON?, to resources: [Resource]) {
        guard let tags = tags.truthy?.object else { return }
        for resource in resources where resource.isTaggable { resource["Tags"] = .array(list(tags)) }
    }
}
