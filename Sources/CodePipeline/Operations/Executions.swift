internal import Cloud
internal import Ledger
internal import Notation

/// Starting and stopping executions, and putting revisions.
extension CodePipelineService {
    var executionOperations: [Operation] {
        [
            Operation(
                "StartPipelineExecution", enforces: "name variables clientRequestToken sourceRevisions", raw: start),
            Operation(
                "StopPipelineExecution", enforces: "pipelineName pipelineExecutionId abandon reason", raw: stop),
            Operation(
                "PutActionRevision", enforces: "pipelineName stageName actionName actionRevision", raw: putRevision),
        ]
    }

    /// EventBridge's rules call with its principal: that is told apart from people, as on AWS. What started the
    /// execution is then the rule, whatever role it called as.
    private func trigger(_ call: Call) -> Execution.Trigger {
        let isRule = call.caller.invokedBy == "events.amazonaws.com"
        guard isRule else { return .init(type: "StartPipelineExecution", detail: call.caller.principal) }
        return .init(type: "CloudWatchEvent", detail: call.caller.sourceARN ?? call.caller.principal)
    }

    private func start(_ call: Call) async throws -> Reply {
        let name = call.input["name"]?.string ?? ""
        let trigger = trigger(call)
        let id = try await ledger.write { transaction -> String in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            guard let machine = try runner.machine(pipeline.machine, in: transaction), let definition = machine.current
            else {
                throw Pipeline.missing(name, call.caller)
            }
            let tokenKey = call.input["clientRequestToken"]?.string.map { "\(pipeline.key)/\($0)" }
            if let tokenKey, let known = try transaction.get(StartToken.collection, tokenKey)?.value {
                return known.execution
            }
            let isByRule = trigger.type == "CloudWatchEvent"
            // An automatic start without a value begins and fails; a manual one is refused.
            let given = call.input["variables"]
            let variables = isByRule ? Self.lenient(given) : try Starting.variables(given, definition)
            var order = PipelineMachine.Order(
                execution: transaction.surroundings.chance.uuid(),
                seed: transaction.surroundings.chance.hexadecimal(32),
                trigger: trigger)
            order.overrides = try Starting.overrides(call.input["sourceRevisions"], definition)
            order.isByRule = isByRule
            let begun = try Starting.begin(order, variables: variables, pipeline, machine, runner, transaction)
            let id = begun ?? order.execution
            if let tokenKey { try Self.remember(tokenKey, id, transaction) }
            return id
        }
        return Reply(["pipelineExecutionId": .string(id)])
    }

    private static func lenient(_ input: JSON?) -> [String: String] {
        let pairs = (input?.array ?? []).compactMap { variable in
            variable["name"]?.string.flatMap { name in variable["value"]?.string.map { (name, $0) } }
        }
        return Dictionary(pairs) { $1 }
    }

    /// How long a token is remembered.
    private static let tokenLife = Duration.seconds(86_400)

    private static func remember(_ key: String, _ execution: String, _ transaction: Transaction) throws {
        let prefix = String(key[..<(key.lastIndex(of: "/") ?? key.endIndex)]) + "/"
        for old in try transaction.list(StartToken.collection, prefix: prefix, limit: 20)
        where transaction.now - old.value.time > tokenLife {
            try transaction.delete(StartToken.collection, old.key)
        }
        try transaction.put(StartToken.collection, key, StartToken(execution: execution, time: transaction.now))
    }

    private func stop(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let id = call.input["pipelineExecutionId"]?.string ?? ""
        let wish = Execution.Stop(
            reason: call.input["reason"]?.string, abandon: call.input["abandon"]?.bool ?? false)
        try await ledger.write { transaction in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            guard let execution = try runner.machine(pipeline.machine, in: transaction)?.execution(id) else {
                throw AWSError(
                    "PipelineExecutionNotStoppableException",
                    "The pipeline execution '\(id)' of '\(name)' is not in progress: there is nothing to stop.")
            }
            if execution.status == .stopping, execution.stop?.abandon == wish.abandon || !wish.abandon {
                throw AWSError(
                    "DuplicatedStopRequestException", "The pipeline execution '\(id)' has already been asked to stop.")
            }
            try runner.send(.stop(execution: id, wish), to: pipeline.machine, in: transaction)
        }
        return Reply(["pipelineExecutionId": .string(id)])
    }

    /// Tells a source action of a revision. A new one starts an execution that takes it.
    private func putRevision(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let stage = call.input["stageName"]?.string ?? ""
        let action = call.input["actionName"]?.string ?? ""
        let revision = call.input["actionRevision"]?["revisionId"]?.string ?? ""
        return try await ledger.write { transaction in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            guard let machine = try runner.machine(pipeline.machine, in: transaction), let definition = machine.current
            else {
                throw Pipeline.missing(name, call.caller)
            }
            guard definition.stage(stage) != nil else { throw Self.noStage(stage, name) }
            guard let found = definition.action(action, in: stage) else { throw Self.noAction(action, stage) }
            guard found.actionTypeId.category == "Source" else {
                throw AWSError("ValidationException", "The action '\(action)' is no source action.")
            }
            if machine.revisions[action]?.revisionId == revision {
                let last = machine.executions.last?.id ?? machine.latest[stage]
                var output: JSON = ["newRevision": false]
                output["pipelineExecutionId"] = last.map(JSON.string)
                return Reply(output)
            }
            let type = found.actionTypeId.provider == "S3" ? "S3_OBJECT_VERSION_ID" : "COMMIT_ID"
            var order = PipelineMachine.Order(
                execution: transaction.surroundings.chance.uuid(),
                seed: transaction.surroundings.chance.hexadecimal(32),
                trigger: .init(type: "PutActionRevision", detail: call.caller.principal))
            order.overrides = [.init(actionName: action, revisionType: type, revisionValue: revision)]
            let id = try Starting.begin(order, variables: [:], pipeline, machine, runner, transaction)
            return Reply(["newRevision": true, "pipelineExecutionId": .string(id ?? order.execution)])
        }
    }

    static func noStage(_ stage: String, _ pipeline: String) -> AWSError {
        AWSError("StageNotFoundException", "Pipeline '\(pipeline)' does not have a stage named '\(stage)'")
    }

    static func noAction(_ action: String, _ stage: String) -> AWSError {
        AWSError("ActionNotFoundException", "Stage '\(stage)' does not have an action named '\(action)'")
    }
}
