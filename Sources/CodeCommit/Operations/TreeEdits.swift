internal import Cloud

/// Changes to a commit's files, checked against what is there.
struct TreeEdits: Sendable {
    let objects: Objects
    let parent: ObjectID?
    private var entries: [FilePath: TreeEntry] = [:]
    private var edits: [FilePath: CommitMaker.Edit] = [:]
    private var order: [FilePath] = []

    /// No changes yet to the files of that commit; nil stands for no files at all.
    init(objects: Objects, parent: ObjectID?) {
        self.objects = objects
        self.parent = parent
    }

    /// Looks up what stands at those paths and above them. Needed before they are changed.
    mutating func load(_ paths: [FilePath]) async throws {
        guard let parent else { return }
        let wanted = Set(paths.flatMap { [$0] + $0.above })
        entries.merge(try await objects.entries(wanted.sorted { $0.text < $1.text }, at: parent)) { $1 }
    }

    /// What stands at that path in the parent commit.
    func entry(_ path: FilePath) -> TreeEntry? { entries[path] }

    /// Puts a file.
    ///
    /// - Throws: `FileNameConflictsWithDirectoryNameException`, `DirectoryNameConflictsWithFileNameException`,
    ///   `FilePathConflictsWithSubmodulePathException`.
    mutating func put(_ path: FilePath, mode: String, blob: ObjectID) throws {
        if let old = entries[path], old.type == "tree" {
            throw AWSError(
                "FileNameConflictsWithDirectoryNameException",
                "The file \(path) cannot be added: a directory has that name.")
        }
        for place in path.above + [path] where entries[place]?.type == "commit" {
            throw AWSError(
                "FilePathConflictsWithSubmodulePathException", "The path \(path) lies in the submodule \(place).")
        }
        for folder in path.above where stands(folder) {
            throw AWSError(
                "DirectoryNameConflictsWithFileNameException", "The file \(path) cannot be added: \(folder) is a file.")
        }
        if edits.keys.contains(where: { $0.above.contains(path) && edits[$0] != .remove }) {
            throw AWSError(
                "FileNameConflictsWithDirectoryNameException",
                "The file \(path) cannot be added: other files lie below that name.")
        }
        note(path, .put(mode: mode, blob: blob))
    }

    /// Removes a file.
    mutating func remove(_ path: FilePath) { note(path, .remove) }

    private mutating func note(_ path: FilePath, _ edit: CommitMaker.Edit) {
        if edits.updateValue(edit, forKey: path) == nil { order.append(path) }
    }

    /// Whether a file will stand at that path.
    private func stands(_ path: FilePath) -> Bool {
        if let edit = edits[path] { return edit != .remove }
        return entries[path]?.type == "blob"
    }

    /// The changes, in the order they were made.
    var list: [(path: String, edit: CommitMaker.Edit)] {
        order.compactMap { path in edits[path].map { (path.text, $0) } }
    }

    /// The folders that lose their last file.
    func emptiedFolders() async throws -> [FilePath] {
        guard let parent else { return [] }
        let touched = Set(edits.filter { $0.value == .remove }.compactMap(\.key.above.last))
        var emptied: [FilePath] = []
        for folder in touched.sorted(by: { $0.text < $1.text }) {
            let names = (try await objects.list(folder, at: parent) ?? []).map {
                FilePath(names: folder.names + [$0.path])
            }
            let stays = names.contains { edits[$0] != .remove }
            let comes = edits.contains { $0.value != .remove && $0.key.above.contains(folder) }
            if !stays, !comes { emptied.append(folder) }
        }
        return emptied
    }
}
