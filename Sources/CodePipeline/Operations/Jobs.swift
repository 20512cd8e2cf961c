internal import Cloud
internal import Ledger
internal import Notation

/// The interface of job workers and of functions.
///
/// Source: CodePipeline User Guide, "Create and add a custom action in CodePipeline"; API Reference, PollForJobs and
/// its kin.
extension CodePipelineService {
    var jobOperations: [Operation] {
        [
            Operation("PollForJobs", enforces: "actionTypeId maxBatchSize queryParam", raw: poll),
            Operation("AcknowledgeJob", enforces: "jobId nonce", raw: acknowledge),
            Operation("GetJobDetails", enforces: "jobId", raw: details),
            Operation(
                "PutJobSuccessResult",
                enforces: "jobId currentRevision continuationToken executionDetails outputVariables", raw: succeed),
            Operation("PutJobFailureResult", enforces: "jobId failureDetails", raw: fail),
        ]
    }

    // MARK: Handing out

    private func poll(_ call: Call) async throws -> Reply {
        let id = try (call.input["actionTypeId"] ?? [:]).decode(ActionTypeID.self)
        guard id.owner == "Custom", try await customTypes(call.caller).contains(where: { $0.id == id }) else {
            throw AWSError(
                "ActionTypeNotFoundException",
                "There is no custom action type \(id.category) \(id.provider), version \(id.version).")
        }
        let query = call.input["queryParam"]?.object?.map { "\($0.key)=\($0.value.string ?? "")" }.first
        let limit = call.input["maxBatchSize"]?.int ?? 1
        let jobs = try await ledger.write { transaction in
            try hand(out: id, query, limit, call.caller, transaction)
        }
        var views: [JSON] = []
        for job in jobs {
            let data = try await JobDocument.data(job, cloud)
            views.append([
                "id": .string(job.id), "nonce": .string(job.nonce), "accountId": .string(job.pipeline.account),
                "data": data,
            ])
        }
        return Reply(["jobs": .array(views)])
    }

    /// Jobs that nobody has, and those that were handed out and not acknowledged in time.
    private func hand(
        out id: ActionTypeID, _ query: String?, _ limit: Int, _ caller: Caller, _ transaction: Transaction
    ) throws -> [Job] {
        let now = transaction.now
        let waiting = try transaction.find(Job.collection, "waiting", caller.scope + id.key).map(\.value)
            .filter { job in
                let isFree = job.dispatched.map { now - $0 > Job.acknowledgeLimit } ?? true
                return isFree && (query == nil || job.queryable == query)
            }.sorted { $0.created < $1.created }
        return try waiting.prefix(limit).map { job in
            var job = job
            job.status = .dispatched
            job.dispatched = now
            job.nonce = "\(transaction.surroundings.chance.next() >> 12)"
            try transaction.put(Job.collection, job.id, job)
            return job
        }
    }

    private func acknowledge(_ call: Call) async throws -> Reply {
        let nonce = call.input["nonce"]?.string
        let status = try await ledger.write { transaction in
            var job = try Self.job(call, transaction)
            guard job.nonce == nonce else {
                throw AWSError("InvalidNonceException", "The nonce is not the job's: another worker has it.")
            }
            if job.status == .dispatched {
                job.status = .inProgress
                try transaction.put(Job.collection, job.id, job)
            }
            return job.status
        }
        return Reply(["status": .string(status.rawValue)])
    }

    private static func job(_ call: Call, _ transaction: Transaction) throws -> Job {
        let id = call.input["jobId"]?.string ?? ""
        guard let job = try transaction.get(Job.collection, id)?.value,
            job.pipeline.account == call.caller.account, job.pipeline.region == call.caller.region
        else { throw noJob(id) }
        return job
    }

    private static func noJob(_ id: String) -> AWSError {
        AWSError("JobNotFoundException", "There is no job with id '\(id)'.")
    }

    private func details(_ call: Call) async throws -> Reply {
        let id = call.input["jobId"]?.string ?? ""
        guard let job = try await ledger.get(Job.collection, id)?.value, job.pipeline.account == call.caller.account
        else {
            throw Self.noJob(id)
        }
        return Reply([
            "jobDetails": [
                "id": .string(job.id), "accountId": .string(job.pipeline.account),
                "data": try await JobDocument.data(job, cloud),
            ]
        ])
    }

    // MARK: Results

    /// How much output variables may hold (User Guide, "Quotas").
    private static let variableLimit = 122_880

    private func succeed(_ call: Call) async throws -> Reply {
        let details = call.input["executionDetails"]
        var progress = PipelineMachine.Progress(
            external: External(kind: "job", id: details?["externalExecutionId"]?.string),
            summary: details?["summary"]?.string, percent: details?["percentComplete"]?.int)
        if details?["externalExecutionId"] == nil { progress.external = nil }
        var variables: [String: String] = [:]
        for (name, value) in call.input["outputVariables"]?.object ?? [:] { variables[name] = value.string }
        let size = variables.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard size <= Self.variableLimit else {
            throw AWSError(
                "OutputVariablesSizeExceededException",
                "The output variables have \(size) bytes, more than \(Self.variableLimit).")
        }
        let token = call.input["continuationToken"]?.string
        guard token == nil || variables.isEmpty else {
            throw AWSError(
                "ValidationException",
                "Output variables belong to the last result, the one without a continuationToken.")
        }
        let (reported, given) = (progress, variables)
        try await ledger.write { transaction in
            let job = try close(try Self.job(call, transaction), .succeeded, transaction)
            let settings = try Self.settings(of: job, transaction)
            var noted = reported
            noted.external = Self.linked(reported.external, job, settings)
            let event: PipelineMachine.Event
            if let token {
                event = .continued(run: job.run, token: token, noted)
            } else {
                var outcome = Self.outcome(job, call.input["currentRevision"], noted, given, transaction.now)
                outcome.revision?.url = URLTemplate.fill(
                    settings?["revisionUrlTemplate"]?.string, job.configuration, noted.external?.id)
                event = .ended(run: job.run, outcome)
            }
            try runner.send(event, to: job.pipeline.machine, in: transaction)
        }
        return Reply()
    }

    private static func outcome(
        _ job: Job, _ revision: JSON?, _ progress: PipelineMachine.Progress, _ variables: [String: String],
        _ now: Timestamp
    ) -> PipelineMachine.Outcome {
        var outcome = PipelineMachine.Outcome(
            external: progress.external, summary: progress.summary, variables: variables)
        if let revision, let id = revision["revision"]?.string {
            outcome.artifactRevision = id
            outcome.revision = SourceRevision(
                actionName: job.name, artifact: job.outputs.first?.name, revisionId: id,
                changeId: revision["changeIdentifier"]?.string, summary: revision["revisionSummary"]?.string,
                created: revision["created"]?.double.map { Timestamp(seconds: $0) } ?? now)
        }
        return outcome
    }

    private func fail(_ call: Call) async throws -> Reply {
        let details = call.input["failureDetails"]
        let error = RunError(details?["type"]?.string ?? "JobFailed", details?["message"]?.string ?? "")
        let external = details?["externalExecutionId"]?.string.map { External(kind: "job", id: $0) }
        try await ledger.write { transaction in
            let job = try close(try Self.job(call, transaction), .failed, transaction)
            let linked = Self.linked(external, job, try Self.settings(of: job, transaction))
            try runner.send(
                .ended(run: job.run, .failed(error, external: linked)), to: job.pipeline.machine, in: transaction)
        }
        return Reply()
    }

    /// What the custom action type says of its pages; nil for functions, and when the type is gone.
    private static func settings(of job: Job, _ transaction: Transaction) throws -> JSON? {
        guard let type = job.type else { return nil }
        let key = "\(job.pipeline.account)/\(job.pipeline.region)/\(type.key)"
        return try transaction.get(CustomActionType.collection, key)?.value.settings
    }

    private static func linked(_ external: External?, _ job: Job, _ settings: JSON?) -> External? {
        guard var external else { return nil }
        let template = settings?["executionUrlTemplate"]?.string
        external.url = URLTemplate.fill(template, job.configuration, external.id)
        return external
    }

    /// A job has one result. Functions answer for jobs nobody had to acknowledge; workers acknowledge theirs first.
    private func close(_ job: Job, _ status: Job.Status, _ transaction: Transaction) throws -> Job {
        let isReady = job.status == .inProgress || (job.type?.owner != "Custom" && !job.status.isOver)
        guard isReady else {
            throw AWSError(
                "InvalidJobStateException", "The job '\(job.id)' is \(job.status.rawValue): it takes no result.")
        }
        var job = job
        job.status = status
        try transaction.put(Job.collection, job.id, job)
        return job
    }
}
