import FoundationEssentials
import Glibc
import Sandbox

/// Finds the interpreters of this machine: those on the server's PATH, and those that version managers keep.
struct InterpreterSearch: Sendable {
    /// Folders with programs.
    var folders: [String]

    /// The folders of this process's environment.
    init(environment: [String: String]) {
        let home = environment["HOME"] ?? "/root"
        folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        folders += ["/usr/local/bin", "/usr/bin", "/bin"]
        for manager in [
            "\(home)/.pyenv/versions", "/opt/pyenv/versions", "\(home)/.local/share/uv/python", "/opt/python",
            "\(home)/.nvm/versions/node", "/usr/local/nvm/versions/node", "\(home)/.asdf/installs/python",
            "\(home)/.asdf/installs/nodejs",
        ] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: manager)) ?? []
            folders += names.sorted().map { "\(manager)/\($0)/bin" }
        }
    }

    /// The Python interpreters: told by their names, `python3.12`, since starting each would take long.
    func pythons() -> [Interpreter] {
        var found: [[Int]: Interpreter] = [:]
        for folder in folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names where name.hasPrefix("python3.") {
                let numbers = name.dropFirst(6).split(separator: ".").map { Int($0) }
                guard numbers.count == 2, let minor = numbers[1], found[[3, minor]] == nil,
                    let program = Self.program("\(folder)/\(name)")
                else { continue }
                found[[3, minor]] = Interpreter(
                    family: .python, version: [3, minor], path: program, prefix: Self.prefix(program))
            }
        }
        return found.values.sorted { $0.version.lexicographicallyPrecedes($1.version) }
    }

    /// The Node.js programs, without their versions, which only they know.
    func nodes() -> [String] {
        var found: [String] = []
        for folder in folders {
            for name in ["node", "nodejs"] {
                if let program = Self.program("\(folder)/\(name)"), !found.contains(program) { found.append(program) }
            }
        }
        return found
    }

    /// The real program behind a path; nil when it is none, or a script such as version managers' shims are.
    private static func program(_ path: String) -> String? {
        guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
        let real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let descriptor = open(real, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var start = [UInt8](repeating: 0, count: 4)
        return read(descriptor, &start, 4) == 4 && start == [0x7F, 0x45, 0x4C, 0x46] ? real : nil  // ELF
    }

    /// The folder above `bin`, unless the sandbox sees it anyway.
    static func prefix(_ program: String) -> String? {
        let parts = program.split(separator: "/")
        guard parts.count > 2, parts[0] != "usr", parts[0] != "bin" else { return nil }
        return "/" + parts.dropLast(2).joined(separator: "/")
    }
}

/// Which interpreter a runtime runs on.
actor Interpreters {
    private let search: InterpreterSearch
    private let sandbox: Sandbox
    private var pythons: [Interpreter]?
    private var nodes: [Interpreter]?

    init(search: InterpreterSearch, sandbox: Sandbox) {
        self.search = search
        self.sandbox = sandbox
    }

    /// The interpreter for a runtime, the nearest one when its own is not installed; nil when the language is missing.
    func interpreter(for runtime: RuntimeName) async -> Interpreter? {
        let known =
            switch runtime.family {
            case .python: findPythons()
            case .nodejs: await findNodes()
            case .provided: [Interpreter]()
            }
        return known.min { $0.distance(to: runtime.version) < $1.distance(to: runtime.version) }
    }

    private func findPythons() -> [Interpreter] {
        if let pythons { return pythons }
        let found = search.pythons()
        pythons = found
        return found
    }

    private func findNodes() async -> [Interpreter] {
        if let nodes { return nodes }
        var found: [Interpreter] = []
        for path in search.nodes() {
            let prefix = InterpreterSearch.prefix(path)
            let program = Program(
                name: "node-version", arguments: [path, "--version"],
                binds: prefix.map { [Program.Bind($0)] } ?? [], network: .none)
            guard let finished = try? await sandbox.run(program, outputLimit: 100), finished.exit.status.succeeded
            else {
                continue
            }
            let version = String(decoding: finished.output, as: UTF8.self).dropFirst().split(separator: ".")
            guard let major = version.first.flatMap({ Int($0) }) else { continue }
            found.append(Interpreter(family: .nodejs, version: [major], path: path, prefix: prefix))
        }
        nodes = found
        return found
    }
}
