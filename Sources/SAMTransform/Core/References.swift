import Notation

/// Rewrites references to resources that SAM renamed, and to what it derived from them (`MyFunction.Alias`).
struct References {
    /// Old logical ids to new ones.
    let renamed: [String: String]
    /// Per declared resource, the logical ids its attributes stand for.
    let derived: [String: [String: String]]

    /// The template with all references pointing at what is there now.
    func rewriting(_ template: JSON) -> JSON {
        guard !renamed.isEmpty || !derived.isEmpty else { return template }
        return rewrite(template)
    }

    private func rewrite(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var object = object
            if !renamed.isEmpty, let depends = object["DependsOn"] { object["DependsOn"] = newDependsOn(depends) }
            if object.count == 1, let function = rewrittenFunction(object) { return function }
            return .object(object.mapValues(rewrite))
        case .array(let elements): return .array(elements.map(rewrite))
        default: return value
        }
    }

    private func newDependsOn(_ value: JSON) -> JSON {
        switch value {
        case .string(let id): renamed[id].map { .string($0) } ?? value
        case .array(let ids): .array(ids.map(newDependsOn))
        default: value
        }
    }

    private func rewrittenFunction(_ object: JSONObject) -> JSON? {
        if let name = object["Ref"]?.string { return ["Ref": .string(newRef(name))] }
        if let words = object["Fn::GetAtt"]?.array { return newGetAtt(words) }
        switch object["Fn::Sub"] {
        case .string(let text): return ["Fn::Sub": .string(newSub(text))]
        case .array(var arguments):
            guard let text = arguments.first?.string else { return nil }
            arguments[0] = .string(newSub(text))
            return ["Fn::Sub": .array(arguments.map(rewrite))]
        default: return nil
        }
    }

    private func newRef(_ name: String) -> String {
        guard let dot = name.firstIndex(of: ".") else { return renamed[name] ?? name }
        return derived[String(name[..<dot])]?[String(name[name.index(after: dot)...])] ?? name
    }

    private func newGetAtt(_ arguments: [JSON]) -> JSON? {
        let texts = arguments.compactMap(\.string)
        guard texts.count == arguments.count, texts.count >= 2 else { return nil }
        var words = texts.joined(separator: ".").split(separator: ".", omittingEmptySubsequences: false).map(
            String.init)
        var isChanged = false
        if let new = renamed[words[0]] {
            words[0] = new
            isChanged = true
        }
        if let new = derived[words[0]]?[words[1]] {
            words.replaceSubrange(0...1, with: [new])
            isChanged = true
        }
        guard isChanged else { return nil }
        return ["Fn::GetAtt": .array(words.map { .string($0) })]
    }

    private func newSub(_ text: String) -> String {
        SubText.replacing(in: text) { reference in
            var words = reference.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if let new = renamed[words[0]] { words[0] = new }
            if words.count > 1, let new = derived[words[0]]?[words[1]] { words.replaceSubrange(0...1, with: [new]) }
            return "${" + words.joined(separator: ".") + "}"
        }
    }
}
