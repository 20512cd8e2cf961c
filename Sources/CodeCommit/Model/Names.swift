internal import Cloud

/// The full id of a git object: forty lower-case hexadecimal digits.
struct ObjectID: Codable, Sendable, Hashable, CustomStringConvertible {
    let hex: String

    /// That id; nil when the text is none. Capitals are taken too.
    init?(_ text: some StringProtocol) {
        let digits = text.utf8
        guard digits.count == 40, digits.allSatisfy({ Self.isHexadecimal($0) }) else { return nil }
        hex = text.lowercased()
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ObjectID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no object id.")
        }
        self = id
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    var description: String { hex }

    /// Stands for no object, where git compares and swaps.
    var isZero: Bool { hex.utf8.allSatisfy { $0 == 0x30 } }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66)
    }
}

/// A branch's or tag's full name, safe as an argument: `refs/heads/main`.
struct RefName: Codable, Sendable, Hashable, CustomStringConvertible {
    let full: String

    /// That name; nil when git would not have it, or it is neither a branch's nor a tag's.
    init?(_ text: String) {
        guard text.hasPrefix("refs/heads/") || text.hasPrefix("refs/tags/"), Self.isWellFormed(text) else { return nil }
        full = text
    }

    /// A branch; nil when git would not have the name.
    init?(branch: String) {
        guard branch.utf8.count <= 256, !branch.hasPrefix("-") else { return nil }
        self.init("refs/heads/" + branch)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = RefName(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no reference.")
        }
        self = name
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(full)
    }

    var description: String { full }
    var isBranch: Bool { full.hasPrefix("refs/heads/") }
    /// `branch` or `tag`, as events have it.
    var kind: String { isBranch ? "branch" : "tag" }
    /// The name without what all of its kind begin with.
    var short: String { String(full.dropFirst(isBranch ? 11 : 10)) }

    /// Source: git-check-ref-format(1).
    private static func isWellFormed(_ text: String) -> Bool {
        guard text.utf8.count <= 512, !text.contains(".."), !text.contains("@{"), !text.contains("//"),
            !text.hasSuffix("/"), !text.hasSuffix("."), text != "@"
        else { return false }
        let forbidden = Set(" ~^:?*[\\".utf8)
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !forbidden.contains($0) }) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
        }
    }
}

/// The place of a file or folder in a tree, relative and safe: never absolute, never through `..`, never into `.git`.
struct FilePath: Sendable, Hashable, CustomStringConvertible {
    /// The names on the way down.
    let names: [String]
    var text: String { names.joined(separator: "/") }
    var description: String { text }
    var name: String { names.last ?? "" }

    /// Bytes that a path may have (CodeCommit User Guide, "Quotas": 4,096 characters).
    static let limit = 4096

    /// That path; a leading and a trailing slash are forgiven.
    ///
    /// - Throws: `PathRequiredException`, `InvalidPathException`.
    init(parsing text: String, mayBeRoot: Bool = false) throws {
        let names = text.split(separator: "/").map(String.init)
        guard mayBeRoot || !names.isEmpty else { throw Refusal.required("Path", "The path is empty. Name a file.") }
        guard text.utf8.count <= Self.limit, !text.contains("//"),
            !text.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }),
            names.allSatisfy({ Self.isName($0) })
        else { throw Refusal.invalid("Path", "The path '\(text.prefix(200))' is not one that a repository can hold.") }
        self.names = names
    }

    init(names: [String]) { self.names = names }

    /// The folders above it, the nearest last, without the root.
    var above: [FilePath] { names.indices.dropFirst().map { FilePath(names: Array(names[..<$0])) } }

    /// One step of a path. `.git` in any case would be a repository of its own to whoever checks the tree out.
    private static func isName(_ name: String) -> Bool {
        name != "." && name != ".." && name.utf8.count <= 255 && name.lowercased() != ".git"
    }
}

/// The mode of a file in a tree.
enum FileMode: String, Codable, Sendable {
    case normal = "NORMAL"
    case executable = "EXECUTABLE"
    case symlink = "SYMLINK"

    /// As git writes it.
    var octal: String {
        switch self {
        case .normal: "100644"
        case .executable: "100755"
        case .symlink: "120000"
        }
    }

    /// The mode that git writes like this; nil for folders and submodules.
    init?(octal: some StringProtocol) {
        switch String(octal) {
        case "100644", "100664": self = .normal
        case "100755": self = .executable
        case "120000": self = .symlink
        default: return nil
        }
    }
}
