@testable import CodeCommit
import Cloud
import CloudTesting
import Notation
import Testing

@Suite("Files and commits through the API")
struct FileTests {
    @Test("the first file makes the branch and the default branch; a stale parent is refused")
    func putFile() async throws {
        try await withRepository { desk, _ in
            let first = try await desk.put("a.txt", "one\n")
            let metadata = try await desk.call("GetRepository", ["repositoryName": "orders"])["repositoryMetadata"]
            #expect(metadata?["defaultBranch"] == "main" && metadata?["repositoryDescription"] == "Orders")
            let second = try await desk.put("lib/b.txt", "two\n", mode: "EXECUTABLE")
            var input: JSON = [
                "repositoryName": "orders", "branchName": "main", "filePath": "c",
                "fileContent": .string(Base64.encode("x".utf8)),
            ]
            #expect(try await desk.refusal("PutFile", input) == "ParentCommitIdRequiredException")
            input["parentCommitId"] = .string(first)
            #expect(try await desk.refusal("PutFile", input) == "ParentCommitIdOutdatedException")
            input["parentCommitId"] = .string(String(repeating: "1", count: 40))
            #expect(try await desk.refusal("PutFile", input) == "ParentCommitDoesNotExistException")
            input["parentCommitId"] = .string(second)
            for (path, code) in [
                ("lib", "FileNameConflictsWithDirectoryNameException"),
                ("a.txt/x", "DirectoryNameConflictsWithFileNameException"),
                ("../x", "InvalidPathException"), (".git/hooks/x", "InvalidPathException"),
            ] {
                input["filePath"] = .string(path)
                #expect(try await desk.refusal("PutFile", input) == code)
            }
            input["filePath"] = "a.txt"
            input["fileContent"] = .string(Base64.encode("one\n".utf8))
            #expect(try await desk.refusal("PutFile", input) == "SameFileContentException")
            #expect(try await desk.head() == second)
            #expect(try await desk.text("lib/b.txt") == "two\n")
        }
    }

    @Test("folders list what lies in them")
    func folders() async throws {
        try await withRepository { desk, _ in
            try await desk.put("lib/deep/x", "1")
            try await desk.put("lib/y", "2")
            try await desk.put("link", "lib/y", mode: "SYMLINK")
            let root = try await desk.call("GetFolder", ["repositoryName": "orders", "folderPath": "/"])
            #expect(root["subFolders"]?[0]?["absolutePath"] == "lib")
            #expect(root["symbolicLinks"]?[0]?["relativePath"] == "link" && root["files"]?.array?.isEmpty == true)
            let lib = try await desk.call("GetFolder", ["repositoryName": "orders", "folderPath": "lib"])
            #expect(lib["files"]?[0]?["absolutePath"] == "lib/y" && lib["subFolders"]?[0]?["relativePath"] == "deep")
            #expect(
                try await desk.refusal("GetFolder", ["repositoryName": "orders", "folderPath": "none"])
                    == "FolderDoesNotExistException")
        }
    }

    @Test("a commit of many files: contents, copies, moves, modes and removals")
    func createCommit() async throws {
        try await withRepository { desk, _ in
            try await desk.put("a", "A")
            try await desk.put("b", "B")
            let parent = try await desk.put("only/c", "C")
            var input: JSON = [
                "repositoryName": "orders", "branchName": "main", "parentCommitId": .string(parent),
                "authorName": "Ann",
                "email": "ann@example.com", "commitMessage": "Many", "keepEmptyFolders": true,
                "putFiles": [
                    ["filePath": "new", "fileContent": .string(Base64.encode("N".utf8))],
                    ["filePath": "copy", "sourceFile": ["filePath": "a"]],
                    ["filePath": "moved", "sourceFile": ["filePath": "b", "isMove": true]],
                ],
                "deleteFiles": [["filePath": "only/c"]], "setFileModes": [["filePath": "a", "fileMode": "EXECUTABLE"]],
            ]
            let answer = try await desk.call("CreateCommit", input)
            func paths(_ member: String) -> [String] {
                (answer[member]?.array ?? []).compactMap { $0["absolutePath"]?.string }
            }
            #expect(paths("filesAdded") == ["new", "copy", "moved"])
            #expect(paths("filesUpdated") == ["a"] && paths("filesDeleted") == ["only/c", "b"])
            #expect(try await desk.text("moved") == "B")
            #expect(try await desk.text("copy") == "A")
            #expect(try await desk.text("b") == nil)
            #expect(try await desk.text("only/.gitkeep") == "")
            let commit = try await desk.call(
                "GetCommit", ["repositoryName": "orders", "commitId": answer["commitId"] ?? ""])["commit"]
            #expect(commit?["author"]?["name"] == "Ann" && commit?["message"]?.string?.hasPrefix("Many") == true)
            input["parentCommitId"] = answer["commitId"]
            input["putFiles"] = [["filePath": "new", "fileContent": .string(Base64.encode("N".utf8))]]
            input["deleteFiles"] = nil
            input["setFileModes"] = nil
            #expect(try await desk.refusal("CreateCommit", input) == "NoChangeException")
        }
    }

    @Test(
        "what CreateCommit refuses",
        arguments: [
            ("FileEntryRequiredException", [:]),
            (
                "SamePathRequestException",
                ["deleteFiles": [["filePath": "a"]], "setFileModes": [["filePath": "a", "fileMode": "NORMAL"]]]
            ),
            ("FileDoesNotExistException", ["deleteFiles": [["filePath": "none"]]]),
            ("SourceFileOrContentRequiredException", ["putFiles": [["filePath": "x"]]]),
            (
                "FileContentAndSourceFileSpecifiedException",
                ["putFiles": [["filePath": "x", "fileContent": "eA==", "sourceFile": ["filePath": "a"]]]]
            ),
            (
                "RestrictedSourceFileException",
                ["putFiles": [["filePath": "x", "sourceFile": ["filePath": "a"]]], "deleteFiles": [["filePath": "a"]]]
            ),
            (
                "FileNameConflictsWithDirectoryNameException",
                ["putFiles": [["filePath": "x/y", "fileContent": "eA=="], ["filePath": "x", "fileContent": "eA=="]]]
            ),
            (
                "DirectoryNameConflictsWithFileNameException",
                ["putFiles": [["filePath": "x", "fileContent": "eA=="], ["filePath": "x/y", "fileContent": "eA=="]]]
            ),
        ] as [(String, JSON)])
    func refusals(_ code: String, _ members: JSON) async throws {
        try await withRepository { desk, _ in
            let parent = try await desk.put("a", "A")
            var input: JSON = ["repositoryName": "orders", "branchName": "main", "parentCommitId": .string(parent)]
            for (member, value) in members.object ?? [:] { input[member] = value }
            #expect(try await desk.refusal("CreateCommit", input) == code)
        }
    }

    @Test("differences, and the history of a file")
    func history() async throws {
        try await withRepository { desk, _ in
            let first = try await desk.put("a", "1")
            try await desk.put("b", "1")
            let third = try await desk.put("a", "2")
            let input: JSON = [
                "repositoryName": "orders", "beforeCommitSpecifier": .string(first), "afterCommitSpecifier": "main",
            ]
            let changes = try await desk.call("GetDifferences", input)["differences"]?.array ?? []
            #expect(changes.map { $0["changeType"]?.string } == ["M", "A"])
            #expect(changes[1]["afterBlob"]?["path"] == "b" && changes[1]["beforeBlob"] == nil)
            let page = try await desk.call("GetDifferences", input.adding("MaxResults", 1))
            let rest = try await desk.call("GetDifferences", input.adding("NextToken", page["NextToken"] ?? ""))
            #expect(page["differences"]?.array?.count == 1 && rest["differences"]?.array?.count == 1)
            #expect(
                try await desk.refusal("GetDifferences", input.adding("afterPath", "none"))
                    == "PathDoesNotExistException")
            #expect(
                try await desk.refusal("GetDifferences", input.adding("NextToken", "x"))
                    == "InvalidContinuationTokenException")
            let dag = try await desk.call("ListFileCommitHistory", ["repositoryName": "orders", "filePath": "a"])[
                "revisionDag"]
            #expect(dag?.array?.compactMap { $0["commit"]?["commitId"]?.string } == [third, first])
            #expect(dag?[1]?["revisionChildren"]?[0]?.string == third)
        }
    }

    @Test("ten writers on one branch: one of each round wins, and no commit is lost")
    func writers() async throws {
        try await withRepository { desk, _ in
            try await desk.put("a", "0")
            let done = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<10 {
                    group.addTask {
                        var tries = 0
                        while true {
                            tries += 1
                            do {
                                try await desk.put("f\(writer)", "x")
                                return tries
                            } catch let error as AWSError where error.code == "ParentCommitIdOutdatedException" {
                                continue
                            }
                        }
                    }
                }
                return try await group.reduce(into: 0) { sum, _ in sum += 1 }
            }
            #expect(done == 10)
            let log = try await desk.test.call(
                "slipway-codecommit", "ListCommits", ["repositoryName": "orders", "specifier": "main"])
            #expect(log["commits"]?.array?.count == 11)
            #expect(try await desk.events("CodeCommit Repository State Change").count == 11)
        }
    }
}
