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
        return changed(template) ?? template
    }

    /// The value with its references rewritten; nil when nothing in it changes, so that most of a template is not
    /// copied.
    private func changed(_ value: JSON) -> JSON? {
        switch value {
        case .object(let object): changed(object)
        case .array(let elements): changed(elements).map(JSON.array)
        default: nil
        }
    }

    private func changed(_ object: JSONObject) -> JSON? {
        if object.count == 1, let (name, argument) = object.first {
            switch (name, argument) {
            case ("Ref", .string(let target)):
                let new = newRef(target)
                return new == target ? .none : .object([name: .string(new)])
            case ("Fn::GetAtt", .array(let words)):
                if let new = newGetAtt(words) { return new }
            case ("Fn::Sub", .string(let text)):
                let new = newSub(text)
                return new == text ? .none : .object([name: .string(new)])
            case ("Fn::Sub", .array(let arguments)):
                guard let text = arguments.first?.string else { break }
                var result = changed(arguments) ?? arguments
                result[0] = .string(newSub(text))
                return .object([name: .array(result)])
            default: break
            }
        }
        var result: JSONObject?
        for (name, member) in object {
            guard let new = name == "DependsOn" ? changedDependsOn(member) : changed(member) else { continue }
            if result == nil { result = object }
            result?[name] = new
        }
        return result.map(JSON.object)
    }

    private func changed(_ elements: [JSON]) -> [JSON]? {
        var result: [JSON]?
        for (place, element) in elements.enumerated() {
            guard let new = changed(element) else { continue }
            if result == nil { result = elements }
            result?[place] = new
        }
        return result
    }

    private func changedDependsOn(_ value: JSON) -> JSON? {
        let new = changed(value) ?? value
        let renamed = newDependsOn(new)
        return renamed == value ? .none : renamed
    }

    private func newDependsOn(_ value: JSON) -> JSON {
        switch value {
        case .string(let id): renamed[id].map { .string($0) } ?? value
        case .array(let ids): .array(ids.map(newDependsOn))
        default: value
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
            let head = reference.utf8.firstIndex(of: UInt8(ascii: ".")).map { String(reference[..<$0]) } ?? reference
            guard renamed[head] != nil || derived[head] != nil else { return nil }
            var words = reference.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if let new = renamed[words[0]] { words[0] = new }
            if words.count > 1, let new = derived[words[0]]?[words[1]] { words.replaceSubrange(0...1, with: [new]) }
            return "${" + words.joined(separator: ".") + "}"
        }
    }
}
