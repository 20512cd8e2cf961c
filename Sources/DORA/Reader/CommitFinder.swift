internal import Cloud
internal import Ledger
internal import Notation

/// Finds out which commits a push brought, and writes that into the log: from then on the log alone tells it, even when
/// the
/// repository is gone.
struct CommitFinder: Sendable {
    /// The most commits of one push that are told; the rest came with an import, not with work.
    static let limit = 500

    let cloud: Cloud
    let ledger: Ledger

    /// Writes the commits of every push of the book that lacks them. Asking twice writes once: the event's id comes of
    /// the push.
    ///
    /// - Throws: `LedgerError` when the log cannot be written.
    func explain(_ book: Book) async throws {
        for (id, push) in book.pushes.sorted(by: { $0.value.time < $1.value.time }) where push.commits == nil {
            try Task.checkCancellation()
            let found = await commits(of: push)
            let event = LedgerEvent(
                id: "\(id)-commits", time: ledger.surroundings.now, source: Book.source, detailType: Book.commitsType,
                account: push.account, region: push.region,
                detail: [
                    "push": .string(id), "repositoryName": .string(push.repository),
                    "isComplete": .bool(found.isComplete), "commits": .array(found.commits),
                ])
            try await ledger.write { try $0.append(event) }
        }
    }

    /// Its commits; its newest alone where nobody can tell, because the repository is gone.
    private func commits(of push: Push) async -> (commits: [JSON], isComplete: Bool) {
        var input: JSON = [
            "repositoryName": .string(push.repository), "to": .string(push.head), "maxResults": .int(Self.limit),
        ]
        input["from"] = push.old.map(JSON.string)
        let caller = Caller.root(account: push.account, region: push.region).through("slipway-dora")
        guard let answer = try? await cloud.call("slipway-codecommit", "CommitsBetween", input, as: caller) else {
            return ([["commitId": .string(push.head)]], false)
        }
        let commits = (answer["commits"]?.array ?? []).map { one -> JSON in
            let message = one["message"]?.string ?? ""
            return [
                "commitId": one["commitId"] ?? "", "message": .string(String(message.prefix(2000))),
            ]
        }
        return (commits, commits.count < Self.limit)
    }
}
