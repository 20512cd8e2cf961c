import Glibc
import Testing

@testable import Sandbox

@Suite("Probing and sweeping", .timeLimit(.minutes(2)))
struct ProbeTests {
    @Test("The first candidate that really runs is taken, and every other one's reason is told")
    func probing() async throws {
        let folder = Folder()
        let sandbox = try await Sandbox.probe(state: folder.path, candidates: [.crun, .plain], log: quiet)
        #expect(sandbox.findings.first?.backend == .crun)
        if sandbox.backend == .plain {
            #expect(sandbox.findings.first?.problem?.isEmpty == false)
            #expect(sandbox.findings.last?.problem == nil)
            #expect(
                sandbox.findings.last?.summary.hasPrefix("plain: works; but programs see the machine's files") == true)
        }
        await sandbox.shutDown()
    }

    @Test("Without a candidate that works the probe fails with all reasons")
    func nothingWorks() async throws {
        let folder = Folder()
        await #expect { _ = try await Sandbox.probe(state: folder.path, candidates: [], log: quiet) } throws: {
            ($0 as? SandboxError)?.code == .noBackend
        }
    }

    @Test("What a killed server left is killed and removed by the next one", arguments: working)
    func sweeping(kind: BackendKind) async throws {
        let folder = Folder()
        let first = try await Sandbox.probe(state: folder.path, candidates: [kind], log: quiet)
        let left = try await first.start(.shell("setsid sleep 1000 & exec sleep 1000"))
        // A second sandbox on the same state stands for the server after a kill: it knows nothing of the first one's.
        let second = try await Sandbox.probe(state: folder.path, candidates: [kind], log: quiet)
        // It would sleep for long: that it ended at all is the second one's doing. How is not asked: the two share a process here,
        // so either may be the one that the system tells.
        _ = await left.exit
        await left.waitUntilRemoved()
        let folders = ["runc/root", "runc/bundles", "bubblewrap", "plain"].map { folder.path + "/" + $0 }
        #expect(!folders.flatMap(Files.names).contains(left.id))
        #expect(try await second.run(.shell("echo fine")).text == "fine\n")
        await second.shutDown()
    }
}
