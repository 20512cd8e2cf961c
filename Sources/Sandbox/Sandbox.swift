import CLinux
import Glibc
import Logging
import Synchronization

/// Runs programs: isolated, limited, watched, and gone with all their processes when they end or are killed.
///
/// It knows nothing of functions or containers' images. One per server; ``probe(state:candidates:log:)`` makes it.
package final class Sandbox: Sendable {
    /// The way programs are run here.
    package var backend: BackendKind { ways.kind }
    /// What that way keeps programs from.
    package var enforcement: Enforcement { ways.enforcement }
    /// What the probing found, candidate by candidate.
    package let findings: [ProbeFinding]

    private struct State {
        var running: [String: RunningProgram] = [:]
        var isShuttingDown = false
    }

    let ways: any Backend
    /// Part of every id: which state folder the program belongs to, when several servers share a machine.
    private let stateKey: String
    private let reactor: Reactor
    private let log: Logger
    private let state = Mutex(State())

    init(_ ways: any Backend, state: String, findings: [ProbeFinding], reactor: Reactor, log: Logger) {
        self.ways = ways
        // FNV-1a, 64 bits: short, and the same each time, as Swift's own hashes are not.
        let hash = state.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        stateKey = String(hash, radix: 36)
        self.findings = findings
        self.reactor = reactor
        self.log = log
    }

    /// Starts a program and returns once it runs.
    ///
    /// - Throws: ``SandboxError``: `.invalidProgram` for a description that cannot be run, `.startFailed` with the
    ///   system's or the runtime's own words, `.shuttingDown` after ``shutDown()``.
    package func start(_ program: Program) async throws(SandboxError) -> RunningProgram {
        try check(program)
        let id = try newID(program.name)
        let launch: Launch
        do { launch = try ways.prepare(program, id: id) } catch {
            await reactor.result { loop in self.remove(id, on: loop, Outcome()) }
            throw error
        }
        let started = Outcome<Result<RunningProgram, SandboxError>>()
        reactor.perform { loop in self.launch(launch, id: id, on: loop, started) }
        return try await started.value().get()
    }

    /// What a program that ran to its end printed, and how it ended.
    package struct Finished: Sendable {
        /// How it ended.
        package let exit: RunningProgram.Exit
        /// What it printed on its standard output, at most as much as was asked for.
        package let output: [UInt8]
        /// The same of its standard error.
        package let errors: [UInt8]
    }

    /// Runs a program to its end, keeping the first `outputLimit` bytes of each stream.
    ///
    /// The program is killed when the calling task is cancelled.
    package func run(_ program: Program, outputLimit: Int = 1 << 20) async throws(SandboxError) -> Finished {
        let running = try await start(program)
        return await withTaskCancellationHandler {
            async let output = running.output.collected(limit: outputLimit)
            async let errors = running.errors.collected(limit: outputLimit)
            return await Finished(exit: running.exit, output: output, errors: errors)
        } onCancel: {
            running.kill()
        }
    }

    /// Starts nothing more, kills all that runs and waits until nothing is left of it.
    package func shutDown() async {
        let running = state.withLock { state in
            state.isShuttingDown = true
            return Array(state.running.values)
        }
        for one in running { one.kill() }
        for one in running { await one.waitUntilRemoved() }
    }

    /// How many programs run now.
    package var runningCount: Int { state.withLock { $0.running.values.count { $0.exitIfEnded == nil } } }

    private func newID(_ name: String) throws(SandboxError) -> String {
        let word = String(name.prefix(64).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        guard !state.withLock(\.isShuttingDown) else {
            throw SandboxError(.shuttingDown, "The server is shutting down.")
        }
        return "\(word)-\(stateKey)-\(getpid())-\(Self.started.add(1, ordering: .relaxed).newValue)"
    }

    /// How many programs this process has started, by all sandboxes: the kernel's control groups are shared by all.
    private static let started = Atomic(0)

    func check(_ program: Program) throws(SandboxError) {
        func refuse(_ why: String) -> SandboxError {
            SandboxError(.invalidProgram, "Cannot run \(program.name): \(why).")
        }
        guard let first = program.arguments.first, !first.isEmpty else { throw refuse("it has no arguments") }
        let words = program.arguments + program.environment.flatMap { [$0.key, $0.value] } + [program.workingDirectory]
        guard !words.contains(where: { $0.utf8.contains(0) }) else { throw refuse("a word of it holds a zero byte") }
        guard !program.environment.keys.contains(where: { $0.isEmpty || $0.contains("=") }) else {
            throw refuse("a variable's name is empty or holds '='")
        }
        for path in [program.workingDirectory] + program.scratch.map(\.path)
            + program.binds.flatMap({ [$0.source, $0.target] })
        where !path.hasPrefix("/") { throw refuse("'\(path)' is not an absolute path") }
        guard program.layer == nil || enforcement.contains(.layers) else {
            throw refuse("\(backend.rawValue) has no layers to run it on")
        }
        for bind in program.binds where !Files.exists(bind.source) { throw refuse("there is no \(bind.source)") }
    }
}

// On the reactor's thread.
extension Sandbox {
    private func launch(
        _ launch: Launch, id: String, on loop: Reactor.Loop, _ started: Outcome<Result<RunningProgram, SandboxError>>
    ) {
        do throws(SandboxError) {
            let child = try loop.spawn(launch.command)
            guard let pidFile = launch.pidFile else {
                started.settle(.success(track(id, child.pid, child, launch, on: loop)))
                return
            }
            loop.watchEnd(of: child.pid) { loop, status in
                let pid = Files.text(pidFile).flatMap { Int32($0.filter(\.isNumber)) }
                if status.succeeded, let pid {
                    started.settle(.success(self.track(id, pid, child, launch, on: loop)))
                } else {
                    started.settle(.failure(self.failure(launch, status)))
                    self.remove(id, on: loop, Outcome())
                }
            }
        } catch {
            remove(id, on: loop, Outcome())
            started.settle(.failure(error))
        }
    }

    private func failure(_ launch: Launch, _ status: EndStatus) -> SandboxError {
        let said = launch.logFile.flatMap(Files.text)?.split(separator: "\n").last.map(String.init) ?? ""
        let reason = said.isEmpty ? "it ended with \(status) and wrote no reason" : said
        return SandboxError(.startFailed, "\(ways.kind.rawValue) could not start the program: \(reason)")
    }

    private func track(
        _ id: String, _ pid: Int32, _ child: Child, _ launch: Launch, on loop: Reactor.Loop
    ) -> RunningProgram {
        let end = Outcome<RunningProgram.Exit>()
        let removed = Outcome<Bool>()
        let program = RunningProgram(
            id: id, pid: pid, child: child, end: end, removed: removed, group: launch.group,
            marker: ways.removal(of: id).marker, reactor: reactor)
        let late = state.withLock { state in
            state.running[id] = program
            return state.isShuttingDown
        }
        loop.watchEnd(of: pid) { loop, status in
            var status = status
            if launch.codesStandForSignals, case .code(let code) = status, code > 128, code < 160 {
                status = .signal(code - 128)
            }
            let exit = RunningProgram.Exit(
                status: status, outOfMemory: (launch.group?.outOfMemoryKills ?? 0) > 0,
                peakMemoryBytes: launch.group?.peakMemoryBytes)
            end.settle(exit)
            if let listener = launch.command.listener {
                child.output.flush(loop)
                child.errors.flush(loop)
                listener.ended(exit)
            }
            loop.watchDeath(of: program.killRest(), group: pid) { loop in self.remove(id, on: loop, removed) }
        }
        if late { program.kill() }
        return program
    }

    /// Removes what is left of a dead program from disk and kernel.
    private func remove(_ id: String, on loop: Reactor.Loop, _ removed: Outcome<Bool>) {
        let removal = ways.removal(of: id)
        let finish: @Sendable (Reactor.Loop) -> Void = { [self] loop in
            if let marker = removal.marker, removal.group == nil { ProcessTable.killAll(marked: marker) }
            for folder in removal.folders { Files.remove(folder) }
            clear(removal.group, on: loop) {
                self.state.withLock { $0.running[id] = nil }
                removed.settle(true)
            }
        }
        guard let command = removal.command, let child = try? loop.spawn(command) else { return finish(loop) }
        loop.watchEnd(of: child.pid) { loop, _ in finish(loop) }
    }

    /// Kills whatever is in the group and removes it.
    ///
    /// A process may join at the last moment, so this is looked at again.
    private func clear(_ group: Cgroup?, on loop: Reactor.Loop, _ done: @escaping () -> Void) {
        guard let group, !group.remove() else { return done() }
        let killed = group.kill()
        loop.watchDeath(of: killed, group: nil) { loop in
            if killed.isEmpty {
                // Nobody is in it and yet it is not to be removed: the kernel is still busy with it. The sweep at the
                // next start tries again.
                self.log.warning("A control group is left behind.", metadata: ["group": "\(group.name)"])
                done()
            } else {
                self.clear(group, on: loop, done)
            }
        }
    }

    /// Kills and removes what a killed server has left. Returns how many programs that were.
    func sweep() async -> Int {
        let leftovers = ways.leftovers()
        for id in leftovers {
            let removed = Outcome<Bool>()
            reactor.perform { loop in self.remove(id, on: loop, removed) }
            _ = await removed.value()
        }
        if !leftovers.isEmpty {
            log.notice("Killed programs that an earlier server left.", metadata: ["count": "\(leftovers.count)"])
        }
        return leftovers.count
    }
}
