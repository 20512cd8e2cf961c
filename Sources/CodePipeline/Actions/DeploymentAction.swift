internal import Cloud
internal import Crypto
internal import Notation

/// Deployments by CodeDeploy, of an AppSpec that lies in the input artifact.
struct DeploymentAction {
    let context: RunContext
    private static let names = ["appspec.yml", "appspec.yaml", "appspec.json"]
    private var application: JSON { .string(context.value("ApplicationName") ?? "") }
    private var group: JSON { .string(context.value("DeploymentGroupName") ?? "") }
    /// What a deployment of this run is known by.
    private var mark: String { "CodePipeline action execution \(context.run.id)" }

    func run() async throws -> PipelineMachine.Outcome {
        let id: String
        if let known = try await earlier() { id = known } else { id = try await begin() }
        let external = External(kind: "deployment", id: id, url: context.page("deployments", id))
        try await context.tell(.init(external: external))
        let context = context
        let found = try await context.watch.first(about: [id]) { () -> JSON? in
            let info = try await context.call("codedeploy", "GetDeployment", ["deploymentId": .string(id)])[
                "deploymentInfo"]
            let status = info?["status"]?.string ?? ""
            return ["Succeeded", "Failed", "Stopped"].contains(status) ? info : JSON?.none
        }
        guard let info = found else { throw CancellationError() }
        guard info["status"]?.string == "Succeeded" else { return .failed(await error(id, info), external: external) }
        return PipelineMachine.Outcome(external: external, summary: "Deployment \(id) succeeded.", variables: [:])
    }

    /// The deployment that an attempt before a crash began; nil when there is none.
    private func earlier() async throws -> String? {
        let window: JSON = ["start": .double(context.run.started.seconds - 1)]
        let input: JSON = ["applicationName": application, "deploymentGroupName": group, "createTimeRange": window]
        // Slipway's own look: on AWS an action's role need not be allowed it.
        let found = try await context.cloud.call("codedeploy", "ListDeployments", input, as: context.owner)
        let ids = (found["deployments"]?.array ?? []).prefix(25)
        guard !ids.isEmpty else { return nil }
        let infos = try await context.cloud.call(
            "codedeploy", "BatchGetDeployments", ["deploymentIds": .array(Array(ids))], as: context.owner)
        return infos["deploymentsInfo"]?.array?.first { $0["description"]?.string == mark }?["deploymentId"]?.string
    }

    private func begin() async throws -> String {
        guard let artifact = context.run.inputs.first else {
            throw RunError("ConfigurationError", "The action has no input artifact.")
        }
        let text = try await context.withFolder { folder in
            try await context.unpack(artifact, into: folder + "/tree")
            for name in Self.names {
                if let text = try context.readText(name, in: folder + "/tree") { return text }
            }
            throw RunError(
                "ConfigurationError",
                "The artifact '\(artifact.name)' has none of \(Self.names.joined(separator: ", ")) at its top.")
        }
        let sum = Hexadecimal.encode(SHA256.hash(data: Array(text.utf8)))
        let answer = try await context.call(
            "codedeploy", "CreateDeployment",
            [
                "applicationName": application, "deploymentGroupName": group, "description": .string(mark),
                "revision": [
                    "revisionType": "AppSpecContent",
                    "appSpecContent": ["content": .string(text), "sha256": .string(sum)],
                ],
            ])
        return answer["deploymentId"]?.string ?? ""
    }

    /// What CodeDeploy knows of the cause.
    private func error(_ id: String, _ info: JSON) async -> RunError {
        let words = info["errorInformation"]
        let message = words?["message"]?.string ?? "The deployment ended as \(info["status"]?.string ?? "")."
        let why = try? await context.cloud.call(
            "slipway", "WhyDeployment", ["deploymentId": .string(id)], as: context.owner)
        var lines = (why?["chain"]?.array ?? []).compactMap(\.string)
        if let log = why?["hookLog"]?.string { lines += log.split(separator: "\n").suffix(10).map(String.init) }
        lines += (why?["evidence"]?["lines"]?.array ?? []).suffix(10).compactMap { $0["text"]?.string?.trimmedEnd }
        return RunError(
            words?["code"]?.string ?? "JobFailed", "Deployment \(id): \(message)", evidence: lines.isEmpty ? nil : lines
        )
    }
}
