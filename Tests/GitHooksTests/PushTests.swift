import GitHooks
import Notation
import Testing

private let commit = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
private let before = "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5"
private let zeros = "0000000000000000000000000000000000000000"

/// A request with those header fields, read.
func read(_ fields: [String: String], _ body: JSON) throws -> Webhook {
    let fields = Dictionary(fields.map { ($0.key.lowercased(), $0.value) }) { $1 }
    return try Webhook(field: { fields[$0.lowercased()] }, body: body.bytes())
}

@Suite("Pushes")
struct PushTests {
    private static let gitHub: JSON = [
        "ref": "refs/heads/main", "before": .string(before), "after": .string(commit), "forced": false,
        "repository": [
            "full_name": "octo/orders", "clone_url": "https://github.com/octo/orders.git",
            "html_url": "https://github.com/octo/orders",
        ],
        "pusher": ["name": "mona"], "sender": ["id": 21031067, "login": "mona"],
        "commits": [
            [
                "id": .string(commit), "message": "Add a test",
                "author": ["name": "Mona", "email": "mona@example.com"],
                "added": ["b.py"], "modified": ["a.py"], "removed": [],
            ],
            ["id": "abc", "message": "older", "added": ["a.py"], "modified": [], "removed": ["c.py"]],
        ],
        "head_commit": [
            "id": .string(commit), "message": "Add a test", "author": ["name": "Mona", "email": "mona@example.com"],
        ],
    ]

    @Test("of GitHub name ref, commits, files and who pushed")
    func gitHubPush() throws {
        let hook = try read(["X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1"], Self.gitHub)
        #expect(hook.host == .gitHub && hook.deliveryID == "d-1" && hook.events.count == 1)
        let event = try #require(hook.events.first)
        #expect(
            event.branch == "main" && event.tag == nil && event.commitID == commit && event.previousCommitID == before)
        #expect(event.changedFiles == ["a.py", "b.py", "c.py"] && event.knowsAllFiles)
        #expect(event.commitMessage == "Add a test" && event.author == "Mona <mona@example.com>")
        #expect(event.actor == GitEvent.Actor(id: "21031067", name: "mona"))
        #expect(event.repository.fullName == "octo/orders" && event.repository.owner == "octo")
        #expect(event.repository.name == "orders" && event.codeBuildName == "PUSH" && !event.isNew && !event.isDeletion)
    }

    @Test("of GitHub may come as a form")
    func form() throws {
        let escaped = Self.gitHub.text().utf8.map { byte -> String in
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            let digits = String(byte, radix: 16)
            return isPlain
                ? String(UnicodeScalar(byte)) : byte == 0x20 ? "+" : "%" + (digits.count < 2 ? "0" : "") + digits
        }
        let fields = ["x-github-event": "push", "content-type": "application/x-www-form-urlencoded"]
        let hook = try Webhook(field: { fields[$0.lowercased()] }, body: Array(("payload=" + escaped.joined()).utf8))
        #expect(hook.events.first?.commitMessage == "Add a test")
    }

    @Test(
        "make, delete and tag refs",
        arguments: [
            ("refs/heads/new", zeros, commit, true, false), ("refs/heads/old", before, zeros, false, true),
            ("refs/tags/v1", zeros, commit, true, false),
        ])
    func newAndDeleted(_ ref: String, _ old: String, _ new: String, _ isNew: Bool, _ isDeletion: Bool) throws {
        var body = Self.gitHub
        body["ref"] = .string(ref)
        body["before"] = .string(old)
        body["after"] = .string(new)
        let event = try #require(try read(["X-GitHub-Event": "push"], body).events.first)
        #expect(event.isNew == isNew && event.isDeletion == isDeletion)
        #expect(event.tag == (ref.hasPrefix("refs/tags/") ? "v1" : nil))
    }

    @Test("of Gitea look like GitHub's, and are told apart though both names are sent")
    func giteaPush() throws {
        var body = Self.gitHub
        body["total_commits"] = 9
        let hook = try read(
            ["X-Gitea-Event": "push", "X-GitHub-Event": "push", "X-Gitea-Delivery": "g-1"], body)
        #expect(hook.host == .gitea && hook.deliveryID == "g-1")
        #expect(hook.events.first?.knowsAllFiles == false, "nine commits were pushed, two are named")
    }

    @Test("of GitLab are read for branches and tags")
    func gitLabPush() throws {
        let body: JSON = [
            "object_kind": "push", "ref": "refs/heads/main", "before": .string(before), "after": .string(commit),
            "user_id": 4, "user_username": "jsmith",
            "project": [
                "path_with_namespace": "group/sub/orders",
                "git_http_url": "https://gitlab.example.com/group/sub/orders.git",
                "web_url": "https://gitlab.example.com/group/sub/orders",
            ],
            "commits": [["id": .string(commit), "message": "fix", "author": ["name": "J"], "modified": ["x/y.txt"]]],
            "total_commits_count": 1,
        ]
        let hook = try read(["X-Gitlab-Event": "Push Hook", "Idempotency-Key": "k"], body)
        let event = try #require(hook.events.first)
        #expect(hook.deliveryID == "k" && event.repository.owner == "group/sub" && event.repository.name == "orders")
        #expect(event.changedFiles == ["x/y.txt"] && event.knowsAllFiles && event.actor.name == "jsmith")
        var tag = body
        tag["object_kind"] = "tag_push"
        tag["ref"] = "refs/tags/v2"
        #expect(try read(["X-Gitlab-Event": "Tag Push Hook"], tag).events.first?.tag == "v2")
    }

    @Test("of Bitbucket may move several refs")
    func bitbucketPush() throws {
        let target: JSON = ["hash": .string(commit), "message": "m", "author": ["raw": "A <a@example.com>"]]
        let body: JSON = [
            "repository": [
                "full_name": "team/orders", "links": ["html": ["href": "https://bitbucket.org/team/orders"]],
            ],
            "actor": ["account_id": "5570", "nickname": "ana"],
            "push": [
                "changes": [
                    ["new": ["type": "branch", "name": "main", "target": target], "old": .null, "forced": false],
                    ["new": .null, "old": ["type": "tag", "name": "v0", "target": target]],
                ]
            ],
        ]
        let events = try read(["X-Event-Key": "repo:push", "X-Request-UUID": "u"], body).events
        #expect(events.map(\.ref) == ["refs/heads/main", "refs/tags/v0"])
        #expect(events.map(\.isNew) == [true, false] && events.map(\.isDeletion) == [false, true])
        #expect(events.first?.repository.cloneURL == "https://bitbucket.org/team/orders.git")
        #expect(events.first?.author == "A <a@example.com>")
    }

    @Test("that say something else than a host would are refused, and what is not read is no error")
    func refusals() throws {
        #expect(throws: Webhook.Unreadable.self) { try read([:], Self.gitHub) }
        #expect(throws: Webhook.Unreadable.self) { try read(["X-GitHub-Event": "push"], [:]) }
        #expect(throws: Webhook.Unreadable.self) {
            try Webhook(field: { $0 == "X-GitHub-Event" ? "push" : nil }, body: Array("[1]".utf8))
        }
        #expect(throws: Webhook.Unreadable.self) {
            try Webhook(
                field: { $0 == "X-GitHub-Event" ? "push" : nil }, body: Array(repeating: UInt8(ascii: "["), count: 9000)
            )
        }
        #expect(try read(["X-GitHub-Event": "star"], ["action": "created"]).events.isEmpty)
        var evil = Self.gitHub
        evil["after"] = "--upload-pack=touch /tmp/x"
        #expect(try read(["X-GitHub-Event": "push"], evil).events.first?.commitID == "")
    }
}
