@testable import CodeCommit
import Foundation
import LedgerTesting
import Testing

@Suite("The git program")
struct GitProcessTests {
    static func launch(_ arguments: String..., input: GitLaunch.Input = .nothing) -> GitLaunch {
        GitLaunch(arguments: arguments, environment: ["PATH": "/usr/bin:/bin"], folder: "/tmp", input: input)
    }

    @Test("input goes in, output and status come out")
    func pipes() async throws {
        let process = try GitProcess(Self.launch("/bin/cat", input: .bytes(Array("hello".utf8))), seconds: 30)
        #expect(try await process.readAll(limit: 100) == Array("hello".utf8))
        #expect(await process.wait() == 0)
        let failing = try GitProcess(Self.launch("/bin/sh", "-c", "echo wrong >&2; exit 3"), seconds: 30)
        #expect(try await failing.readAll(limit: 100) == [])
        #expect(await failing.wait() == 3)
        #expect(failing.complaints() == "wrong\n")
    }

    @Test("what is fed piece by piece arrives whole, however much it is")
    func feeding() async throws {
        let process = try GitProcess(Self.launch("/bin/cat", input: .piped), seconds: 60)
        let piece = [UInt8](repeating: 7, count: 100_000)
        async let output = process.readAll(limit: 10 << 20)
        for _ in 0..<50 { #expect(await process.write(piece)) }
        process.closeInput()
        #expect(try await output.count == 5_000_000)
        #expect(await process.wait() == 0)
    }

    @Test("a reader that is gone is told, and does not end the server")
    func brokenPipe() async throws {
        let process = try GitProcess(Self.launch("/bin/true", input: .piped), seconds: 30)
        _ = await process.wait()
        var isTaken = true
        for _ in 0..<10 where isTaken { isTaken = await process.write([UInt8](repeating: 0, count: 1 << 20)) }
        #expect(!isTaken)
    }

    @Test("too much output and too much time end it")
    func limits() async throws {
        let endless = try GitProcess(Self.launch("/bin/cat", "/dev/zero"), seconds: 30)
        await #expect(throws: GitError.self) { try await endless.readAll(limit: 1 << 20) }
        #expect(await endless.wait() == 128 + 9)
        let slow = try GitProcess(Self.launch("/bin/sh", "-c", "sleep 1000"), seconds: 1)
        #expect(try await slow.readAll(limit: 100) == [])
        #expect(await slow.wait() == 128 + 9)
        #expect(slow.isLate)
    }

    @Test("it dies with the last reference to it")
    func letGo() async throws {
        let file = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        var process: GitProcess? = try GitProcess(
            Self.launch("/bin/sh", "-c", "echo $$ > \(file); exec sleep 1000"), seconds: 1000)
        let pid = try await eventually("the program says its number") {
            (try? String(contentsOfFile: file, encoding: .utf8)).flatMap {
                Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        #expect(kill(pid, 0) == 0)
        _ = process
        process = nil
        try await eventually("the program ends") { kill(pid, 0) != 0 ? true : nil }
    }

    @Test("nothing of the server's environment and nobody's configuration reaches git")
    func environment() async throws {
        try await withRepository { desk, repository in
            let output = try await desk.store.git.run(
                in: desk.store.folder(repository), ["config", "--list", "--show-origin"])
            #expect(
                !output.lines.contains {
                    $0.hasPrefix("file:/etc") || $0.hasPrefix("file:/root") || $0.hasPrefix("file:/home")
                })
            await #expect(throws: GitError.self) {
                try await desk.store.git.run(in: desk.store.folder(repository), ["rev-parse", "a\u{0}b"])
            }
        }
    }

    @Test("places are given in the order they were asked for")
    func turnstile() async throws {
        let turnstile = Turnstile(2)
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await turnstile.pass {
                        await counter.enter()
                        await Task.yield()
                        await counter.leave()
                    }
                }
            }
        }
        #expect(await counter.most <= 2)
        #expect(await counter.now == 0)
    }

    private actor Counter {
        var now = 0
        var most = 0
        func enter() {
            now += 1
            most = max(most, now)
        }
        func leave() { now -= 1 }
    }
}
