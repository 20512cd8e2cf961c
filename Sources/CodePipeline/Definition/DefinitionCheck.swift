internal import Cloud
internal import Notation

/// Judges a declaration as CreatePipeline and UpdatePipeline do, beyond what AWS's model says of lengths and patterns.
///
/// Pure: the custom action types come in as values. The first fault found is the answer, as on AWS.
///
/// Source: CodePipeline API Reference (PipelineDeclaration and its parts), User Guide "CodePipeline pipeline structure
/// reference" and "Quotas".
struct DefinitionCheck {
    static let maximumStages = 50
    static let maximumActions = 500
    static let maximumActionsInStage = 50
    static let maximumRunOrder = 999

    let definition: PipelineDefinition
    /// The region the pipeline itself is in.
    let region: String
    /// The custom action types of account and region.
    let custom: [ActionFacts]

    /// - Throws: `InvalidStructureException`, `InvalidStageDeclarationException`, `InvalidActionDeclarationException`;
    ///   `NotImplemented` for providers that need what Slipway does not have.
    func run() throws(AWSError) {
        try checkStores()
        try checkType()
        try checkStages()
        for stage in definition.stages { try checkActions(stage) }
        try checkFlow()
        try checkNamespaces()
        try checkReferences()
        try checkVariables()
        try checkTriggers()
        for stage in definition.stages { try checkConditions(stage) }
    }

    static func structure(_ message: String) -> AWSError { AWSError("InvalidStructureException", message) }
    static func stage(_ message: String) -> AWSError { AWSError("InvalidStageDeclarationException", message) }
    static func action(_ message: String) -> AWSError { AWSError("InvalidActionDeclarationException", message) }

    /// What is known of that kind of action, AWS's own or a custom one.
    func facts(_ id: ActionTypeID) -> ActionFacts? { ActionCatalogue.facts(id) ?? custom.first { $0.id == id } }

    // MARK: Artifact stores

    private func checkStores() throws(AWSError) {
        let foreign = Set(actions.compactMap(\.action.region)).subtracting([region]).sorted()
        switch (definition.artifactStore, definition.artifactStores) {
        case (nil, nil):
            throw Self.structure("Pipeline must contain either artifactStore or artifactStores.")
        case (.some, .some):
            throw Self.structure("Pipeline must contain either artifactStore or artifactStores, not both.")
        case (.some, nil):
            guard foreign.isEmpty else {
                throw Self.structure(
                    "The pipeline has actions in \(foreign.joined(separator: ", ")): declare artifactStores with an "
                        + "entry for "
                        + "each of these regions and for \(region).")
            }
        case (nil, .some(let stores)):
            for name in [region] + foreign where stores[name] == nil {
                throw Self.structure("artifactStores must contain an artifact store for the region \(name).")
            }
        }
    }

    /// All actions with the stages they stand in.
    var actions: [(stage: PipelineDefinition.Stage, action: PipelineDefinition.Action)] {
        definition.stages.flatMap { stage in stage.actions.map { (stage, $0) } }
    }

    // MARK: Stages

    private func checkStages() throws(AWSError) {
        let stages = definition.stages
        guard stages.count >= 2 else {
            throw Self.structure(
                "Pipeline has \(stages.count) stage(s). There should be a minimum of 2 stages in a pipeline")
        }
        guard stages.count <= Self.maximumStages else {
            throw Self.structure(
                "Pipeline has \(stages.count) stages. There can be a maximum of \(Self.maximumStages) stages in a "
                    + "pipeline"
            )
        }
        if let twice = Self.duplicate(stages.map(\.name)) {
            throw Self.stage(
                "Stage names must be unique within a pipeline. The name '\(twice)' is used more than once.")
        }
        guard !stages[0].actions.isEmpty, stages[0].actions.allSatisfy({ $0.actionTypeId.category == "Source" }) else {
            throw Self.structure("Pipeline should start with a stage that only contains source actions")
        }
        for stage in stages.dropFirst() {
            guard let source = stage.actions.first(where: { $0.actionTypeId.category == "Source" }) else { continue }
            throw Self.structure(
                "Source actions can only be in the first stage: '\(source.name)' is in stage '\(stage.name)'.")
        }
        for stage in stages {
            guard (1...Self.maximumActionsInStage).contains(stage.actions.count) else {
                throw Self.stage(
                    "Stage '\(stage.name)' has \(stage.actions.count) actions; a stage has 1 to "
                        + "\(Self.maximumActionsInStage).")
            }
            if let twice = Self.duplicate(stage.actions.map(\.name)) {
                throw Self.action(
                    "Action names must be unique within a stage. The name '\(twice)' is used more than once in stage "
                        + "'\(stage.name)'.")
            }
        }
        let count = stages.reduce(0) { $0 + $1.actions.count }
        guard count <= Self.maximumActions else {
            throw Self.structure("Pipeline has \(count) actions. There can be a maximum of \(Self.maximumActions).")
        }
    }

    static func duplicate(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }

    // MARK: How artifacts flow

    /// Every input is made by an earlier stage, or by a lower runOrder in the same stage.
    private func checkFlow() throws(AWSError) {
        var made: Set<String> = []
        for stage in definition.stages {
            let orders = Set(stage.actions.map(\.order)).sorted()
            for rule in stage.beforeEntry?.rules ?? [] { try checkInputs(of: rule, made, stage) }
            for order in orders {
                let group = stage.actions.filter { $0.order == order }
                for action in group {
                    guard let missing = action.inputs.first(where: { !made.contains($0) }) else { continue }
                    throw Self.action(
                        "Input Artifact Bundle \(missing) in action \(action.name) is not declared as Output "
                            + "Artifact Bundle "
                            + "in any of the preceding actions")
                }
                for name in group.flatMap(\.outputs) {
                    guard made.insert(name).inserted else {
                        throw Self.action(
                            "Output Artifact Bundle name must be unique within the pipeline. \(name) has been used "
                                + "more than "
                                + "once")
                    }
                }
            }
            for rule in (stage.onSuccess?.rules ?? []) + (stage.onFailure?.rules ?? []) {
                try checkInputs(of: rule, made, stage)
            }
        }
    }

    private func checkInputs(
        of rule: PipelineDefinition.Rule, _ made: Set<String>, _ stage: PipelineDefinition.Stage
    ) throws(AWSError) {
        guard let missing = rule.inputs.first(where: { !made.contains($0) }) else { return }
        throw Self.stage(
            "The input artifact '\(missing)' of rule '\(rule.name)' in stage '\(stage.name)' is not made by any "
                + "preceding "
                + "action.")
    }
}
