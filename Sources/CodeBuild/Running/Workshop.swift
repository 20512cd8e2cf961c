internal import Cloud
internal import Foundation
internal import Ledger
internal import Logging
internal import Notation
internal import Sandbox
internal import Synchronization
internal import Vault

/// Where builds are run: what all of them use, and those that are on it now.
final class Workshop: Sendable {
    let cloud: Cloud
    let ledger: Ledger
    let sandbox: Sandbox
    let sink: any BuildLogSink
    let limits: BuildLimits
    let tools: MachineTools
    let desk = CredentialDesk()
    let log: Logger
    /// Seals what git shows hosts of repositories.
    let vault: Vault
    /// Below it each build has a folder.
    let folder: String
    private let sites = Mutex<[String: BuildSite]>([:])
    private let trial: LayerTrial

    init(
        cloud: Cloud, ledger: Ledger, sandbox: Sandbox, folder: String, sink: any BuildLogSink, limits: BuildLimits,
        environment: [String: String], tools named: [String], log: Logger, vault: Vault
    ) {
        self.cloud = cloud
        self.ledger = ledger
        self.sandbox = sandbox
        self.folder = folder
        self.sink = sink
        self.limits = limits
        self.log = log
        self.vault = vault
        let tools = MachineTools(environment: environment, named: named)
        self.tools = tools
        trial = LayerTrial { await sandbox.tryLayers(in: folder + "/layers", extra: tools.folders) }
    }

    var surroundings: Surroundings { ledger.surroundings }

    /// Whether builds have a system of their own here; tried once.
    func layerSupport() async -> LayerSupport { await trial.support() }

    /// The build's site; nil when this process has not begun to run it.
    func site(_ key: String) -> BuildSite? { sites.withLock { $0[key] } }

    func add(_ site: BuildSite) { sites.withLock { $0[site.order.key] = site } }

    func remove(_ key: String) -> BuildSite? { sites.withLock { $0.removeValue(forKey: key) } }

    /// Kills all builds that run, for a server that stops.
    func closeAll() async {
        for site in sites.withLock({ Array($0.values) }) { await site.close() }
    }

    /// The folder of a build.
    func folder(of order: BuildOrder) -> String { "\(folder)/\(order.uuid)" }

    /// The folders of a build, as the way programs are run here has it.
    func folders(of order: BuildOrder, _ layers: LayerSupport) -> BuildFolders {
        let isNobody = layers.layers == nil && sandbox.backend != .plain && geteuid() == 0
        return BuildFolders(
            root: folder(of: order), isVisible: sandbox.backend == .plain,
            isOpaque: sandbox.backend == .bubblewrap, owner: isNobody ? .sandbox : nil)
    }

    /// The program in which a build's commands run; its arguments are still to be said.
    func program(_ order: BuildOrder, _ folders: BuildFolders, _ layers: LayerSupport) throws -> Program {
        let size = ComputeSize(order.settings.environment)
        let isPlain = sandbox.backend == .plain
        var environment = [
            "PATH": tools.path, "HOME": isPlain ? folders.root + "/home" : "/root", "LANG": "C.UTF-8",
        ]
        if isPlain { environment["TMPDIR"] = folders.root + "/tmp" }
        var program = Program(
            name: "build-\(order.project)", arguments: ["/bin/sh"], environment: environment,
            workingDirectory: folders.inside(BuildFolders.source(0)), scratch: [],
            limits: Program.Limits(
                memoryBytes: size.memoryBytes, cpus: size.cpus, processes: limits.processes,
                fileBytes: size.diskBytes ?? limits.diskBytes))
        program.overflow = .slowDown
        if let layers = layers.layers {
            program.layer = try layers.layer(in: folders.root + "/layer")
            program.user = .root
        }
        guard !isPlain else { return program }
        program.binds = [Program.Bind(folders.root + "/codebuild", at: "/codebuild", writable: true)]
        if program.layer == nil {
            program.binds += tools.folders.map { Program.Bind($0) }
            program.binds.append(Program.Bind(folders.root + "/home", at: "/root", writable: true))
            program.binds.append(Program.Bind(folders.root + "/tmp", at: "/tmp", writable: true))
        }
        return program
    }

    /// How much disk a build may take.
    func diskLimit(_ order: BuildOrder) -> Int {
        ComputeSize(order.settings.environment).diskBytes ?? limits.diskBytes
    }
}

/// Tries layers once, however many builds ask at the same time.
private actor LayerTrial {
    private var task: Task<LayerSupport, Never>?
    private let attempt: @Sendable () async -> LayerSupport

    init(_ attempt: @escaping @Sendable () async -> LayerSupport) { self.attempt = attempt }

    func support() async -> LayerSupport {
        if let task { return await task.value }
        // Everyone who asks waits for it; it ends by itself.
        let task = Task { [attempt] in await attempt() }
        self.task = task
        return await task.value
    }
}

extension Workshop {
    /// Removes the folders of builds that an earlier process ran, but those that are kept for a shell.
    func removeLeftovers() async {
        let kept = Set(((try? await ledger.list(KeptBuild.collection)) ?? []).map(\.value.folder))
        let folder = folder
        await OwnThread.run {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                let path = folder + "/" + name
                if name == "cache" || name == "layers" || kept.contains(path) { continue }
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }
}
