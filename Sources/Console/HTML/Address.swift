import Notation

/// Where a link leads: a page of the console, or another site by http. Nothing else can be one, `javascript:` least
/// of all.
struct Address: Sendable, Hashable {
    /// As it stands in a link.
    let text: String

    /// What all pages' addresses begin with.
    static let root = "/_slipway/console"

    private init(text: String) { self.text = text }

    /// The page of that path.
    static func page(path: [String]) -> Address {
        Address(text: path.reduce(root) { $0 + "/" + PercentEncoding.encode($1) })
    }

    /// The page of that path, each part percent-encoded, so that any name can be one.
    static func page(_ parts: String...) -> Address {
        page(path: parts)
    }

    /// The same page, asked for something: `?name=value`.
    func asking(_ fields: (String, String)...) -> Address { asking(fields) }

    /// The same, of a list.
    func asking(_ fields: [(String, String)]) -> Address {
        guard !fields.isEmpty else { return self }
        return Address(
            text: text + "?"
                + fields.map { "\(PercentEncoding.encode($0))=\(PercentEncoding.encode($1))" }.joined(separator: "&"))
    }

    /// A place on the same page.
    static func anchor(_ id: StaticString) -> Address { Address(text: "#\(id)") }

    /// A ship's hull as the window's icon.
    static let icon = Address(
        text: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
            + "%3Cpath d='M1 9h14l-3 5H4zM7 1h2v7H7z' fill='%231967c8'/%3E%3C/svg%3E")

    /// A site elsewhere; nil when the text is no address for a browser to open.
    static func web(_ text: String) -> Address? {
        guard text.hasPrefix("https://") || text.hasPrefix("http://") else { return nil }
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else { return nil }
        return Address(text: text)
    }
}

/// Names and values as a query or a form carries them (`application/x-www-form-urlencoded`).
struct FormFields: Sendable, Hashable {
    private let values: [String: String]

    /// Reads them; of a name that comes twice, the first counts. What cannot be decoded is left out.
    init(parsing text: some StringProtocol) {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decodeStrictly(parts[0], isForm: true),
                let value = PercentEncoding.decodeStrictly(parts.count > 1 ? parts[1] : "", isForm: true)
            else { continue }
            if values[name] == nil { values[name] = value }
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }
}
