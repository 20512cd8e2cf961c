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
    /// What is under way, by token, so that it can be broken off.
    private let underWay = Mutex<[String: Task<ResourceState, any Error>]>([:])

    init(cloud: Cloud, ledger: Ledger, runner: MachineRunner<StackOperation>) {
        self.cloud = cloud
        self.ledger = ledger
        self.runner = runner
        catalogue = TypeCatalogue(cloud: cloud)
        deployments = AliasDeployment()
    }

    func perform(_ command: StackOperation.Command, of id: String, key: String) async throws -> StackOperation.Event? {
        switch command {
        case .breakOff(let token):
            underWay.withLock { $0[token] }?.cancel()
            return nil
        case .lookAtAlarms(_, let alarms):
            guard let operation = try await runner.machine(id) else { return nil }
            return try await alarmStates(alarms, operation.subject)
        case .act(let action):
            guard let operation = try await runner.machine(id) else { return nil }
            return try await act(action, operation, key)
        }
    }

    /// What the alarms say. One that cannot be asked about now is asked about again.
    private func alarmStates(_ arns: [String], _ subject: OperationSubject) async throws -> StackOperation.Event? {
        let caller = Caller(account: subject.account, region: subject.region, principal: subject.principal)
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
        let caller = Caller(account: subject.account, region: subject.region, principal: subject.principal)
        let request = try await request(action, subject, caller, key)
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
            isRollback: action.isRollback, key: key, suffix: action.suffix,
            report: { [ledger] text in await StackReport(ledger, subject, action).tell(text) })
    }
}

/// Tells a stack's events how an action is getting on.
private struct StackReport {
    let ledger: Ledger
    let subject: OperationSubject
    let action: StackOperation.Action

    init(_ ledger: Ledger, _ subject: OperationSubject, _ action: StackOperation.Action) {
        self.ledger = ledger
        self.subject = subject
        self.action = action
    }

    /// Adds an event in the status the action stands for. What cannot be written is left out: it is only news.
    func tell(_ text: String) async {
        let word = action.kind == .create ? "CREATE" : action.kind == .update ? "UPDATE" : "DELETE"
        let event = StackEvent(
            id: StableID.uuid(action.token, text), time: ledger.surroundings.now, logicalID: action.logicalID,
            physicalID: action.physicalID ?? "", type: action.type, status: word + "_IN_PROGRESS", reason: text,
            operationID: subject.operationID, token: subject.token)
        let stackID = subject.stackID
        _ = try? await ledger.write { transaction in
            // A repeat after a crash has told it already.
            let latest = try transaction.list(StackStore.events, prefix: stackID + "|", limit: 50)
            guard !latest.contains(where: { $0.value.id == event.id }) else { return }
            try transaction.put(StackStore.events, event.key(stackID: stackID, number: 999_999_999), event)
        }
    }
}

/// Why an action failed, as CloudFormation words it: the service's message first, the evidence after it.
struct ResourceReason {
    let text: String

    init(_ error: AWSError, _ action: StackOperation.Action, key: String) {
        let code = Self.handlerCode(error.code)
        var text =
            "Resource handler returned message: \"\(error.message)\" (RequestToken: \(StableID.uuid(key)), "
            + "HandlerErrorCode: \(code))"
        if let evidence = error.members["Evidence"]?.string, !evidence.isEmpty { text += "\n" + evidence }
        self.text = text
    }

    private static func handlerCode(_ code: String) -> String {
        if code.contains("AlreadyExist") || code.contains("Conflict") || code == "BucketAlreadyOwnedByYou" {
            return "AlreadyExists"
        }
        if code.contains("NotFound") || code.hasPrefix("NoSuch") || code.contains("DoesNotExist") { return "NotFound" }
        if code.contains("AccessDenied") || code.contains("Unauthorized") { return "AccessDenied" }
        if code.contains("Throttl") || code.contains("TooManyRequests") { return "Throttling" }
        if code.contains("LimitExceeded") { return "ServiceLimitExceeded" }
        if code.contains("Invalid") || code.contains("Validation") || code == "NotImplemented" {
            return "InvalidRequest"
        }
        if code == "InternalFailure" { return "InternalFailure" }
        return "GeneralServiceException"
    }
}
