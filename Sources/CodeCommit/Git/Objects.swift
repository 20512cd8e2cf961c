internal import Cloud

/// Reads the objects of one repository.
struct Objects: Sendable {
    let store: RepositoryStore
    let repository: Repository
    var folder: String { store.folder(repository) }

    init(_ store: RepositoryStore, _ repository: Repository) {
        self.store = store
        self.repository = repository
    }

    /// An object as git keeps it.
    struct Object: Sendable {
        let id: ObjectID
        /// `commit`, `tree`, `blob` or `tag`.
        let type: String
        let bytes: [UInt8]
    }

    /// Kind and size of an object.
    struct Header: Sendable {
        let id: ObjectID
        let type: String
        let size: Int
    }

    // MARK: Objects

    /// Kinds and sizes of the objects named; nil for those that are not there. Names are ids, or ids with `^{commit}`
    /// and the like.
    func headers(_ names: [String]) async throws -> [Header?] {
        guard !names.isEmpty else { return [] }
        let input = Array((names.joined(separator: "\n") + "\n").utf8)
        let output = try await store.git.run(in: folder, ["cat-file", "--batch-check"], input: input)
        let found = output.text.split(separator: "\n", omittingEmptySubsequences: true).map { line -> Header? in
            let parts = line.split(separator: " ")
            guard parts.count == 3, let id = ObjectID(parts[0]), let size = Int(parts[2]) else { return nil }
            return Header(id: id, type: String(parts[1]), size: size)
        }
        guard found.count == names.count else {
            throw GitError(.unreadable, "git cat-file told of \(found.count) objects, not \(names.count).")
        }
        return found
    }

    /// The objects of those ids; nil for those that are not there.
    ///
    /// - Throws: ``GitError`` with `.tooLarge` when together they exceed `limit` bytes.
    func objects(_ ids: [ObjectID], limit: Int = 64 << 20) async throws -> [Object?] {
        guard !ids.isEmpty else { return [] }
        let input = Array(ids.map { $0.hex + "\n" }.joined().utf8)
        let output = try await store.git.run(
            in: folder, ["cat-file", "--batch"], input: input, limit: limit + ids.count * 64)
        return try Self.split(output.bytes, count: ids.count)
    }

    /// Takes apart what `cat-file --batch` printed.
    static func split(_ bytes: [UInt8], count: Int) throws -> [Object?] {
        var found: [Object?] = []
        var at = 0
        while found.count < count {
            guard let end = bytes[at...].firstIndex(of: 0x0A) else {
                throw GitError(.unreadable, "git cat-file ended early.")
            }
            let parts = String(decoding: bytes[at..<end], as: UTF8.self).split(separator: " ")
            at = end + 1
            guard parts.count == 3, let id = ObjectID(parts[0]), let size = Int(parts[2]) else {
                found.append(nil)
                continue
            }
            guard at + size < bytes.count else { throw GitError(.unreadable, "git cat-file ended early.") }
            found.append(Object(id: id, type: String(parts[1]), bytes: Array(bytes[at..<at + size])))
            at += size + 1
        }
        return found
    }

    /// The bytes of a blob; nil when there is none of that id.
    func blob(_ id: ObjectID, limit: Int) async throws -> [UInt8]? {
        guard let object = try await objects([id], limit: limit).first ?? nil, object.type == "blob" else { return nil }
        return object.bytes
    }

    /// The commits of those ids; nil for what is none.
    func commits(_ ids: [ObjectID]) async throws -> [Commit?] {
        try await objects(ids).map { object in object.flatMap { $0.type == "commit" ? Commit($0.id, $0.bytes) : nil } }
    }

    /// The commit of that id; nil when there is none.
    func commit(_ id: ObjectID) async throws -> Commit? { try await commits([id]).first ?? nil }

    // MARK: Trees

    /// What lies directly in a folder of a commit, in git's order; nil when there is no such folder.
    func list(_ path: FilePath, at commit: ObjectID) async throws -> [TreeEntry]? {
        let name = path.names.isEmpty ? commit.hex + "^{tree}" : "\(commit.hex):\(path.text)"
        let output = try await store.git.run(in: folder, ["ls-tree", "-z", "--full-tree", name], expecting: [0, 128])
        return output.status == 0 ? TreeEntry.list(output.bytes) : nil
    }

    /// What stands at those paths of a commit, folders and submodules included; missing ones are left out.
    func entries(_ paths: [FilePath], at commit: ObjectID) async throws -> [FilePath: TreeEntry] {
        var found: [FilePath: TreeEntry] = [:]
        // Some hundred paths at a time: a command line has an end.
        for start in stride(from: 0, to: paths.count, by: 200) {
            let some = paths[start..<min(start + 200, paths.count)]
            let arguments = ["ls-tree", "-z", "--full-tree", commit.hex, "--"] + some.map(\.text)
            for entry in TreeEntry.list(try await store.git.run(in: folder, arguments).bytes) {
                found[FilePath(names: entry.path.split(separator: "/").map(String.init))] = entry
            }
        }
        return found
    }

    /// The id of a tree; nil when there is none.
    func tree(_ path: FilePath, at commit: ObjectID) async throws -> ObjectID? {
        let name = path.names.isEmpty ? commit.hex + "^{tree}" : "\(commit.hex):\(path.text)"
        guard let header = try await headers([name]).first ?? nil, header.type == "tree" else { return nil }
        return header.id
    }

    // MARK: History

    /// The best common ancestor; nil when there is none.
    func mergeBase(_ left: ObjectID, _ right: ObjectID) async throws -> ObjectID? {
        let output = try await store.git.run(in: folder, ["merge-base", left.hex, right.hex], expecting: [0, 1])
        return ObjectID(output.word)
    }

    /// What differs between two trees, file by file, without guessing renames. Nil stands for the empty tree.
    func differences(_ before: ObjectID?, _ after: ObjectID, limit: Int = 64 << 20) async throws -> [TreeChange] {
        let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        let arguments = [
            "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before?.hex ?? empty, after.hex,
        ]
        return try TreeChange.list(try await store.git.run(in: folder, arguments, limit: limit).bytes)
    }
}

/// A name in a tree.
struct TreeEntry: Sendable, Hashable {
    /// Six octal digits.
    let mode: String
    /// `blob`, `tree` or `commit` (a submodule).
    let type: String
    let id: ObjectID
    /// Relative to the tree that was listed.
    let path: String

    /// Takes apart what `ls-tree -z` printed.
    static func list(_ bytes: [UInt8]) -> [TreeEntry] {
        bytes.split(separator: 0).compactMap { line in
            guard let tab = line.firstIndex(of: 0x09) else { return nil }
            let parts = String(decoding: line[..<tab], as: UTF8.self).split(
                separator: " ", omittingEmptySubsequences: true)
            guard parts.count >= 3, let id = ObjectID(parts[2]) else { return nil }
            return TreeEntry(
                mode: String(parts[0]), type: String(parts[1]), id: id,
                path: String(decoding: line[line.index(after: tab)...], as: UTF8.self))
        }
    }
}

/// A file that differs between two trees.
struct TreeChange: Sendable, Hashable {
    /// `A`, `M` or `D`; a change of type is told as `M`.
    let kind: String
    let path: String
    let before: Side?
    let after: Side?

    /// A file on one side.
    struct Side: Sendable, Hashable {
        let mode: String
        let id: ObjectID
    }

    /// Takes apart what `diff-tree -z --raw` printed: `:100644 100644 ID ID M`, a zero byte, the path, a zero byte.
    static func list(_ bytes: [UInt8]) throws -> [TreeChange] {
        let parts = bytes.split(separator: 0)
        guard parts.count.isMultiple(of: 2) else { throw GitError(.unreadable, "git diff-tree ended early.") }
        return try stride(from: 0, to: parts.count, by: 2).map { place in
            let head = String(decoding: parts[place].dropFirst(), as: UTF8.self).split(separator: " ")
            guard head.count == 5, let before = ObjectID(head[2]), let after = ObjectID(head[3]) else {
                throw GitError(.unreadable, "git diff-tree printed a line of another form.")
            }
            return TreeChange(
                kind: before.isZero ? "A" : after.isZero ? "D" : "M",
                path: String(decoding: parts[place + 1], as: UTF8.self),
                before: before.isZero ? nil : Side(mode: String(head[0]), id: before),
                after: after.isZero ? nil : Side(mode: String(head[1]), id: after))
        }
    }
}
