import Cloud
import HTTP
import Ledger
import Notation

extension CodeConnectionsService {
    struct SourceInput: Decodable, Sendable { let connectionArn: String, fullRepositoryId: String }
    struct SourceOutput: Encodable { let cloneURL: String, username: String?, token: String? }
    private struct PackInput: Decodable, Sendable {
        let connectionArn: String, fullRepositoryId: String, ref: String?, commitId: String?
    }

    var fetching: [Operation] {
        [
            Operation("CloneSource", enforces: "connectionArn fullRepositoryId") { (input: SourceInput, call) in
                let (connection, access) = try await available(input.connectionArn, call.caller)
                guard !access.isFolder else {
                    throw AWSError.notImplemented(
                        "a full clone from the watched folder of \(connection.name); builds get its tree instead")
                }
                let credentials = try credentials(connection, access)
                return SourceOutput(
                    cloneURL: try Self.place(access, RepositoryID(input.fullRepositoryId)),
                    username: credentials?.username, token: credentials?.token)
            },
            Operation("PackTree", enforces: "connectionArn fullRepositoryId ref commitId") { call in
                try await pack(try call.input.decode(PackInput.self), call)
            },
        ]
    }

    /// Where a repository is cloned from.
    static func place(_ access: Connection.Access, _ repository: RepositoryID) throws -> String {
        guard access.isFolder else { return "\(access.base)/\(repository.name).git" }
        guard let path = FolderRepository.find(repository, below: access.base) else {
            throw AWSError("ResourceNotFoundException", "There is no repository \(repository.name) in \(access.base).")
        }
        return path
    }

    /// The tree of a commit, zipped, without `.git`: what the ref is at now, or the commit that is named.
    private func pack(_ input: PackInput, _ call: Call) async throws -> Reply {
        let (connection, access) = try await available(input.connectionArn, call.caller)
        let repository = try RepositoryID(input.fullRepositoryId)
        let wanted = try WantedCommit(ref: input.ref, commit: input.commitId)
        let source = MirrorSource(
            connection: connection.id, repository: repository, place: try Self.place(access, repository),
            isFolder: access.isFolder, credentials: try credentials(connection, access))
        let packed = try await mirrors.pack(wanted, from: source)
        let output: JSON = [
            "commitId": .string(packed.commit.id), "authorDate": .string(packed.commit.authorDate),
            "committerDate": .string(packed.commit.committerDate), "message": .string(packed.commit.message),
            "author": .string(packed.commit.author), "fullRepositoryId": .string(repository.name),
            "providerType": .string(connection.provider),
        ]
        return Reply(output, payload: .stream(packed.archive))
    }
}
