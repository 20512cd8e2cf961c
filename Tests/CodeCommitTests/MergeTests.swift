@testable import CodeCommit
import Cloud
import Notation
import Testing

@Suite("Merges of branches")
struct MergeTests {
    static let sides: JSON = [
        "repositoryName": "orders", "sourceCommitSpecifier": "topic", "destinationCommitSpecifier": "main",
    ]

    /// `main` and `topic` after both changed the same file, at its two ends or in one line.
    static func diverge(_ desk: Desk, isSameLine: Bool = false) async throws {
        let lines = (1...9).map { "line \($0)\n" }
        let base = try await desk.put("f", lines.joined())
        try await desk.branch("topic", at: base)
        var ours = lines
        var theirs = lines
        ours[0] = "ours\n"
        theirs[isSameLine ? 0 : 8] = "theirs\n"
        try await desk.put("f", ours.joined())
        try await desk.put("f", theirs.joined(), on: "topic")
        try await desk.put("only-theirs", "t", on: "topic")
    }

    @Test("two changes of one file conflict at file level, not at line level")
    func levels() async throws {
        try await withRepository { desk, _ in
            try await Self.diverge(desk)
            let asked = Self.sides.adding("mergeOption", "THREE_WAY_MERGE")
            let coarse = try await desk.call("GetMergeConflicts", asked)
            #expect(coarse["mergeable"] == false && coarse["conflictMetadataList"]?[0]?["filePath"] == "f")
            #expect(coarse["conflictMetadataList"]?[0]?["contentConflict"] == true)
            let fine = try await desk.call("GetMergeConflicts", asked.adding("conflictDetailLevel", "LINE_LEVEL"))
            #expect(fine["mergeable"] == true && fine["conflictMetadataList"]?.array?.isEmpty == true)
            #expect(try await desk.refusal("MergeBranchesByThreeWay", Self.sides) == "ManualMergeRequiredException")
            #expect(try await desk.refusal("MergeBranchesByFastForward", Self.sides) == "ManualMergeRequiredException")
            let options = try await desk.call("GetMergeOptions", Self.sides.adding("conflictDetailLevel", "LINE_LEVEL"))
            #expect(options["mergeOptions"]?.array == ["SQUASH_MERGE", "THREE_WAY_MERGE"])
            let merged = try await desk.call(
                "MergeBranchesByThreeWay", Self.sides.adding("conflictDetailLevel", "LINE_LEVEL"))
            let text = try await desk.text("f")
            #expect(text?.hasPrefix("ours\n") == true && text?.hasSuffix("theirs\n") == true)
            #expect(try await desk.text("only-theirs") == "t")
            let commit = try await desk.call(
                "GetCommit", ["repositoryName": "orders", "commitId": merged["commitId"] ?? ""])["commit"]
            #expect(commit?["parents"]?.array?.count == 2)
            let event = try await desk.events("CodeCommit Repository State Change").last
            #expect(event?["mergeOption"] == "THREE_WAY_MERGE" && event?["baseCommitId"] != nil)
            let parents = commit?["parents"]?.array ?? []
            let found = try await desk.call(
                "GetMergeCommit",
                [
                    "repositoryName": "orders", "sourceCommitSpecifier": parents[1],
                    "destinationCommitSpecifier": parents[0],
                ])
            #expect(found["mergedCommitId"] == merged["commitId"])
        }
    }

    @Test(
        "who wins a conflict",
        arguments: [
            ("ACCEPT_SOURCE", "FILE_LEVEL", "theirs\n"), ("ACCEPT_DESTINATION", "FILE_LEVEL", "ours\n"),
            ("ACCEPT_SOURCE", "LINE_LEVEL", "theirs\n"), ("ACCEPT_DESTINATION", "LINE_LEVEL", "ours\n"),
            ("AUTOMERGE", "LINE_LEVEL", nil),
            ("NONE", "LINE_LEVEL", nil),
        ] as [(String, String, String?)])
    func strategies(_ strategy: String, _ level: String, _ first: String?) async throws {
        try await withRepository { desk, _ in
            try await Self.diverge(desk, isSameLine: true)
            let input = Self.sides.adding("conflictResolutionStrategy", .string(strategy)).adding(
                "conflictDetailLevel", .string(level))
            guard let first else {
                #expect(try await desk.refusal("MergeBranchesBySquash", input) == "ManualMergeRequiredException")
                return
            }
            let merged = try await desk.call("MergeBranchesBySquash", input.adding("commitMessage", "Both"))
            #expect(try await desk.text("f")?.hasPrefix(first) == true)
            let commit = try await desk.call(
                "GetCommit", ["repositoryName": "orders", "commitId": merged["commitId"] ?? ""])["commit"]
            #expect(commit?["parents"]?.array?.count == 1 && commit?["message"] == "Both")
        }
    }

    @Test("AUTOMERGE brings lines together even where the level is the file")
    func automatic() async throws {
        try await withRepository { desk, _ in
            try await Self.diverge(desk)
            try await desk.call("MergeBranchesByThreeWay", Self.sides.adding("conflictResolutionStrategy", "AUTOMERGE"))
            #expect(try await desk.text("f")?.hasSuffix("theirs\n") == true)
        }
    }

    @Test(
        "conflicts resolved one by one",
        arguments: [
            (["replaceContents": [["filePath": "f", "replacementType": "USE_NEW_CONTENT", "content": "bmV3"]]], "new"),
            (["replaceContents": [["filePath": "f", "replacementType": "KEEP_BASE"]]], "line 1\n"),
            (["replaceContents": [["filePath": "f", "replacementType": "KEEP_SOURCE"]]], "theirs\n"),
            (["replaceContents": [["filePath": "f", "replacementType": "KEEP_DESTINATION"]]], "ours\n"),
            (["deleteFiles": [["filePath": "f"]]], nil),
        ] as [(JSON, String?)])
    func resolutions(_ resolution: JSON, _ start: String?) async throws {
        try await withRepository { desk, _ in
            try await Self.diverge(desk, isSameLine: true)
            let input = Self.sides.adding("conflictResolution", resolution)
            let unseen =
                try await desk.call(
                    "CreateUnreferencedMergeCommit", input.adding("mergeOption", "SQUASH_MERGE"))["commitId"]?.string
                ?? ""
            let text = try await desk.text("f", at: unseen)
            if let start { #expect(text?.hasPrefix(start) == true) } else { #expect(text == nil) }
            #expect(try await desk.text("f")?.hasPrefix("ours\n") == true)
        }
    }

    @Test("resolutions of what is no conflict, or said twice, are refused")
    func wrongResolutions() async throws {
        try await withRepository { desk, _ in
            try await Self.diverge(desk, isSameLine: true)
            func refusal(_ resolution: JSON) async throws -> String? {
                try await desk.refusal("MergeBranchesBySquash", Self.sides.adding("conflictResolution", resolution))
            }
            #expect(
                try await refusal(["deleteFiles": [["filePath": "only-theirs"]]])
                    == "InvalidConflictResolutionException")
            #expect(
                try await refusal(["deleteFiles": [["filePath": "f"], ["filePath": "f"]]])
                    == "MultipleConflictResolutionEntriesException")
            #expect(
                try await refusal(["replaceContents": [["filePath": "f", "replacementType": "USE_NEW_CONTENT"]]])
                    == "ReplacementContentRequiredException")
        }
    }

    @Test("the hunks of a conflict")
    func hunks() async throws {
        try await withRepository { desk, _ in
            try await Self.diverge(desk, isSameLine: true)
            let input = Self.sides.adding("mergeOption", "SQUASH_MERGE")
            let told = try await desk.call("DescribeMergeConflicts", input.adding("filePath", "f"))
            let hunk = told["mergeHunks"]?[0]
            #expect(hunk?["isConflict"] == true && hunk?["source"]?["startLine"] == 1)
            #expect(hunk?["source"]?["hunkContent"]?.string == Base64.encode("theirs\n".utf8))
            #expect(hunk?["base"]?["hunkContent"]?.string == Base64.encode("line 1\n".utf8))
            #expect(told["conflictMetadata"]?["fileSizes"]?["base"] == 63)
            #expect(
                try await desk.refusal("DescribeMergeConflicts", input.adding("filePath", "none"))
                    == "FileDoesNotExistException")
            let all = try await desk.call("BatchDescribeMergeConflicts", input.adding("filePaths", ["f", "none"]))
            #expect(all["conflicts"]?.array?.count == 1 && all["errors"]?[0]?["filePath"] == "none")
        }
    }

    @Test("one side removes what the other changes; a file meets a folder of its name; both set modes")
    func otherConflicts() async throws {
        try await withRepository { desk, _ in
            try await desk.put("removed", "1")
            let base = try await desk.put("script", "1")
            try await desk.branch("topic", at: base)
            try await desk.put("removed", "2")
            try await desk.put("name", "a file")
            try await desk.put("script", "1", mode: "EXECUTABLE")
            try await desk.call(
                "DeleteFile",
                [
                    "repositoryName": "orders", "branchName": "topic", "filePath": "removed",
                    "parentCommitId": .string(base),
                ])
            try await desk.put("name/below", "a folder", on: "topic")
            try await desk.put("script", "2", on: "topic")
            let input = Self.sides.adding("mergeOption", "THREE_WAY_MERGE").adding("conflictDetailLevel", "LINE_LEVEL")
            let conflicts = try await desk.call("GetMergeConflicts", input)["conflictMetadataList"]?.array ?? []
            #expect(conflicts.compactMap { $0["filePath"]?.string } == ["name/below", "removed"])
            #expect(conflicts.last?["mergeOperations"]?["source"] == "D")
            try await desk.call(
                "MergeBranchesByThreeWay",
                Self.sides.adding("conflictDetailLevel", "LINE_LEVEL").adding(
                    "conflictResolutionStrategy", "ACCEPT_SOURCE"))
            #expect(try await desk.text("removed") == nil)
            #expect(try await desk.text("name/below") == "a folder")
            // The content is one side's, the mode the other's.
            let script = try await desk.call("GetFile", ["repositoryName": "orders", "filePath": "script"])
            #expect(script["fileMode"] == "EXECUTABLE" && script["fileContent"]?.string == Base64.encode("2".utf8))
        }
    }

    @Test("a fast-forward moves the branch to the source; another target must stand at the destination")
    func fastForward() async throws {
        try await withRepository { desk, _ in
            let base = try await desk.put("a", "1")
            try await desk.branch("topic", at: base)
            try await desk.branch("third", at: base)
            let tip = try await desk.put("a", "2", on: "topic")
            try await desk.call("MergeBranchesByFastForward", Self.sides.adding("targetBranch", "third"))
            #expect(try await desk.head("third") == tip)
            #expect(try await desk.head() == base)
            #expect(
                try await desk.refusal("MergeBranchesByFastForward", Self.sides.adding("targetBranch", "third"))
                    == "InvalidTargetBranchException")
            #expect(
                try await desk.refusal(
                    "MergeBranchesByFastForward", Self.sides.adding("destinationCommitSpecifier", .string(base)))
                    == "BranchNameRequiredException")
            try await desk.call("MergeBranchesByFastForward", Self.sides)
            #expect(try await desk.head() == tip)
        }
    }
}
