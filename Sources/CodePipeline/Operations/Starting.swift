internal import Cloud
internal import Ledger
internal import Notation

/// Starting executions, whoever asks.
enum Starting {
    /// Begins an execution as part of that write. One of that id which is there already, alive or finished, stays as it
    /// is.
    ///
    /// - Returns: The execution that answers to the order; nil when its sources stand at these revisions already.
    /// - Throws: `ConcurrentPipelineExecutionsLimitExceededException`.
    @discardableResult
    static func begin(
        _ order: PipelineMachine.Order, variables: [String: String], _ pipeline: Pipeline, _ machine: PipelineMachine,
        _ runner: MachineRunner<PipelineMachine>, _ transaction: Transaction
    ) throws -> String? {
        if machine.execution(order.execution) != nil { return order.execution }
        if try CodePipelineService.finished(order.execution, pipeline, in: transaction) != nil {
            return order.execution
        }
        var order = order
        for variable in machine.current?.variables ?? [] {
            order.variables[variable.name] = variables[variable.name] ?? variable.defaultValue
        }
        try checkConcurrency(machine)
        return try runner.send(.start(order), to: pipeline.machine, in: transaction)?.lastStarted
    }

    /// - Throws: `ConcurrentPipelineExecutionsLimitExceededException`.
    static func checkConcurrency(_ machine: PipelineMachine) throws {
        let limit = PipelineMachine.concurrencyLimit
        let count =
            switch machine.current?.mode ?? .superseded {
            case .superseded: 0
            case .queued: machine.executions.count { $0.waitingFor != nil }
            case .parallel: machine.executions.count
            }
        guard count < limit else {
            throw AWSError(
                "ConcurrentPipelineExecutionsLimitExceededException",
                "The pipeline '\(machine.pipeline.name)' has \(count) executions waiting or running; the limit is "
                    + "\(limit)."
            )
        }
    }

    /// What a manual start says of variables.
    ///
    /// - Throws: `ValidationException`.
    static func variables(_ input: JSON?, _ definition: PipelineDefinition) throws -> [String: String] {
        var values: [String: String] = [:]
        let declared = definition.variables ?? []
        for variable in input?.array ?? [] {
            let name = variable["name"]?.string ?? ""
            guard declared.contains(where: { $0.name == name }) else {
                throw AWSError(
                    "ValidationException", "The pipeline '\(definition.name)' does not declare a variable '\(name)'.")
            }
            values[name] = variable["value"]?.string
        }
        if let missing = declared.first(where: { values[$0.name] == nil && $0.defaultValue == nil }) {
            throw AWSError("ValidationException", "The variable '\(missing.name)' has no default value: give it one.")
        }
        return values
    }

    /// Which revisions a manual start asks for.
    ///
    /// - Throws: `ValidationException`.
    static func overrides(_ input: JSON?, _ definition: PipelineDefinition) throws -> [Execution.Override] {
        let types = [
            "S3": ["S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"], "CodeCommit": ["COMMIT_ID"],
            "CodeStarSourceConnection": ["COMMIT_ID"],
        ]
        return try (input?.array ?? []).map { override in
            let name = override["actionName"]?.string ?? ""
            let type = override["revisionType"]?.string ?? ""
            guard let action = definition.sources.first(where: { $0.name == name }) else {
                throw AWSError(
                    "ValidationException", "The pipeline '\(definition.name)' has no source action '\(name)'.")
            }
            guard types[action.actionTypeId.provider]?.contains(type) == true else {
                throw AWSError(
                    "ValidationException",
                    "The revision type \(type) does not go with the source action '\(name)' "
                        + "(\(action.actionTypeId.provider))."
                )
            }
            let mayChangeKey = action.configuration?["AllowOverrideForS3ObjectKey"]?.lowercased() == "true"
            guard type != "S3_OBJECT_KEY" || mayChangeKey else {
                throw AWSError(
                    "ValidationException",
                    "The source action '\(name)' does not have AllowOverrideForS3ObjectKey set to true.")
            }
            return Execution.Override(
                actionName: name, revisionType: type, revisionValue: override["revisionValue"]?.string ?? "")
        }
    }
}
