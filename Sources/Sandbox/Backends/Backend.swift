/// A way to run programs on this machine.
package enum BackendKind: String, Sendable, Hashable, CaseIterable {
    /// The OCI runtime of the Docker world.
    case runc
    /// The OCI runtime of the Podman world.
    case crun
    /// Namespaces by bubblewrap, limits by control groups of our own where this process may make them.
    case bubblewrap
    /// An ordinary process with what limits an ordinary process can have. It sees the machine's files.
    case plain
}

/// What a backend keeps programs from; what is missing is said once at start and by `slipway doctor`.
package struct Enforcement: OptionSet, Sendable, Hashable {
    /// One bit per promise.
    package let rawValue: Int
    /// Promises by their bits.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The program sees only the files it was shown.
    package static let files = Enforcement(rawValue: 1)
    /// Memory, processor and process limits hold for all its processes together.
    package static let resources = Enforcement(rawValue: 2)
    /// `network: .none` cuts it off.
    package static let network = Enforcement(rawValue: 4)
    /// Its processes cannot outlive it.
    package static let wholeTree = Enforcement(rawValue: 8)
    /// It runs as ``Program/user``, without privileges.
    package static let user = Enforcement(rawValue: 16)
    /// It can have a system of its own to write to (``Program/Layer``).
    package static let layers = Enforcement(rawValue: 32)

    /// What is not promised, in words; empty when all is.
    package var gaps: [String] {
        [
            (Enforcement.files, "programs see the machine's files"),
            (.resources, "memory, processor and process limits do not hold"),
            (.network, "programs always see the machine's network"),
            (.user, "programs run with the server's own rights"),
            (.wholeTree, "background processes are found by a sweep, not by the kernel"),
        ].filter { !contains($0.0) }.map(\.1)
    }
}

/// How one backend turns a program into a command, and what it leaves to clean up.
protocol Backend: Sendable {
    var kind: BackendKind { get }
    var enforcement: Enforcement { get }
    /// Writes what the backend needs on disk and in the kernel, and says what to start.
    func prepare(_ program: Program, id: String) throws(SandboxError) -> Launch
    /// Writes what another process needs to run the program in its own terminal, and says what it is to execute.
    func foreground(_ program: Program, in folder: String, terminal: Bool) throws(SandboxError) -> ForegroundLaunch
    /// The programs of an earlier server that are still there, by id.
    func leftovers() -> [String]
    /// What removes all trace of a program, whose processes are dead.
    func removal(of id: String) -> Removal
}

extension Backend {
    func foreground(_ program: Program, in folder: String, terminal: Bool) throws(SandboxError) -> ForegroundLaunch {
        throw SandboxError(.startFailed, "\(kind.rawValue) cannot run a program in another process's terminal.")
    }
}

/// A prepared start.
struct Launch: Sendable {
    /// What to start.
    var command: Command
    /// Set when the command starts the program, leaves its number in this file and ends; else it *is* the program.
    var pidFile: String?
    /// Where the command writes why it failed.
    var logFile: String?
    /// The control group the program is in, when there is one.
    var group: Cgroup?
    /// Whether an exit code above 128 stands for a signal, as shells and bubblewrap have it.
    var codesStandForSignals = false
}

/// What is left to do once a program is dead.
struct Removal: Sendable {
    /// A command of the backend's own, run first.
    var command: Command?
    /// Folders to remove with all they hold.
    var folders: [String] = []
    /// The control group to remove.
    var group: Cgroup?
    /// The mark by which processes are found that no control group holds.
    var marker: String?
}
