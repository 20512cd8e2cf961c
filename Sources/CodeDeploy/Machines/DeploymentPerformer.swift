internal import Cloud
internal import Ledger
internal import Logging
internal import Notation

/// Carries out what deployments want done. Everything it does may be done twice.
struct DeploymentPerformer: Performer {
    typealias Engine = DeploymentMachine
    typealias Event = DeploymentMachine.Event

    /// How often alarms are looked at: a change is seen within this time.
    static let alarmPause = Duration.milliseconds(250)
    /// How many readings in a row may fail before the alarms count as unreadable.
    static let alarmAttempts = 4
    /// How often a write is tried again that failed for a passing reason, or because somebody else was faster.
    static let writeAttempts = 5

    let runner: MachineRunner<DeploymentMachine>
    let ledger: Ledger
    let cloud: Cloud
    let abilities: DeploymentAbilities
    let log = Logger(label: "codedeploy")

    func perform(_ command: DeploymentMachine.Command, of id: String, key: String) async throws -> Event? {
        let event = try await attempt(command, of: id, key: key)
        // What failed because the server is being stopped has not failed: it is done again at the next start.
        try Task.checkCancellation()
        return event
    }

    private func attempt(_ command: DeploymentMachine.Command, of id: String, key: String) async throws -> Event? {
        guard let machine = try await runner.machine(id) else { return nil }
        let caller = machine.order.caller.through("codedeploy.amazonaws.com")
        switch command {
        case .readRevision: return try await RevisionFetcher(cloud: cloud).fetch(machine.order.revision, as: caller)
        case .inspect(let target): return try await inspect(target, caller)
        case .watchAlarms(let names): return try await watch(names, id, caller)
        case .readAlarms(let names): return try await read(names, caller)
        case .invokeHook(let event, let function, let executionID):
            return try await invokeHook(event, function, executionID, id, machine, key: key)
        case .shift(let target, let percent, let from): return await shift(target, percent, from, id, caller)
        case .restore(let target): return await restore(target, caller)
        case .collectEvidence(let request): return .evidence(await abilities.evidence.collect(request, as: caller))
        case .announce(let name):
            return await TriggerAnnouncer(cloud: cloud, log: log).announce(name, machine, as: caller)
        }
    }

    // MARK: Hooks

    /// Asks the function, unless it has answered.
    private func invokeHook(
        _ event: String, _ function: String, _ executionID: String, _ id: String, _ machine: DeploymentMachine,
        key: String
    ) async throws -> Event? {
        // After a restart the function may have reported already: then it must not be asked again.
        guard case .hook(event, _) = machine.phase else { return nil }
        let payload: JSON = [
            "DeploymentId": .string(machine.order.id), "LifecycleEventHookExecutionId": .string(executionID),
        ]
        let end = try await abilities.hooks.invoke(
            function, payload: payload, key: key, isStrict: machine.order.isStrict,
            as: machine.order.caller.through("codedeploy.amazonaws.com"))
        switch end {
        case .accepted: return nil
        case .returned: return .hookReturned(executionID: executionID)
        case .refused(let reason):
            return .hookFailed(
                executionID: executionID, code: "ScriptMissing",
                message: "The hook function \(function) could not be invoked: \(reason)", logTail: "")
        case .failed(let reason, let logTail):
            return .hookFailed(
                executionID: executionID, code: "ScriptFailed",
                message: "The hook function \(function) ended without reporting: \(reason)", logTail: logTail)
        }
    }

    // MARK: Alarms

    /// Sends every change of the alarms to the machine, until it does not watch any more.
    private func watch(_ names: [String], _ id: String, _ caller: Caller) async throws -> Event? {
        var known: [AlarmReading]?
        var failures = 0
        while let machine = try await runner.machine(id), machine.watchesAlarms {
            do {
                let readings = try await abilities.alarms.read(names, as: caller)
                failures = 0
                let isNews = known.map { !zip($0, readings).allSatisfy { $0.says(theSameAs: $1) } } ?? true
                if isNews { try await runner.send(.alarms(readings), to: id) }
                known = readings
            } catch let error as AWSError {
                failures += 1
                if failures == Self.alarmAttempts {
                    try await runner.send(.alarmsUnreadable(error.description), to: id)
                }
            }
            try await ledger.surroundings.time.sleep(until: ledger.surroundings.now + Self.alarmPause)
        }
        return nil
    }

    /// Reads the alarms once, with a few attempts.
    private func read(_ names: [String], _ caller: Caller) async throws -> Event {
        for _ in 1..<Self.alarmAttempts {
            if let readings = try? await abilities.alarms.read(names, as: caller) { return .alarms(readings) }
            try await ledger.surroundings.time.sleep(until: ledger.surroundings.now + Self.alarmPause)
        }
        do { return .alarms(try await abilities.alarms.read(names, as: caller)) } catch {
            return .alarmsUnreadable("\(error)")
        }
    }
}

/// What a deployment needs of other services, as the composition root plugs it in.
struct DeploymentAbilities: Sendable {
    let traffic: any AliasTraffic
    let hooks: any HookInvoker
    let alarms: any AlarmReader
    let evidence: any EvidenceCollector
}
