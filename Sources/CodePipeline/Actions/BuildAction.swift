internal import Cloud
internal import Notation

/// Builds and tests by CodeBuild.
///
/// Source: CodePipeline User Guide, "AWS CodeBuild build and test action reference".
struct BuildAction {
    let context: RunContext

    /// Starts the build, or finds the one an earlier attempt started by its token, and waits for its end.
    func run() async throws -> PipelineMachine.Outcome {
        context.isTrue("BatchEnabled") ? try await runBatch() : try await runOne()
    }

    private var token: String { "\(context.execution.id)/\(context.run.id)" }

    private func runOne() async throws -> PipelineMachine.Outcome {
        var input = try order()
        input["idempotencyToken"] = .string(token)
        let begun = try await context.call("codebuild", "StartBuild", input)["build"] ?? [:]
        return try await BuildWait(context: context, isBatch: false).end(of: begun)
    }

    private func runBatch() async throws -> PipelineMachine.Outcome {
        var input = try order()
        input["idempotencyToken"] = .string(token)
        if context.isTrue("CombineArtifacts") { input["buildBatchConfigOverride"] = ["combineArtifacts": true] }
        let begun = try await context.call("codebuild", "StartBuildBatch", input)["buildBatch"] ?? [:]
        return try await BuildWait(context: context, isBatch: true).end(of: begun)
    }

    private func order() throws -> JSON {
        var input: JSON = [
            "projectName": .string(context.value("ProjectName") ?? ""), "pipeline": try context.buildPipeline(),
        ]
        if let text = context.value("EnvironmentVariables") {
            guard let variables = (try? JSON(parsing: text))?.array else {
                throw RunError("ConfigurationError", "EnvironmentVariables is no JSON array: \(text.prefix(200))")
            }
            input["environmentVariablesOverride"] = .array(
                variables.map { variable in
                    var variable = variable
                    // Numbers and truth values are written as they stand.
                    if let value = variable["value"], value.string == nil { variable["value"] = .string(value.text()) }
                    variable["type"] = variable["type"] ?? "PLAINTEXT"
                    return variable
                })
        }
        return input
    }
}

/// A few commands in a build of their own, without a project.
///
/// Source: CodePipeline User Guide, "Commands action reference".
struct CommandsAction {
    let context: RunContext

    func run() async throws -> PipelineMachine.Outcome {
        var input: JSON = [
            "commands": .array(context.commands.map(JSON.string)), "pipeline": try context.buildPipeline(),
            "serviceRole": .string(context.action?.roleArn ?? context.rule?.roleArn ?? context.definition.roleArn),
            "logGroup": .string("/aws/codepipeline/\(context.pipeline.name)"),
            "idempotencyToken": .string("\(context.execution.id)/\(context.run.id)"), "timeoutInMinutes": 55,
        ]
        let action = context.action
        if let files = action?.outputArtifacts?.first?.files { input["files"] = .array(files.map(JSON.string)) }
        if let names = action?.outputVariables { input["outputVariables"] = .array(names.map(JSON.string)) }
        if let variables = action?.environmentVariables {
            input["environmentVariables"] = .array(
                try variables.map { variable in
                    [
                        "name": .string(variable.name), "value": .string(try resolved(variable)),
                        "type": .string(variable.type ?? "PLAINTEXT"),
                    ]
                })
        }
        let begun =
            try await context.cloud.call("slipway-codebuild", "StartCommands", input, as: context.owner)["build"] ?? [:]
        return try await BuildWait(context: context, isBatch: false, caller: context.owner).end(of: begun)
    }

    private func resolved(_ variable: PipelineDefinition.EnvironmentVariable) throws(RunError) -> String {
        do throws(VariableReferences.Unresolved) {
            return try VariableReferences.resolve(variable.value, context.execution.value)
        } catch {
            throw RunError(
                "InvalidActionConfiguration",
                "The variable \(error.reference.text) in the environment variable '\(variable.name)' has no value.")
        }
    }
}

extension RunContext {
    /// What CodeBuild has to know of where the build belongs.
    func buildPipeline() throws -> JSON {
        func place(_ artifact: Artifact) -> JSON {
            var place: JSON = [
                "artifact": .string(artifact.name), "bucket": .string(artifact.bucket), "key": .string(artifact.key),
            ]
            place["revision"] = artifact.revision.map(JSON.string)
            return place
        }
        var pipeline: JSON = ["name": .string(pipeline.name)]
        let primary = try value("PrimarySource").map(input) ?? run.inputs.first
        if let primary { pipeline["primary"] = place(primary) }
        pipeline["secondary"] = .array(run.inputs.filter { $0.name != primary?.name }.map(place))
        pipeline["outputs"] = .array(run.outputs.map(place))
        return pipeline
    }
}

/// Waits for a build, without asking again and again: CodeBuild's events say when to look.
struct BuildWait {
    let context: RunContext
    let isBatch: Bool
    /// Nil for the action's role.
    var caller: Caller?

    /// How many lines of the log are kept with a failure.
    private static let evidenceLines = 20

    func end(of begun: JSON) async throws -> PipelineMachine.Outcome {
        let id = begun["id"]?.string ?? ""
        let arn = begun["arn"]?.string ?? ""
        try await context.tell(.init(external: external(begun)))
        let look: @Sendable () async throws -> JSON? = {
            let (operation, member) = isBatch ? ("BatchGetBuildBatches", "buildBatches") : ("BatchGetBuilds", "builds")
            let caller = if let caller { caller } else { try await context.caller() }
            let answer = try await context.cloud.call("codebuild", operation, ["ids": [.string(id)]], as: caller)
            guard let build = answer[member]?[0] else {
                throw RunError("JobFailed", "The build \(id) is not there any more.")
            }
            let status = build[isBatch ? "buildBatchStatus" : "buildStatus"]?.string
            // Spelled out: JSON has a null of its own.
            return status == "IN_PROGRESS" ? JSON?.none : build
        }
        guard let build = try await context.watch.first(about: [arn, id], look) else { throw CancellationError() }
        let status = build[isBatch ? "buildBatchStatus" : "buildStatus"]?.string ?? ""
        guard status == "SUCCEEDED" else {
            return .failed(await error(build, status), external: external(build))
        }
        var outcome = PipelineMachine.Outcome(external: external(build))
        outcome.variables = [:]
        for variable in build["exportedEnvironmentVariables"]?.array ?? [] {
            guard let name = variable["name"]?.string else { continue }
            outcome.variables?[name] = variable["value"]?.string ?? ""
        }
        outcome.artifactRevision = context.run.inputs.first?.revision
        return outcome
    }

    private func external(_ build: JSON) -> External {
        let logs = build["logs"]
        let id = build["id"]?.string
        return External(
            kind: "build", id: id, url: id.map { context.page("builds", $0) },
            logStream: logs?["cloudWatchLogsArn"]?.string)
    }

    // MARK: Why it failed

    /// The failing phase with its command and exit status, and the last lines of the log.
    private func error(_ build: JSON, _ status: String) async -> RunError {
        let bad = (build["phases"]?.array ?? []).first { phase in
            let status = phase["phaseStatus"]?.string ?? "SUCCEEDED"
            return status != "SUCCEEDED" && phase["phaseType"]?.string != "COMPLETED"
        }
        let phase = bad?["phaseType"]?.string ?? build["currentPhase"]?.string ?? "unknown"
        let context = (bad?["contexts"]?.array ?? []).compactMap { context -> String? in
            let words = [context["statusCode"]?.string, context["message"]?.string].compactMap { $0 }.filter {
                !$0.isEmpty
            }
            return words.isEmpty ? nil : words.joined(separator: ": ")
        }
        var message = "Build \(status.lowercased().replacing("_", with: " ")) in phase \(phase)."
        if let first = context.first { message += " \(first)" }
        let lines = await lastLines(build["logs"])
        return RunError("JobFailed", message, evidence: lines.isEmpty ? nil : lines)
    }

    /// A log that cannot be read is no reason not to tell of the failure.
    private func lastLines(_ logs: JSON?) async -> [String] {
        guard let group = logs?["groupName"], let stream = logs?["streamName"] else { return [] }
        let input: JSON = [
            "logGroupName": group, "logStreamName": stream, "limit": .int(Self.evidenceLines), "startFromHead": false,
        ]
        let answer = try? await context.cloud.call("logs", "GetLogEvents", input, as: context.owner)
        return (answer?["events"]?.array ?? []).compactMap { $0["message"]?.string?.trimmedEnd }
    }
}

extension String {
    /// Without white space at its end.
    var trimmedEnd: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
