internal import Cloud
internal import Notation

extension CodeCommitService {
    /// Commits, files, folders and blobs, read.
    var readingOperations: [Operation] {
        [
            Operation("GetCommit", enforces: "repositoryName commitId") { call in
                let repository = try await repository(call)
                let id = try objectID(call.text("commitId"), "CommitId")
                guard let commit = try await objects(repository).commit(id) else {
                    throw AWSError("CommitIdDoesNotExistException", "Commit \(id) does not exist")
                }
                return Reply(["commit": commit.shown])
            },
            Operation("BatchGetCommits", enforces: "repositoryName commitIds", raw: batchGetCommits),
            Operation("GetBlob", enforces: "repositoryName blobId", raw: getBlob),
            Operation("GetFile", enforces: "repositoryName commitSpecifier filePath", raw: getFile),
            Operation("GetFolder", enforces: "repositoryName commitSpecifier folderPath", raw: getFolder),
        ]
    }

    /// What GetFile, GetBlob, PutFile and CreateCommit take of one file (CodeCommit User Guide, "Quotas": 6 MB).
    static let fileLimit = 6 << 20

    /// What is there, and an error each for what is not.
    private func batchGetCommits(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let names = call.texts("commitIds")
        guard !names.isEmpty else { throw Refusal.required("CommitIdsList", "At least one commit id is required.") }
        guard names.count <= 100 else {
            throw AWSError("CommitIdsLimitExceededException", "At most 100 commits can be asked for at a time.")
        }
        let ids = names.compactMap { ObjectID($0) }
        let commits = try await objects(repository).commits(ids)
        var found = Dictionary(zip(ids, commits)) { first, _ in first }
        var shown: [JSON] = []
        var errors: [JSON] = []
        for name in names {
            let id = ObjectID(name)
            if let id, let commit = found.removeValue(forKey: id) ?? nil {
                shown.append(commit.shown)
            } else if id == nil || !shown.contains(where: { $0["commitId"]?.string == id?.hex }) {
                let code = id == nil ? "InvalidCommitIdException" : "CommitIdDoesNotExistException"
                errors.append([
                    "commitId": .string(name), "errorCode": .string(code),
                    "errorMessage": .string(id == nil ? "The commit id is not valid" : "Commit \(name) does not exist"),
                ])
            }
        }
        return Reply(["commits": .array(shown), "errors": .array(errors)])
    }

    /// - Throws: `BlobIdDoesNotExistException`, `FileTooLargeException` before anything is read.
    private func getBlob(_ call: Call) async throws -> Reply {
        let objects = objects(try await repository(call))
        let id = try objectID(call.text("blobId"), "BlobId")
        guard let header = try await objects.headers([id.hex]).first ?? nil, header.type == "blob" else {
            throw AWSError("BlobIdDoesNotExistException", "Blob \(id) does not exist")
        }
        try Self.check(header, "The blob \(id)")
        let bytes = try await objects.blob(id, limit: Self.fileLimit) ?? []
        return Reply(["content": .string(Base64.encode(bytes))])
    }

    private static func check(_ header: Objects.Header, _ what: String) throws {
        guard header.size <= fileLimit else {
            throw AWSError(
                "FileTooLargeException",
                "\(what) has \(header.size) bytes, more than the \(fileLimit) that can be read here. Use git.")
        }
    }

    /// - Throws: `FileDoesNotExistException`, also for folders and submodules; `FileTooLargeException`.
    private func getFile(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let path = try FilePath(parsing: call.text("filePath") ?? "")
        let commit = try await resolve(call.text("commitSpecifier"), in: repository)
        let objects = objects(repository)
        guard let entry = try await objects.entries([path], at: commit)[path], let mode = FileMode(octal: entry.mode)
        else {
            throw Refusal.noFile(path.text, commit.hex)
        }
        guard let header = try await objects.headers([entry.id.hex]).first ?? nil else {
            throw Refusal.noFile(path.text, commit.hex)
        }
        try Self.check(header, "The file \(path)")
        let bytes = try await objects.blob(entry.id, limit: Self.fileLimit) ?? []
        return Reply([
            "commitId": .string(commit.hex), "blobId": .string(entry.id.hex), "filePath": .string(path.text),
            "fileMode": .string(mode.rawValue), "fileSize": .int(bytes.count),
            "fileContent": .string(Base64.encode(bytes)),
        ])
    }

    /// What lies directly in a folder, by kind.
    private func getFolder(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let path = try FilePath(parsing: call.text("folderPath") ?? "", mayBeRoot: true)
        let commit = try await resolve(call.text("commitSpecifier"), in: repository)
        guard let entries = try await objects(repository).list(path, at: commit),
            let tree = try await objects(repository).tree(path, at: commit)
        else {
            throw AWSError("FolderDoesNotExistException", "Could not find folder \(path) at commit \(commit)")
        }
        var output: JSON = [
            "commitId": .string(commit.hex), "folderPath": .string(path.text), "treeId": .string(tree.hex),
        ]
        var lists: [String: [JSON]] = ["subFolders": [], "files": [], "symbolicLinks": [], "subModules": []]
        for entry in entries {
            let (list, shown) = Self.shown(entry, in: path)
            lists[list, default: []].append(shown)
        }
        for (name, list) in lists { output[name] = .array(list) }
        return Reply(output)
    }

    /// A folder's entry, and the list it belongs into.
    private static func shown(_ entry: TreeEntry, in folder: FilePath) -> (String, JSON) {
        var shown: JSON = [
            "absolutePath": .string(FilePath(names: folder.names + [entry.path]).text),
            "relativePath": .string(entry.path),
        ]
        switch entry.type {
        case "tree":
            shown["treeId"] = .string(entry.id.hex)
            return ("subFolders", shown)
        case "commit":
            shown["commitId"] = .string(entry.id.hex)
            return ("subModules", shown)
        default:
            let mode = FileMode(octal: entry.mode) ?? .normal
            shown["blobId"] = .string(entry.id.hex)
            shown["fileMode"] = .string(mode.rawValue)
            return (mode == .symlink ? "symbolicLinks" : "files", shown)
        }
    }
}
