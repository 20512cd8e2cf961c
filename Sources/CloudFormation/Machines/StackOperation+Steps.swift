internal import CloudFormationTemplate
package import Ledger
package import Notation

extension StackOperation {
    /// Takes one step. Answers that belong to no action under way - repeats, late ones - change nothing.
    package mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        outbox = Outbox()
        outbox.now = now
        switch event {
        case .start: begin()
        case .succeeded(let token, let physicalID, let attributes): succeeded(token, physicalID, attributes)
        case .failed(let token, let reason, let physicalID, let isCancelled):
            failed(token, reason, physicalID, isCancelled: isCancelled)
        case .cancel:
            guard isForward, intent == .update else { return Reaction() }
            stop(because: "User Initiated")
        case .abandon:
            guard intent == .create, phase != .over, phase != .deleting else { return Reaction() }
            abandon()
        case .alarms(let firing, let missing): alarmsSeen(firing: firing, missing: missing)
        case .claimed(let taken): claimed(taken)
        case .judged(let problem): judged(problem)
        case .woken: timePassed()
        }
        pump()
        return reaction()
    }

    private func reaction() -> Reaction<Command> {
        var reaction = Reaction(outbox.commands)
        reaction.wake = outbox.wake
        reaction.isFinished = phase == .over
        reaction.events = outbox.events.map(ledgerEvent)
        return reaction
    }

    private mutating func begin() {
        guard phase == .new else { return }
        switch intent {
        case .create:
            setStatus(.createInProgress, "User Initiated")
            if let minutes = subject.timeoutMinutes {
                deadline = outbox.now + .seconds(minutes * 60)
                outbox.wake = .at(outbox.now + .seconds(minutes * 60))
            }
        case .update: setStatus(.updateInProgress, "User Initiated")
        case .adopt: setStatus(.importInProgress, "User Initiated")
        case .rollback: return beginRollback("User Initiated")
        case .delete: setStatus(.deleteInProgress, "User Initiated")
        }
        if !isJudging() { goAhead() }
    }

    /// Starts whatever is ready, and moves on when a phase has come to its end, until there is something to wait for.
    private mutating func pump() {
        while phase != .over, phase != .new {
            if phase == .judging || phase == .monitoring || phase == .claiming { return }
            if phase != .stopping, let node = schedule.next() {
                start(node)
            } else if running.isEmpty {
                endPhase()
            } else {
                return
            }
        }
    }

    private mutating func start(_ node: String) {
        switch phase {
        case .forward: startForward(node)
        case .backward: startBackward(node)
        case .cleanup, .rollbackCleanup, .deleting: startDeletion(node)
        case .new, .judging, .stopping, .monitoring, .claiming, .over: return
        }
    }

    private mutating func endPhase() {
        switch phase {
        case .forward: endForward()
        case .stopping: endStopping()
        case .backward: endBackward()
        case .cleanup: endCleanup()
        case .rollbackCleanup: endRollbackCleanup()
        case .deleting: endDeleting()
        case .new, .judging, .monitoring, .claiming, .over: return
        }
    }

    private mutating func timePassed() {
        if phase == .monitoring, isMonitored {
            phase = .forward
            return endForward()
        }
        watchAlarms()
        guard phase == .forward || phase == .judging, let deadline, outbox.now >= deadline else { return }
        stop(because: "Stack creation time exceeded the specified timeout. Rollback requested by user.")
    }

    /// The stack is deleted while it is being created.
    private mutating func abandon() {
        intent = .delete
        setStatus(.deleteInProgress, "User Initiated")
        phase = .stopping
        breakOffWaiting()
    }

    /// Begins no more, and breaks off what only waits.
    mutating func stop(because reason: String) {
        trouble = trouble ?? reason
        phase = .stopping
        outbox.wake = .never
        breakOffWaiting()
    }

    private mutating func breakOffWaiting() {
        for token in running.keys.sorted() where running[token]?.isCancelled == false {
            guard let action = running[token], isWaiting(action) else { continue }
            running[token]?.isCancelled = true
            outbox.commands.append(.breakOff(token: token))
        }
    }

    /// Whether the action may be broken off without losing track of what it made: those that wait for others do.
    private func isWaiting(_ action: Running) -> Bool {
        guard let type = targets[action.logicalID]?.type ?? resources[action.logicalID]?.type else { return false }
        return action.updatePolicy?["CodeDeployLambdaAliasUpdate"] != nil || WaitingTypes.contains(type)
    }

    // MARK: Telling

    mutating func setStatus(_ new: StackStatus, _ reason: String? = nil) {
        status = new
        outbox.isStackTouched = true
        outbox.reason = reason
        eventCount += 1
        tell(subject.stackName, subject.stackID, "AWS::CloudFormation::Stack", new.rawValue, reason)
    }

    mutating func tell(
        _ logicalID: String, _ physicalID: String, _ type: String, _ status: String, _ reason: String?,
        _ properties: JSON? = nil
    ) {
        let stamp = outbox.now.iso8601(fraction: 3)
        let isStack = physicalID == subject.stackID
        eventCount += 1
        let id =
            isStack
            ? StableID.uuid(subject.stackID, String(eventCount)) : "\(logicalID)-\(status)-\(eventCount)-\(stamp)"
        outbox.events.append(
            StackEvent(
                id: id, time: outbox.now, logicalID: logicalID, physicalID: physicalID, type: type, status: status,
                reason: reason.map(masked), properties: properties.map(shown),
                operationID: subject.operationID, token: subject.token))
    }

    /// Notes a resource's status and tells of it.
    mutating func note(
        _ logicalID: String, _ status: ResourceStatus, _ reason: String? = nil, physicalID: String? = nil,
        properties: JSON? = nil
    ) {
        resources[logicalID]?.status = status
        let shown = reason.map(masked)
        resources[logicalID]?.reason = shown
        resources[logicalID]?.updated = outbox.now
        outbox.touched.insert(logicalID)
        let resource = resources[logicalID]
        tell(
            logicalID, physicalID ?? resource?.current?.physicalID ?? "", resource?.type ?? "", status.rawValue, reason,
            properties ?? resource?.current?.properties)
    }

    private func shown(_ properties: JSON) -> String {
        masked(HiddenValues(hidden ?? []).hiding(properties).text())
    }

    private func masked(_ text: String) -> String {
        let words = hidden.map { HiddenValues($0).words } ?? []
        return (subject.secrets + words).reduce(text) { $1.isEmpty ? $0 : $0.replacing($1, with: "****") }
    }

    /// What AWS's event has no place for and readers of the log want to know of the operation.
    private var operationFacts: JSON {
        let tags = subject.tags.sorted { $0.key < $1.key }
        return [
            "operation-id": .string(subject.operationID), "principal": .string(subject.principal),
            "tags": .object(JSONObject(tags.map { ($0.key, JSON.string(masked($0.value))) })),
        ]
    }

    private func ledgerEvent(_ event: StackEvent) -> LedgerEvent {
        let isStack = event.physicalID == subject.stackID
        var detail: JSON = [
            "stack-id": .string(subject.stackID),
            "status-details": ["status": .string(event.status), "status-reason": .string(event.reason ?? "")],
            "client-request-token": .string(event.token ?? ""),
        ]
        if isStack {
            detail["slipway"] = operationFacts
        } else {
            detail["logical-resource-id"] = .string(event.logicalID)
            detail["physical-resource-id"] = .string(event.physicalID)
            detail["resource-type"] = .string(event.type)
        }
        return LedgerEvent(
            id: StableID.uuid(subject.operationID, event.id), time: event.time, source: "aws.cloudformation",
            detailType: "CloudFormation \(isStack ? "Stack" : "Resource") Status Change", account: subject.account,
            region: subject.region, resources: [subject.stackID], detail: detail)
    }
}

/// Types whose actions wait for others, and can be broken off.
let WaitingTypes = WaitingTypeSet()

/// See ``WaitingTypes``.
struct WaitingTypeSet: Sendable {
    func contains(_ type: String) -> Bool {
        type.hasPrefix("Custom::") || type == "AWS::CloudFormation::CustomResource"
            || type == "AWS::CloudFormation::WaitCondition" || type == "AWS::CloudFormation::Stack"
    }
}
