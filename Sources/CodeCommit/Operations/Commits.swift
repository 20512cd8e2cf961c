internal import Cloud
internal import Notation

extension CodeCommitService {
    /// Commits of many files.
    var commitOperations: [Operation] {
        [
            Operation(
                "CreateCommit",
                enforces:
                    "repositoryName branchName parentCommitId authorName email commitMessage keepEmptyFolders putFiles "
                    + "deleteFiles setFileModes",
                raw: createCommit)
        ]
    }

    /// Files that one commit may name (CodeCommit User Guide, "Quotas").
    private static let entryLimit = 100
    /// Bytes of all new contents together.
    private static let commitLimit = 20 << 20

    /// What CreateCommit's lists say.
    private struct Entries {
        var puts: [(path: FilePath, mode: FileMode?, content: [UInt8]?, source: FilePath?, isMove: Bool)] = []
        var deletes: [FilePath] = []
        var modes: [(path: FilePath, mode: FileMode)] = []

        var paths: [FilePath] { puts.map(\.path) + puts.compactMap(\.source) + deletes + modes.map(\.path) }

        init(_ call: Call) throws {
            for entry in call.input["putFiles"]?.array ?? [] { puts.append(try Self.put(entry)) }
            for entry in call.input["deleteFiles"]?.array ?? [] {
                deletes.append(try FilePath(parsing: entry["filePath"]?.string ?? ""))
            }
            for entry in call.input["setFileModes"]?.array ?? [] {
                guard let mode = FileMode(rawValue: entry["fileMode"]?.string ?? "") else {
                    throw Refusal.required("FileMode", "A file mode is required.")
                }
                modes.append((try FilePath(parsing: entry["filePath"]?.string ?? ""), mode))
            }
            try check()
        }

        /// One entry of `putFiles`: a content or a source, never both.
        private static func put(
            _ entry: JSON
        ) throws -> (path: FilePath, mode: FileMode?, content: [UInt8]?, source: FilePath?, isMove: Bool) {
            let path = try FilePath(parsing: entry["filePath"]?.string ?? "")
            let content = entry["fileContent"]?.string.flatMap(Base64.decode)
            let source = entry["sourceFile"]
            guard content == nil || source == nil else {
                throw AWSError(
                    "FileContentAndSourceFileSpecifiedException", "\(path): give a content or a source file, not both.")
            }
            guard content != nil || source != nil else {
                throw AWSError("SourceFileOrContentRequiredException", "\(path): give a content or a source file.")
            }
            if let content { try CodeCommitService.check(size: content.count) }
            return (
                path, entry["fileMode"]?.string.flatMap { FileMode(rawValue: $0) }, content,
                try source.map { try FilePath(parsing: $0["filePath"]?.string ?? "") }, source?["isMove"]?.bool ?? false
            )
        }

        /// What the lists may not say together.
        private func check() throws {
            let targets = puts.map(\.path) + deletes + modes.map(\.path)
            guard !targets.isEmpty else {
                throw Refusal.required("FileEntry", "The commit changes no file: name at least one.")
            }
            guard targets.count <= CodeCommitService.entryLimit else {
                throw AWSError(
                    "MaximumFileEntriesExceededException",
                    "A commit may name at most \(CodeCommitService.entryLimit) files.")
            }
            guard Set(targets).count == targets.count else {
                throw AWSError("SamePathRequestException", "A file is named more than once.")
            }
            for put in puts {
                guard let source = put.source else { continue }
                let isMoved = puts.contains { $0.source == source && $0.isMove && $0.path != put.path }
                guard !deletes.contains(source), !isMoved, source != put.path else {
                    throw AWSError(
                        "RestrictedSourceFileException", "\(source) is a source and is moved or deleted as well.")
                }
            }
            guard puts.reduce(0, { $0 + ($1.content?.count ?? 0) }) <= CodeCommitService.commitLimit else {
                throw AWSError(
                    "FileContentSizeLimitExceededException",
                    "The contents have more than \(CodeCommitService.commitLimit) bytes together. Use git.")
            }
        }
    }

    /// Makes one commit of many changes: removals first, then contents, then modes. Nothing happens unless all of it
    /// does.
    ///
    /// - Throws: `NoChangeException` when every file is like this already, and what ``Entries`` and ``TreeEdits``
    ///   refuse.
    private func createCommit(_ call: Call) async throws -> Reply {
        let request = try await WriteRequest(call, author: "authorName", for: self)
        let entries = try Entries(call)
        var changes = TreeEdits(objects: objects(request.repository), parent: request.parent)
        try await changes.load(entries.paths)
        var lists = ChangedFiles()
        try removals(entries, &changes, &lists, request)
        try await puts(entries, &changes, &lists, request)
        try modes(entries, &changes, &lists, request)
        guard !lists.isEmpty else {
            throw AWSError("NoChangeException", "The commit changes nothing: all files are like this already.")
        }
        if call.input["keepEmptyFolders"]?.bool == true { try await keepFolders(&changes, request) }
        let message = call.text("commitMessage") ?? "Commit made through the API"
        let (commit, tree) = try await write(changes, request, message: message, call)
        var output = lists.shown
        output["commitId"] = .string(commit.hex)
        output["treeId"] = .string(tree.hex)
        return Reply(output)
    }

    /// Takes out what is deleted or moved away.
    private func removals(
        _ entries: Entries, _ changes: inout TreeEdits, _ lists: inout ChangedFiles, _ request: WriteRequest
    ) throws {
        let moved = entries.puts.filter(\.isMove).compactMap(\.source)
        for path in entries.deletes + moved {
            guard let old = changes.entry(path), old.type == "blob" else {
                throw Refusal.noFile(path.text, request.parent?.hex ?? "")
            }
            changes.remove(path)
            lists.deleted.append((path, old.mode, old.id))
        }
    }

    /// Puts contents and copies. A file keeps its mode unless another is asked for; a copy has that of its source.
    private func puts(
        _ entries: Entries, _ changes: inout TreeEdits, _ lists: inout ChangedFiles, _ request: WriteRequest
    ) async throws {
        let contents = entries.puts.compactMap(\.content)
        var blobs = try await CommitMaker(store, request.repository).blobs(contents)[...]
        for put in entries.puts {
            let source = put.source.flatMap { changes.entry($0) }
            if let path = put.source, source?.type != "blob" {
                throw Refusal.noFile(path.text, request.parent?.hex ?? "")
            }
            guard let blob = source?.id ?? blobs.popFirst() else { continue }
            let old = changes.entry(put.path)
            let kept = [source?.mode, old?.mode].compactMap { $0.flatMap { FileMode(octal: $0) } }.first
            let mode = (put.mode ?? kept ?? .normal).octal
            guard old?.id != blob || old?.mode != mode else { continue }
            try changes.put(put.path, mode: mode, blob: blob)
            if old == nil {
                lists.added.append((put.path, mode, blob))
            } else {
                lists.updated.append((put.path, mode, blob))
            }
        }
    }

    /// Sets modes of files that stay as they are otherwise.
    private func modes(
        _ entries: Entries, _ changes: inout TreeEdits, _ lists: inout ChangedFiles, _ request: WriteRequest
    ) throws {
        for (path, mode) in entries.modes {
            guard let old = changes.entry(path), old.type == "blob" else {
                throw Refusal.noFile(path.text, request.parent?.hex ?? "")
            }
            guard old.mode != mode.octal else { continue }
            try changes.put(path, mode: mode.octal, blob: old.id)
            lists.updated.append((path, mode.octal, old.id))
        }
    }
}

/// What a commit did to files, as CreateCommit tells it.
private struct ChangedFiles {
    var added: [(FilePath, String, ObjectID)] = []
    var updated: [(FilePath, String, ObjectID)] = []
    var deleted: [(FilePath, String, ObjectID)] = []

    var isEmpty: Bool { added.isEmpty && updated.isEmpty && deleted.isEmpty }

    var shown: JSON {
        func list(_ files: [(FilePath, String, ObjectID)]) -> JSON {
            .array(
                files.map { path, mode, blob in
                    [
                        "absolutePath": .string(path.text), "blobId": .string(blob.hex),
                        "fileMode": .string((FileMode(octal: mode) ?? .normal).rawValue),
                    ]
                })
        }
        return ["filesAdded": list(added), "filesUpdated": list(updated), "filesDeleted": list(deleted)]
    }
}
