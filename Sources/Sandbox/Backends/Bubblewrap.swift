import Glibc

/// Programs in namespaces made by bubblewrap, in control groups made by ourselves where this process may.
struct Bubblewrap: Backend {
    let kind = BackendKind.bubblewrap
    let enforcement: Enforcement
    private let path: String
    private let state: String
    private let hierarchy: Cgroup.Hierarchy?

    init(state: String) throws(SandboxError) {
        guard let path = Files.systemProgram("bwrap") else {
            throw SandboxError(.noBackend, "bubblewrap (bwrap) is not installed.")
        }
        self.path = path
        self.state = state + "/bubblewrap"
        hierarchy = try? Cgroup.Hierarchy.detected.get()
        let always: Enforcement = [.files, .network, .wholeTree, .user]
        enforcement = hierarchy == nil ? always : always.union(.resources)
        guard Files.makeFolder(self.state, mode: 0o700) else {
            throw SandboxError(.noBackend, "Cannot make \(self.state): \(systemMessage(errno)).")
        }
    }

    func prepare(_ program: Program, id: String) throws(SandboxError) -> Launch {
        Files.makeFolder("\(state)/\(id)")
        let group = hierarchy.map { Cgroup($0, name: id) }
        try group?.create(program.limits)
        let prelude = Prelude(program: program)
        let side = options(program).reduce(into: [UInt8]()) { $0 += Array($1.utf8) + [0] }
        return Launch(
            command: Command(
                arguments: prelude.shell(joining: group?.doors ?? []) + [path, "--args", "3", "--"]
                    + prelude.unprivileged(program.arguments, program.environment),
                environment: ["PATH": "/usr/bin:/bin"], workingDirectory: "/", input: program.input, side: side,
                overflow: program.overflow, listener: program.listener),
            group: group, codesStandForSignals: true)
    }

    /// Bubblewrap's options. They go through a descriptor, not the command line, where `ps` would show the environment.
    private func options(_ program: Program) -> [String] {
        var words = ["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        if program.network == .none { words.append("--unshare-net") }
        if geteuid() == 0 {
            words += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        } else {
            words.append("--unshare-user")
        }
        for path in HostView.folders { words += ["--ro-bind", path, path] }
        for folder in above(HostView.settings + program.scratch.map(\.path) + program.binds.map(\.target)) {
            words += ["--perms", "0755", "--dir", folder]  // Left to itself bubblewrap lets only root through them.
        }
        for link in HostView.links { words += ["--symlink", link.target, link.path] }
        for path in HostView.settings { words += ["--ro-bind", path, path] }
        words += ["--proc", "/proc", "--dev", "/dev"]
        for one in program.scratch { words += ["--perms", "1777", "--size", "\(one.bytes)", "--tmpfs", one.path] }
        for one in program.binds { words += [one.writable ? "--bind" : "--ro-bind", one.source, one.target] }
        words += ["--remount-ro", "/", "--chdir", program.workingDirectory, "--clearenv"]
        for (name, value) in program.environment where Prelude.isHarmless(name) { words += ["--setenv", name, value] }
        return words
    }

    /// The folders above those paths, from the top, without those that the system's own folders hold.
    private func above(_ paths: [String]) -> [String] {
        var folders: Set<String> = []
        for path in paths {
            let names = path.split(separator: "/")
            for count in names.indices.dropFirst() { folders.insert("/" + names[..<count].joined(separator: "/")) }
        }
        return folders.filter { folder in
            !HostView.folders.contains { folder == $0 || folder.hasPrefix($0 + "/") }
        }.sorted()
    }

    func leftovers() -> [String] { Files.names(in: state) }

    func removal(of id: String) -> Removal {
        Removal(folders: ["\(state)/\(id)"], group: hierarchy.map { Cgroup($0, name: id) })
    }
}
