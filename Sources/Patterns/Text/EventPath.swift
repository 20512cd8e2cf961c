package import Notation

/// The part of JSONPath that EventBridge takes: `$`, members after a dot or in `['…']`, elements `[0]`, all of them
/// `[*]`. Source: EventBridge User Guide, "Amazon EventBridge input transformation".
package struct EventPath: Sendable, Hashable {
    private enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
        case every
    }

    /// The path as it was written.
    package let text: String
    private let steps: [Step]

    /// Reads a path; nil when it is none, or one of a kind that AWS does not take.
    package init?(_ text: String) {
        self.text = text
        var rest = text[...]
        guard rest.popFirst() == "$" else { return nil }
        var steps: [Step] = []
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                steps.append(name == "*" ? .every : .key(String(name)))
                rest = rest.dropFirst(name.count)
            case "[":
                guard let step = Self.bracket(&rest) else { return nil }
                steps.append(step)
            default: return nil
            }
        }
        self.steps = steps
    }

    private static func bracket(_ rest: inout Substring) -> Step? {
        if let quote = rest.first, quote == "'" || quote == "\"" {
            guard let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
            let name = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            return rest.popFirst() == "]" ? .key(String(name)) : nil
        }
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let inner = rest[..<end]
        rest = rest[rest.index(after: end)...]
        if inner == "*" { return .every }
        guard let index = Int(inner), index >= 0 else { return nil }
        return .index(index)
    }

    /// The value there; nil when there is none. With a `*` on the way, the list of all there are.
    package func value(in event: JSON) -> JSON? {
        var found = [event]
        for step in steps {
            found = found.flatMap { value -> [JSON] in
                switch step {
                case .key(let name): return value[name].map { [$0] } ?? []
                case .index(let index): return value[index].map { [$0] } ?? []
                case .every: return value.array ?? value.object?.values ?? []
                }
            }
        }
        return steps.contains(.every) ? .array(found) : found.first
    }
}
