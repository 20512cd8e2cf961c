internal import Buildspec
package import Cloud
internal import Ledger
internal import Notation
internal import Sandbox

/// What AWS's CodeBuild has no operations for: how far a build is, command by command; a shell in one that failed; and
/// commands without a project, for pipelines.
///
/// A service of its own beside CodeBuild's, so that AWS's API stays AWS's.
package struct SlipwayBuilds: CloudService {
    /// No service of AWS's has this id.
    package let id = "slipway-codebuild"
    let builds: CodeBuildService

    /// The desk for the builds of that service.
    package init(_ builds: CodeBuildService) { self.builds = builds }

    /// What can be asked and done.
    package var operations: [Operation] {
        [
            Operation("DescribeBuildProgress", enforces: "id") { (input: BuildID, call) in
                try await progress(input.id ?? "", call.caller)
            },
            Operation("ListKeptBuilds") { (_: Nothing, call) in
                let all = try await builds.ledger.list(KeptBuild.collection, prefix: call.caller.scope).map(\.value)
                let shown: [JSON] = all.map { ["id": .string($0.id), "until": .string($0.until.iso8601())] }
                return ["builds": .array(shown)] as JSON
            },
            Operation("OpenShell", enforces: "id command terminal") { (input: ShellInput, call) in
                try await open(input, call)
            },
            Operation(
                "StartCommands",
                enforces: "commands pipeline files outputVariables environmentVariables serviceRole logGroup "
                    + "idempotencyToken timeoutInMinutes"
            ) { (input: CommandsInput, call) in
                ["build": try BuildView.view(try await start(input, call))] as JSON
            },
        ]
    }

    /// A build with its phases, and how long each of its commands took or has taken so far.
    private func progress(_ id: String, _ caller: Caller) async throws -> JSON {
        let machine = try await builds.build(id, caller)
        let live = builds.workshop.site(machine.order.key)?.now.timings
        let kept = try await builds.ledger.get(BuildTimings.collection, machine.order.key)?.value.commands
        let now = builds.ledger.surroundings.now
        let commands: [JSON] = (live ?? kept ?? []).map { one in
            var view: JSON = [
                "phase": .string(one.phase), "command": .string(one.command), "startTime": .double(one.start.seconds),
                "seconds": .double(one.seconds ?? (now - one.start).inSeconds), "isRunning": .bool(one.seconds == nil),
            ]
            view["exitStatus"] = one.status.map(JSON.int)
            return view
        }
        let isKept = try await builds.ledger.get(KeptBuild.collection, machine.order.key)
        var answer: JSON = ["build": try BuildView.view(machine), "commands": .array(commands)]
        answer["shellUntil"] = (isKept?.value.until).map { .string($0.iso8601()) }
        answer["restarts"] = .int(machine.restarts)
        return answer
    }

    /// What `slipway build shell` executes on this machine. The answer holds no secret; the folder it names does.
    private func open(_ input: ShellInput, _ call: Call) async throws -> JSON {
        let id = CodeBuildService.id(input.id)
        do {
            let launch = try await KeptBuilds(workshop: builds.workshop).open(
                call.caller.key(id), id: id, command: input.command ?? [], terminal: input.terminal ?? true)
            return [
                "arguments": .array(launch.arguments.map(JSON.string)),
                "workingDirectory": .string(launch.workingDirectory),
            ]
        } catch let error as SandboxError {
            throw AWSError.notImplemented("a shell in a build on this machine: \(error.message)")
        }
    }

    /// Begins a build of a pipeline's own commands.
    private func start(_ input: CommandsInput, _ call: Call) async throws -> BuildMachine {
        guard call.caller.invokedBy == "codepipeline.amazonaws.com" else {
            throw AWSError.invalidInput("StartCommands is CodePipeline's.")
        }
        let commands: [JSON] = input.commands.map(JSON.string)
        // JSON is YAML: no quoting can go wrong.
        let spec: JSON = ["version": "0.2", "phases": ["build": ["commands": .array(commands)]]]
        var settings = ProjectSettings(
            name: input.pipeline.name, source: SourceSettings(type: "CODEPIPELINE", buildspec: spec.text()),
            artifacts: ArtifactSettings(type: "CODEPIPELINE"),
            environment: EnvironmentSettings(
                type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL",
                environmentVariables: input.environmentVariables),
            serviceRole: input.serviceRole)
        settings.timeoutInMinutes = input.timeoutInMinutes ?? 55
        settings.logsConfig = input.logGroup.map {
            LogsSettings(cloudWatchLogs: .init(status: "ENABLED", groupName: $0))
        }
        var pipeline = input.pipeline
        pipeline.files = input.files
        pipeline.outputVariables = input.outputVariables
        var occasion = BuildStarter.Occasion(
            initiator: "codepipeline/\(pipeline.name)",
            owner: .root(account: call.caller.account, region: call.caller.region),
            sourceVersion: S3Place(bucket: pipeline.primary.bucket, key: pipeline.primary.key).arn, pipeline: pipeline)
        occasion.token = input.idempotencyToken.map { ("commands/\(pipeline.name)/\($0)", spec.text(), true) }
        let (name, starter) = (pipeline.name, builds.starter)
        return try await builds.ledger.write { [settings, occasion] transaction in
            try starter.start(project: name, settings, occasion, in: transaction)
        }
    }
}

private struct ShellInput: Decodable, Sendable {
    var id: String
    var command: [String]?
    var terminal: Bool?
}

private struct CommandsInput: Decodable, Sendable {
    var commands: [String]
    var pipeline: BuildOrder.PipelineOrder
    var files: [String]?
    var outputVariables: [String]?
    var environmentVariables: [EnvironmentSettings.Variable]?
    var serviceRole: String
    var logGroup: String?
    var idempotencyToken: String?
    var timeoutInMinutes: Int?
}
