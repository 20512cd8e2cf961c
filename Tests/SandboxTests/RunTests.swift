import Glibc
import Testing

@testable import Sandbox

@Suite("Running programs", .timeLimit(.minutes(2)))
struct RunTests {
    @Test(
        "A program gets its arguments, environment, input and folder, and its streams and code come back",
        arguments: working)
    func plainRun(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            var program = Program.shell("cat; echo \"$WORD $(pwd) $LD_PRELOAD\"; echo oops >&2; exit 3")
            program.environment["WORD"] = "it's \"quoted\" & spaced"
            program.environment["LD_PRELOAD"] = "/nonexistent.so"
            program.workingDirectory = "/usr/share"
            program.input = Array("typed\n".utf8)
            let finished = try await sandbox.run(program)
            #expect(finished.text == "typed\nit's \"quoted\" & spaced /usr/share /nonexistent.so\n")
            #expect(finished.errorText.hasSuffix("oops\n"))
            #expect(finished.exit.status == .code(3))
            #expect(!finished.exit.outOfMemory)
        }
    }

    @Test("A program that a signal ends says which", arguments: working)
    func signals(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let finished = try await sandbox.run(.shell("sh -c 'kill -SEGV $$'; exit $?"))
            #expect(finished.exit.status == .code(139) || finished.exit.status == .signal(SIGSEGV))
            let running = try await sandbox.start(.shell("echo up; sleep 1000"))
            var lines = running.output.lines().makeAsyncIterator()
            #expect(await lines.next() == "up")
            #expect(running.exitIfEnded == nil)
            running.kill()
            #expect(await running.exit.status == .signal(SIGKILL))
        }
    }

    @Test(
        "A program runs as nobody, without privileges, and cannot write the system",
        arguments: working.filter { $0 != .plain })
    func unprivileged(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let finished = try await sandbox.run(
                .shell(
                    "id -u; grep -c 'CapEff:.0000000000000000' /proc/self/status; grep NoNewPrivs /proc/self/status; "
                        + "touch /usr/x /etc/x /x 2>/dev/null || echo refused"))
            let expected = geteuid() == 0 ? "65533" : "\(geteuid())"
            #expect(finished.text == "\(expected)\n1\nNoNewPrivs:\t1\nrefused\n")
        }
    }

    @Test("Only what was bound is seen, read-only unless said otherwise", arguments: working.filter { $0 != .plain })
    func binds(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let folder = Folder()
            mkdir(folder.path + "/open", 0o777)
            chmod(folder.path + "/open", 0o777)
            folder.write("code", to: "file")
            var program = Program.shell(
                "cat /var/task/file; echo; touch /var/task/new 2>/dev/null || echo refused; "
                    + "touch /open/new && echo done; "
                    + "ls / ; cat /etc/shadow 2>/dev/null || echo hidden")
            program.binds = [
                Program.Bind(folder.path, at: "/var/task"),
                Program.Bind(folder.path + "/open", at: "/open", writable: true),
            ]
            let finished = try await sandbox.run(program)
            let lines = finished.text.split(separator: "\n").map(String.init)
            #expect(lines.prefix(3) == ["code", "refused", "done"])
            #expect(lines.last == "hidden")
            #expect(!lines.contains("home") && !lines.contains("root") && !lines.contains("work"))
            #expect(Files.exists(folder.path + "/open/new"))
        }
    }

    @Test("A plain process finds what was bound, at its true place")
    func plainBinds() async throws {
        try await withSandbox(.plain) { sandbox in
            let folder = Folder()
            folder.write("echo ran $0 in $(pwd)", to: "run.sh")
            var program = Program(
                name: "moved", arguments: ["/bin/sh", "/var/task/run.sh"], workingDirectory: "/var/task")
            program.binds = [Program.Bind(folder.path, at: "/var/task")]
            let text = try await sandbox.run(program).text
            #expect(text == "ran \(folder.path)/run.sh in \(folder.path)\n")
        }
    }

    @Test("The scratch folder is empty, writable and no larger than said", arguments: working.filter { $0 != .plain })
    func scratch(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            var program = Program.shell(
                "ls -A /tmp; echo x >/tmp/x && echo written; "
                    + "head -c 2000000 /dev/zero >/tmp/big 2>/dev/null || echo full; "
                    + "stat -c %s /tmp/big")
            program.scratch = [Program.Scratch(bytes: 1 << 20)]
            let lines = try await sandbox.run(program).text.split(separator: "\n")
            #expect(lines.prefix(2) == ["written", "full"])
            #expect(Int(lines.last ?? "") ?? .max <= 1 << 20)
        }
    }

    @Test("Without a network there is none", arguments: working.filter { $0 != .plain })
    func network(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            let names = "cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' '"
            let own = try await sandbox.run(.shell(names, network: .none)).text
            #expect(own == "lo\n")
            let seen = try await sandbox.run(.shell(names, network: .host)).text
            #expect(seen.contains("\n") && seen.split(separator: "\n").count == Files.names(in: "/sys/class/net").count)
        }
    }

    @Test("What cannot be run is refused with its reason", arguments: working)
    func refusals(kind: BackendKind) async throws {
        try await withSandbox(kind) { sandbox in
            var program = Program.shell("true")
            program.binds = [Program.Bind("/nonexistent/folder")]
            await #expect { _ = try await sandbox.start(program) } throws: { error in
                (error as? SandboxError)?.code == .invalidProgram && "\(error)".contains("/nonexistent/folder")
            }
            await #expect(throws: SandboxError.self) { _ = try await sandbox.start(Program(name: "x", arguments: [])) }
            do throws(SandboxError) {
                // Found out by the runtime at once, or by the launcher inside, which then ends with a shell's code.
                let finished = try await sandbox.run(Program(name: "x", arguments: ["/no/such/program"]))
                let status = finished.exit.status
                #expect(status == .code(127) || status == .code(1))
            } catch {
                #expect(error.code == .startFailed)
                #expect(error.message.contains("/no/such/program"))
            }
            #expect(sandbox.runningCount == 0)
        }
    }

    @Test("After the shutdown nothing starts and nothing is left", arguments: working)
    func shutDown(kind: BackendKind) async throws {
        let folder = Folder()
        let sandbox = try await Sandbox.probe(state: folder.path, candidates: [kind], log: quiet)
        let running = try await sandbox.start(.shell("sleep 1000"))
        await sandbox.shutDown()
        #expect(running.exitIfEnded?.status == .signal(SIGKILL))
        #expect(kill(running.pid, 0) == -1)
        await #expect { _ = try await sandbox.start(.shell("true")) } throws: {
            ($0 as? SandboxError)?.code == .shuttingDown
        }
    }
}
