import Cloud
import HTTP
import Ledger
import Notation

extension CodeConnectionsService {
    struct StatusInput: Decodable, Sendable {
        let connectionArn: String, fullRepositoryId: String, commitId: String, state: String, context: String
        let description: String?, targetUrl: String?
    }

    var statuses: [Operation] {
        [
            Operation(
                "PutCommitStatus",
                enforces: "connectionArn fullRepositoryId commitId state context description targetUrl"
            ) { (input: StatusInput, call) in
                try await put(input, call)
                return Nothing()
            }
        ]
    }

    /// How long a host may take.
    private static let patience = Duration.seconds(30)

    /// Has the connection's host show a status at a commit. Putting it again changes nothing there.
    ///
    /// - Throws: ``AWSError``; with a status of 429 or 5xx when it may pass by itself.
    private func put(_ input: StatusInput, _ call: Call) async throws {
        let (connection, access) = try await available(input.connectionArn, call.caller)
        guard let state = CommitStatus.State(rawValue: input.state) else {
            throw AWSError.connection("The state '\(input.state.prefix(50))' is none of a commit.")
        }
        guard input.commitId.utf8.count == 40, input.commitId.utf8.allSatisfy(Self.isDigit) else {
            throw AWSError.connection("'\(input.commitId.prefix(80))' is no full id of a commit.")
        }
        let kinds = StatusHost.kinds(provider: connection.provider, base: access.base)
        guard !access.isFolder, !kinds.isEmpty else {
            throw AWSError.notImplemented("statuses of commits at \(access.isFolder ? "folders" : connection.provider)")
        }
        guard let token = try credentials(connection, access)?.token else {
            throw AWSError.connection("The connection \(connection.name) has no token: its host takes no status.")
        }
        let status = CommitStatus(
            commit: input.commitId, state: state, context: input.context, description: input.description ?? "",
            target: input.targetUrl ?? "")
        let repository = try RepositoryID(Self.below(access.base, input.fullRepositoryId))
        try await post(status, repository, access.base, kinds, token)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }

    /// The repository's name without the path of the base, where it was taken from an address.
    private static func below(_ base: String, _ name: String) -> String {
        let path = base.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
        return !path.isEmpty && name.hasPrefix(path + "/") ? String(name.dropFirst(path.count + 1)) : name
    }

    private func post(
        _ status: CommitStatus, _ repository: RepositoryID, _ base: String, _ kinds: [StatusHost], _ token: String
    ) async throws {
        for (index, kind) in kinds.enumerated() {
            let url = kind.address(base: base, repository: repository, commit: status.commit)
            let answer: WebAnswer
            do {
                answer = try await web.send(kind.request(status, token: token), to: url, within: Self.patience)
            } catch let error as WebError {
                throw AWSError(
                    "ResourceUnavailableException", "The host of \(repository.name) gave no answer: \(error)",
                    status: 503)
            }
            if answer.status == 404, index + 1 < kinds.count { continue }
            return try Self.judge(answer, repository, token)
        }
    }

    private static func judge(_ answer: WebAnswer, _ repository: RepositoryID, _ token: String) throws {
        guard !(200...299).contains(answer.status) else { return }
        let words = String(decoding: answer.body.prefix(300), as: UTF8.self).replacing(token, with: "***")
        let mayPass = [408, 429].contains(answer.status) || answer.status >= 500
        throw AWSError(
            "ResourceUnavailableException",
            "The host took no status for \(repository.name), it answered with \(answer.status): \(words)",
            status: mayPass ? 503 : 400)
    }
}
