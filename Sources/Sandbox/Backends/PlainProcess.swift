import Glibc

/// Programs as ordinary processes: the stated last resort. They see the machine's files with the server's own rights; a
/// bind shows at its source, so paths below its target are rewritten in the arguments, the environment and the working
/// directory.
///
/// They do not become nobody: without binds nobody could not even reach code in a user's home folder.
struct PlainProcess: Backend {
    let kind = BackendKind.plain
    let enforcement: Enforcement
    private let state: String
    private let hierarchy: Cgroup.Hierarchy?
    /// The variable by which a sweep recognises the processes of this state folder.
    static let marker = "SLIPWAY_SANDBOX"

    init(state: String) throws(SandboxError) {
        self.state = state + "/plain"
        hierarchy = try? Cgroup.Hierarchy.detected.get()
        enforcement = hierarchy == nil ? [] : [.resources, .wholeTree]
        guard Files.makeFolder(self.state) else {
            throw SandboxError(.noBackend, "Cannot make \(self.state): \(systemMessage(errno)).")
        }
    }

    private func mark(_ id: String) -> String { "\(state)/\(id)" }

    func prepare(_ program: Program, id: String) throws(SandboxError) -> Launch {
        let folder = mark(id)
        var places = program.binds.map { (target: $0.target, source: $0.source) }
        for (index, one) in program.scratch.enumerated() {
            let source = "\(folder)/scratch\(index)"
            Files.makeFolder(source)
            chmod(source, 0o1777)
            places.append((one.path, source))
        }
        let group = hierarchy.map { Cgroup($0, name: id) }
        try group?.create(program.limits)
        var environment = program.environment.mapValues { Self.moved($0, places) }
        environment[Self.marker] = folder
        if let scratch = places.first(where: { $0.target == "/tmp" }) { environment["TMPDIR"] = scratch.source }
        let prelude = Prelude(program: program)
        let arguments = program.arguments.map { Self.moved($0, places) }
        return Launch(
            command: Command(
                arguments: prelude.shell(joining: group?.doors ?? [])
                    + prelude.ordinary(arguments, environment),
                environment: environment.filter { Prelude.isHarmless($0.key) },
                workingDirectory: Self.moved(program.workingDirectory, places), input: program.input,
                overflow: program.overflow, listener: program.listener),
            group: group)
    }

    /// The text with every path below a target, also in lists parted by colons, led to its source.
    static func moved(_ text: String, _ places: [(target: String, source: String)]) -> String {
        let longestFirst = places.filter { $0.target != $0.source }.sorted { $0.target.count > $1.target.count }
        return text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            for place in longestFirst where part == place.target || part.hasPrefix(place.target + "/") {
                return place.source + part.dropFirst(place.target.count)
            }
            return String(part)
        }.joined(separator: ":")
    }

    func leftovers() -> [String] { Files.names(in: state) }

    func removal(of id: String) -> Removal {
        Removal(folders: [mark(id)], group: hierarchy.map { Cgroup($0, name: id) }, marker: mark(id))
    }
}

/// The kernel's list of processes.
enum ProcessTable {
    /// Kills all processes whose first environment has that value for ``PlainProcess/marker``; returns their numbers.
    @discardableResult
    static func killAll(marked value: String) -> Set<Int32> {
        let wanted = "\(PlainProcess.marker)=\(value)"
        var killed: Set<Int32> = []
        for name in Files.names(in: "/proc") {
            guard let pid = Int32(name), pid != getpid(), let text = Files.text("/proc/\(pid)/environ") else {
                continue
            }
            guard text.split(separator: "\0").contains(Substring(wanted)) else { continue }
            kill(pid, SIGKILL)
            killed.insert(pid)
        }
        return killed
    }
}
