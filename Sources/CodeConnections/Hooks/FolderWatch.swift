import Cloud
import Foundation
import GitHooks
import Ledger
import Logging
import Notation
import ServiceLifecycle

/// Where the refs of a watched repository stood when it was last looked at.
struct WatchedRepository: Codable, Sendable, Hashable {
    var connection: String
    var repository: String
    /// Full names of refs, and the commits they are at.
    var refs: [String: String]

    /// By connection and repository.
    static let all = Collection<WatchedRepository>("codeconnections.watched")
}

/// Watches the repositories of connections that are folders of this machine, and tells of pushes as a host's webhook
/// would.
///
/// The files that refs are in are looked at once a second; git is asked only when one of them changed. What changed
/// while Slipway was down is told at the next start. A repository seen for the first time is learned without an event.
struct FolderWatch: Service {
    private static let interval = Duration.seconds(1)

    let service: CodeConnectionsService
    private let log = Logger(label: "connections")

    init(service: CodeConnectionsService) { self.service = service }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var signatures: [String: String] = [:]
            let surroundings = service.ledger.surroundings
            while !Task.isCancelled {
                do { try await pass(&signatures) } catch is CancellationError { return } catch {
                    log.error("watched folders cannot be read", metadata: ["error": "\(error)"])
                }
                guard (try? await surroundings.time.sleep(until: surroundings.now + Self.interval)) != nil else {
                    return
                }
            }
        }
    }

    /// One look at all watched folders.
    private func pass(_ signatures: inout [String: String]) async throws {
        for connection in try await service.ledger.find(Connection.all, "watched", "yes").map(\.value) {
            guard let access = connection.access, access.isFolder else { continue }
            for (name, path) in FolderRepository.all(below: access.base) {
                let signature = FolderRepository.signature(path)
                let key = connection.id + "/" + name
                guard signatures[key] != signature else { continue }
                do {
                    try await look(connection, name, path)
                    signatures[key] = signature
                } catch let failure as GitFailure {
                    log.warning(
                        "a watched repository cannot be read",
                        metadata: ["repository": "\(path)", "error": "\(failure)"])
                    signatures[key] = signature
                }
            }
        }
    }

    private func look(_ connection: Connection, _ name: String, _ path: String) async throws {
        let git = GitCommand(
            repository: path, scratch: service.ledger.folder + "/connections", time: service.ledger.surroundings.time,
            protocols: "file")
        let text = try await git.run([
            "for-each-ref", "--format=%(refname)%00%(objectname)%00%(*objectname)", "refs/heads", "refs/tags",
        ])
        var refs: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            // An annotated tag is an object of its own, behind which the commit is.
            if parts.count == 3 { refs[parts[0]] = parts[2].isEmpty ? parts[1] : parts[2] }
        }
        let key = connection.id + "/" + name
        let seen = WatchedRepository(connection: connection.id, repository: name, refs: refs)
        guard let known = try await service.ledger.get(WatchedRepository.all, key)?.value else {
            try await service.ledger.write { _ = try $0.put(WatchedRepository.all, key, seen) }
            return
        }
        guard known.refs != refs else { return }
        var events: [GitEvent] = []
        for ref in Set(known.refs.keys).union(refs.keys).sorted() where known.refs[ref] != refs[ref] {
            events.append(try await push(connection, name, path, ref, from: known.refs[ref] ?? "", to: refs[ref] ?? ""))
        }
        let told = events
        try await service.ledger.write { write in
            // Somebody else may have deleted the connection meanwhile.
            guard try write.get(Connection.all, connection.key) != nil else { return }
            try write.put(WatchedRepository.all, key, seen)
            for event in told {
                let words = "\(key)/\(event.ref)/\(event.previousCommitID)/\(event.commitID)/\(write.now.microseconds)"
                let id = ConnectionHooks.uuid(ConnectionHooks.digest(Data(words.utf8)))
                try write.append(ConnectionEvent.make(event, of: connection, id: id, now: write.now))
            }
        }
    }

    private func push(
        _ connection: Connection, _ name: String, _ path: String, _ ref: String, from old: String, to new: String
    ) async throws -> GitEvent {
        var event = GitEvent(
            host: .gitea, kind: .push, repository: .init(fullName: name), actor: .init(id: "", name: ""), ref: ref,
            commitID: new)
        event.previousCommitID = old
        guard !new.isEmpty else { return event }
        let source = MirrorSource(
            connection: connection.id, repository: try RepositoryID(name), place: path, isFolder: true, credentials: nil
        )
        let (facts, files) = try await service.mirrors.changes(to: new, since: old, ref: ref, from: source)
        event.commitMessage = facts.message
        event.author = facts.author
        event.changedFiles = files
        event.knowsAllFiles = true
        return event
    }
}
