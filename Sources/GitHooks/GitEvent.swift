/// What a host of repositories tells of one: the same value, whichever host told it.
package struct GitEvent: Sendable, Hashable {
    /// The kinds of host.
    package enum Host: String, Sendable, Hashable, CaseIterable {
        case gitHub = "GitHub"
        case gitLab = "GitLab"
        case gitea = "Gitea"
        case bitbucket = "Bitbucket"
    }

    /// What happened.
    package enum Kind: Sendable, Hashable {
        /// A branch or tag was made, moved or deleted.
        case push
        /// Something happened to a pull or merge request.
        case pullRequest(PullRequest.Change)
        /// A release was published.
        case release
    }

    /// Who told.
    package var host: Host
    /// What happened.
    package var kind: Kind
    /// The repository it happened in; of a pull request, the one it goes into.
    package var repository: Repository
    /// Who did it.
    package var actor: Actor
    /// The full name of the ref: `refs/heads/main`, `refs/tags/v1`; of a pull request, `refs/heads/` of its source
    /// branch.
    package var ref: String
    /// The commit that the ref is at now; empty when it was deleted.
    package var commitID: String
    /// The commit it was at before; empty when it was made, or when the host does not say.
    package var previousCommitID = ""
    /// The newest commit's message, as far as the host tells it.
    package var commitMessage = ""
    /// The newest commit's author, `name <address>` or name alone.
    package var author = ""
    /// The files that the pushed commits added, changed or removed, sorted; each once.
    package var changedFiles: [String] = []
    /// Whether ``changedFiles`` is known to be all of them: hosts leave it out, or name a push's first commits only.
    package var knowsAllFiles = false
    /// Whether the commits that were there are no longer reachable.
    package var isForced = false
    /// The pull request, when it is about one.
    package var pullRequest: PullRequest?
    /// The release, when it is about one.
    package var release: Release?

    /// An event that says what every one does; the rest is set afterwards.
    package init(host: Host, kind: Kind, repository: Repository, actor: Actor, ref: String, commitID: String) {
        self.host = host
        self.kind = kind
        self.repository = repository
        self.actor = actor
        self.ref = ref
        self.commitID = commitID
    }

    /// A repository at its host.
    package struct Repository: Sendable, Hashable {
        /// `owner/name`, with more parts where the host has groups.
        package var fullName: String
        /// Where it is cloned from over HTTP; empty when the host does not say.
        package var cloneURL: String
        /// Its page.
        package var page: String

        /// A repository.
        package init(fullName: String, cloneURL: String = "", page: String = "") {
            self.fullName = fullName
            self.cloneURL = cloneURL
            self.page = page
        }

        /// The part before the last slash.
        package var owner: String { fullName.lastIndex(of: "/").map { String(fullName[..<$0]) } ?? "" }
        /// The part after the last slash.
        package var name: String {
            fullName.lastIndex(of: "/").map { String(fullName[fullName.index(after: $0)...]) } ?? fullName
        }
    }

    /// Somebody with an account at the host.
    package struct Actor: Sendable, Hashable {
        /// The host's own id, as text.
        package var id: String
        /// The account's name.
        package var name: String

        /// Somebody.
        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// A pull or merge request.
    package struct PullRequest: Sendable, Hashable {
        /// What happened to it.
        package enum Change: String, Sendable, Hashable, CaseIterable {
            case opened, updated, reopened, merged, closed
        }

        /// Its number in the repository.
        package var number: Int
        /// Its title.
        package var title: String
        /// Its page.
        package var page: String
        /// The branch it comes from, and the newest commit there.
        package var headBranch: String
        package var headCommitID: String
        /// The repository it comes from, which may be a fork.
        package var headRepository: String
        /// The branch it goes into, and the commit there when the host tells.
        package var baseBranch: String
        package var baseCommitID: String
        /// The commit that merged it; empty unless it was.
        package var mergeCommitID: String
        /// Whether it is not meant to be merged yet.
        package var isDraft: Bool
        /// Its labels.
        package var labels: [String]
    }

    /// A release.
    package struct Release: Sendable, Hashable {
        /// The tag it was made from.
        package var tag: String
        /// Its title.
        package var name: String
        /// Whether it is marked as not ready for production.
        package var isPrerelease: Bool
    }

    /// The branch's name, when the ref is one.
    package var branch: String? { Self.tail(ref, "refs/heads/") }
    /// The tag's name, when the ref is one.
    package var tag: String? { Self.tail(ref, "refs/tags/") }
    /// Whether the ref was made by this event.
    package var isNew: Bool { kind == .push && previousCommitID.isEmpty && !commitID.isEmpty }
    /// Whether the ref was deleted.
    package var isDeletion: Bool { kind == .push && commitID.isEmpty }

    /// What CodeBuild's webhooks call it (CodeBuild API Reference, WebhookFilter, EVENT).
    package var codeBuildName: String {
        switch kind {
        case .push: "PUSH"
        case .release: release?.isPrerelease == true ? "PRERELEASED" : "RELEASED"
        case .pullRequest(let change):
            "PULL_REQUEST_" + (change == .opened ? "CREATED" : change.rawValue.uppercased())
        }
    }

    private static func tail(_ ref: String, _ prefix: String) -> String? {
        ref.hasPrefix(prefix) ? String(ref.dropFirst(prefix.count)) : nil
    }
}
