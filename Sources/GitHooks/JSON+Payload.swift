import Notation

extension JSON {
    /// A member that must be a text.
    func text(_ name: String, of place: String = "body") throws -> String {
        guard let text = self[name]?.string, !text.isEmpty else {
            throw Webhook.Unreadable(description: "The \(place) has no '\(name)'.")
        }
        return text
    }

    /// A number or a text, as text.
    var wording: String? { string ?? int.map(String.init) }
}

extension JSON? {
    func text(_ name: String, of place: String) throws -> String {
        guard let value = self else { throw Webhook.Unreadable(description: "The body has no '\(place)'.") }
        return try value.text(name, of: place)
    }

    /// A commit's id; empty for none, which hosts write as null or as zeros, and for what is no id: it is handed to
    /// git later.
    var commitID: String {
        guard let text = self?.string, (7...64).contains(text.utf8.count), text.utf8.allSatisfy(JSON.isHexadecimal),
            text.utf8.contains(where: { $0 != UInt8(ascii: "0") })
        else { return "" }
        return text.lowercased()
    }

    /// A commit's author as `name <address>`.
    var person: String {
        let name = self?["name"]?.string ?? self?["username"]?.string ?? ""
        guard let address = self?["email"]?.string, !address.isEmpty else { return name }
        return "\(name) <\(address)>"
    }
}

extension JSON {
    fileprivate static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension [JSON] {
    /// The files that commits name as added, modified or removed.
    var changedFiles: [String] {
        var files: Set<String> = []
        for commit in self {
            for kind in ["added", "modified", "removed"] {
                files.formUnion((commit[kind]?.array ?? []).compactMap(\.string))
            }
        }
        return files.sorted()
    }
}
