import Foundation
import Notation

/// The story: a repository, a pipeline and three pushes, each step through the public protocols.
struct DemoStory {
    private static let pipeline = "orders-release"
    private let narrator = Narrator()
    private let server: DemoServer
    private let service: URL
    private let folder: URL
    private let canary: Int
    private let client: SlipwayClient

    init(server: DemoServer, service: URL, folder: URL, canary: Int) throws {
        self.server = server
        self.service = service
        self.folder = folder
        self.canary = canary
        client = try SlipwayClient(server.access)
    }

    /// Tells it.
    ///
    /// - Throws: ``CommandFailure`` when anything went otherwise than it should.
    func tell() async throws {
        let start = ContinuousClock.now
        let repository = try await makePipeline()
        let url = try await firstVersion(repository)
        let load = try LoadGenerator(url: url)
        // Lives as long as the story: cancelled and awaited at its end.
        let users = Task { await load.run() }
        do {
            let bad = try await badVersion(repository, load)
            let pushed = Timestamp.present
            try await goodVersion(repository, load)
            let lead = Timestamp.present.seconds - pushed.seconds
            users.cancel()
            await users.value
            try close(load, bad, lead: lead, ContinuousClock.now - start)
        } catch {
            users.cancel()
            await users.value
            throw error
        }
    }

    // MARK: Chapters

    private func makePipeline() async throws -> DemoRepository {
        narrator.chapter(1, "A repository, and a way to production")
        narrator.tell(
            "Every push is built and tested, goes to staging with a smoke test, and to production behind a canary.")
        narrator.command("aws cloudformation deploy --stack-name \(Self.pipeline) --template-file pipeline.yaml ...")
        try await Program.run(
            [
                server.tool("aws"), "cloudformation", "deploy", "--stack-name", Self.pipeline, "--template-file",
                "pipeline.yaml",
                "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", "CanarySeconds=\(canary)",
            ], in: service, environment: server.environment, log: folder.appendingPathComponent("pipeline.log"))
        let remote = try await output("CloneUrl", of: Self.pipeline)
        narrator.good("the repository is \(remote)")
        return try await DemoRepository(
            in: service, remote: remote, environment: server.environment, log: folder.appendingPathComponent("git.log"))
    }

    private func firstVersion(_ repository: DemoRepository) async throws -> String {
        var release = try await push(repository, "Orders prices an order")
        try await expectSuccess(release.follow())
        let url = try await output("Url", of: "orders")
        narrator.good("live at \(url)")
        narrator.tell("Users begin to send orders, about forty a second.")
        return url
    }

    private func badVersion(
        _ repository: DemoRepository, _ load: LoadGenerator
    ) async throws -> (view: JSON, window: ClosedRange<Timestamp>) {
        try await served(load, version: 1, count: 60)
        narrator.chapter(
            2, "Version 2 gives members a discount. Its tests, staging and its hook pass - and it fails for guests")
        try repository.use("2-member-discount")
        let before = Timestamp.present
        var release = try await push(repository, "Members get a discount")
        let id = try await productionDeployment(of: &release, after: before)
        narrator.command("slipway watch \(id)")
        var watcher = DeploymentWatcher(client: client, id: id)
        watcher.margin = narrator.margin
        guard try await !watcher.follow() else { throw CommandFailure("The bad version got through.") }
        let end = try await release.follow()
        guard end["status"] == "Failed" else {
            throw CommandFailure(
                "The pipeline is \(end["status"]?.string ?? "gone") after a version that was rolled back.")
        }
        let stack = try await client.call("cloudformation", "DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]
        guard stack?["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE" else {
            throw CommandFailure("The stack is \(stack?["StackStatus"]?.string ?? "gone"), not rolled back.")
        }
        narrator.good("traffic is back on version 1; stack: UPDATE_ROLLBACK_COMPLETE; pipeline: Failed in Production")
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

    private func goodVersion(_ repository: DemoRepository, _ load: LoadGenerator) async throws {
        narrator.chapter(3, "Version 3 thinks of guests")
        try repository.use("3-member-discount-for-guests-too")
        let before = Timestamp.present
        var release = try await push(repository, "The discount thinks of guests, too")
        let id = try await productionDeployment(of: &release, after: before)
        narrator.command("slipway watch \(id)")
        var watcher = DeploymentWatcher(client: client, id: id)
        watcher.margin = narrator.margin
        guard try await watcher.follow() else { throw CommandFailure("The good version did not get through.") }
        try await expectSuccess(release.follow())
        try await served(load, version: 3, count: 40)
        narrator.good("all users are on version 3")
    }

    private func close(
        _ load: LoadGenerator, _ bad: (view: JSON, window: ClosedRange<Timestamp>), lead: Double, _ took: Duration
    ) throws {
        let report = DemoReport(samples: load.all, bad: bad.view, badWindow: bad.window)
        let times = [
            ("from push to all users", "\(Int(lead)) s, \(canary) s of them canary"),
            ("the story took", "\(Int(took.inSeconds)) s"),
        ]
        narrator.table(report.rows + times)
        guard report.isAsPromised else { throw CommandFailure("Users saw more errors than a canary lets through.") }
    }

    // MARK: Steps

    private func push(_ repository: DemoRepository, _ message: String) async throws -> DemoRelease {
        narrator.command("git commit -am '\(message)' && git push")
        let commit = try await repository.commit(message)
        try await repository.push()
        narrator.command("slipway pipeline watch \(Self.pipeline)")
        return try await DemoRelease(of: commit, pipeline: Self.pipeline, client: client, narrator: narrator)
    }

    private func expectSuccess(_ view: JSON) throws {
        guard view["status"] != "Succeeded" else { return }
        let errors = (view["stages"]?.array ?? []).flatMap { $0["actions"]?.array ?? [] }.compactMap { action in
            action["error"].map { error in
                let evidence = (error["evidence"]?.array ?? []).compactMap(\.string)
                return ([error["message"]?.string ?? ""] + evidence).joined(separator: "\n")
            }
        }
        throw CommandFailure("The pipeline is \(view["status"]?.string ?? "gone").\n" + errors.joined(separator: "\n"))
    }

    private func output(_ key: String, of stack: String) async throws -> String {
        let answer = try await client.call("cloudformation", "DescribeStacks", ["StackName": .string(stack)])
        let outputs = answer["Stacks"]?[0]?["Outputs"]?.array ?? []
        guard let value = outputs.first(where: { $0["OutputKey"]?.string == key })?["OutputValue"]?.string else {
            throw CommandFailure("The stack '\(stack)' has no output '\(key)'.")
        }
        return value
    }

    /// Follows the release until production's deployment has begun; staging's ends before.
    private func productionDeployment(of release: inout DemoRelease, after moment: Timestamp) async throws -> String {
        let query: JSON = ["createTimeRange": ["start": .double(moment.seconds)]]
        var found: String?
        let client = client
        let view = try await release.follow { view in
            let inProduction = view["place"]?["stage"] == "Production"
            guard inProduction else { return false }
            let ids = try await client.call("codedeploy", "ListDeployments", query)["deployments"]?.array ?? []
            for id in ids.compactMap(\.string) {
                let deployment = try await client.call("codedeploy", "GetDeployment", ["deploymentId": .string(id)])
                let info = deployment["deploymentInfo"]
                if info?["applicationName"]?.string?.hasPrefix("orders-staging-") == false { found = id }
            }
            return found != nil
        }
        if let found { return found }
        try expectSuccess(view)
        throw CommandFailure("The pipeline ended without a deployment in production.")
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
