@testable import CodeCommit
import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import Testing

/// A door with CodeCommit behind it, on real git in a temporary folder.
struct Desk: Sendable {
    let test: TestCloud
    let service: CodeCommitService
    var store: RepositoryStore { service.store }
    var ledger: Ledger { test.ledger }

    @discardableResult
    func call(_ operation: String, _ input: JSON) async throws -> JSON {
        try await test.call("codecommit", operation, input)
    }

    /// The same as somebody else.
    @discardableResult
    func call(_ operation: String, _ input: JSON, as user: String) async throws -> JSON {
        var caller = test.caller
        caller.principal = "arn:aws:iam::\(caller.account):user/\(user)"
        return try await test.cloud.call("codecommit", operation, input, as: caller)
    }

    func refusal(_ operation: String, _ input: JSON) async throws -> String? {
        try await test.refusal("codecommit", operation, input)?.code
    }

    /// Puts a file on a branch, on top of what is there.
    @discardableResult
    func put(_ path: String, _ text: String, on branch: String = "main", mode: String? = nil) async throws -> String {
        var input: JSON = [
            "repositoryName": "orders", "branchName": .string(branch), "filePath": .string(path),
            "fileContent": .string(Base64.encode(text.utf8)),
        ]
        if let mode { input["fileMode"] = .string(mode) }
        input["parentCommitId"] = try await head(branch).map(JSON.string)
        return try await call("PutFile", input)["commitId"]?.string ?? ""
    }

    func head(_ branch: String = "main") async throws -> String? {
        try? await call("GetBranch", ["repositoryName": "orders", "branchName": .string(branch)])["branch"]?[
            "commitId"]?.string
    }

    func branch(_ name: String, at commit: String) async throws {
        try await call(
            "CreateBranch", ["repositoryName": "orders", "branchName": .string(name), "commitId": .string(commit)])
    }

    func text(_ path: String, at specifier: String = "main") async throws -> String? {
        let input: JSON = [
            "repositoryName": "orders", "filePath": .string(path), "commitSpecifier": .string(specifier),
        ]
        let answer = try? await call("GetFile", input)
        return answer?["fileContent"]?.string.flatMap(Base64.decode).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The events of that kind, oldest first.
    func events(_ type: String) async throws -> [JSON] {
        try await ledger.events(after: 0, limit: 10_000).map(\.event).filter { $0.detailType == type }.map(\.detail)
    }
}

/// Notes what it is called with, in the place of Lambda or SNS.
struct Recorder: CloudService {
    let id: String
    let operation: String
    let refusal: AWSError?

    var operations: [Operation] {
        [
            Operation(operation, enforces: "FunctionName InvocationType TopicArn Message") { call in
                if let refusal { throw refusal }
                let body =
                    try await call.payload?.collected(limit: 1 << 20)
                    ?? Array((call.input["Message"]?.string ?? "").utf8)
                await Recorder.inbox.add(try JSON(parsing: body))
                return Reply()
            }
        ]
    }

    static let inbox = Inbox()
    actor Inbox {
        private(set) var messages: [JSON] = []
        func add(_ message: JSON) { messages.append(message) }
        func of(_ repository: String) -> [JSON] {
            messages.filter { $0["Records"]?[0]?["eventSourceARN"]?.string?.hasSuffix(":" + repository) == true }
        }
    }
}

/// Runs the body with an empty repository `orders`.
func withRepository(
    others: [any CloudService] = [], _ body: (Desk, Repository) async throws -> Void
) async throws {
    var made: CodeCommitService?
    try await withTestCloud(services: { cloud, ledger in
        let service = CodeCommitService(cloud: cloud, ledger: ledger)
        made = service
        return [service, SlipwayRepositories(service)] + others
    }) { test in
        let service = try #require(made)
        try await test.call(
            "codecommit", "CreateRepository", ["repositoryName": "orders", "repositoryDescription": "Orders"])
        let found = try await test.ledger.get(Shelf.repositories, test.caller.key("orders"))
        let repository = try #require(found).value
        try await body(Desk(test: test, service: service), repository)
    }
}
