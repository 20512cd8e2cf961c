internal import Buildspec
internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Sandbox
internal import Synchronization

/// One build on this machine: all that lives only as long as the process that runs it.
///
/// Its steps follow each other; only ``close()`` may come in between, and then whatever runs is killed.
final class BuildSite: Sendable {
    /// What is learned on the way.
    struct Findings: Sendable {
        var spec: Buildspec?
        var shell: BuildShell?
        /// The variables of the build, in the order in which they are set.
        var variables: [(name: String, value: String)] = []
        var maskedNames: Set<String> = []
        var resolvedVersion: String?
        var isSucceeding = true
        /// Phases whose beginning and end the log has.
        var announced: Set<BuildPhase> = []
        var timings: [CommandTiming] = []
        var reports: [String] = []
        var hasReported = false
        var isClosed = false
        /// As whom commands run now; nil is root.
        var user: String?
        /// What the build took of the disk when it was killed for it.
        var diskExceeded: Int?
        var restoredCache: String?
    }

    /// How long a command took.
    struct CommandTiming: Codable, Sendable {
        var phase: String
        var command: String
        var start: Timestamp
        var seconds: Double?
        var status: Int?
    }

    let order: BuildOrder
    let folders: BuildFolders
    let log: BuildLog
    let keys: RoleKeys
    private let findings = Mutex(Findings())

    init(order: BuildOrder, folders: BuildFolders, log: BuildLog, keys: RoleKeys) {
        self.order = order
        self.folders = folders
        self.log = log
        self.keys = keys
    }

    /// What is known so far.
    var now: Findings { findings.withLock { $0 } }

    /// Adds to it.
    func note<Value>(_ change: (inout Findings) -> Value) -> Value where Value: Sendable {
        findings.withLock { change(&$0) }
    }

    /// The shell; throws when there is none (any more).
    func shell() throws -> BuildShell {
        guard let shell = now.shell else { throw BuildTrouble("The build's sandbox has ended.") }
        return shell
    }

    /// The files of the build, as it sees them.
    ///
    /// - Throws: When the sandbox has ended.
    func files() throws -> ProgramFiles {
        let shell = try shell()
        return folders.isOpaque ? try ProgramFiles(root: folders.root) : try ProgramFiles(of: shell.program)
    }

    /// Takes the shell, unless the build was ended while the sandbox started; then it is killed.
    func take(_ shell: BuildShell) {
        let isLate = note { findings in
            findings.shell = shell
            return findings.isClosed
        }
        if isLate { shell.kill() }
    }

    /// Kills whatever still runs and waits until nothing is left of it. A second call does nothing more.
    func close() async {
        let shell = note { findings in
            findings.isClosed = true
            return findings.shell
        }
        guard let shell else { return }
        shell.kill()
        await shell.program.waitUntilRemoved()
    }

    /// Where a secondary source lies, by its identifier; its place among all sources.
    func place(of identifier: String) -> Int? {
        let names = order.sources.dropFirst().map(\.identifier)
        return names.firstIndex(of: identifier).map { $0 + 1 }
    }
}

/// A source of a build, wherever it is said: by the project, or by a pipeline.
struct WantedSource: Sendable {
    /// Empty for the primary one.
    var identifier: String
    var settings: SourceSettings
    var version: String?
    var input: BuildOrder.PipelineOrder.Input?
}

extension BuildOrder {
    /// All sources of the build, the primary one first.
    var sources: [WantedSource] {
        let primary = WantedSource(
            identifier: "", settings: settings.source, version: sourceVersion, input: pipeline?.primary)
        if let pipeline {
            let others = (pipeline.secondary ?? []).map {
                WantedSource(
                    identifier: $0.artifact, settings: SourceSettings(type: "CODEPIPELINE"), version: nil, input: $0)
            }
            return [primary] + others
        }
        let others = (settings.secondarySources ?? []).map { source in
            let name = source.sourceIdentifier ?? ""
            let version = settings.secondarySourceVersions?.first { $0.sourceIdentifier == name }?.sourceVersion
            return WantedSource(identifier: name, settings: source, version: version)
        }
        return [primary] + others
    }
}
