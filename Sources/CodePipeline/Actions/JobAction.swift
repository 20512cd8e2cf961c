internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

/// Work that others do: functions and job workers. Their answers come by PutJobSuccessResult and PutJobFailureResult.
struct JobAction {
    let context: RunContext

    /// Puts the job where workers find it.
    func offer() async throws -> PipelineMachine.Outcome? {
        _ = try await job()
        return nil
    }

    /// The job of this round, made if need be.
    private func job() async throws -> Job {
        let id = Job.id(context.run.id, round: context.run.round)
        let type = context.action?.actionTypeId
        var queryable: String?
        if let type, type.owner == "Custom" {
            let caller = context.pipeline
            let key = "\(caller.account)/\(caller.region)/\(type.key)"
            let known = try await context.ledger.get(CustomActionType.collection, key)?.value
            if let name = known?.properties.first(where: { $0.queryable == true })?.name {
                queryable = "\(name)=\(context.value(name) ?? "")"
            }
        }
        let made = Job(
            id: id, pipeline: context.pipeline, execution: context.execution.id, stage: context.stage,
            run: context.run.id,
            round: context.run.round, type: type, name: context.run.name, configuration: context.run.configuration,
            queryable: queryable, inputs: context.run.inputs, outputs: context.run.outputs,
            continuation: context.run.continuation, encryptionKey: context.store?.encryptionKey,
            roleArn: context.definition.roleArn, created: context.ledger.surroundings.now)
        return try await context.ledger.write { transaction in
            if let known = try transaction.get(Job.collection, id)?.value { return known }
            return try transaction.insert(Job.collection, id, made).value
        }
    }

    // MARK: Functions

    /// Calls the function with the job. A function that fails without having answered fails the action at once: AWS
    /// would wait for twenty minutes.
    func invoke() async throws -> PipelineMachine.Outcome? {
        let job = try await job()
        if job.status.isOver { return nil }
        let function = context.value("FunctionName") ?? ""
        let document = try await JobDocument.message(job, context.cloud)
        let input: JSON = ["FunctionName": .string(function), "InvocationType": "RequestResponse", "LogType": "Tail"]
        let external = External(kind: "function", id: function, url: context.page("functions", function))
        let reply: Reply
        do {
            reply = try await context.cloud.call(
                "lambda", "Invoke", input, payload: .bytes(document.bytes()), as: try await context.caller())
        } catch let error as AWSError where !error.isPassing {
            return .failed(
                RunError(error.code, "The function \(function) could not be invoked: \(error.message)"),
                external: external)
        }
        guard reply.output["FunctionError"]?.string != nil else { return nil }
        // It may have answered before it failed.
        if try await context.ledger.get(Job.collection, job.id)?.value.status.isOver == true { return nil }
        let bytes = (try? await reply.payload?.collected(limit: 1 << 20)) ?? []
        return .failed(error(function, bytes, reply.output["LogResult"]?.string), external: external)
    }

    private func error(_ function: String, _ bytes: [UInt8], _ tail: String?) -> RunError {
        let text = String(decoding: bytes, as: UTF8.self)
        let answer = try? JSON(parsing: text)
        let words = [answer?["errorType"]?.string, answer?["errorMessage"]?.string].compactMap { $0 }.filter {
            !$0.isEmpty
        }
        let reason = words.isEmpty ? String(text.prefix(500)) : words.joined(separator: ": ")
        let lines = tail.flatMap(Base64.decodeText)?.split(separator: "\n").suffix(20).map(String.init)
        return RunError("JobFailed", "The function \(function) ended without a result: \(reason)", evidence: lines)
    }
}

/// Jobs as workers and functions are told of them.
enum JobDocument {
    /// As PollForJobs and GetJobDetails show it.
    static func data(_ job: Job, _ cloud: Cloud) async throws -> JSON {
        var data = try await common(job, cloud)
        data["actionTypeId"] = job.type?.json
        data["pipelineContext"] = [
            "pipelineName": .string(job.pipeline.name), "stage": ["name": .string(job.stage)],
            "action": ["name": .string(job.name), "actionExecutionId": .string(job.run)],
            "pipelineArn": .string(job.pipeline.arn), "pipelineExecutionId": .string(job.execution),
        ]
        return data
    }

    /// As functions get it (CodePipeline User Guide, "JSON event example").
    static func message(_ job: Job, _ cloud: Cloud) async throws -> JSON {
        [
            "CodePipeline.job": [
                "id": .string(job.id), "accountId": .string(job.pipeline.account), "data": try await common(job, cloud),
            ]
        ]
    }

    /// The credentials are those of the pipeline's role, for an hour at most. They are not narrowed down to the
    /// artifacts: STS has no session policies yet.
    private static func common(_ job: Job, _ cloud: Cloud) async throws -> JSON {
        let owner = Caller.root(account: job.pipeline.account, region: job.pipeline.region)
        let session = try await cloud.assume(
            job.roleArn, session: job.id, for: CodePipelineService.principal, as: owner)
        var data: JSON = [
            "actionConfiguration": ["configuration": ExecutionView.texts(job.configuration)],
            "inputArtifacts": .array(job.inputs.map(\.location)),
            "outputArtifacts": .array(job.outputs.map(\.location)),
            "artifactCredentials": [
                "accessKeyId": .string(session.accessKeyID), "secretAccessKey": .string(session.secret),
                "sessionToken": .string(session.sessionToken),
            ],
        ]
        data["continuationToken"] = job.continuation.map(JSON.string)
        data["encryptionKey"] = job.encryptionKey.map { ["id": .string($0.id), "type": .string($0.type)] }
        return data
    }
}
