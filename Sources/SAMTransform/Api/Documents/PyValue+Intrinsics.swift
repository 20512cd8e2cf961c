extension PyValue {
    /// The name of the function if this is one: a dictionary of the one member `Ref`, `Condition` or `Fn::...`.
    var intrinsicName: String? {
        guard case .dict(let members) = self, members.count == 1, let key = members.keys.first?.text else { return nil }
        return key == "Ref" || key == "Condition" || key.hasPrefix("Fn::") ? key : nil
    }

    /// Whether this is an intrinsic function.
    var isIntrinsic: Bool { intrinsicName != nil }
    /// Whether this is `{"Ref": "AWS::NoValue"}`.
    var isNoValue: Bool { intrinsicName == "Ref" && self["Ref"]?.string == "AWS::NoValue" }

    /// `{"Ref": name}`, written by the transform.
    static func ref(_ name: PyText) -> PyValue { ["Ref": .text(name)] }

    /// `{"Fn::Sub": [text, variables]}`, written by the transform.
    static func sub(_ text: PyText, _ variables: (String, PyValue)...) -> PyValue {
        guard !variables.isEmpty else { return ["Fn::Sub": .text(text)] }
        var members = PyDict(isHashed: false)
        for (name, value) in variables { members[name] = value }
        return ["Fn::Sub": .list([.text(text), .dict(members)])]
    }
}

/// Puts the values of parameters in place of `Ref` and inside of `Fn::Sub`, as far as they are known to the transform.
struct PyParameters {
    /// The values, pseudo parameters included.
    let values: [String: PyValue]

    /// The same value with parameters replaced.
    func resolved(_ value: PyValue) throws -> PyValue {
        switch try resolvedHere(value) {
        case .list(let elements): .list(try elements.map(resolved))
        case .dict(let members): .dict(try members.mapValues(resolved))
        case let other: other
        }
    }

    /// The same value, and none for none.
    func resolved(_ value: PyValue?) throws -> PyValue? { try value.map(resolved) }

    private func resolvedHere(_ value: PyValue) throws -> PyValue {
        guard case .dict(var members) = value, members.count == 1, let key = members.keys.first?.text else {
            return value
        }
        switch key {
        case "Ref":
            guard let name = members[key]?.string else { return value }
            return known(name) ?? value
        case "Fn::Sub":
            switch members[key] {
            case .text(let text): members[key] = .text(try substituted(text))
            case .list(var list):
                guard case .text(let text)? = list.first else { return value }
                list[0] = .text(try substituted(text))
                members[key] = .list(list)
            default: return value
            }
            return .dict(members)
        default: return value
        }
    }

    /// The parameter's value. CloudFormation's placeholders for values of other stacks do not count as known.
    private func known(_ name: String) -> PyValue? {
        guard let value = values[name] else { return nil }
        if let text = value.string, text.hasPrefix("{{IntrinsicFunction:") { return nil }
        return value
    }

    private func substituted(_ text: PyText) throws -> PyText {
        guard text.text.contains("${") else { return text }
        var result = text.text
        for name in Self.references(in: text.text) {
            guard let value = known(name) else { continue }
            guard let replacement = value.string else {
                throw Fault.document(
                    "Invalid Fn::Sub variable value \(value.printed). Fn::Sub expects all variables to be strings.")
            }
            if let place = result.firstRange(of: "${\(name)}") { result.replaceSubrange(place, with: replacement) }
        }
        return text.with(result)
    }

    /// The names in `${...}`: letters, digits and dots, or `AWS::` and letters.
    private static func references(in text: String) -> [String] {
        var names: [String] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else { break }
            let name = rest[..<end]
            let word = name.hasPrefix("AWS::") ? name.dropFirst(5) : name
            let isName =
                !word.isEmpty
                && word.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: ".") && word.startIndex == name.startIndex || byte.isAlphanumeric
                }
            if isName { names.append(String(name)) }
        }
        return names
    }
}

extension UInt8 {
    /// Whether this is an ASCII letter or digit.
    var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
