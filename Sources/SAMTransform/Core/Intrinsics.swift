import Notation

/// CloudFormation's intrinsic functions: how they are written and recognized.
enum Intrinsics {
    /// `{"Ref": name}`.
    static func ref(_ name: String) -> JSON { ["Ref": .string(name)] }

    /// `{"Fn::GetAtt": [id, attribute]}`.
    static func getAtt(_ logicalID: String, _ attribute: String) -> JSON {
        ["Fn::GetAtt": [.string(logicalID), .string(attribute)]]
    }

    /// `{"Fn::Join": [delimiter, parts]}`.
    static func join(_ delimiter: String, _ parts: [JSON]) -> JSON {
        ["Fn::Join": [.string(delimiter), .array(parts)]]
    }

    /// `{"Fn::Sub": text}`, with variables if there are any.
    static func sub(_ text: String, _ variables: JSONObject = [:]) -> JSON {
        variables.isEmpty ? ["Fn::Sub": .string(text)] : ["Fn::Sub": [.string(text), .object(variables)]]
    }

    /// `{"Fn::If": [condition, then, otherwise]}`; nothing when the condition does not hold, unless told otherwise.
    static func choose(_ condition: JSON, _ then: JSON, _ otherwise: JSON? = nil) -> JSON {
        ["Fn::If": [condition, then, otherwise ?? noValue]]
    }

    /// A condition that holds when the other does not.
    static func not(_ condition: String) -> JSON {
        ["Fn::Not": [["Condition": .string(condition)]]]
    }

    /// A condition that holds when all of these hold.
    static func and(_ conditions: [JSON]) -> JSON {
        ["Fn::And": .array(conditions.map { ["Condition": $0] })]
    }

    /// A condition that holds when one of these holds.
    static func or(_ conditions: [String]) -> JSON {
        ["Fn::Or": .array(conditions.map { ["Condition": .string($0)] })]
    }

    /// What stands for "leave this out".
    static let noValue: JSON = ["Ref": "AWS::NoValue"]

    /// Conditions that together hold when one of the given holds. `Fn::Or` takes ten, so more are nested, all but the
    /// last with a number after the name. Nothing for fewer than two.
    static func combined(_ conditions: [String], name: String) -> JSONObject? {
        guard conditions.count >= 2 else { return nil }
        let limit = 10
        var pending = conditions
        var number = (conditions.count - 2) / (limit - 1)
        var result = JSONObject()
        while pending.count > 1 {
            let next = number > 0 ? "\(name)\(number)" : name
            number = max(number - 1, 0)
            result[next] = or(Array(pending.prefix(limit)))
            pending.removeFirst(min(limit, pending.count))
            pending.append(next)
        }
        return result
    }
}

extension JSON {
    /// The name of the function if this is one: an object of the one member `Ref`, `Condition` or `Fn::...`.
    var intrinsicName: String? {
        guard case .object(let object) = self, object.count == 1, let member = object.first(where: { _ in true })
        else { return nil }
        let key = member.key
        return key == "Ref" || key == "Condition" || key.hasPrefix("Fn::") ? key : nil
    }

    /// Whether this is an intrinsic function.
    var isIntrinsic: Bool { intrinsicName != nil }
    /// Whether this is `Fn::If`.
    var isIf: Bool { intrinsicName == "Fn::If" }
    /// Whether this is `{"Ref": "AWS::NoValue"}`.
    var isNoValue: Bool { intrinsicName == "Ref" && self["Ref"] == "AWS::NoValue" }

    /// The three arguments of `Fn::If`; nil when there are not three.
    var ifArguments: [JSON]? {
        guard let list = self["Fn::If"]?.array, list.count == 3 else { return nil }
        return list
    }

    /// The resource that a `Ref`, or a `Fn::GetAtt` of two words, names.
    var referredID: String? {
        guard isIntrinsic else { return nil }
        if let name = self["Ref"]?.string { return name }
        switch self["Fn::GetAtt"] {
        case .array(let words) where words.count == 2: return words[0].string
        case .string(let text):
            let words = text.split(separator: ".", omittingEmptySubsequences: false)
            return words.count == 2 ? String(words[0]) : nil
        default: return nil
        }
    }
}
