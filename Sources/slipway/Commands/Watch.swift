import ArgumentParser
import Notation

/// `slipway watch`
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a deployment to its end.",
        discussion: """
            A live tree in a terminal, a line per change when piped, an object per change with --json. Exit code 0 when it succeeded, \
            1 when it did not. Interrupting only stops the watching.
            """)

    @Argument(help: "The deployment's id. The newest when left out.")
    var deployment: String?

    @Flag(help: "When no deployment is under way, wait for the next one. Interrupt to stop waiting.")
    var wait = false

    @Flag(help: "Print an object a line.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        let finder = DeploymentFinder(client: client)
        let id = wait && deployment == nil ? try await finder.next() : try await finder.latest(deployment)
        var watcher = DeploymentWatcher(client: client, id: id, style: json ? .json : .automatic)
        guard try await watcher.follow() else { throw ExitCode(1) }
    }
}

/// Follows one deployment on the terminal.
struct DeploymentWatcher {
    enum Style { case automatic, json }
    let client: SlipwayClient
    let id: String
    let style: Style
    /// What stands before each line that is not drawn.
    var margin = ""
    private var told = 0
    private var lastPrinted: JSON?

    init(client: SlipwayClient, id: String, style: Style = .automatic) {
        self.client = client
        self.id = id
        self.style = style
    }

    /// Draws it until it has ended. Says whether it ended well.
    mutating func follow() async throws -> Bool {
        while true {
            let view = try await client.call("slipway", "DescribeDeployment", ["deploymentId": .string(id)])
            let tree = DeploymentTree(view: view, terminal: .standard)
            show(view, tree)
            if tree.isFinished { return tree.hasSucceeded }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private mutating func show(_ view: JSON, _ tree: DeploymentTree) {
        if style == .json {
            var compared = view
            for name in ["now", "secondsToNextStep", "verdict"] { compared[name] = nil }
            guard compared != lastPrinted else { return }
            lastPrinted = compared
            Terminal.standard.line(view.text())
        } else if Terminal.standard.isInteractive {
            Terminal.standard.redraw(tree.lines)
        } else {
            plain(view, tree)
        }
    }

    /// A line for everything that happened since the last look.
    private mutating func plain(_ view: JSON, _ tree: DeploymentTree) {
        let history = view["history"]?.array ?? []
        for entry in history.dropFirst(told) {
            let time = Timestamp(seconds: entry["time"]?.double ?? 0)
            Terminal.standard.line("\(margin)\(time) \(id) \(entry["text"]?.string ?? "")")
        }
        told = max(told, history.count)
        if tree.isFinished { Terminal.standard.line("\(margin)\(id) \(view["verdict"]?.string ?? "")") }
    }
}
