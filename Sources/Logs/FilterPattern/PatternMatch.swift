internal import Notation

/// What a match found: the values that metric filters may refer to.
struct PatternMatch: Sendable, Hashable {
    private var tree: JSON?
    /// `$name` and the field's text, in order.
    private var fields: [String: String] = [:]
    /// The values found, by the names the pattern has for them: what TestMetricFilter shows.
    private(set) var extracted: [String: String] = [:]

    init() {}

    init(tree: JSON, selectors: [Selector]) {
        self.tree = tree
        for selector in selectors {
            if let value = selector.values(in: tree).first { extracted[selector.text] = Self.text(value) }
        }
    }

    init(fields: [(String, String)]) {
        for (name, value) in fields { self.fields[name] = value }
        extracted = self.fields
    }

    /// The value of `$.member`, `$field` or `$1`; nil when there is none.
    func value(_ reference: String) -> String? {
        if let tree { return Selector(reference)?.values(in: tree).first.map(Self.text) }
        return fields[reference]
    }

    /// A leaf as text; other values as JSON. Whole numbers have no fraction.
    static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .double(let number): Int(exactly: number).map(String.init) ?? String(number)
        default: value.text()
        }
    }

    /// The tree of a message that is a JSON object or list; nil for any other.
    static func tree(_ message: String) -> JSON? {
        guard let first = message.first(where: { !$0.isWhitespace }), first == "{" || first == "[" else { return nil }
        return try? JSON(parsing: message)
    }
}
