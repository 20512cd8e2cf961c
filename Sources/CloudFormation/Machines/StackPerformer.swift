internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation
internal import Synchronization

/// Carries out what a stack's machine wants done, through the door.
final class StackPerformer: Performer {
    typealias Engine = StackOperation

    private let cloud: Cloud
    private let catalogue: TypeCatalogue
    private let ledger: Ledger
    private let runner: MachineRunner<StackOperation>
    private let deployments: AliasDeployment
    private let acting: ActingCaller
    private let hooks: HookRunner
    /// What is under way, by token, so that it can be broken off.
    private let underWay = Mutex<[String: Task<ResourceState, any Error>]>([:])

    init(cloud: Cloud, ledger: Ledger, runner: MachineRunner<StackOperation>, acting: ActingCaller, hooks: HookRunner) {
        self.cloud = cloud
        self.hooks = hooks
        self.acting = acting
        self.ledger = ledger
        self.runner = runner
        catalogue = TypeCatalogue(cloud: cloud)
        deployments = AliasDeployment()
    }

    func isWithinLedger(_ command: StackOperation.Command) -> Bool {
        switch command {
        case .breakOff, .claim: true
        case .lookAtAlarms, .judge: false
        case .act(let action): catalogue.type(action.type)?.isWithinLedger ?? false
        }
    }

    func perform(_ command: StackOperation.Command, of id: String, key: String) async throws -> StackOperation.Event? {
        switch command {
        case .breakOff(let token):
            underWay.withLock { $0[token] }?.cancel()
            return nil
        case .lookAtAlarms(_, let alarms):
            guard let operation = try await runner.machine(id) else { return nil }
            return try await alarmStates(alarms, operation.subject)
        case .claim(let names): return try await claim(names, id)
        case .judge:
            guard let operation = try await runner.machine(id), operation.phase == .judging else { return nil }
            return .judged(problem: try await judge(operation.subject, key))
        case .act(let action):
            guard let operation = try await runner.machine(id) else { return nil }
            return try await act(action, operation, key)
        }
    }

    /// Takes the names, unless the operation has gone on without them: then nobody would give them back.
    private func claim(_ names: [String], _ id: String) async throws -> StackOperation.Event? {
        try await ledger.write { [runner] transaction in
            guard let operation = try runner.machine(id, in: transaction), operation.phase == .claiming else {
                return nil
            }
            return .claimed(taken: try ExportClaims.take(names, operation.subject, transaction))
        }
    }

    /// What the alarms say. One that cannot be asked about now is asked about again.
    private func alarmStates(_ arns: [String], _ subject: OperationSubject) async throws -> StackOperation.Event? {
        let caller = try await acting.caller(for: subject)
        let names = arns.map { arn in
            arn.firstRange(of: ":alarm:").map { String(arn[$0.upperBound...]) } ?? arn
        }
        let answer = try await cloud.call(
            "cloudwatch", "DescribeAlarms",
            ["AlarmNames": .array(names.map(JSON.string)), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]], as: caller)
        let all = (answer["MetricAlarms"]?.array ?? []) + (answer["CompositeAlarms"]?.array ?? [])
        let found = Set(all.compactMap { $0["AlarmName"]?.string })
        let firing = all.filter { $0["StateValue"] == "ALARM" }.compactMap { $0["AlarmName"]?.string }
        return .alarms(firing: firing.sorted(), missing: names.filter { !found.contains($0) })
    }

    private func act(
        _ action: StackOperation.Action, _ operation: StackOperation, _ key: String
    ) async throws -> StackOperation.Event {
        // Waited for just below; a task of its own so that it can be broken off alone.
        let task = Task { try await self.carryOut(action, operation.subject, key) }
        underWay.withLock { $0[action.token] = task }
        defer { underWay.withLock { _ = $0.removeValue(forKey: action.token) } }
        if operation.running[action.token]?.isCancelled == true { task.cancel() }  // it was broken off before a restart
        do {
            let state = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            return .succeeded(token: action.token, physicalID: state.physicalID, attributes: .object(state.attributes))
        } catch let error as AWSError {
            try Task.checkCancellation()  // the server stops: the action is taken up again by the next start
            if task.isCancelled, error.code == "RequestAborted" {
                return .failed(token: action.token, reason: "", physicalID: nil, isCancelled: true)
            }
            let reason = ResourceReason(error, action, key: key).text
            return .failed(
                token: action.token, reason: reason, physicalID: error.members["PhysicalResourceId"]?.string,
                isCancelled: false)
        } catch let error as TemplateError {
            return .failed(token: action.token, reason: error.message, physicalID: nil, isCancelled: false)
        } catch is CancellationError {
            try Task.checkCancellation()
            return .failed(token: action.token, reason: "", physicalID: nil, isCancelled: true)
        }
    }

    private func carryOut(
        _ action: StackOperation.Action, _ subject: OperationSubject, _ key: String
    ) async throws -> ResourceState {
        guard let type = catalogue.type(action.type) else {
            throw AWSError("InvalidRequest", "Unrecognized resource type: \(action.type). See 'slipway support'.")
        }
        let caller = try await acting.caller(for: subject)
        let request = try await request(action, subject, caller, key)
        try await askHooks(action, subject, key)
        switch action.kind {
        case .create: return try await type.actions.create(request)
        case .update:
            if deployments.applies(to: action) { return try await deployments.shift(request) }
            guard let update = type.actions.update else {
                return ResourceState(action.physicalID ?? "", attributes: request.attributes)
            }
            return try await update(request)
        case .adopt: return try await Adoption(type: type, catalogue: catalogue).adopt(request)
        case .delete:
            try await type.actions.delete(request)
            return ResourceState(action.physicalID ?? "")
        }
    }

    /// Asks the hooks for resources. On the way back none is asked: a stack must be able to get there.
    private func askHooks(_ action: StackOperation.Action, _ subject: OperationSubject, _ key: String) async throws {
        guard !action.isRollback, action.isCleanup != true, subject.isWayBack != true else { return }
        let verbs: [StackOperation.Action.Kind: String] = [.update: "UPDATE", .delete: "DELETE", .adopt: "IMPORT"]
        let target = HookTarget(
            operation: "RESOURCE", action: verbs[action.kind] ?? "CREATE", name: action.type,
            logicalID: action.logicalID, stackID: subject.stackID, stackName: subject.stackName,
            roleARN: subject.roleARN, properties: action.properties, previous: action.previous)
        let caller = Caller(account: subject.account, region: subject.region, principal: subject.principal)
        let results = try await hooks.ask(target, caller, key: key)
        let report = StackReport(ledger, subject, action)
        for result in results { await report.tell(result) }
        let failed = results.filter { !$0.isGood && $0.stops }
        guard failed.isEmpty else { throw HookRunner.refusal(failed) }
    }

    /// Asks the hooks for stacks, and tells the stack's events what they say.
    ///
    /// - Returns: what the operation fails with; nil when it may go on.
    private func judge(_ subject: OperationSubject, _ key: String) async throws -> String? {
        guard let stack = try await ledger.get(StackStore.stacks, subject.stackID)?.value else { return nil }
        var target = HookTarget(
            operation: "STACK", action: subject.judged ?? "UPDATE", name: "STACK", logicalID: stack.name,
            stackID: stack.id, stackName: stack.name, roleARN: subject.roleARN)
        target.template = try await ledger.get(StackStore.templates, stack.revision.templateKey)?.value.original
        if let good = stack.good?.templateKey, subject.judged == "UPDATE" {
            target.previousTemplate = try await ledger.get(StackStore.templates, good)?.value.original
        }
        let caller = Caller(account: subject.account, region: subject.region, principal: subject.principal)
        let results = try await hooks.ask(target, caller, key: key)
        let report = StackReport(ledger, subject, verb: subject.judged ?? "UPDATE")
        for result in results { await report.tell(result) }
        let failed = results.filter { !$0.isGood && $0.stops }
        return failed.isEmpty ? nil : HookRunner.refusal(failed).message
    }

    private func request(
        _ action: StackOperation.Action, _ subject: OperationSubject, _ caller: Caller, _ key: String
    ) async throws -> ResourceRequest {
        let references = DynamicReferences(cloud: cloud, caller: caller)
        // What is deleted needs no secrets, and must not fail because one is gone.
        let isDeletion = action.kind == .delete
        let properties = isDeletion ? action.properties : try await references.resolve(action.properties)
        let previous = isDeletion ? action.previous : await references.resolvedIfPossible(action.previous)
        return ResourceRequest(
            cloud: cloud, caller: caller, stackID: subject.stackID, stackName: subject.stackName,
            logicalID: action.logicalID, properties: catalogue.coerced(properties, for: action.type),
            previous: previous.map { catalogue.coerced($0, for: action.type) }, physicalID: action.physicalID,
            attributes: action.attributes.object ?? [:], tags: subject.tags, updatePolicy: action.updatePolicy,
            creationPolicy: action.creationPolicy,
            isRollback: action.isRollback, isExpress: subject.isExpress ?? false, key: key, suffix: action.suffix,
            report: { [ledger] text in await StackReport(ledger, subject, action).tell(text) })
    }
}
