internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation

/// The ledger's record of where every reference stands, kept in step with git's own.
///
/// Git moves a reference first, durably; then one write to the ledger notes it, with its event, its triggers and what
/// it means to pull requests; then the client hears of it. What a crash left between the two is found by comparing, at
/// the next start and before the next move, and noted once: the record itself says what was told.
///
/// Everything that moves references holds the repository's lock.
struct ReferenceBook: Sendable {
    let ledger: Ledger
    let store: RepositoryStore
    let deliveries: MachineRunner<TriggerRun>

    /// Who moved references, and what else is told of it.
    struct Mover: Sendable {
        /// The ARN of who; nil when only git's own log may know.
        var principal: String?
        /// What a merge adds to the event.
        var merge: JSON?
    }

    // MARK: Reading

    /// Where the reference stands; nil when there is none of the name.
    func record(_ name: RefName, in repository: Repository) async throws -> RefRecord? {
        try await ledger.get(Shelf.references, Shelf.key(repository, name))?.value
    }

    /// All references whose full names begin with `prefix`, by name.
    func records(in repository: Repository, prefix: String = "refs/") async throws -> [(
        name: RefName, record: RefRecord
    )] {
        let start = repository.id + "/"
        return try await ledger.list(Shelf.references, prefix: start + prefix).compactMap { document in
            RefName(String(document.key.dropFirst(start.utf8.count))).map { ($0, document.value) }
        }
    }

    /// What git itself says of those references; of all when none are named.
    private func actual(_ names: [RefName]?, in repository: Repository) async throws -> [RefName: RefRecord] {
        let patterns = names?.map(\.full) ?? ["refs/heads", "refs/tags"]
        guard !patterns.isEmpty else { return [:] }
        let format = "--format=%(objectname) %(*objectname) %(refname)"
        let output = try await store.git.run(in: store.folder(repository), ["for-each-ref", format] + patterns)
        var found: [RefName: RefRecord] = [:]
        for line in output.lines {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let object = ObjectID(parts[0]), let name = RefName(String(parts[2])) else {
                continue
            }
            found[name] = RefRecord(object: object, commit: ObjectID(parts[1]) ?? object)
        }
        return found
    }

    // MARK: Moving

    /// Moves a reference from where it is to another object, if it is still there, and notes it. The caller holds the
    /// lock.
    ///
    /// - Parameters:
    ///   - old: Where it must be; nil when there must be none.
    ///   - new: Where it goes; nil deletes it.
    /// - Throws: `ConcurrentReferenceUpdateException` when it stands elsewhere; ``GitError``.
    func move(
        _ name: RefName, in repository: Repository, from old: ObjectID?, to new: ObjectID?, by mover: Mover
    ) async throws {
        guard try await record(name, in: repository)?.object == old else { throw Refusal.concurrentUpdate(name.full) }
        if new != nil { try await store.syncObjects(repository) }
        let zero = String(repeating: "0", count: 40)
        let arguments =
            new.map { ["update-ref", name.full, $0.hex, old?.hex ?? zero] } ?? [
                "update-ref", "-d", name.full, old?.hex ?? zero,
            ]
        let output = try await store.git.run(
            in: store.folder(repository), arguments, environment: Self.committer(mover.principal),
            expecting: [0, 1, 128])
        guard output.status == 0 else {
            try await settle(nil, in: repository, by: Mover())
            throw Refusal.concurrentUpdate(name.full)
        }
        try await settle([name], in: repository, by: mover)
    }

    /// Notes what has moved since it was last noted. The caller holds the lock.
    ///
    /// A second call finds nothing to note, so that every move is told once.
    ///
    /// - Parameter names: The references that may have moved; nil compares all.
    /// - Returns: What had moved.
    @discardableResult
    func settle(_ names: [RefName]?, in repository: Repository, by mover: Mover) async throws -> [RefChange] {
        let actual = try await actual(names, in: repository)
        var recorded: [RefName: RefRecord] = [:]
        if let names {
            for name in names { recorded[name] = try await record(name, in: repository) }
        } else {
            for (name, record) in try await records(in: repository) { recorded[name] = record }
        }
        let all = Set(actual.keys).union(recorded.keys).filter { names?.contains($0) ?? true }
        let changes = all.sorted { $0.full < $1.full }.compactMap { RefChange($0, from: recorded[$0], to: actual[$0]) }
        guard !changes.isEmpty else { return [] }
        let heads = try await chooseHead(changes, repository)
        let refreshed = try await refreshed(changes, repository)
        try await store.sync(repository, references: changes.map(\.name.full))
        let principals = try await principals(changes, repository, mover)
        try await ledger.write { write in
            try note(changes, repository, principals, mover, head: heads, refreshed, in: write)
        }
        return changes
    }

    /// Writes what moved: the record, the event, the triggers, and what it means to pull requests.
    private func note(
        _ changes: [RefChange], _ repository: Repository, _ principals: [RefName: String], _ mover: Mover,
        head: String?,
        _ refreshed: [String: ObjectID], in write: Transaction
    ) throws {
        // Somebody may have changed its other settings, or deleted it: what this write sees is what counts.
        guard var repository = try write.find(Shelf.repositories, "id", repository.id).first?.value else { return }
        if let head, repository.defaultBranch == nil { repository.defaultBranch = head }
        repository.modified = write.now
        try write.put(repository)
        for change in changes {
            let key = Shelf.key(repository, change.name)
            if let new = change.new {
                try write.put(Shelf.references, key, new)
            } else {
                try write.delete(Shelf.references, key)
            }
            let principal = principals[change.name] ?? "arn:aws:iam::\(repository.account):root"
            let id = write.surroundings.chance.uuid()
            try write.append(change.event(repository, by: principal, merge: mover.merge, id: id, now: write.now))
            for trigger in repository.triggers where trigger.wants(change) {
                let message = trigger.message(change, repository, by: principal, id: id, now: write.now)
                try TriggerRun.begin(trigger, message, repository, id: id, on: deliveries, in: write)
            }
            try refresh(change, repository, principal, refreshed, in: write)
            if change.name.isBranch, let new = change.new {
                try write.finishMerges(into: change.name, at: new.commit, in: repository)
            }
        }
    }

    /// The first branch becomes the default one; of several, `main`, then `master`, then the first by name.
    private func chooseHead(_ changes: [RefChange], _ repository: Repository) async throws -> String? {
        guard repository.defaultBranch == nil else { return nil }
        let branches = changes.filter { $0.name.isBranch && $0.new != nil }.map(\.name.short)
        guard let head = ["main", "master"].first(where: branches.contains) ?? branches.first else { return nil }
        try await pointHead(at: head, in: repository)
        return head
    }

    /// Makes clones check out that branch.
    func pointHead(at branch: String, in repository: Repository) async throws {
        try await store.git.run(
            in: store.folder(repository), ["symbolic-ref", "HEAD", "refs/heads/" + branch],
            environment: Self.committer(nil))
        try await store.syncHead(repository)
    }

    // MARK: Pull requests

    /// The new merge bases of the open pull requests whose sources moved, by key.
    private func refreshed(_ changes: [RefChange], _ repository: Repository) async throws -> [String: ObjectID] {
        var bases: [String: ObjectID] = [:]
        for change in changes where change.name.isBranch {
            guard let new = change.new else { continue }
            for request in try await ledger.find(Shelf.pullRequests, "source", Shelf.key(repository, change.name)) {
                let tip =
                    try await record(request.value.destination, in: repository)?.commit
                    ?? request.value.destinationCommit
                bases[request.key] = try await Objects(store, repository).mergeBase(tip, new.commit)
            }
        }
        return bases
    }

    /// A push to its source gives a pull request another revision: approvals of the old one count no more.
    private func refresh(
        _ change: RefChange, _ repository: Repository, _ principal: String, _ bases: [String: ObjectID],
        in write: Transaction
    ) throws {
        guard change.name.isBranch, let new = change.new, change.old != nil else { return }
        for document in try write.find(Shelf.pullRequests, "source", Shelf.key(repository, change.name)) {
            var request = document.value
            let before = request.sourceCommit
            request.sourceCommit = new.commit
            request.mergeBase = bases[document.key]
            request.revision = write.surroundings.chance.hexadecimal(64)
            var metadata: JSON = [
                "repositoryName": .string(repository.name), "beforeCommitId": .string(before.hex),
                "afterCommitId": .string(new.commit.hex),
            ]
            if let base = request.mergeBase { metadata["mergeBase"] = .string(base.hex) }
            let event = PullRequestEvent(
                time: write.now, type: "PULL_REQUEST_SOURCE_REFERENCE_UPDATED", actor: principal,
                member: "pullRequestSourceReferenceUpdatedEventMetadata", metadata: metadata)
            try write.note(event, of: &request)
            try write.append(request.notice("pullRequestSourceBranchUpdated", by: principal, now: write.now))
        }
    }

    // MARK: Who

    /// Who moved each reference: who is known to, else who git's log of it names.
    private func principals(_ changes: [RefChange], _ repository: Repository, _ mover: Mover) async throws -> [RefName:
        String]
    {
        if let principal = mover.principal { return Dictionary(changes.map { ($0.name, principal) }) { $1 } }
        let folder = store.folder(repository)
        return await OwnThread.run {
            var found: [RefName: String] = [:]
            for change in changes {
                guard let new = change.new,
                    let text = try? String(contentsOfFile: folder + "/logs/" + change.name.full, encoding: .utf8),
                    let last = text.split(separator: "\n").last, last.dropFirst(41).hasPrefix(new.object.hex),
                    let start = last.firstIndex(of: "<"), let end = last[start...].firstIndex(of: ">")
                else { continue }
                found[change.name] = String(last[last.index(after: start)..<end])
            }
            return found
        }
    }

    /// The identity that git's log of a reference gets: who moved it, so that a crash does not lose that.
    static func committer(_ principal: String?) -> [String: String] {
        [
            "GIT_COMMITTER_NAME": "slipway", "GIT_COMMITTER_EMAIL": principal ?? "slipway",
            "GIT_AUTHOR_NAME": "slipway", "GIT_AUTHOR_EMAIL": principal ?? "slipway",
        ]
    }
}
