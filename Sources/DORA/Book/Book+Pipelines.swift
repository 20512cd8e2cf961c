internal import Ledger
internal import Notation

extension Book {
    /// Source: CodePipeline User Guide, "Monitoring CodePipeline events".
    mutating func readPipeline(_ event: LedgerEvent) {
        switch event.detailType {
        case "CodePipeline Pipeline Execution State Change": executionChanged(event)
        case "CodePipeline Action Execution State Change": actionChanged(event)
        case "Pipeline Created", "Pipeline Updated": defined(event)
        default: return
        }
    }

    private mutating func executionChanged(_ event: LedgerEvent) {
        let detail = event.detail
        guard let id = detail["execution-id"]?.string, let pipeline = detail["pipeline"]?.string else { return }
        if executions[id] == nil {
            let trigger = detail["execution-trigger"]?["trigger-type"]?.string ?? ""
            set(
                ExecutionRecord(pipeline: pipeline, started: event.time, isRollback: trigger.hasSuffix("Rollback")),
                execution: id)
        }
        for revision in detail["source-revisions"]?.array ?? [] {
            guard let action = revision["action-name"]?.string, let commit = revision["revision-id"]?.string else {
                continue
            }
            took(SourceRevision(action: action, commit: commit), execution: id)
        }
    }

    /// A pipeline was made or changed: it says itself which of its stages deploy.
    private mutating func defined(_ event: LedgerEvent) {
        guard let stages = event.detail["deploy-stages"]?.array?.compactMap(\.string) else { return }
        pipeline(Self.pipelineKey(event)) { record in
            record.stages = stages
            record.isDeclared = true
        }
    }

    /// Notes a revision of a run; what is known of its repository stays.
    private mutating func took(_ source: SourceRevision, execution id: String) {
        execution(id) { execution in
            let known = execution.sources.firstIndex { $0.action == source.action }
            guard let known else { return execution.sources.append(source) }
            guard execution.sources[known].commit != source.commit || source.repository != nil else { return }
            execution.sources[known] = source
        }
    }

    private static func pipelineKey(_ event: LedgerEvent) -> String {
        "\(event.account)/\(event.region)/\(event.detail["pipeline"]?.string ?? "")/\(version(event))"
    }

    private static func version(_ event: LedgerEvent) -> String {
        let version = event.detail["version"]
        return version?.string ?? version?.int.map(String.init) ?? ""
    }

    private mutating func actionChanged(_ event: LedgerEvent) {
        let detail = event.detail
        guard let id = detail["execution-id"]?.string, executions[id] != nil else { return }
        switch (detail["type"]?["category"]?.string, detail["state"]?.string) {
        case ("Source", "SUCCEEDED"): sourceRead(id, event)
        case ("Deploy", "STARTED"):
            execution(id) { $0.open[Self.actionName(event)] = event.time }
            saw(stage: detail["stage"]?.string ?? "", event)
        case ("Deploy", "SUCCEEDED"), ("Deploy", "FAILED"), ("Deploy", "ABANDONED"): deployed(id, event)
        default: return
        }
    }

    private static func actionName(_ event: LedgerEvent) -> String {
        event.detail["action-execution-id"]?.string
            ?? "\(event.detail["stage"]?.string ?? "")/\(event.detail["action"]?.string ?? "")"
    }

    /// The order of the stages as they were seen to deploy, where the pipeline does not tell it.
    private mutating func saw(stage: String, _ event: LedgerEvent) {
        let key = Self.pipelineKey(event)
        guard pipelines[key]?.isDeclared != true, pipelines[key]?.stages.contains(stage) != true else { return }
        pipeline(key) { $0.stages.append(stage) }
    }

    /// A source action has taken a revision.
    private mutating func sourceRead(_ id: String, _ event: LedgerEvent) {
        let detail = event.detail
        let more = detail["slipway"]
        let commit = more?["revision"]?.string ?? detail["execution-result"]?["external-execution-id"]?.string
        guard let commit, !commit.isEmpty, let action = detail["action"]?.string else { return }
        took(SourceRevision(action: action, commit: commit, repository: more?["repository"]?.string), execution: id)
    }

    /// A deploy action has ended: what it made is tied to its run.
    private mutating func deployed(_ id: String, _ event: LedgerEvent) {
        let detail = event.detail
        guard let record = executions[id] else { return }
        let name = Self.actionName(event)
        let began = record.open[name] ?? event.time
        execution(id) { $0.open[name] = nil }
        let link = PipelineLink(
            pipeline: record.pipeline, execution: id, version: Self.version(event),
            stage: detail["stage"]?.string ?? "", action: detail["action"]?.string ?? "")
        let external = detail["execution-result"]?["external-execution-id"]?.string ?? ""
        let made: String?
        switch detail["type"]?["provider"]?.string {
        case "CloudFormation": made = stackDelivery(external, since: began, event)
        case "CodeDeploy", "CodeDeployToECS": made = deliveryOf(deployment: external, since: began)
        default: made = detail["state"] == "SUCCEEDED" ? plain(link, began, event) : nil
        }
        guard let made else { return }
        change(made) { delivery in
            delivery.link = link
            delivery.isRollback = delivery.isRollback || record.isRollback
        }
        if record.isRollback { tookBackBy(made) }
    }

    private func stackDelivery(_ external: String, since began: Timestamp, _ event: LedgerEvent) -> String? {
        let found = deliveries.values.filter { delivery in
            delivery.kind == .stack && delivery.link == nil && delivery.started >= began
                && delivery.scope == "\(event.account)/\(event.region)"
                && (delivery.stackID == external || delivery.service == external)
        }
        return found.max { ($0.started, $0.id) < ($1.started, $1.id) }?.id
    }

    private func deliveryOf(deployment: String, since began: Timestamp) -> String? {
        if deliveries[deployment] != nil { return deployment }
        return deliveries.values.filter { $0.started >= began }.first {
            $0.shifts.contains { $0.deployment == deployment }
        }?.id
    }

    /// A deploy action of another kind is a delivery of its own, of the service that is named like the pipeline.
    private mutating func plain(_ link: PipelineLink, _ began: Timestamp, _ event: LedgerEvent) -> String {
        var delivery = Delivery(
            id: Self.id(of: event), account: event.account, region: event.region, service: link.pipeline,
            kind: .pipeline, started: began)
        delivery.state = .succeeded
        delivery.ended = event.time
        delivery.exposed = event.time
        set(delivery)
        return delivery.id
    }

    /// A pipeline's rollback takes back what the service got last.
    private mutating func tookBackBy(_ id: String) {
        guard let rollback = deliveries[id], let time = rollback.reachedAll else { return }
        let last = deliveries.values.filter { other in
            other.service == rollback.service && other.scope == rollback.scope && !other.isRollback
                && other.state == .succeeded && other.id != id && other.started < rollback.started
        }.max { ($0.started, $0.id) < ($1.started, $1.id) }
        takeBack(last?.id, by: id, at: time)
    }
}
