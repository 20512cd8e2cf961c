import ArgumentParser
import Notation

/// `slipway rollback`
struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Send all traffic of a function's alias back to an earlier version, at once.",
        discussion: """
            Without a version it lists the recent good ones. A deployment under way on the alias is stopped first. The change is of traffic \
            alone: the stack's template still names the newer version, and its next update deploys again. Data is not rolled back.
            """)

    @Argument(help: "The function.")
    var function: String

    @Option(help: "The version to go back to.")
    var to: String?

    @Option(help: "The alias.")
    var alias = "live"

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        let place: JSON = ["FunctionName": .string(function), "Name": .string(alias)]
        let current = try await client.call("lambda", "GetAlias", place)
        guard let to else { return try await list(client, current) }
        try await stopDeployments(client)
        var input = place
        input["FunctionVersion"] = .string(to)
        input["RoutingConfig"] = ["AdditionalVersionWeights": [:]]
        try await client.call("lambda", "UpdateAlias", input)
        Terminal.standard.line(
            "\(function):\(alias) serves version \(to) alone. It was \(current["FunctionVersion"]?.string ?? "?").")
        Terminal.standard.line("Data was not rolled back. The next update of its stack deploys anew.")
    }

    private func list(_ client: SlipwayClient, _ current: JSON) async throws {
        let answer = try await client.call("lambda", "ListVersionsByFunction", ["FunctionName": .string(function)])
        let versions = (answer["Versions"]?.array ?? []).filter { $0["Version"] != "$LATEST" }.suffix(10).reversed()
        Terminal.standard.line(
            "Versions of \(function), newest first. Go back with: slipway rollback \(function) --to VERSION")
        for version in versions {
            let number = version["Version"]?.string ?? ""
            let mark = current["FunctionVersion"]?.string == number ? "  <- \(alias)" : ""
            Terminal.standard.line(
                "  \(number)  \(version["LastModified"]?.string ?? "")  \(version["Description"]?.string ?? "")\(mark)")
        }
    }

    private func stopDeployments(_ client: SlipwayClient) async throws {
        let active: JSON = ["includeOnlyStatuses": ["Created", "Queued", "InProgress", "Ready"]]
        for id in try await client.call("codedeploy", "ListDeployments", active)["deployments"]?.array ?? [] {
            let view = try await client.call("slipway", "DescribeDeployment", ["deploymentId": id])
            guard view["functionName"]?.string == function, view["alias"]?.string == alias else { continue }
            try await client.call("slipway", "AbortDeployment", ["deploymentId": id])
            var watcher = DeploymentWatcher(client: client, id: id.string ?? "")
            _ = try await watcher.follow()
        }
    }
}
