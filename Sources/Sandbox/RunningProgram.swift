import Glibc

/// A program that was started: what it prints, and how it ends.
package final class RunningProgram: Sendable {
    /// How a program ended.
    package struct Exit: Sendable, Hashable {
        /// Its exit code or the signal that ended it.
        package let status: EndStatus
        /// Whether the kernel killed it, or one of its processes, because its memory limit was reached.
        package let outOfMemory: Bool
        /// The most memory its processes held at once, in bytes; nil where nothing counts it.
        package let peakMemoryBytes: Int?

        /// An end.
        package init(status: EndStatus, outOfMemory: Bool, peakMemoryBytes: Int?) {
            self.status = status
            self.outOfMemory = outOfMemory
            self.peakMemoryBytes = peakMemoryBytes
        }
    }

    /// Its name with a number, unique among the programs of this sandbox and those a killed server left.
    package let id: String
    /// Its number among the machine's processes. Free for others once it has ended: do not kill by it, use ``kill()``.
    package let pid: Int32
    /// Its standard output.
    package let output: ProgramOutput
    /// Its standard error.
    package let errors: ProgramOutput

    private let end: Outcome<Exit>
    private let removed: Outcome<Bool>
    private let group: Cgroup?
    private let marker: String?
    private let child: Child
    private let reactor: Reactor

    init(
        id: String, pid: Int32, child: Child, end: Outcome<Exit>, removed: Outcome<Bool>, group: Cgroup?,
        marker: String?, reactor: Reactor
    ) {
        self.id = id
        self.pid = pid
        output = ProgramOutput(child.output)
        errors = ProgramOutput(child.errors)
        self.end = end
        self.removed = removed
        self.group = group
        self.child = child
        self.marker = marker
        self.reactor = reactor
    }

    /// How it ended; waits until it has. The rest of its processes are dead or dying then.
    package var exit: Exit {
        get async { await end.value() }
    }

    /// How it ended, or nil while it runs.
    package var exitIfEnded: Exit? { end.settled }

    /// The most memory it has held so far, in bytes; nil where nothing counts it.
    package var peakMemoryBytes: Int? { end.settled?.peakMemoryBytes ?? group?.peakMemoryBytes }

    /// How often the kernel killed one of its processes because its memory limit was reached.
    package var outOfMemoryKills: Int { group?.outOfMemoryKills ?? 0 }

    /// Kills it with all its processes. Returns at once; ``exit`` tells when it is done. Harmless when it has ended.
    package func kill() {
        reactor.perform { [self] _ in
            // On the reactor's thread, which alone collects dead children: until then the number is surely its own.
            guard end.settled == nil else { return }
            Glibc.kill(pid, SIGKILL)
            killRest()
        }
    }

    /// Returns when all that the program had printed before the call has been told to its listener.
    package func flushOutput() async {
        await reactor.result { [child] loop in
            child.output.flush(loop)
            child.errors.flush(loop)
        }
    }

    /// The same without waiting: `then` is called afterwards, on the thread that calls the listener.
    ///
    /// What is asked for first is done first.
    package func flushOutput(then: @escaping @Sendable () -> Void) {
        reactor.perform { [child] loop in
            child.output.flush(loop)
            child.errors.flush(loop)
            then()
        }
    }

    /// Waits until the program is dead and nothing of it is left on disk or in the kernel.
    package func waitUntilRemoved() async { _ = await removed.value() }

    /// Kills what the program's own end has left of its tree, and returns their numbers. A pid namespace leaves
    /// nothing; a plain process may.
    @discardableResult
    func killRest() -> Set<Int32> {
        Glibc.kill(-pid, SIGKILL)
        if let group { return group.kill() }
        return marker.map { ProcessTable.killAll(marked: $0) } ?? []
    }
}
