internal import Notation

/// Which commits came to the users of a service with which delivery, and when each had arrived.
///
/// A branch's pushes are taken in order: a delivery of a commit brings everything pushed to its branch up to it that an
/// earlier delivery of the service had not brought.
struct Changes: Sendable {
    /// A commit in a delivery.
    struct Change: Sendable, Hashable {
        let commit: Commit
        let repository: String
        /// When it first arrived in the repository, on whichever branch.
        let arrived: Timestamp
    }

    private let pushes: [Branch: [Push]]
    private let heads: [Head: [Push]]
    private let arrivals: [Head: Timestamp]

    private struct Branch: Hashable { let scope, repository, name: String }
    private struct Head: Hashable { let scope, repository, commit: String }

    /// Sorts the pushes of a book.
    init(_ book: Book) {
        var (branches, heads, arrivals): ([Branch: [Push]], [Head: [Push]], [Head: Timestamp]) = ([:], [:], [:])
        let ordered = book.pushes.sorted { ($0.value.time, $0.key) < ($1.value.time, $1.key) }.map(\.value)
        for push in ordered {
            branches[Branch(scope: push.scope, repository: push.repository, name: push.branch), default: []].append(
                push)
            heads[Head(scope: push.scope, repository: push.repository, commit: push.head), default: []].append(push)
            for commit in push.known {
                let key = Head(scope: push.scope, repository: push.repository, commit: commit.id)
                if arrivals[key] == nil { arrivals[key] = push.time }
            }
        }
        pushes = branches
        self.heads = heads
        self.arrivals = arrivals
    }

    /// The commits of one service's deliveries, by the delivery's id. `deliveries` are in the order they ended.
    func commits(of deliveries: [Delivery], _ sources: (Delivery) -> [SourceRevision]) -> [String: [Change]] {
        var result: [String: [Change]] = [:]
        var brought: Set<Head> = []
        var done: [Branch: Int] = [:]
        for delivery in deliveries where !delivery.isRollback {
            var found: [Change] = []
            var taken: Set<Head> = []
            var reached: [Branch: Int] = [:]
            for source in sources(delivery) {
                guard let push = push(of: source, delivery) else { continue }
                let branch = Branch(scope: push.scope, repository: push.repository, name: push.branch)
                let line = pushes[branch] ?? []
                let end = line.lastIndex(of: push).map { $0 + 1 } ?? line.count
                reached[branch] = max(reached[branch] ?? 0, end)
                for change in changes(line.prefix(end).dropFirst(done[branch] ?? 0)) {
                    let key = Head(scope: delivery.scope, repository: change.repository, commit: change.commit.id)
                    if !brought.contains(key), taken.insert(key).inserted { found.append(change) }
                }
            }
            result[delivery.id] = found
            // What was stopped on its way comes again with the next.
            guard delivery.reachedAll != nil else { continue }
            brought.formUnion(taken)
            for (branch, end) in reached { done[branch] = max(done[branch] ?? 0, end) }
        }
        return result
    }

    private func changes(_ pushes: some Sequence<Push>) -> [Change] {
        pushes.flatMap { push in
            push.known.map { commit in
                let key = Head(scope: push.scope, repository: push.repository, commit: commit.id)
                return Change(commit: commit, repository: push.repository, arrived: arrivals[key] ?? push.time)
            }
        }
    }

    /// The newest push, before the delivery began, whose newest commit that is; wherever, if the repository is unknown.
    private func push(of source: SourceRevision, _ delivery: Delivery) -> Push? {
        let named = source.repository.map { Head(scope: delivery.scope, repository: $0, commit: source.commit) }
        let found: [Push]
        if let named {
            found = heads[named] ?? []
        } else {
            found = heads.filter { $0.key.scope == delivery.scope && $0.key.commit == source.commit }.values
                .flatMap(\.self).sorted { $0.time < $1.time }
        }
        return found.last { $0.time <= delivery.started } ?? found.first
    }
}

extension Push {
    /// `account/region`.
    var scope: String { "\(account)/\(region)" }
    /// Its commits; the newest alone as long as the others were not looked up.
    var known: [Commit] { commits ?? [Commit(id: head, message: "")] }
}
