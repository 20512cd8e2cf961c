import Notation

/// Replaces references to parameters by the parameters' values: `Ref` and the text of `Fn::Sub`.
struct Resolver {
    /// The parameters' values, pseudo parameters among them.
    let parameters: JSONObject

    /// The tree with values in place of references to parameters. References to anything else stay.
    ///
    /// - Throws: ``Fault/document(_:)`` when a text would take in a value that is no text.
    func resolve(_ value: JSON) throws -> JSON {
        parameters.isEmpty ? value : try walk(value)
    }

    /// The same for a value that may not be there.
    func resolve(_ value: JSON?) throws -> JSON? { parameters.isEmpty ? value : try value.map(walk) }

    /// The value resolved; the place itself is resolved too where the translator does so in passing, which shows in its
    /// results: everywhere but in a plain `Ref`.
    func resolve(inPlace value: inout JSON?) throws -> JSON? {
        guard let given = value else { return nil }
        let resolved = try resolve(given)
        if given["Ref"] == nil || given.object?.count != 1 { value = resolved }
        return resolved
    }

    private func walk(_ value: JSON) throws -> JSON {
        switch value {
        case .object(let object): try resolve(object: object)
        case .array(let elements): .array(try elements.map(walk))
        default: value
        }
    }

    private func resolve(object: JSONObject) throws -> JSON {
        if object.count == 1 {
            if let name = object["Ref"] {
                guard let name = name.string, let value = parameter(name) else {
                    return .object(try object.mapValues(walk))
                }
                // The value is looked into as well: a parameter may hold what looks like a reference.
                return value.object == nil && value.array == nil ? value : try resolve(members: value)
            }
            if let argument = object["Fn::Sub"] {
                return .object(["Fn::Sub": try resolve(members: substituted(argument))])
            }
        }
        return .object(try object.mapValues(walk))
    }

    /// The tree below a value, without another look at the value itself.
    private func resolve(members value: JSON) throws -> JSON {
        switch value {
        case .object(let object): .object(try object.mapValues(walk))
        case .array(let elements): .array(try elements.map(walk))
        default: value
        }
    }

    private func substituted(_ argument: JSON) throws -> JSON {
        switch argument {
        case .string(let text): return .string(try substituted(text))
        case .array(var elements):
            guard let text = elements.first?.string else { return argument }
            elements[0] = .string(try substituted(text))
            return .array(elements)
        default: return argument
        }
    }

    private func substituted(_ text: String) throws -> String {
        try SubText.replacing(in: text) { name in
            guard let value = parameter(name) else { return nil }
            guard let text = value.string else {
                throw Fault.document(
                    "Invalid Fn::Sub variable value \(value.printed). Fn::Sub expects all variables to be strings.")
            }
            return text
        }
    }

    /// A parameter's value. What CloudFormation puts in while a nested stack is not there yet does not count.
    private func parameter(_ name: String) -> JSON? {
        guard let value = parameters[name] else { return nil }
        if let text = value.string, text.hasPrefix("{{IntrinsicFunction:") { return nil }
        return value
    }
}

/// The text of `Fn::Sub`, with `${names}` in it.
enum SubText {
    /// The text with every `${name}` replaced for which there is something to put in.
    static func replacing(in text: String, _ replacement: (String) throws -> String?) rethrows -> String {
        let bytes = text.utf8
        var result = ""
        var written = bytes.startIndex
        var next = written
        while let dollar = bytes[next...].firstIndex(of: UInt8(ascii: "$")) {
            next = bytes.index(after: dollar)
            guard let name = leadingName(text[dollar...]), let new = try replacement(String(name)) else { continue }
            result += text[written..<dollar]
            result += new
            written = bytes.index(after: name.endIndex)  // behind the "}"
            next = written
        }
        return written == bytes.startIndex ? text : result + text[written...]
    }

    /// The name in `${name}` at the text's start: letters, digits and dots, or `AWS::` and a word.
    private static func leadingName(_ text: Substring) -> Substring? {
        let bytes = text.utf8
        let brace = bytes.index(after: bytes.startIndex)
        guard brace < bytes.endIndex, bytes[brace] == UInt8(ascii: "{"),
            let end = bytes[brace...].firstIndex(of: UInt8(ascii: "}"))
        else { return nil }
        let name = text[bytes.index(after: brace)..<end]
        let isPlain = !name.isEmpty && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2E }
        if isPlain { return name }
        guard name.hasPrefix("AWS::") else { return nil }
        let word = name.dropFirst(5).utf8
        guard let first = word.first, (0x41...0x5A).contains(first), word.allSatisfy(isLetter) else { return nil }
        return name
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
