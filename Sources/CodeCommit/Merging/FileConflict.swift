internal import Notation

/// A file that both sides of a merge changed, each in its own way.
struct FileConflict: Sendable {
    /// A file's form on one side.
    typealias Side = TreeChange.Side

    let path: String
    let base: Side?
    let source: Side?
    let destination: Side?
    /// The contents, where they were read.
    var contents: [ObjectID: [UInt8]] = [:]
    /// Sizes of all forms.
    var sizes: [ObjectID: Int] = [:]
    /// The line-by-line merge; nil where there is none: a side without the file, something binary, links.
    var lines: LineMerge?
    /// Whether the contents disagree at the level asked for.
    var contentDisagrees = false

    /// Both sides made it executable or not, each otherwise.
    var modesDisagree: Bool {
        guard let source, let destination, !typesDisagree else { return false }
        return source.mode != destination.mode && source.mode != base?.mode && destination.mode != base?.mode
    }

    /// One side has a file where the other has a link or a submodule.
    var typesDisagree: Bool {
        guard let source, let destination else { return false }
        return Self.type(source.mode) != Self.type(destination.mode)
    }

    /// Whether somebody has to decide.
    var isOpen: Bool { contentDisagrees || modesDisagree || typesDisagree }

    /// The mode that follows from both sides where they do not disagree: the one that is not the base's.
    var mergedMode: String? {
        guard let source, let destination else { return source?.mode ?? destination?.mode }
        return source.mode == base?.mode ? destination.mode : source.mode
    }

    /// The kind of thing that git's mode stands for, in CodeCommit's words.
    static func type(_ mode: String) -> String {
        switch mode {
        case "160000": "GIT_LINK"
        case "120000": "SYMBOLIC_LINK"
        case "040000": "DIRECTORY"
        default: "FILE"
        }
    }

    /// Git's own test: a zero byte near the start.
    static func isBinary(_ bytes: [UInt8]) -> Bool { bytes.prefix(8000).contains(0) }

    private var conflicts: Int {
        guard contentDisagrees else { return 0 }
        return max(lines?.conflicts ?? 1, 1)
    }

    /// ConflictMetadata.
    var shown: JSON {
        var tree: JSON = [
            "filePath": .string(path), "numberOfConflicts": .int(conflicts), "contentConflict": .bool(contentDisagrees),
            "fileModeConflict": .bool(modesDisagree), "objectTypeConflict": .bool(typesDisagree),
        ]
        tree["fileSizes"] = sides { side in sizes[side.id].map { .int($0) } }
        tree["fileModes"] = sides { side in FileMode(octal: side.mode).map { .string($0.rawValue) } }
        tree["objectTypes"] = sides { .string(Self.type($0.mode)) }
        tree["isBinaryFile"] = sides { side in contents[side.id].map { .bool(Self.isBinary($0)) } }
        tree["mergeOperations"] = [
            "source": .string(source == nil ? "D" : base == nil ? "A" : "M"),
            "destination": .string(destination == nil ? "D" : base == nil ? "A" : "M"),
        ]
        return tree
    }

    private func sides(_ value: (Side) -> JSON?) -> JSON {
        var tree: JSON = .object([:])
        for (name, side) in [("source", source), ("destination", destination), ("base", base)] {
            if let side, let value = value(side) { tree[name] = value }
        }
        return tree
    }

    /// MergeHunks: where at least one side changed lines.
    var hunks: [JSON] {
        guard let lines else { return [] }
        return lines.regions.filter { $0.kind != .unchanged }.map { region in
            [
                "isConflict": .bool(region.kind == .conflict), "source": Self.detail(lines.source, region.source),
                "destination": Self.detail(lines.destination, region.destination),
                "base": Self.detail(lines.base, region.base),
            ]
        }
    }

    /// Lines count from 1 here; an empty stretch stands before its first line.
    private static func detail(_ lines: [ArraySlice<UInt8>], _ range: Range<Int>) -> JSON {
        let text = lines.part(range).joined()
        return [
            "startLine": .int(range.lowerBound + 1), "endLine": .int(max(range.upperBound, range.lowerBound + 1)),
            "hunkContent": .string(Base64.encode(text)),
        ]
    }
}
