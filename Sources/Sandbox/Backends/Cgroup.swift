import Glibc

/// A control group of the kernel holding one program: its limits, what it used, and all its processes.
///
/// Works on the unified hierarchy (v2) and on the older one of a folder per controller (v1, also "hybrid").
struct Cgroup: Sendable {
    /// Which hierarchy the machine has, and where.
    enum Hierarchy: Sendable {
        case unified(root: String)
        case controllers(root: String)

        private static let root = "/sys/fs/cgroup"
        /// All groups of Slipway stand below one of this name.
        static let family = "slipway"

        /// The machine's hierarchy, when this process may make groups with memory limits in it; else why not. Found out
        /// once: it does not change.
        static let detected = detect()

        private static func detect() -> Result<Hierarchy, SandboxError> {
            let found: Hierarchy =
                Files.exists(root + "/cgroup.controllers") ? .unified(root: root) : .controllers(root: root)
            let probe = Cgroup(found, name: "probe-\(getpid())")
            defer { probe.remove() }
            do {
                try probe.create(Program.Limits(memoryBytes: 64 << 20, processes: 16))
                return .success(found)
            } catch { return .failure(error) }
        }
    }

    private let hierarchy: Hierarchy
    /// Its name below the family's.
    let name: String

    init(_ hierarchy: Hierarchy, name: String) {
        self.hierarchy = hierarchy
        self.name = name
    }

    /// The folder in which a controller (`memory`, `cpu`, `pids`) keeps this group's files.
    private func folder(_ controller: String) -> String {
        switch hierarchy {
        case .unified(let root): "\(root)/\(Hierarchy.family)/\(name)"
        case .controllers(let root): "\(root)/\(controller)/\(Hierarchy.family)/\(name)"
        }
    }

    private var isUnified: Bool { if case .unified = hierarchy { true } else { false } }
    private var folders: [String] {
        isUnified ? [folder("")] : ["memory", "cpu", "pids"].map(folder)
    }

    /// The files into which a process writes its number to join.
    var doors: [String] { folders.map { $0 + "/cgroup.procs" } }

    /// Makes the group with those limits.
    func create(_ limits: Program.Limits) throws(SandboxError) {
        if case .unified(let root) = hierarchy {
            Files.makeFolder("\(root)/\(Hierarchy.family)")
            for above in [root, "\(root)/\(Hierarchy.family)"] {
                Files.write("+memory +pids +cpu", to: above + "/cgroup.subtree_control")
            }
        }
        for folder in folders where !Files.makeFolder(folder) {
            throw SandboxError(.startFailed, "Cannot make the control group \(folder): \(systemMessage(errno)).")
        }
        for (file, value) in settings(limits) where !Files.write(value, to: file) {
            throw SandboxError(.startFailed, "Cannot set the limit \(file) to \(value): \(systemMessage(errno)).")
        }
        if let bytes = limits.memoryBytes {  // Swap is no way around the limit. Kernels without swap lack these files.
            Files.write(
                "\(isUnified ? 0 : bytes)", to: existing(isUnified ? "memory.swap.max" : "memory.memsw.limit_in_bytes"))
        }
    }

    private func existing(_ file: String) -> String {
        let path = folder("memory") + "/" + file
        return Files.exists(path) ? path : "/dev/null"
    }

    private func settings(_ limits: Program.Limits) -> [(String, String)] {
        var settings: [(String, String)] = []
        let period = 100_000
        if let bytes = limits.memoryBytes {
            settings.append((folder("memory") + (isUnified ? "/memory.max" : "/memory.limit_in_bytes"), "\(bytes)"))
        }
        if let count = limits.processes { settings.append((folder("pids") + "/pids.max", "\(count)")) }
        if let weight = limits.cpuWeight {
            // v2 counts 1...10000 with 100 as the ordinary share, v1 2...262144 with 1024.
            let value = isUnified ? min(10_000, max(1, weight * 100 / 1_024)) : weight
            settings.append((folder("cpu") + (isUnified ? "/cpu.weight" : "/cpu.shares"), "\(value)"))
        }
        if let cpus = limits.cpus {
            let quota = max(1_000, Int(cpus * Double(period)))
            settings.append(
                isUnified
                    ? (folder("cpu") + "/cpu.max", "\(quota) \(period)")
                    : (folder("cpu") + "/cpu.cfs_quota_us", "\(quota)"))
        }
        return settings
    }

    /// The numbers of all processes in it.
    var members: [Int32] {
        (Files.text(folder("memory") + "/cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) }
    }

    /// How often the kernel killed one of its processes because memory ran out.
    var outOfMemoryKills: Int {
        let file = isUnified ? "/memory.events" : "/memory.oom_control"
        for line in (Files.text(folder("memory") + file) ?? "").split(separator: "\n") where line.hasPrefix("oom_kill ")
        {
            return Int(line.dropFirst(9)) ?? 0
        }
        return 0
    }

    /// The most memory it ever held, in bytes; nil on kernels that do not say.
    var peakMemoryBytes: Int? {
        let file = isUnified ? "/memory.peak" : "/memory.max_usage_in_bytes"
        return Files.text(folder("memory") + file).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// Kills every process in it, those included that are born meanwhile, and returns their numbers.
    @discardableResult
    func kill() -> Set<Int32> {
        var killed: Set<Int32> = []
        for _ in 0..<16 {  // A process may fork between the reading and the killing; each round finds fewer new ones.
            let members = Set(members)
            if members.isSubset(of: killed) { break }
            killed.formUnion(members)
            for member in members { Glibc.kill(member, SIGKILL) }
        }
        return killed
    }

    /// Removes the group. Returns false while dead processes have not yet left it.
    @discardableResult
    func remove() -> Bool {
        folders.map { rmdir($0) == 0 || errno == ENOENT }.allSatisfy { $0 }
    }

    /// Removes the groups of servers that are gone, so far as they are empty: of data folders that are no more, nobody
    /// else would.
    static func removeAbandoned(in hierarchy: Hierarchy) {
        for name in Files.names(in: Cgroup(hierarchy, name: ".").folder("memory")) {
            let parts = name.split(separator: "-")
            guard parts.count >= 4, let server = Int32(parts[parts.count - 2]) else { continue }
            if Glibc.kill(server, 0) == 0 { continue }
            Cgroup(hierarchy, name: name).remove()
        }
    }
}
