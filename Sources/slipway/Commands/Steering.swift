import ArgumentParser
import Notation

/// A command that tells one deployment what to do.
protocol SteeringCommand: AsyncParsableCommand {
    /// The operation it stands for.
    static var operation: String { get }
    /// What is said when it was done.
    static var done: String { get }
    var deployment: String? { get }
    var folder: DataFolder { get }
}

extension SteeringCommand {
    func run() async throws {
        let client = try SlipwayClient(folder)
        let id = try await DeploymentFinder(client: client).id(deployment)
        try await client.call("slipway", Self.operation, ["deploymentId": .string(id)])
        Terminal.standard.line("\(id): \(Self.done)")
        Terminal.standard.line("  slipway watch \(id)")
    }
}

/// `slipway promote`
struct Promote: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Send all traffic to the new version now, without waiting for the rest of the canary.")
    static let operation = "PromoteDeployment"
    static let done = "all traffic goes to the new version."
    @Argument(help: "The deployment's id. The one under way when left out.")
    var deployment: String?
    @OptionGroup var folder: DataFolder
}

/// `slipway pause`
struct Pause: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Keep the traffic as it is until the deployment is resumed.")
    static let operation = "PauseDeployment"
    static let done = "paused. 'slipway resume' lets it go on."
    @Argument(help: "The deployment's id. The one under way when left out.")
    var deployment: String?
    @OptionGroup var folder: DataFolder
}

/// `slipway resume`
struct Resume: SteeringCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused deployment go on.")
    static let operation = "ResumeDeployment"
    static let done = "goes on."
    @Argument(help: "The deployment's id. The one under way when left out.")
    var deployment: String?
    @OptionGroup var folder: DataFolder
}

/// `slipway abort`
struct Abort: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Stop a deployment and send all traffic back to the old version.")
    static let operation = "AbortDeployment"
    static let done = "stopped; traffic is going back to the old version."
    @Argument(help: "The deployment's id. The one under way when left out.")
    var deployment: String?
    @OptionGroup var folder: DataFolder
}

/// Finds the deployment a command means.
struct DeploymentFinder {
    let client: SlipwayClient

    private static let active: JSON = ["includeOnlyStatuses": ["Created", "Queued", "InProgress", "Ready"]]

    /// The id given, or that of the only deployment under way.
    ///
    /// - Throws: ``CommandFailure`` that lists the candidates when it is not clear which is meant.
    func id(_ given: String?) async throws -> String {
        if let given { return given }
        let ids = try await ids(Self.active)
        guard let only = ids.first else {
            throw CommandFailure("No deployment is under way. 'aws deploy list-deployments' lists the past ones.")
        }
        guard ids.count == 1 else {
            throw CommandFailure("Several deployments are under way. Name one: \(ids.joined(separator: " "))")
        }
        return only
    }

    /// The newest deployment under way; when there is none, the next to begin, however soon it ends.
    func next() async throws -> String {
        let known = Set(try await ids())
        if let newest = try await ids(Self.active).first { return newest }
        Terminal.error.line("No deployment is under way. Waiting for the next one.")
        while true {
            if let new = try await ids().first(where: { !known.contains($0) }) { return new }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func ids(_ input: JSON = [:]) async throws -> [String] {
        try await client.call("codedeploy", "ListDeployments", input)["deployments"]?.array?.compactMap(\.string) ?? []
    }

    /// The id given, or that of the newest deployment.
    func latest(_ given: String?) async throws -> String {
        if let given { return given }
        guard let newest = try await ids().first else { throw CommandFailure("There has been no deployment yet.") }
        return newest
    }
}
