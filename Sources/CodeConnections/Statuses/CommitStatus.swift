import Cloud
import HTTP
import Notation

/// What a commit's page at its host is to say of a build.
struct CommitStatus: Sendable, Hashable {
    /// How the build stands.
    enum State: String, Sendable, CaseIterable {
        case pending, success, failure, error
    }

    var commit: String
    var state: State
    /// Which of the statuses of the commit it is.
    var context: String
    var description: String
    /// The page that the status leads to.
    var target: String
}

/// The forms in which hosts take statuses. Pure.
///
/// Sources: GitHub REST API, "Commit statuses"; GitLab REST API, "Commits", "Set commit pipeline status"; Gitea API,
/// `repoCreateStatus`.
enum StatusHost: Sendable, Hashable, CaseIterable {
    case gitHub, gitLab, gitea

    /// The kinds of host that a connection may mean, the likeliest first. A server of one's own behind the provider
    /// GitHub is GitHub Enterprise or speaks like it, as Gitea and Forgejo do: only its answer tells.
    static func kinds(provider: String, base: String) -> [StatusHost] {
        switch provider {
        case "GitLab", "GitLabSelfManaged": [.gitLab]
        case "GitHub" where isGitHub(base): [.gitHub]
        case "GitHub", "GitHubEnterpriseServer": [.gitHub, .gitea]
        default: []
        }
    }

    private static func isGitHub(_ base: String) -> Bool {
        ["https://github.com", "https://www.github.com"].contains(base)
    }

    /// Where the status is sent.
    func address(base: String, repository: RepositoryID, commit: String) -> String {
        switch self {
        case .gitHub:
            let api = Self.isGitHub(base) ? "https://api.github.com" : base + "/api/v3"
            return "\(api)/repos/\(repository.name)/statuses/\(commit)"
        case .gitea: return "\(base)/api/v1/repos/\(repository.name)/statuses/\(commit)"
        case .gitLab:
            return "\(base)/api/v4/projects/\(repository.name.replacing("/", with: "%2F"))/statuses/\(commit)"
        }
    }

    /// The request, with its proof.
    func request(_ status: CommitStatus, token: String) -> HTTPRequest {
        let proof = self == .gitLab ? ("PRIVATE-TOKEN", token) : ("Authorization", "token " + token)
        var fields: HTTPFields = [
            "Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Slipway",
        ]
        fields[proof.0] = proof.1
        return HTTPRequest(method: "POST", target: "/", fields: fields, body: .bytes(body(status).bytes()))
    }

    private func body(_ status: CommitStatus) -> JSON {
        [
            "state": .string(word(status.state)), self == .gitLab ? "name" : "context": .string(status.context),
            "description": .string(String(status.description.prefix(140))), "target_url": .string(status.target),
        ]
    }

    private func word(_ state: CommitStatus.State) -> String {
        guard self == .gitLab else { return state.rawValue }
        return switch state {
        case .pending: "running"
        case .success: "success"
        case .failure: "failed"
        case .error: "canceled"
        }
    }
}
