internal import Cloud
internal import Patterns

/// What V2 alone has; namespaces, variables, triggers and stage conditions.
extension DefinitionCheck {
    /// A pipeline that says it is V1 has nothing of V2. One that does not say becomes what it needs to be.
    ///
    /// Source: User Guide "Pipeline types"; API Reference, PipelineDeclaration ("Including V2 parameters …").
    func checkType() throws(AWSError) {
        guard definition.pipelineType == "V1" else { return }
        if definition.mode != .superseded {
            throw Self.structure("QUEUED or PARALLEL mode can only be used with V2 pipelines")
        }
        if definition.variables?.isEmpty == false {
            throw Self.structure("Pipeline variable can only be used with V2 pipelines")
        }
        if definition.triggers?.isEmpty == false {
            throw Self.structure("Triggers on tag can only be used with V2 pipelines")
        }
        for stage in definition.stages {
            guard stage.beforeEntry == nil, stage.onSuccess == nil, stage.onFailure == nil else {
                throw Self.stage("Stage level conditions can only be used with V2 pipelines.")
            }
            if let action = stage.actions.first(where: { $0.actionTypeId.category == "Compute" }) {
                throw Self.action("\(action.actionTypeId.provider) Action can only be used with V2 pipelines.")
            }
        }
    }

    static let reservedNamespaces: Set<String> = ["codepipeline", "variables"]

    func checkNamespaces() throws(AWSError) {
        let namespaces = actions.compactMap(\.action.namespace)
        if let reserved = namespaces.first(where: Self.reservedNamespaces.contains) {
            throw Self.action("The namespace '\(reserved)' is reserved.")
        }
        if let twice = Self.duplicate(namespaces) {
            throw Self.action("Namespaces must be unique within a pipeline. '\(twice)' is used more than once.")
        }
        let artifacts = Set(actions.flatMap(\.action.outputs))
        if let both = namespaces.first(where: artifacts.contains) {
            throw Self.action("'\(both)' is the name of both a namespace and an artifact.")
        }
    }

    /// A variable may only be used where the action that sets it is certain to have run.
    func checkReferences() throws(AWSError) {
        var known: Set<String> = []
        for stage in definition.stages {
            for rule in stage.beforeEntry?.rules ?? [] { try checkTexts(rule, known) }
            for order in Set(stage.actions.map(\.order)).sorted() {
                let group = stage.actions.filter { $0.order == order }
                for action in group {
                    let texts = (action.configuration ?? [:]).sorted { $0.key < $1.key }.map(\.value)
                    let values = (action.environmentVariables ?? []).map(\.value)
                    for text in texts + values { try check(text, of: "action '\(action.name)'", known, Self.action) }
                }
                known.formUnion(group.compactMap(\.namespace))
            }
            for rule in (stage.onSuccess?.rules ?? []) + (stage.onFailure?.rules ?? []) { try checkTexts(rule, known) }
        }
    }

    private func checkTexts(_ rule: PipelineDefinition.Rule, _ known: Set<String>) throws(AWSError) {
        for text in (rule.configuration ?? [:]).sorted(by: { $0.key < $1.key }).map(\.value) {
            try check(text, of: "rule '\(rule.name)'", known, Self.stage)
        }
    }

    private func check(
        _ text: String, of owner: String, _ known: Set<String>, _ fault: (String) -> AWSError
    ) throws(AWSError) {
        for reference in VariableReferences.find(in: text) {
            let isKnown =
                switch reference.namespace {
                case "codepipeline": reference.key == "PipelineExecutionId"
                case "variables": (definition.variables ?? []).contains { $0.name == reference.key }
                default: known.contains(reference.namespace)
                }
            guard isKnown else {
                throw fault(
                    "The variable \(reference.text) in \(owner) refers to nothing that is certain to be set before: "
                        + "neither a "
                        + "variable of the pipeline nor the namespace of an action in an earlier stage or with a "
                        + "lower runOrder."
                )
            }
        }
    }

    func checkVariables() throws(AWSError) {
        if let twice = Self.duplicate((definition.variables ?? []).map(\.name)) {
            throw Self.structure("Variable names must be unique within a pipeline. '\(twice)' is used more than once.")
        }
    }

    // MARK: Triggers

    func checkTriggers() throws(AWSError) {
        let triggers = definition.triggers ?? []
        if let twice = Self.duplicate(triggers.map(\.gitConfiguration.sourceActionName)) {
            throw Self.structure("The source action '\(twice)' has more than one trigger.")
        }
        for trigger in triggers {
            let name = trigger.gitConfiguration.sourceActionName
            let isConnection = definition.sources.contains {
                $0.name == name && $0.actionTypeId.provider == "CodeStarSourceConnection"
            }
            guard isConnection else {
                throw Self.structure(
                    "The trigger's sourceActionName '\(name)' is no CodeStarSourceConnection source action.")
            }
            for push in trigger.gitConfiguration.push ?? [] where push.tags != nil {
                guard push.branches == nil, push.filePaths == nil else {
                    throw Self.structure(
                        "A push filter of '\(name)' has both tags and branches or file paths: use two filters.")
                }
            }
            try checkGlobs(trigger.gitConfiguration)
        }
    }

    private func checkGlobs(_ git: PipelineDefinition.Trigger.Git) throws(AWSError) {
        let pushes = (git.push ?? []).flatMap { [$0.tags, $0.branches, $0.filePaths] }
        let requests = (git.pullRequest ?? []).flatMap { [$0.branches, $0.filePaths] }
        for patterns in (pushes + requests).compactMap({ $0 }) {
            for text in (patterns.includes ?? []) + (patterns.excludes ?? []) {
                do throws(GitGlob.Misfit) { _ = try GitGlob(text) } catch {
                    throw Self.structure(
                        "The pattern '\(text)' of the trigger for '\(git.sourceActionName)': \(error.message)")
                }
            }
        }
    }

    // MARK: Conditions

    func checkConditions(_ stage: PipelineDefinition.Stage) throws(AWSError) {
        try check(stage.beforeEntry, "beforeEntry", of: stage, [.fail, .skip])
        try check(stage.onSuccess, "onSuccess", of: stage, [.fail, .rollback])
        try check(stage.onFailure, "onFailure", of: stage, [.fail, .rollback, .retry])
        guard let failure = stage.onFailure else { return }
        let isRetry = failure.result == .retry
        if isRetry, !(failure.conditions ?? []).isEmpty {
            throw Self.stage("onFailure of stage '\(stage.name)' cannot have both the result RETRY and conditions.")
        }
        if failure.conditions?.first?.result == .retry {
            throw Self.stage(
                "RETRY is no result for a condition of stage '\(stage.name)': write it as onFailure's own result.")
        }
        if failure.retryConfiguration != nil, !isRetry {
            throw Self.stage("onFailure of stage '\(stage.name)' has a retryConfiguration but not the result RETRY.")
        }
    }

    private func check(
        _ conditions: PipelineDefinition.Conditions?, _ kind: String, of stage: PipelineDefinition.Stage,
        _ allowed: [PipelineDefinition.Conditions.Result]
    ) throws(AWSError) {
        guard let conditions else { return }
        let results = [conditions.result, conditions.conditions?.first?.result].compactMap { $0 }
        for result in results {
            guard allowed.contains(result) else {
                throw Self.stage("\(result.rawValue) is no result for \(kind) of stage '\(stage.name)'.")
            }
            guard result != .rollback || definition.mode.hasLocks else {
                throw Self.stage("Stage '\(stage.name)' cannot roll back: the execution mode is PARALLEL.")
            }
            guard result != .rollback || stage.name != definition.stages[0].name else {
                throw Self.stage("Stage '\(stage.name)' cannot roll back: it is the source stage.")
            }
        }
        let skips = conditions.conditions?.first?.result == .skip
        if let twice = Self.duplicate(conditions.rules.map(\.name)) {
            throw Self.stage("Rule names must be unique within a condition. '\(twice)' is used more than once.")
        }
        for rule in conditions.rules { try check(rule, of: stage, skips: skips) }
    }

    private func check(
        _ rule: PipelineDefinition.Rule, of stage: PipelineDefinition.Stage, skips: Bool
    ) throws(AWSError) {
        let place = "rule '\(rule.name)' in stage '\(stage.name)'"
        guard let facts = RuleFacts.facts(rule.ruleTypeId.provider), (rule.ruleTypeId.version ?? "1") == "1" else {
            throw Self.stage("The provider '\(rule.ruleTypeId.provider)' of \(place) does not exist.")
        }
        guard !skips || facts.maySkip else {
            throw Self.stage("The \(place) cannot skip a stage: only LambdaInvoke and VariableCheck can.")
        }
        let configuration = rule.configuration ?? [:]
        if let missing = facts.required.sorted().first(where: { (configuration[$0] ?? "").isEmpty }) {
            throw Self.stage("The \(place) is missing required configuration '\(missing)'.")
        }
        if let unknown = configuration.keys.sorted().first(where: {
            !facts.required.contains($0) && !facts.optional.contains($0)
        }) {
            throw Self.stage("The \(place) contains unknown configuration '\(unknown)'.")
        }
        guard facts.inputs.contains(rule.inputs.count) else {
            throw Self.stage(
                "The \(place) has \(rule.inputs.count) input artifacts, not \(facts.inputs.lowerBound) to "
                    + "\(facts.inputs.upperBound).")
        }
        guard (facts.provider == "Commands") == !(rule.commands ?? []).isEmpty else {
            throw Self.stage(
                "Commands belong to rules of the provider Commands, which have at least one: see \(place).")
        }
        if let text = configuration["Operator"], !["EQ", "NE", "CONTAINS", "MATCHES"].contains(text) {
            throw Self.stage("The operator '\(text)' of \(place) must be EQ, NE, CONTAINS or MATCHES.")
        }
        if let cron = configuration["Cron"] {
            do throws(ScheduleError) { _ = try DeploymentWindow(cron) } catch {
                throw Self.stage("The Cron '\(cron)' of \(place) cannot be read: \(error.reason).")
            }
        }
        if let zone = configuration["TimeZone"], TimeZoneOffset(zone) == nil {
            throw Self.stage("The TimeZone '\(zone)' of \(place) is none: write it as Europe/Berlin, UTC or +02:00.")
        }
        if let states = configuration["AlarmStates"] {
            let all = ["ALARM", "OK", "INSUFFICIENT_DATA"]
            guard states.split(separator: ",").allSatisfy({ all.contains($0.trimmed) }) else {
                throw Self.stage("The AlarmStates '\(states)' of \(place) must be of \(all.joined(separator: ", ")).")
            }
        }
    }
}

extension Substring {
    /// Without spaces around it.
    var trimmed: String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
