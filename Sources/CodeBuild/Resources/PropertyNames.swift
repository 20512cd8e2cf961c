internal import Notation

/// Turns CloudFormation's names into the API's and back, and texts that templates may write for numbers and truth
/// values into these.
enum PropertyNames {
    private static let numbers: Set = [
        "timeoutInMinutes", "queuedTimeoutInMinutes", "gitCloneDepth", "concurrentBuildLimit", "autoRetryLimit",
        "timeoutInMins", "maximumBuildsAllowed",
    ]
    private static let truths: Set = [
        "privilegedMode", "badgeEnabled", "overrideArtifactName", "encryptionDisabled", "insecureSsl",
        "reportBuildStatus", "fetchSubmodules", "combineArtifacts", "excludeMatchedPattern",
    ]

    /// Whether a property is true, as a template may say it.
    static func truth(_ value: JSON) -> Bool { value.bool ?? (value.string?.lowercased() == "true") }

    /// `BuildSpec` to `buildspec`, everything else with a small first letter, all the way down.
    static func lowered(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            let renamed = members.map { member -> (String, JSON) in
                let old = member.key
                let name = old == "BuildSpec" ? "buildspec" : old.prefix(1).lowercased() + old.dropFirst()
                return (name, read(name, lowered(member.value)))
            }
            return .object(JSONObject(renamed))
        case .array(let elements): return .array(elements.map(lowered))
        default: return value
        }
    }

    private static func read(_ name: String, _ value: JSON) -> JSON {
        if numbers.contains(name), let text = value.string, let number = Int(text) { return .int(number) }
        if truths.contains(name), value.bool == nil { return .bool(truth(value)) }
        // A variable's value is a text, whatever YAML makes of it.
        let isPlain = value.string == nil && value.object == nil && value.array == nil
        return name == "value" && isPlain ? .string(value.text()) : value
    }

    /// The properties of what an answer shows, without the tags that CloudFormation puts there.
    static func properties(of found: JSON) -> JSON {
        var properties = raised(found)
        let tags = (properties["Tags"]?.array ?? []).filter { $0["Key"]?.string?.hasPrefix("aws:") != true }
        properties["Tags"] = .array(tags)
        return properties
    }

    /// The other way.
    static func raised(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            let renamed = members.map { member -> (String, JSON) in
                let old = member.key
                let name = old == "buildspec" ? "BuildSpec" : old.prefix(1).uppercased() + old.dropFirst()
                return (name, raised(member.value))
            }
            return .object(JSONObject(renamed))
        case .array(let elements): return .array(elements.map(raised))
        default: return value
        }
    }
}
