import HTTP
import Notation
import Testing

@testable import CodeConnections

@Suite("How hosts take statuses")
struct StatusHostTests {
    private static let commit = String(repeating: "a", count: 40)
    private static let status = CommitStatus(
        commit: commit, state: .failure, context: "c", description: "d", target: "https://x")

    @Test(
        "The connection's provider and address say which host it may be",
        arguments: [
            ("GitHub", "https://github.com", [.gitHub]), ("GitHub", "https://git.example.com", [.gitHub, .gitea]),
            ("GitHubEnterpriseServer", "https://git.example.com", [.gitHub, .gitea]),
            ("GitLab", "https://gitlab.com", [.gitLab]), ("GitLabSelfManaged", "https://x", [.gitLab]),
            ("Bitbucket", "https://bitbucket.org", []),
        ] as [(String, String, [StatusHost])])
    func kinds(_ provider: String, _ base: String, _ kinds: [StatusHost]) {
        #expect(StatusHost.kinds(provider: provider, base: base) == kinds)
    }

    @Test(
        "Each has an address of its own",
        arguments: [
            (StatusHost.gitHub, "https://github.com", "https://api.github.com/repos/o/r/statuses/"),
            (.gitHub, "https://git.example.com", "https://git.example.com/api/v3/repos/o/r/statuses/"),
            (.gitea, "https://git.example.com/in", "https://git.example.com/in/api/v1/repos/o/r/statuses/"),
            (.gitLab, "https://gitlab.com", "https://gitlab.com/api/v4/projects/o%2Fr/statuses/"),
        ])
    func addresses(_ host: StatusHost, _ base: String, _ address: String) throws {
        let repository = try RepositoryID("o/r")
        #expect(host.address(base: base, repository: repository, commit: Self.commit) == address + Self.commit)
    }

    @Test("Each has its own words and its own proof")
    func requests() async throws {
        for (host, state, name, field, proof) in [
            (StatusHost.gitHub, "failure", "context", "Authorization", "token t"),
            (.gitea, "failure", "context", "Authorization", "token t"),
            (.gitLab, "failed", "name", "PRIVATE-TOKEN", "t"),
        ] {
            let request = host.request(Self.status, token: "t")
            let body = try JSON(parsing: try await request.body.collected(limit: 1 << 16))
            #expect(request.method == "POST" && request.fields[field] == proof)
            #expect(body["state"]?.string == state && body[name] == "c" && body["target_url"] == "https://x")
        }
    }
}
