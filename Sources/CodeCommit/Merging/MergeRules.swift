internal import Cloud
internal import Notation

/// What a merge is told about conflicts.
struct MergeRules: Sendable {
    /// How close two changes may come.
    enum Level: String, Sendable { case file = "FILE_LEVEL", line = "LINE_LEVEL" }
    /// Who wins.
    enum Strategy: String, Sendable {
        case none = "NONE", source = "ACCEPT_SOURCE", destination = "ACCEPT_DESTINATION", automatic = "AUTOMERGE"
    }
    /// What a conflict's file is to become.
    enum Resolution: Sendable, Hashable {
        case base, source, destination
        case content([UInt8])
        case removed
    }

    var level = Level.file
    var strategy = Strategy.none
    var resolutions: [String: Resolution] = [:]
    var modes: [String: FileMode] = [:]

    /// Members of inputs that say it.
    static let members = "conflictDetailLevel conflictResolutionStrategy"

    /// The rules in an input.
    ///
    /// - Throws: what is wrong with `conflictResolution`.
    init(_ call: Call) throws {
        level = call.text("conflictDetailLevel").flatMap { Level(rawValue: $0) } ?? .file
        strategy = call.text("conflictResolutionStrategy").flatMap { Strategy(rawValue: $0) } ?? .none
        guard let tree = call.input["conflictResolution"], tree.object != nil else { return }
        try read(tree)
        guard strategy == .none || (resolutions.isEmpty && modes.isEmpty) else {
            throw Refusal.invalid(
                "ConflictResolution",
                "Conflicts are resolved either by conflictResolution or by a strategy, not by both.")
        }
    }

    /// Takes `conflictResolution` apart.
    ///
    /// - Throws: the codes of the API for what is missing, unknown, too long or said twice.
    private mutating func read(_ tree: JSON) throws {
        let entries = ["replaceContents", "deleteFiles", "setFileModes"].flatMap { tree[$0]?.array ?? [] }
        guard entries.count <= 1000 else {
            throw AWSError(
                "MaximumConflictResolutionEntriesExceededException", "At most 1000 conflicts can be resolved at a time."
            )
        }
        for entry in tree["replaceContents"]?.array ?? [] {
            let path = try FilePath(parsing: entry["filePath"]?.string ?? "").text
            try resolve(path, try Self.replacement(entry, path))
            if let mode = entry["fileMode"]?.string.flatMap({ FileMode(rawValue: $0) }) { modes[path] = mode }
        }
        for entry in tree["deleteFiles"]?.array ?? [] {
            try resolve(try FilePath(parsing: entry["filePath"]?.string ?? "").text, .removed)
        }
        for entry in tree["setFileModes"]?.array ?? [] {
            let path = try FilePath(parsing: entry["filePath"]?.string ?? "").text
            guard let mode = entry["fileMode"]?.string.flatMap({ FileMode(rawValue: $0) }) else {
                throw Refusal.required("FileMode", "A file mode is required for \(path).")
            }
            guard modes.updateValue(mode, forKey: path) == nil else { throw Self.twice(path) }
        }
    }

    private mutating func resolve(_ path: String, _ resolution: Resolution) throws {
        guard resolutions.updateValue(resolution, forKey: path) == nil else { throw Self.twice(path) }
    }

    private static func twice(_ path: String) -> AWSError {
        AWSError("MultipleConflictResolutionEntriesException", "More than one entry says how to resolve \(path).")
    }

    /// What one entry of `replaceContents` wants.
    private static func replacement(_ entry: JSON, _ path: String) throws -> Resolution {
        switch entry["replacementType"]?.string {
        case "KEEP_BASE": return .base
        case "KEEP_SOURCE": return .source
        case "KEEP_DESTINATION": return .destination
        case "USE_NEW_CONTENT":
            guard let content = entry["content"]?.string.flatMap(Base64.decode) else {
                throw Refusal.required("ReplacementContent", "USE_NEW_CONTENT needs the content of \(path).")
            }
            try CodeCommitService.check(size: content.count)
            return .content(content)
        case nil: throw Refusal.required("ReplacementType", "A replacement type is required for \(path).")
        case let other?: throw Refusal.invalid("ReplacementType", "There is no replacement type '\(other)'.")
        }
    }
}
