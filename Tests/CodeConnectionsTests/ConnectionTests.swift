import Cloud
import CloudTesting
import Foundation
import GitHooks
import HTTP
import Ledger
import Notation
import Testing

@testable import CodeConnections

@Suite("Names that come from outside")
struct NameTests {
    @Test(
        "of repositories are harmless in paths and commands",
        arguments: ["a/b", "group/sub/name", "A_b.c-d/e~f", "single"])
    func repositories(_ text: String) throws { #expect(try RepositoryID(text).name == text) }

    @Test(
        "that could be something else are refused",
        arguments: [
            "", "/a", "a/", "a//b", "../a", "a/..", "a/.git", "-a/b", "a/-b", "a b/c", "a/b\n", "a/b;c", "a/$b", "ä/b",
        ])
    func badRepositories(_ text: String) { #expect(throws: AWSError.self) { try RepositoryID(text) } }

    @Test("of refs and commits are git's own")
    func commits() throws {
        #expect(try WantedCommit(ref: "main", commit: nil).ref == "refs/heads/main")
        #expect(try WantedCommit(ref: "refs/tags/v1", commit: "ABCDEF0").commit == "abcdef0")
        for ref in ["-x", "a..b", "a b", "a~1", "refs/heads/", "x.lock", "a@{1}", "a\\b", ".x", "refs/x:y"] {
            #expect(throws: AWSError.self, "\(ref)") { try WantedCommit(ref: ref, commit: nil) }
        }
        for commit in ["HEAD", "abc", "--all", "g234567"] {
            #expect(throws: AWSError.self) { try WantedCommit(ref: nil, commit: commit) }
        }
        #expect(throws: AWSError.self) { try WantedCommit(ref: nil, commit: nil) }
    }

    @Test("of hosts are addresses over HTTP alone")
    func bases() throws {
        #expect(try CloneBase("https://git.example.com:8443/scm/").text == "https://git.example.com:8443/scm")
        for text in [
            "file:///etc", "ssh://h", "git://h", "ext::sh", "https://", "https://u:p@h", "https://h?x", "https://h#x",
            "//h", "https://-h",
        ] {
            #expect(throws: AWSError.self, "\(text)") { try CloneBase(text) }
        }
    }
}

@Suite("Connections behind the door")
struct ConnectionTests {
    private func withConnections(
        _ body: (TestCloud, CodeConnectionsService) async throws -> Void
    ) async throws {
        try await withTestCloud(
            services: { cloud, ledger in
                let service = try CodeConnectionsService(cloud: cloud, ledger: ledger, web: NoWeb())
                return [service] + service.others
            },
            { test in
                try await body(
                    test, try CodeConnectionsService(cloud: test.cloud, ledger: test.ledger, web: NoWeb()))
            })
    }

    private func authorized(_ test: TestCloud) async throws -> (arn: JSON, hook: String, secret: String) {
        let arn =
            try await test.call(
                "codeconnections", "CreateConnection", ["ConnectionName": "c", "ProviderType": "GitHub"])[
                "ConnectionArn"] ?? ""
        let answer = try await test.call(
            "slipway-codeconnections", "AuthorizeConnection",
            ["connectionArn": arn, "cloneBaseURL": "https://git.example.com", "token": "t0ken"])
        let url = answer["webhookURL"]?.string ?? ""
        return (arn, String(url.drop { $0 != "_" }), answer["webhookSecret"]?.string ?? "")
    }

    @Test("keep tokens and secrets sealed, and tell them only to who clones")
    func tokens() async throws {
        try await withConnections { test, _ in
            let (arn, _, secret) = try await authorized(test)
            let seen = try await test.call("slipway-codeconnections", "DescribeConnections")
            #expect(!seen.text().contains("t0ken") && !seen.text().contains(secret))
            let source = try await test.call(
                "slipway-codeconnections", "CloneSource", ["connectionArn": arn, "fullRepositoryId": "a/b"])
            #expect(source["cloneURL"] == "https://git.example.com/a/b.git" && source["token"] == "t0ken")
            let stored = try await test.ledger.list(Connection.all).map { try JSON(encoding: $0.value).text() }.joined()
            #expect(!stored.contains("t0ken") && !stored.contains(secret))
        }
    }

    @Test("take a webhook once, proven, and refuse every other request")
    func hooks() async throws {
        try await withConnections { test, service in
            let (arn, hook, secret) = try await authorized(test)
            let body: JSON = [
                "object_kind": "push", "ref": "refs/heads/main", "after": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
                "project": ["path_with_namespace": "a/b"],
            ]
            func send(_ secret: String, _ path: String, _ method: String = "POST", _ text: String? = nil) async -> Int {
                let request = HTTPRequest(
                    method: method, target: "/" + path,
                    fields: ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret, "Idempotency-Key": "k1"],
                    body: .bytes(Array((text ?? body.text()).utf8)))
                return await service.http(request)?.status ?? 0
            }
            #expect(await send("wrong", hook) == 401)
            #expect(await send(secret, hook + "x") == 404)
            #expect(await send(secret, hook, "GET") == 405)
            #expect(await send(secret, hook, "POST", "{") == 400)
            #expect(await send(secret, "_slipway/other") == 0)
            #expect(await send(secret, hook) == 200)
            #expect(await send(secret, hook) == 200)
            let told = try await test.ledger.events(after: 0).filter { $0.event.source == "slipway.codeconnections" }
            #expect(told.count == 1 && told.first?.event.detailType == "Repository Push")
            #expect(told.first?.event.detail["connectionArn"] == arn && told.first?.event.detail["branch"] == "main")
            var evil = body
            evil["project"] = ["path_with_namespace": "../../etc"]
            #expect(await send(secret, hook, "POST", evil.text()) == 400)
        }
    }

    @Test("give folders of the machine to the operator alone, and never Slipway's own data")
    func folders() async throws {
        try await withConnections { test, _ in
            let (arn, _, _) = try await authorized(test)
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let input: JSON = ["connectionArn": arn, "cloneBaseURL": .string(folder)]
            for caller in [
                Caller(account: "123456789012", region: "eu-west-1", principal: "arn:aws:iam::123456789012:user/ana"),
                test.caller.through("cloudformation.amazonaws.com"),
            ] {
                await #expect(throws: AWSError.self) {
                    try await test.cloud.call("slipway-codeconnections", "AuthorizeConnection", input, as: caller)
                }
            }
            var own = input
            own["cloneBaseURL"] = .string(test.ledger.folder + "/connections")
            #expect(
                try await test.refusal("slipway-codeconnections", "AuthorizeConnection", own)?.message.contains(
                    "own data") == true)
            let answer = try await test.call("slipway-codeconnections", "AuthorizeConnection", input)
            #expect(answer["connectionStatus"] == "AVAILABLE" && answer["webhookURL"] == nil)
        }
    }
}

/// A world without answers.
private struct NoWeb: WebSender {
    func send(_ request: HTTPRequest, to url: String, within limit: Duration) async throws -> WebAnswer {
        throw WebError("Nobody is there.")
    }
}
