import ArgumentParser
import Foundation
import Notation

/// `slipway pipeline watch`
struct PipelineWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow an execution of a pipeline to its end.",
        discussion: """
            A live tree in a terminal, a line per change when piped, an object per change with --json. Exit code 0 when it succeeded, \
            1 when it did not. Interrupting only stops the watching; watch it again by its id.
            """)

    @Argument(help: "The pipeline.")
    var name: String

    @Option(name: .customLong("execution"), help: "The execution's id. The newest when left out.")
    var execution: String?

    @Option(
        help: ArgumentHelp("The commit whose release to follow; waits up to a minute for it to begin.", valueName: "id")
    )
    var commit: String?

    @Flag(help: "Wait for the next execution to begin, and follow that.")
    var next = false

    @Flag(help: "Print an object a line.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        let id: String
        if let commit {
            id = try await desk.execution(ofCommit: commit, of: name)
        } else {
            id = next ? try await begun(desk) : try await desk.execution(execution, newestOf: name)
        }
        var watcher = PipelineWatcher(desk: desk, name: name, id: id, style: json ? .json : .automatic)
        guard try await watcher.follow() else { throw ExitCode(1) }
    }

    private func begun(_ desk: PipelineDesk) async throws -> String {
        func ids() async throws -> [String] {
            try await desk.view(name)["executions"]?.array?.compactMap { $0["executionId"]?.string } ?? []
        }
        let known = Set(try await ids())
        Terminal.error.line("Waiting for the next execution of \(name).")
        while true {
            if let new = try await ids().first(where: { !known.contains($0) }) { return new }
            try await Task.sleep(for: .milliseconds(300))
        }
    }
}

/// Follows one execution on the terminal.
struct PipelineWatcher {
    enum Style { case automatic, json }
    let desk: PipelineDesk
    let name: String
    let id: String
    let style: Style
    private var told: [String: String] = [:]
    private var lastPrinted: JSON?

    init(desk: PipelineDesk, name: String, id: String, style: Style = .automatic) {
        self.desk = desk
        self.name = name
        self.id = id
        self.style = style
    }

    /// Draws it until it has ended. Says whether it succeeded.
    mutating func follow() async throws -> Bool {
        while true {
            let view = try await desk.execution(id, of: name)
            let tree = PipelineTree(view: view, terminal: .standard)
            show(view, tree)
            if tree.isFinished { return tree.hasSucceeded }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private mutating func show(_ view: JSON, _ tree: PipelineTree) {
        if style == .json {
            guard view != lastPrinted else { return }
            lastPrinted = view
            Terminal.standard.line(view.text())
        } else if Terminal.standard.isInteractive {
            Terminal.standard.redraw(tree.lines(now: Timestamp.ofThisMachine.seconds))
        } else {
            plain(view, tree)
        }
    }

    /// A line for every state that differs from the last look.
    private mutating func plain(_ view: JSON, _ tree: PipelineTree) {
        for state in tree.states where told[state.key] != state.text {
            told[state.key] = state.text
            let time = Timestamp(seconds: state.time ?? view["updated"]?.double ?? 0)
            Terminal.standard.line("\(time) \(name) \(state.text)")
        }
    }
}

extension Timestamp {
    /// The present moment by this machine's clock.
    static var ofThisMachine: Timestamp {
        Timestamp(seconds: Double(Int64(Date().timeIntervalSince1970 * 1000)) / 1000)
    }
}
