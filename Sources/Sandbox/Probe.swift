import CLinux
import Glibc
package import Logging

/// What trying one way to run programs has shown.
package struct ProbeFinding: Sendable, Hashable {
    /// The way that was tried.
    package let backend: BackendKind
    /// Why it does not work here; nil when it does.
    package let problem: String?
    /// What it holds programs to, when it works.
    package let enforcement: Enforcement

    /// One line for a log or for `slipway doctor`.
    package var summary: String {
        if let problem { return "\(backend.rawValue): does not work here: \(problem)" }
        let gaps = enforcement.gaps
        return "\(backend.rawValue): works" + (gaps.isEmpty ? "" : "; but " + gaps.joined(separator: "; "))
    }
}

extension Sandbox {
    /// Tries the candidates in order by really running a program under each, and takes the first that works.
    ///
    /// Programs that an earlier server left under `state` are killed first, whichever way they were run. `state` must
    /// belong to one server at a time.
    ///
    /// - Parameters:
    ///   - state: A folder for what running programs need on disk; made if missing. Quickest in memory, such as below
    ///     `/run`.
    ///   - candidates: The ways to try, best first.
    /// - Throws: ``SandboxError`` `.noBackend` with all findings when none works.
    package static func probe(
        state: String, candidates: [BackendKind] = BackendKind.allCases, log: Logger
    ) async throws(SandboxError) -> Sandbox {
        // A detached container's first process becomes our child when the runtime ends: only so do we learn its end.
        _ = linux_become_subreaper()
        guard let folder = absolute(state) else {
            throw SandboxError(.noBackend, "Cannot make the folder \(state): \(systemMessage(errno)).")
        }
        let reactor: Reactor
        do { reactor = try Reactor() } catch { throw SandboxError(.noBackend, "\(error)") }
        var findings: [ProbeFinding] = []
        var chosen: (any Backend)?
        for kind in candidates {
            do throws(SandboxError) {
                let backend = try make(kind, state: folder)
                let trial = Sandbox(backend, state: folder, findings: [], reactor: reactor, log: log)
                _ = await trial.sweep()
                guard chosen == nil else { continue }
                try await trial.tryOut()
                chosen = backend
                findings.append(ProbeFinding(backend: kind, problem: nil, enforcement: backend.enforcement))
            } catch {
                findings.append(ProbeFinding(backend: kind, problem: error.message, enforcement: []))
            }
        }
        if let hierarchy = try? Cgroup.Hierarchy.detected.get() { Cgroup.removeAbandoned(in: hierarchy) }
        guard let chosen else {
            let reasons = findings.map(\.summary).joined(separator: " ")
            throw SandboxError(.noBackend, "No way to run programs works on this machine. \(reasons)")
        }
        for finding in findings { log.info("Sandbox probed.", metadata: ["finding": "\(finding.summary)"]) }
        return Sandbox(chosen, state: folder, findings: findings, reactor: reactor, log: log)
    }

    private static func absolute(_ path: String) -> String? {
        guard Files.makeFolder(path, mode: 0o711), let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func make(_ kind: BackendKind, state: String) throws(SandboxError) -> any Backend {
        switch kind {
        case .runc, .crun: try OCIRuntime(kind, state: state)
        case .bubblewrap: try Bubblewrap(state: state)
        case .plain: try PlainProcess(state: state)
        }
    }

    /// Runs a shell that says two words and exits with a code of its own, under limits like a function's.
    private func tryOut() async throws(SandboxError) {
        let program = Program(
            name: "probe", arguments: ["/bin/sh", "-c", "echo $WORD; exit 7"],
            environment: ["PATH": "/usr/bin:/bin", "WORD": "it works"], network: .none,
            limits: Program.Limits(memoryBytes: 64 << 20, processes: 32, openFiles: 256))
        let finished = try await run(program, outputLimit: 4_096)
        guard finished.exit.status == .code(7), finished.output == Array("it works\n".utf8) else {
            let said = String(decoding: finished.errors.suffix(500), as: UTF8.self)
            throw SandboxError(
                .noBackend,
                "a trial ended with \(finished.exit.status) instead of exit status 7"
                    + (said.isEmpty ? "" : ": \(said)"))
        }
    }
}
