import Foundation
import Notation

/// The story: three versions of a service, each step through the public protocols.
struct DemoStory {
    private let narrator = Narrator()
    private let server: DemoServer
    private let service: URL
    private let folder: URL
    private let canary: Int
    private let client: SlipwayClient
    private let sam: String

    init(server: DemoServer, service: URL, folder: URL, canary: Int) throws {
        self.server = server
        self.service = service
        self.folder = folder
        self.canary = canary
        client = try SlipwayClient(server.access)
        let own = FileManager.default.currentDirectoryPath + "/.venv/bin/sam"
        sam = FileManager.default.isExecutableFile(atPath: own) ? own : "sam"
    }

    /// Tells it.
    ///
    /// - Throws: ``CommandFailure`` when anything went otherwise than it should.
    func tell() async throws {
        let start = ContinuousClock.now
        let url = try await firstVersion()
        let load = try LoadGenerator(url: url)
        // Lives as long as the story: cancelled and awaited at its end.
        let users = Task { await load.run() }
        do {
            let bad = try await badVersion(load)
            try await goodVersion(load)
            users.cancel()
            await users.value
            try close(load, bad, ContinuousClock.now - start)
        } catch {
            users.cancel()
            await users.value
            throw error
        }
    }

    // MARK: Chapters

    private func firstVersion() async throws -> String {
        narrator.chapter(1, "A service goes live")
        narrator.tell("Orders prices an order: a Python function with a URL, an alias 'live', a canary, a hook and an alarm on its errors.")
        try await test()
        try await deploy("1")
        let stack = try await client.call("cloudformation", "DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]
        let outputs = stack?["Outputs"]?.array ?? []
        guard let url = outputs.first(where: { $0["OutputKey"] == "Url" })?["OutputValue"]?.string else {
            throw CommandFailure("The stack has no output 'Url'.")
        }
        narrator.good("live at \(url)")
        narrator.tell("Users begin to send orders, about forty a second.")
        return url
    }

    private func badVersion(_ load: LoadGenerator) async throws -> (view: JSON, window: ClosedRange<Timestamp>) {
        try await served(load, version: 1, count: 60)
        narrator.chapter(2, "Version 2 gives members a discount. Its tests pass, its hook passes - and it fails for guests")
        try use("2-member-discount")
        try await test()
        let before = Timestamp.present
        let deployment = try startDeploy("2")
        let id = try await nextDeployment(after: before, while: deployment)
        narrator.command("slipway watch \(id)")
        var watcher = DeploymentWatcher(client: client, id: id)
        guard try await !watcher.follow() else { throw CommandFailure("The bad version got through.") }
        guard try await deployment.end() != 0 else { throw CommandFailure("sam deploy reported success for a version that was rolled back.") }
        let stack = try await client.call("cloudformation", "DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]
        guard stack?["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE" else {
            throw CommandFailure("The stack is \(stack?["StackStatus"]?.string ?? "gone"), not rolled back.")
        }
        narrator.good("traffic is back on version 1; stack: UPDATE_ROLLBACK_COMPLETE; sam deploy: exit code 1")
        let view = try await client.call("slipway", "DescribeDeployment", ["deploymentId": .string(id)])
        try await explain(id)
        let restored = view["rollback"]?["restoredTime"]?.double ?? Timestamp.present.seconds
        return (view, before...Timestamp(seconds: restored + 1))
    }

    private func explain(_ id: String) async throws {
        narrator.command("slipway why \(id)")
        let answer = try await client.call("slipway", "WhyDeployment", ["deploymentId": .string(id)])
        let lines = WhyReport(answer: answer, terminal: .standard).lines
        narrator.quote(lines)
        guard lines.contains(where: { $0.contains("KeyError") }) else {
            throw CommandFailure("The explanation does not name the cause.")
        }
    }

    private func goodVersion(_ load: LoadGenerator) async throws {
        narrator.chapter(3, "Version 3 thinks of guests")
        try use("3-member-discount-for-guests-too")
        try await test()
        let before = Timestamp.present
        let deployment = try startDeploy("3")
        let id = try await nextDeployment(after: before, while: deployment)
        narrator.command("slipway watch \(id)")
        var watcher = DeploymentWatcher(client: client, id: id)
        guard try await watcher.follow() else { throw CommandFailure("The good version did not get through.") }
        guard try await deployment.end() == 0 else {
            throw CommandFailure("sam deploy failed:\n\(deployment.output.suffix(2000))")
        }
        try await served(load, version: 3, count: 40)
        narrator.good("all users are on version 3")
    }

    private func close(
        _ load: LoadGenerator, _ bad: (view: JSON, window: ClosedRange<Timestamp>), _ took: Duration
    ) throws {
        let report = DemoReport(samples: load.all, bad: bad.view, badWindow: bad.window)
        narrator.table(report.rows + [("the story took", "\(Int(took.inSeconds)) s")])
        guard report.isAsPromised else { throw CommandFailure("Users saw more errors than a canary lets through.") }
    }

    // MARK: Steps

    private func use(_ release: String) throws {
        let source = service.appendingPathComponent("releases/\(release)/app.py")
        try Data(contentsOf: source).write(to: service.appendingPathComponent("src/app.py"))
    }

    private func test() async throws {
        narrator.command("python3 -m unittest discover src")
        let output = try await Program.run(
            ["python3", "-m", "unittest", "discover", "src"], in: service, log: folder.appendingPathComponent("test.log"))
        narrator.quote([output.split(separator: "\n").last.map(String.init) ?? ""])
    }

    private var samArguments: [String] {
        [
            sam, "deploy", "--stack-name", "orders", "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM",
            "--no-progressbar", "--parameter-overrides", "CanarySeconds=\(canary)",
        ]
    }

    private func deploy(_ turn: String) async throws {
        let deployment = try startDeploy(turn)
        guard try await deployment.end() == 0 else {
            throw CommandFailure("sam deploy failed:\n\(deployment.output.suffix(3000))")
        }
    }

    private func startDeploy(_ turn: String) throws -> Program {
        narrator.command("sam deploy --stack-name orders --resolve-s3 --capabilities CAPABILITY_IAM")
        return try Program(
            samArguments, in: service, environment: server.environment, log: folder.appendingPathComponent("sam-\(turn).log"))
    }

    /// The deployment that the stack's update begins.
    private func nextDeployment(after moment: Timestamp, while update: Program) async throws -> String {
        let query: JSON = ["createTimeRange": ["start": .double(moment.seconds)]]
        while true {
            let ids = try await client.call("codedeploy", "ListDeployments", query)["deployments"]?.array ?? []
            if let id = ids.last?.string { return id }
            guard update.process.isRunning else {
                throw CommandFailure("sam deploy ended before a deployment began:\n\(update.output.suffix(3000))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits until that version has answered so many more orders without an error.
    private func served(_ load: LoadGenerator, version: Int, count: Int) async throws {
        let before = load.all.count { $0.version == version }
        for _ in 0..<600 {
            if load.all.count(where: { $0.version == version }) >= before + count { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandFailure("Version \(version) does not answer its users.")
    }
}
