internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation
internal import Synchronization

/// Carries out what requests at Cloud Control want done, by the same actions of resource types that stacks use.
final class ResourceRequestPerformer: Performer {
    typealias Engine = ResourceRequestMachine

    private let cloud: Cloud
    private let catalogue: TypeCatalogue
    private let runner: MachineRunner<ResourceRequestMachine>
    private let acting: ActingCaller
    private let hooks: HookRunner
    /// What is under way, by request, so that it can be broken off.
    private let underWay = Mutex<[String: Task<ResourceState, any Error>]>([:])

    init(cloud: Cloud, runner: MachineRunner<ResourceRequestMachine>, acting: ActingCaller, hooks: HookRunner) {
        self.cloud = cloud
        self.hooks = hooks
        self.runner = runner
        self.acting = acting
        catalogue = TypeCatalogue(cloud: cloud)
    }

    func perform(
        _ command: ResourceRequestMachine.Command, of id: String, key: String
    ) async throws -> ResourceRequestMachine.Event? {
        guard let machine = try await runner.machine(id) else { return nil }
        switch command {
        case .breakOff:
            underWay.withLock { $0[id] }?.cancel()
            return nil
        case .act: return try await act(machine, id, key)
        }
    }

    private func act(
        _ machine: ResourceRequestMachine, _ id: String, _ key: String
    ) async throws -> ResourceRequestMachine.Event {
        let subject = machine.subject
        // Waited for just below; a task of its own so that it can be broken off alone.
        let task = Task { try await self.carryOut(subject, key) }
        underWay.withLock { $0[id] = task }
        defer { underWay.withLock { _ = $0.removeValue(forKey: id) } }
        if machine.status == .cancelInProgress { task.cancel() }  // it was broken off before a restart
        do {
            let state = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            return try await succeeded(subject, state)
        } catch let error as AWSError {
            try Task.checkCancellation()  // the server stops: taken up again by the next start
            if task.isCancelled, error.code == "RequestAborted" { return .brokenOff }
            let evidence = error.code == "HooksFailed" ? error.members["Evidence"]?.string.map { "\n" + $0 } : nil
            return .failed(code: HandlerCode(error).name, message: error.message + (evidence ?? ""))
        } catch let error as TemplateError {
            return .failed(code: "InvalidRequest", message: error.message)
        } catch is CancellationError {
            try Task.checkCancellation()
            return .brokenOff
        }
    }

    private func carryOut(_ subject: ResourceRequestMachine.Subject, _ key: String) async throws -> ResourceState {
        guard let type = catalogue.type(subject.type) else {
            throw AWSError("InvalidRequest", "The type '\(subject.type)' cannot be found.")
        }
        let request = try await request(subject, key)
        let target = HookTarget(
            operation: "CLOUD_CONTROL", action: subject.kind.rawValue, name: subject.type,
            logicalID: request.logicalID, stackID: subject.token, stackName: "", roleARN: subject.roleARN,
            properties: subject.properties, previous: subject.previous)
        let caller = Caller(account: subject.account, region: subject.region, principal: subject.principal)
        try await hooks.require(target, caller, key: key)
        switch subject.kind {
        case .create: return try await type.actions.create(request)
        case .update:
            guard let update = type.actions.update else {
                throw AWSError("NotUpdatable", "Resources of type \(subject.type) cannot be changed, only replaced.")
            }
            return try await update(request)
        case .delete:
            try await type.actions.delete(request)
            return ResourceState(subject.physicalID ?? "")
        }
    }

    private func request(_ subject: ResourceRequestMachine.Subject, _ key: String) async throws -> ResourceRequest {
        let asker = Caller(account: subject.account, region: subject.region, principal: subject.principal)
        let caller = try await acting.caller(for: asker, as: subject.roleARN)
        // The request's own ARN stands where a stack's would: what it made is known again after a crash.
        let mark = caller.arn("cloudcontrol", "request/\(subject.token)")
        let name = subject.type.split(separator: ":").last.map(String.init) ?? "resource"
        return ResourceRequest(
            cloud: cloud, caller: caller, stackID: mark, stackName: "cc", logicalID: name,
            properties: catalogue.coerced(subject.properties, for: subject.type),
            previous: subject.previous.map { catalogue.coerced($0, for: subject.type) },
            physicalID: subject.physicalID, key: key, suffix: StableID.suffix(subject.token))
    }

    /// The resource as it stands now, as far as its type can be read.
    private func succeeded(
        _ subject: ResourceRequestMachine.Subject, _ state: ResourceState
    ) async throws -> ResourceRequestMachine.Event {
        guard subject.kind != .delete, let type = catalogue.type(subject.type) else {
            return .succeeded(identifier: subject.identifier ?? state.physicalID, model: [:])
        }
        let identity = ResourceIdentity(type)
        var model = subject.properties
        for (name, value) in state.attributes where model[name] == nil { model[name] = value }
        let identifier = identity.identifier(state.physicalID, model, state.attributes)
        for (name, value) in identity.parts(of: identifier) where model[name] == nil { model[name] = value }
        return .succeeded(identifier: identifier, model: model)
    }
}
