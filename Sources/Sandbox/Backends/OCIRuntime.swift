import Glibc
import Notation

/// Programs in containers, by runc or crun.
///
/// The runtime is started detached: it sets the container up, writes the program's number and ends. The program is then
/// a child of this process (which is a "child subreaper"), writes straight into our pipes, and costs no second process.
struct OCIRuntime: Backend {
    let kind: BackendKind
    let enforcement: Enforcement = [.files, .resources, .network, .wholeTree, .user, .layers]
    private let path: String
    private let state: String
    private let hierarchy: Cgroup.Hierarchy

    /// Throws what keeps the runtime from working here, so far as that can be told without running it.
    init(_ kind: BackendKind, state: String) throws(SandboxError) {
        guard let path = Files.systemProgram(kind.rawValue) else {
            throw SandboxError(.noBackend, "\(kind.rawValue) is not installed.")
        }
        guard geteuid() == 0 else { throw SandboxError(.noBackend, "\(kind.rawValue) is used by root only.") }
        hierarchy = try Cgroup.Hierarchy.detected.get()
        self.kind = kind
        self.path = path
        self.state = "\(state)/\(kind.rawValue)"
        for folder in ["root", "bundles", "skeleton"] where !Files.makeFolder("\(self.state)/\(folder)", mode: 0o711) {
            throw SandboxError(.noBackend, "Cannot make \(self.state)/\(folder): \(systemMessage(errno)).")
        }
        for link in HostView.links { _ = symlink(link.target, "\(self.state)/skeleton\(link.path)") }
    }

    private func bundle(_ id: String) -> String { "\(state)/bundles/\(id)" }

    func prepare(_ program: Program, id: String) throws(SandboxError) -> Launch {
        let folder = bundle(id)
        try write(program, id: id, to: folder, terminal: false)
        let log = folder + "/log"
        return Launch(
            command: Command(
                arguments: [
                    path, "--root", state + "/root", "--log", log, "run", "--detach", "--bundle", folder,
                    "--pid-file", folder + "/pid", id,
                ],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], workingDirectory: folder, input: program.input,
                overflow: program.overflow, listener: program.listener),
            pidFile: folder + "/pid", logFile: log, group: Cgroup(hierarchy, name: id),
            codesStandForSignals: true)
    }

    /// Writes the bundle: the program's description and the folders its mounts need.
    private func write(_ program: Program, id: String, to folder: String, terminal: Bool) throws(SandboxError) {
        let root = program.layer.map { $0.folder + "/root" } ?? "\(state)/skeleton"
        // runc gives a tmpfs the mode of the folder it covers, whatever mode was asked for.
        for one in program.scratch where Files.makeFolder(root + one.path) { chmod(root + one.path, 0o1777) }
        let specification = OCIBundle(program: program, id: id, root: root, terminal: terminal).specification
        guard Files.makeFolder(folder, mode: 0o700), Files.write(specification.text(), to: folder + "/config.json")
        else {
            throw SandboxError(.startFailed, "Cannot write \(folder)/config.json: \(systemMessage(errno)).")
        }
    }

    func foreground(_ program: Program, in folder: String, terminal: Bool) throws(SandboxError) -> ForegroundLaunch {
        // A state folder of its own: the sweep at a server's start is not to end what somebody has open in a terminal.
        let id = "\(program.name)-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try write(program, id: id, to: folder, terminal: terminal)
        return ForegroundLaunch(
            arguments: [path, "--root", folder + "/runc", "run", "--bundle", folder, id], workingDirectory: folder)
    }

    func leftovers() -> [String] {
        Set(Files.names(in: state + "/root") + Files.names(in: state + "/bundles")).sorted()
    }

    func removal(of id: String) -> Removal {
        Removal(
            command: Command(
                arguments: [path, "--root", state + "/root", "delete", "--force", id],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]),
            folders: [bundle(id)], group: Cgroup(hierarchy, name: id))
    }
}
