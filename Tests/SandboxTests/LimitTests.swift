import Glibc
import Synchronization
import Testing

@testable import Sandbox

@Suite("Limits, trees and streams", .timeLimit(.minutes(2)))
struct LimitTests {
    private static let limited = working.filter { kind in
        kind == .runc || (try? Cgroup.Hierarchy.detected.get()) != nil
    }

    @Test("A program that takes more memory than it may is killed, and the exit says so", arguments: limited)
    func memory(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let eater = "exec /usr/bin/perl -e '$x .= \"y\" x 1000000 while 1'"
            let finished = try await sandbox.run(.shell(eater, limits: .init(memoryBytes: 32 << 20)))
            #expect(finished.exit.status == .signal(SIGKILL))
            #expect(finished.exit.outOfMemory)
            let modest = try await sandbox.run(.shell("true", limits: .init(memoryBytes: 32 << 20)))
            #expect(!modest.exit.outOfMemory)
            #expect((1..<(32 << 20)).contains(modest.exit.peakMemoryBytes ?? 1))
        }
    }

    @Test("A program has no more processes than it may", arguments: limited)
    func processes(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 100 & done 2>/dev/null; echo made"
            let finished = try await sandbox.run(.shell(script, limits: .init(processes: 8)))
            #expect(finished.text != "made\n" || finished.errorText.contains("fork"))
        }
    }

    @Test("A program writes no larger files and opens no more of them than it may", arguments: working)
    func files(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let script = "cd ${TMPDIR:-/tmp}; ulimit -n; head -c 1000000 /dev/zero >big; echo $?; stat -c %s big"
            let finished = try await sandbox.run(.shell(script, limits: .init(fileBytes: 65_536, openFiles: 77)))
            #expect(finished.text == "77\n153\n65536\n")
        }
    }

    @Test("Killing a program kills all it started", arguments: working)
    func wholeTree(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let mark = "\(1_000_000 + Int(getpid()) % 1_000)\(working.firstIndex(of: kind) ?? 0)"
            let running = try await sandbox.start(
                .shell("setsid sleep \(mark) & (sleep \(mark) &) ; echo up; sleep \(mark)"))
            var lines = running.output.lines().makeAsyncIterator()
            #expect(await lines.next() == "up")
            running.kill()
            await running.waitUntilRemoved()
            #expect(await lines.next() == nil)  // the stream's end: nobody holds it any more
            #expect(commands().filter { $0.contains(mark) }.isEmpty)
        }
    }

    @Test("A program that ends by itself leaves nothing behind either", arguments: working)
    func backgroundProcesses(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let finished = try await sandbox.run(.shell("setsid sleep 1000 & echo gone"))
            #expect(finished.exit.status == .code(0))
            #expect(finished.text == "gone\n")
        }
    }

    @Test("A program that prints without end is slowed down, and killing it ends the stream", arguments: working)
    func backPressure(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let running = try await sandbox.start(
                .shell("yes 'a line of some length' & sleep 0.2; echo mark >&2; wait"))
            var errors = running.errors.lines().makeAsyncIterator()
            #expect(await errors.next() == "mark")
            running.kill()
            var count = 0
            for await bytes in running.output { count += bytes.count }
            #expect(count > 0)
            #expect(count <= PipeReader.capacity + 2 * 65_536)
        }
    }

    @Test("With the other policy it runs on, and the stream says what it lost")
    func dropping() async throws {
        try await withSandbox(.plain) { sandbox in
            var program = Program.shell("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo end >&2")
            program.overflow = .drop
            let running = try await sandbox.start(program)
            var errors = running.errors.lines().makeAsyncIterator()
            #expect(await errors.next() == "end")
            _ = await running.exit
            let text = String(decoding: await running.output.collected(limit: 10_000_000), as: UTF8.self)
            let lost = text.split(separator: "[").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
            #expect(text.contains("bytes of output dropped]"))
            #expect(text.filter { $0 == "x" }.count + lost >= 3_000_000)
        }
    }

    @Test("Output is cut into lines, whatever pieces it comes in")
    func lines() async throws {
        try await withSandbox(.plain) { sandbox in
            let running = try await sandbox.start(
                .shell("printf 'a\\n\\nb\\r\\nlonglonglong'; sleep 0.05; printf 'er\\nend'"))
            var lines: [String] = []
            for await line in running.output.lines(limit: 8) { lines.append(line) }
            #expect(lines == ["a", "", "b", "longlong", "longer", "end"])
        }
    }

    private func commands() -> [String] {
        Files.names(in: "/proc").filter { Int($0) != nil }.compactMap { Files.text("/proc/\($0)/cmdline") }
    }
}

@Suite("Listening", .timeLimit(.minutes(1)))
struct ListenerTests {
    private final class Ear: ProgramListener {
        let heard = Mutex<[ProgramStream: [UInt8]]>([:])
        let exit = Outcome<RunningProgram.Exit>()
        func printed(_ bytes: [UInt8], to stream: ProgramStream) { heard.withLock { $0[stream, default: []] += bytes } }
        func ended(_ exit: RunningProgram.Exit) { self.exit.settle(exit) }
    }

    @Test("A listener has heard all that was printed before a flush, and everything by the end", arguments: working)
    func listening(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let folder = Folder()
            chmod(folder.path, 0o777)
            mkfifo(folder.path + "/go", 0o666)
            chmod(folder.path + "/go", 0o666)
            let ear = Ear()
            var program = Program.shell(
                "echo out; echo err >&2; echo said >/sync/go; cat /sync/go >/dev/null; echo last")
            if kind == .plain { program.arguments[2] = program.arguments[2].replacing("/sync", with: folder.path) }
            program.binds = [Program.Bind(folder.path, at: "/sync", writable: true)]
            program.listener = ear
            let running = try await sandbox.start(program)
            _ = await OwnThread.run { [path = folder.path] in Files.text(path + "/go") }
            await running.flushOutput()
            #expect(ear.heard.withLock { $0 } == [.output: Array("out\n".utf8), .errors: Array("err\n".utf8)])
            _ = await OwnThread.run { [path = folder.path] in Files.write("go", to: path + "/go") }
            #expect(await ear.exit.value().status == .code(0))
            #expect(ear.heard.withLock { $0[.output] } == Array("out\nlast\n".utf8))
        }
    }
}
