import GitHooks
import Notation
import Testing

private let head = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
private let base = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"

@Suite("Pull requests and releases")
struct PullRequestTests {
    private static func gitHub(_ action: String, merged: Bool = false) -> JSON {
        [
            "action": .string(action), "number": 2, "before": .string(base),
            "pull_request": [
                "title": "Update", "html_url": "https://github.com/octo/orders/pull/2", "draft": false,
                "merged": .bool(merged), "merge_commit_sha": .string(base),
                "head": ["ref": "changes", "sha": .string(head), "repo": ["full_name": "fork/orders"]],
                "base": ["ref": "main", "sha": .string(base), "repo": ["full_name": "octo/orders"]],
                "labels": [["name": "bug"]],
            ],
            "repository": ["full_name": "octo/orders", "clone_url": "https://github.com/octo/orders.git"],
            "sender": ["id": 1, "login": "mona"],
        ]
    }

    @Test(
        "of GitHub and Gitea are opened, updated, reopened, merged and closed",
        arguments: [
            ("opened", false, "PULL_REQUEST_CREATED"), ("synchronize", false, "PULL_REQUEST_UPDATED"),
            ("synchronized", false, "PULL_REQUEST_UPDATED"), ("reopened", false, "PULL_REQUEST_REOPENED"),
            ("closed", true, "PULL_REQUEST_MERGED"), ("closed", false, "PULL_REQUEST_CLOSED"), ("labeled", false, ""),
        ])
    func gitHubPull(_ action: String, _ merged: Bool, _ name: String) throws {
        for field in ["X-GitHub-Event", "X-Gitea-Event"] {
            let events = try read([field: "pull_request"], Self.gitHub(action, merged: merged)).events
            guard !name.isEmpty else {
                #expect(events.isEmpty)
                continue
            }
            let event = try #require(events.first)
            let pull = try #require(event.pullRequest)
            #expect(event.codeBuildName == name && event.commitID == head && event.ref == "refs/heads/changes")
            #expect(pull.number == 2 && pull.baseBranch == "main" && pull.headRepository == "fork/orders")
            #expect(pull.labels == ["bug"] && pull.mergeCommitID == (merged ? base : ""))
            #expect(event.previousCommitID == (name == "PULL_REQUEST_UPDATED" ? base : ""))
        }
    }

    @Test(
        "of GitLab are updated only by new commits",
        arguments: [
            ("open", nil, "PULL_REQUEST_CREATED"), ("update", base, "PULL_REQUEST_UPDATED"), ("update", nil, ""),
            ("reopen", nil, "PULL_REQUEST_REOPENED"), ("merge", nil, "PULL_REQUEST_MERGED"),
            ("close", nil, "PULL_REQUEST_CLOSED"), ("approved", nil, ""),
        ])
    func gitLabPull(_ action: String, _ oldrev: String?, _ name: String) throws {
        var attributes: JSON = [
            "iid": 7, "title": "T", "action": .string(action), "source_branch": "ms", "target_branch": "main",
            "url": "https://gitlab.example.com/g/p/-/merge_requests/7", "source": ["path_with_namespace": "me/p"],
            "last_commit": ["id": .string(head), "message": "m", "author": ["name": "A", "email": "a@example.com"]],
        ]
        if let oldrev { attributes["oldrev"] = .string(oldrev) }
        let body: JSON = [
            "object_kind": "merge_request", "user": ["id": 1, "username": "root"],
            "project": ["path_with_namespace": "g/p", "git_http_url": "https://gitlab.example.com/g/p.git"],
            "object_attributes": attributes, "labels": [["title": "API"]],
        ]
        let events = try read(["X-Gitlab-Event": "Merge Request Hook"], body).events
        #expect(events.first?.codeBuildName ?? "" == name)
        if let event = events.first {
            #expect(event.pullRequest?.number == 7 && event.pullRequest?.labels == ["API"])
            #expect(event.author == "A <a@example.com>" && event.previousCommitID == oldrev ?? "")
        }
    }

    @Test("of Bitbucket have no reopening")
    func bitbucketPull() throws {
        let body: JSON = [
            "repository": ["full_name": "team/orders"], "actor": ["uuid": "{1}", "display_name": "Ana"],
            "pullrequest": [
                "id": 3, "title": "T", "links": ["html": ["href": "https://bitbucket.org/team/orders/pull-requests/3"]],
                "source": [
                    "branch": ["name": "b2"], "commit": ["hash": "d3022fc0ca3d"],
                    "repository": ["full_name": "ana/orders"],
                ],
                "destination": ["branch": ["name": "main"], "commit": ["hash": "ce5965ddd289"]],
                "merge_commit": ["hash": "764413d85e29"],
            ],
        ]
        let kinds = [
            "pullrequest:created": "PULL_REQUEST_CREATED", "pullrequest:updated": "PULL_REQUEST_UPDATED",
            "pullrequest:fulfilled": "PULL_REQUEST_MERGED", "pullrequest:rejected": "PULL_REQUEST_CLOSED",
        ]
        for (key, name) in kinds {
            let event = try #require(try read(["X-Event-Key": key], body).events.first)
            #expect(event.codeBuildName == name && event.commitID == "d3022fc0ca3d" && event.actor.id == "{1}")
            #expect(event.pullRequest?.mergeCommitID == (name.hasSuffix("MERGED") ? "764413d85e29" : ""))
        }
        #expect(try read(["X-Event-Key": "pullrequest:approved"], body).events.isEmpty)
    }

    @Test("releases are told once they are public")
    func releases() throws {
        func body(_ action: String, draft: Bool = false, pre: Bool = false) -> JSON {
            [
                "action": .string(action), "repository": ["full_name": "octo/orders"],
                "sender": ["id": 1, "login": "mona"],
                "release": ["tag_name": "v1", "name": "One", "prerelease": .bool(pre), "draft": .bool(draft)],
            ]
        }
        let release = try #require(try read(["X-GitHub-Event": "release"], body("released")).events.first)
        #expect(release.codeBuildName == "RELEASED" && release.tag == "v1" && release.release?.name == "One")
        let early = try read(["X-GitHub-Event": "release"], body("prereleased", pre: true)).events.first
        #expect(early?.codeBuildName == "PRERELEASED")
        #expect(try read(["X-GitHub-Event": "release"], body("published")).events.isEmpty)
        #expect(try read(["X-Gitea-Event": "release"], body("published")).events.count == 1)
        #expect(try read(["X-GitHub-Event": "release"], body("released", draft: true)).events.isEmpty)
        let gitLab: JSON = [
            "object_kind": "release", "action": "create", "tag": "v3", "name": "Three",
            "project": ["path_with_namespace": "g/p"], "commit": ["id": .string(head), "message": "m"],
        ]
        #expect(try read(["X-Gitlab-Event": "Release Hook"], gitLab).events.first?.release?.name == "Three")
    }
}

@Suite("Proofs of a webhook")
struct ProofTests {
    private let digest: [UInt8] = [0x0a, 0xff, 0x10]

    private func proofs(_ fields: [String: String]) throws -> [WebhookProof] {
        try read(fields, ["repository": ["full_name": "a/b"], "ref": "refs/heads/x"]).proofs
    }

    @Test("are found where each host puts them, strongest first")
    func places() throws {
        let gitHub = try proofs([
            "X-GitHub-Event": "push", "X-Hub-Signature": "sha1=aa", "X-Hub-Signature-256": "sha256=bb",
        ])
        #expect(gitHub == [.hmac(.sha256, digest: "bb"), .hmac(.sha1, digest: "aa")])
        #expect(try proofs(["X-Gitea-Event": "push", "X-Gitea-Signature": "cc"]) == [.hmac(.sha256, digest: "cc")])
        #expect(try proofs(["X-Event-Key": "x", "X-Hub-Signature": "sha256=dd"]) == [.hmac(.sha256, digest: "dd")])
        #expect(try proofs(["X-Gitlab-Event": "x", "X-Gitlab-Token": "t"]) == [.token("t")])
        #expect(try proofs(["X-GitHub-Event": "push", "X-Hub-Signature": "md5=aa"]).isEmpty)
    }

    @Test("hold for the right secret and digest alone")
    func holding() {
        let cases: [(WebhookProof, String, Bool)] = [
            (.hmac(.sha256, digest: "0aff10"), "s", true), (.hmac(.sha256, digest: "0AFF10"), "s", true),
            (.hmac(.sha256, digest: "0aff11"), "s", false), (.hmac(.sha256, digest: "0aff"), "s", false),
            (.hmac(.sha256, digest: "0aff10"), "", false), (.token("s"), "s", true), (.token("t"), "s", false),
            (.token(""), "", false),
        ]
        for (proof, secret, isGood) in cases {
            #expect(proof.holds(secret: secret) { _ in digest } == isGood, "\(proof) \(secret)")
        }
    }
}
