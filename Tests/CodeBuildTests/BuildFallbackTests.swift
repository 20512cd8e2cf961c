import CloudTesting
import FoundationEssentials
import Glibc
import LedgerTesting
import Notation
import Sandbox
import Testing

@testable import CodeBuild

/// The ways to run programs that work on this machine. A build must be a build under each of them.
private let ways: [BackendKind] = {
    let manager = FileManager.default
    let folders = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"]
    func has(_ name: String) -> Bool { folders.contains { manager.isExecutableFile(atPath: $0 + "/" + name) } }
    var ways: [BackendKind] = [.plain]
    if has("bwrap") { ways.insert(.bubblewrap, at: 0) }
    if has("runc"), geteuid() == 0 { ways.insert(.runc, at: 0) }
    return ways
}()

@Suite("Builds on each way to run programs", .timeLimit(.minutes(3)))
struct BuildFallbackTests {
    @Test(
        "State lasts over commands and phases; failures, finally and exported variables are as the table says",
        arguments: ways)
    func phases(_ way: BackendKind) async throws {
        try await withBuilds(on: way) { house in
            let build = try await house.build(
                "phases",
                """
                version: 0.2
                env: {exported-variables: [WORD]}
                phases:
                  pre_build: {commands: ["mkdir deep && cd deep", "export WORD=kept"]}
                  build:
                    commands: ["echo $WORD in $(basename $PWD)", "touch $HOME/x /tmp/y && echo written", "exit 3"]
                    finally: ["echo at last"]
                  post_build: {commands: ["echo $CODEBUILD_BUILD_SUCCEEDING $WORD"]}
                """)
            #expect(house.printed(build) == ["kept in deep", "written", "at last", "0 kept"])
            #expect(build["buildStatus"] == "FAILED" && house.why(build).contains("exit status 3"))
            #expect(build["exportedEnvironmentVariables"]?[0]?["value"] == "kept")
        }
    }

    @Test("What is missing of isolation is said in the log", arguments: ways)
    func gaps(_ way: BackendKind) async throws {
        try await withBuilds(on: way) { house in
            let build = try await house.build("gaps", "version: 0.2\nphases: {build: {commands: [':']}}\n")
            let lines = house.lines(build)
            let isSaid = lines.contains { $0.contains("Not isolated:") || $0.contains("The system is read-only") }
            #expect(isSaid == (way != .runc), "\(lines)")
        }
    }

    @Test("A local cache is hit by the second build", arguments: ways)
    func cache(_ way: BackendKind) async throws {
        try await withBuilds(on: way) { house in
            let spec = """
                version: 0.2
                phases:
                  build: {commands: ["cat kept/n 2>/dev/null || echo none", "mkdir -p kept; echo again >kept/n"]}
                cache: {paths: ['kept/**/*']}
                """
            let local: JSON = ["type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]]
            let first = try await house.build("cached", spec, ["cache": local])
            let second = try await house.again("cached")
            #expect(house.printed(first) == ["none"] && house.printed(second) == ["again"], "\(house.lines(second))")
            #expect(second["buildStatus"] == "SUCCEEDED")
        }
    }

    @Test(
        "What a build made is found, its results are read, and a link of its own leads nowhere outside", arguments: ways
    )
    func files(_ way: BackendKind) async throws {
        let outside = "/tmp/slipway-outside-\(UInt64.random(in: 0 ... .max))"
        try Data("of the machine".utf8).write(to: URL(filePath: outside))
        defer { try? FileManager.default.removeItem(atPath: outside) }
        try await withBuilds(on: way) { house in
            let spec = """
                version: 0.2
                phases:
                  build:
                    commands:
                      - mkdir out; echo one >out/a.txt; echo home >$HOME/b.txt; ln -s \(outside) out/leak
                      - echo '<testsuite><testcase name="t"/></testsuite>' >r.xml
                reports: {unit: {files: [r.xml]}}
                artifacts: {files: ['out/*', '$HOME/b.txt']}
                """
            let artifacts: JSON = ["type": "S3", "location": "bucket", "name": "made", "packaging": "NONE"]
            let build = try await house.build("made", spec, ["artifacts": artifacts])
            #expect(build["buildStatus"] == "SUCCEEDED", "\(house.lines(build))")
            #expect(house.bucket.text("made/out/a.txt") == "one\n")
            #expect(house.bucket.text("made/b.txt") == "home\n")
            if way != .plain { #expect(house.bucket.text("made/out/leak") != "of the machine") }
            let report = try await house.test.call(
                "codebuild", "BatchGetReports", ["reportArns": build["reportArns"] ?? []])["reports"]?[0]
            #expect(report?["status"] == "SUCCEEDED" && report?["testSummary"]?["total"] == 1)
        }
    }

    @Test("Commands of another user run as that user, or the build says that it cannot be", arguments: ways)
    func users(_ way: BackendKind) async throws {
        try await withBuilds(on: way) { house in
            let build = try await house.build(
                "users", "version: 0.2\nphases: {build: {run-as: nobody, commands: ['id -un']}}\n")
            if house.printed(build) == ["nobody"] { return #expect(build["buildStatus"] == "SUCCEEDED") }
            #expect(build["buildStatus"] == "FAILED")
            #expect(house.why(build) == "run-as needs a sandbox with layers, which this machine lacks.")
        }
    }

    @Test("A build that is stopped leaves no process, whatever it does with SIGTERM", arguments: ways)
    func stops(_ way: BackendKind) async throws {
        try await withBuilds(on: way) { house in
            let mark = "\(600_000 + Int.random(in: 0..<100_000))"
            let spec =
                "version: 0.2\nphases: {build: {commands: ['trap \"\" TERM INT; sleep \(mark) & sleep \(mark)']}}\n"
            async let ended = house.build("stubborn", spec)
            let id = try await house.running("stubborn", mark)
            try await house.test.call("codebuild", "StopBuild", ["id": .string(id)])
            #expect(try await ended["buildStatus"] == "STOPPED")
            #expect(house.processes(mark).isEmpty)
        }
    }
}

extension BuildHouse {
    /// The id of the project's build, once its command runs.
    fileprivate func running(_ project: String, _ mark: String) async throws -> String {
        try await eventually("the command runs") { processes(mark).isEmpty ? nil : true }
        let ids = try await test.call("codebuild", "ListBuildsForProject", ["projectName": .string(project)])["ids"]
        return ids?[0]?.string ?? ""
    }

    /// The processes of this machine whose command line has that word.
    fileprivate func processes(_ word: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { name in
            guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).hasPrefix("sleep\0\(word)")
        }
    }
}
