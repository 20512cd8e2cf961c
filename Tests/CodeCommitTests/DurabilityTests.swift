@testable import CodeCommit
import Cloud
import Foundation
import Ledger
import LedgerTesting
import Notation
import Testing

@Suite("What a crash leaves is put right")
struct DurabilityTests {
    /// Moves a reference in git alone, as a process does that dies before it could note it.
    static func moveUnnoted(
        _ desk: Desk, _ repository: Repository, _ name: String, to commit: String, by principal: String
    ) async throws {
        try await desk.store.git.run(
            in: desk.store.folder(repository), ["update-ref", name, commit],
            environment: ReferenceBook.committer(principal))
    }

    @Test("a move that was not noted is told once, with who did it")
    func reconcile() async throws {
        try await withRepository { desk, repository in
            let first = try await desk.put("a", "1")
            let second = try await desk.put("a", "2")
            try await Self.moveUnnoted(desk, repository, "refs/heads/main", to: first, by: "arn:aws:iam::1:user/ann")
            try await Self.moveUnnoted(desk, repository, "refs/heads/next", to: second, by: "arn:aws:iam::1:user/bob")
            for _ in 0..<3 { try await Reconciler(desk.service.book).reconcile() }
            let told = try await desk.events("CodeCommit Repository State Change").dropFirst(2)
            #expect(told.map { $0["event"]?.string } == ["referenceUpdated", "referenceCreated"])
            #expect(told.map { $0["callerUserArn"]?.string } == ["arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/bob"])
            #expect(try await desk.head() == first)
            #expect(try await desk.head("next") == second)
        }
    }

    @Test("a merge whose end was not noted closes its pull request at the next look")
    func merge() async throws {
        try await withRepository { desk, repository in
            let base = try await desk.put("a", "1")
            try await desk.branch("topic", at: base)
            let tip = try await desk.put("b", "1", on: "topic")
            let id =
                try await desk.call(
                    "CreatePullRequest",
                    ["title": "T", "targets": [["repositoryName": "orders", "sourceReference": "topic"]]])[
                    "pullRequest"]?["pullRequestId"]?.string ?? ""
            let commit = try #require(ObjectID(tip))
            let parent = try #require(ObjectID(base))
            let key = PullRequest.key(id, repository.account, repository.region)
            try await desk.ledger.write { write in
                try write.update(Shelf.pullRequests, key) { request in
                    request.intent = .init(
                        merge: .init(user: "arn:who", commit: commit, option: .fastForward), source: commit,
                        destination: parent)
                }
            }
            try await Self.moveUnnoted(desk, repository, "refs/heads/main", to: tip, by: "arn:who")
            try await Reconciler(desk.service.book).reconcile()
            let request = try await desk.call("GetPullRequest", ["pullRequestId": .string(id)])["pullRequest"]
            #expect(request?["pullRequestStatus"] == "CLOSED")
            #expect(request?["pullRequestTargets"]?[0]?["mergeMetadata"]?["isMerged"] == true)
            #expect(request?["pullRequestTargets"]?[0]?["mergeMetadata"]?["mergedBy"] == "arn:who")
        }
    }

    @Test("the folder of a deleted repository goes, now or at the next start")
    func tombstones() async throws {
        try await withRepository { desk, repository in
            try await desk.put("a", "1")
            let folder = desk.store.folder(repository)
            try await desk.ledger.write { write in
                try write.delete(Shelf.repositories, repository.key)
                try write.put(Shelf.tombstones, repository.id, Tombstone(folder: folder))
            }
            #expect(FileManager.default.fileExists(atPath: folder))
            try await Reconciler(desk.service.book).reconcile()
            #expect(!FileManager.default.fileExists(atPath: folder))
            #expect(try await desk.ledger.list(Shelf.tombstones).isEmpty)
            #expect(try await desk.ledger.list(Shelf.references).isEmpty)
        }
    }

    @Test("what an earlier run left half done is swept, what this run is at is not")
    func sweep() async throws {
        try await withRepository { desk, repository in
            try await desk.put("a", "1")
            let folder = desk.store.folder(repository)
            let stray = (folder as NSString).deletingLastPathComponent + "/stray"
            let old = [folder + "/objects/tmp_objdir-incoming-x", folder + "/index-x", stray]
            let new = folder + "/objects/tmp_objdir-incoming-y"
            for path in old + [new] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            for path in old {
                let past = Date(timeIntervalSince1970: 1_000_000_000)
                try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: path)
            }
            try await Reconciler(desk.service.book).reconcile()
            #expect(!old.contains { FileManager.default.fileExists(atPath: $0) })
            #expect(FileManager.default.fileExists(atPath: new))
            #expect(try await desk.text("a") == "1")
        }
    }

    @Test("a reference that somebody else moved is not moved over")
    func compareAndSwap() async throws {
        try await withRepository { desk, repository in
            let first = try await desk.put("a", "1")
            let second = try await desk.put("a", "2")
            try await Self.moveUnnoted(desk, repository, "refs/heads/main", to: first, by: "arn:other")
            let input: JSON = [
                "repositoryName": "orders", "branchName": "main", "filePath": "b", "fileContent": "eA==",
                "parentCommitId": .string(second),
            ]
            #expect(try await desk.refusal("PutFile", input) == "ParentCommitIdOutdatedException")
            // The refused move made the record right.
            #expect(try await desk.head() == first)
        }
    }

    @Test("packing keeps commits that no branch leads to")
    func packing() async throws {
        try await withRepository { desk, repository in
            let base = try await desk.put("a", "1")
            try await desk.branch("gone", at: base)
            let lost = try await desk.put("b", "1", on: "gone")
            try await desk.call("DeleteBranch", ["repositoryName": "orders", "branchName": "gone"])
            try await desk.store.git.run(in: desk.store.folder(repository), ["-c", "gc.auto=1", "gc", "--quiet"])
            let commit = try await desk.call("GetCommit", ["repositoryName": "orders", "commitId": .string(lost)])
            #expect(commit["commit"]?["parents"]?[0]?.string == base)
        }
    }

    @Test("a trigger's message reaches its function, and its topic")
    func triggers() async throws {
        let fakes: [any CloudService] = [
            Recorder(id: "lambda", operation: "Invoke", refusal: nil),
            Recorder(id: "sns", operation: "Publish", refusal: nil),
        ]
        try await withRepository(others: fakes) { desk, _ in
            try await desk.call("UpdateRepositoryName", ["oldName": "orders", "newName": "triggered"])
            let triggers: JSON = [
                ["name": "f", "destinationArn": "arn:aws:lambda:eu-west-1:123456789012:function:f", "events": ["all"]],
                ["name": "t", "destinationArn": "arn:aws:sns:eu-west-1:123456789012:t", "events": ["createReference"]],
            ]
            try await desk.call("PutRepositoryTriggers", ["repositoryName": "triggered", "triggers": triggers])
            let commit = try await desk.call(
                "PutFile",
                ["repositoryName": "triggered", "branchName": "main", "filePath": "a", "fileContent": "eA=="])[
                    "commitId"]
            try await withRunning([desk.service.book.deliveries]) {
                let messages = try await eventually("both are told") { () -> [JSON]? in
                    let found = await Recorder.inbox.of("triggered")
                    return found.count == 2 ? found : nil
                }
                for message in messages {
                    #expect(message["Records"]?[0]?["codecommit"]?["references"]?[0]?["commit"] == commit)
                }
            }
            #expect(
                try await desk.refusal(
                    "PutRepositoryTriggers",
                    [
                        "repositoryName": "triggered",
                        "triggers": [["name": "x", "destinationArn": "arn:aws:sqs:eu-west-1:1:q", "events": ["all"]]],
                    ]) == "InvalidRepositoryTriggerDestinationArnException")
        }
    }
}
