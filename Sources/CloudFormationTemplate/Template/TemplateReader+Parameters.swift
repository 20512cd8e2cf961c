internal import Notation

extension TemplateReader {
    private static let parameterMembers: Set<String> = [
        "Type", "Default", "Description", "NoEcho", "AllowedValues", "AllowedPattern", "ConstraintDescription",
        "MinLength", "MaxLength", "MinValue", "MaxValue",
    ]

    mutating func readParameters(_ section: JSONObject) {
        for (name, value) in section { readParameter(name, value) }
    }

    private mutating func readParameter(_ name: String, _ value: JSON) {
        let path = ["Parameters", name] as Path
        if !name.isLogicalName || name.count > limits.nameCharacters {
            error("Template format error: Parameter name \(name) is non alphanumeric.", at: path)
        }
        guard let members = value.object else {
            return error("Template format error: Any Parameters member must be an object.", at: path)
        }
        for member in members.keys where !Self.parameterMembers.contains(member) {
            error("Invalid template parameter property '\(member)'", at: path.appending(member))
        }
        guard let typeName = members["Type"]?.string else {
            return error("Template format error: Every Parameters object must contain a Type member.", at: path)
        }
        guard let type = ParameterType(typeName) else {
            return error(
                "Template format error: Unrecognized parameter type: \(typeName)", at: path.appending("Type"))
        }
        var parameter = Parameter(name: name, type: type, typeName: typeName)
        parameter.description = members["Description"]?.string
        parameter.constraintDescription = members["ConstraintDescription"]?.scalarText
        parameter.isNoEcho = members["NoEcho"]?.scalarText?.lowercased() == "true"
        readConstraints(of: &parameter, members, at: path)
        readDefault(of: &parameter, members["Default"], at: path)
        template.parameters.append(parameter)
    }

    private mutating func readConstraints(of parameter: inout Parameter, _ members: JSONObject, at path: Path) {
        if let list = members["AllowedValues"] {
            parameter.allowedValues = list.array?.compactMap(\.scalarText)
            if list.array == nil || parameter.allowedValues?.count != list.array?.count {
                error(
                    "Template format error: Every AllowedValues member must be a list of strings.",
                    at: path.appending("AllowedValues"))
            }
        }
        if let pattern = members["AllowedPattern"]?.string {
            parameter.allowedPattern = pattern
            if (try? Regex(pattern)) == nil {
                error(
                    "Template format error: AllowedPattern of parameter \(parameter.name) is not a valid regular "
                        + "expression", at: path.appending("AllowedPattern"))
            }
        }
        parameter.minLength = number("MinLength", of: members, at: path).flatMap(Int.init(exactly:))
        parameter.maxLength = number("MaxLength", of: members, at: path).flatMap(Int.init(exactly:))
        parameter.minValue = number("MinValue", of: members, at: path)
        parameter.maxValue = number("MaxValue", of: members, at: path)
    }

    private mutating func number(_ name: String, of members: JSONObject, at path: Path) -> Double? {
        guard let value = members[name] else { return nil }
        if let number = value.double ?? value.string.flatMap(Double.init) { return number }
        error("Template format error: Every \(name) member must be a number.", at: path.appending(name))
        return nil
    }

    private mutating func readDefault(of parameter: inout Parameter, _ value: JSON?, at path: Path) {
        guard let value else { return }
        let path = path.appending("Default")
        guard let text = value.scalarText else {
            return error("Template format error: Every Default member must be a string.", at: path)
        }
        parameter.defaultValue = text
        if case .ssmValue = parameter.type { return }
        if let objection = parameter.objection(to: text, limits: limits) {
            error("Template format error: \(objection)", at: path, fix: "The default must satisfy the constraints.")
        }
    }
}

extension JSON {
    /// The text of a scalar, as CloudFormation turns numbers and truth values into strings; nil for anything else.
    var scalarText: String? {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): number.description
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }
}

extension String {
    /// Whether it can name a parameter, a resource or an output: ASCII letters and digits only.
    var isLogicalName: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}
