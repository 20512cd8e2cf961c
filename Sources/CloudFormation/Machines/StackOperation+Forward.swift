internal import CloudFormationTemplate
internal import Notation

/// The way towards the template.
extension StackOperation {
    mutating func beginForward() {
        phase = .forward
        let targets = targets
        schedule = Schedule(order.filter { targets[$0] != nil }) { targets[$0]?.needs ?? [] }
        for name in order where targets[name] == nil {
            guard let type = resources[name]?.current?.type, let denial = denial(of: .delete, name, type) else {
                continue
            }
            resources[name]?.keepOriginal()
            fail(name, .updateFailed, denial)
        }
    }

    mutating func startForward(_ logicalID: String) {
        guard let target = targets[logicalID] else { return schedule.finish(logicalID) }
        let wanted: Wanted
        do {
            wanted = try evaluate(target)
        } catch {
            let reason = (error as? TemplateError)?.message ?? "\(error)"
            return fail(logicalID, resources[logicalID]?.current == nil ? .createFailed : .updateFailed, reason)
        }
        if let physicalID = adopted[logicalID] { return adopt(logicalID, physicalID, target, wanted) }
        guard let resource = resources[logicalID], let current = resource.current else {
            return launch(.create, logicalID, target, wanted)
        }
        if current.type != target.type, let denial = denial(of: .replace, logicalID, current.type) {
            return fail(logicalID, .updateFailed, denial)
        }
        let facts = types[target.type]
        let differences = PropertyDifference.all(from: current.properties, to: wanted.properties)
        let areTagsNew = subject.tags != subject.previousTags && facts?.isTaggable == true
        if current.type != target.type {
            launch(.replace, logicalID, target, wanted)
        } else if differences.isEmpty, !areTagsNew, !resource.isDirty || isLeftAlone(resource, current) {
            absorb(logicalID, target, wanted)
        } else if facts?.rules.effect(of: differences) == .replace || facts?.canUpdate == false && !differences.isEmpty
        {
            replace(logicalID, target, wanted)
        } else if facts?.canUpdate == false {
            absorb(logicalID, target, wanted)
        } else if let denial = denial(of: .modify, logicalID, target.type) {
            fail(logicalID, .updateFailed, denial)
        } else {
            launch(.update, logicalID, target, wanted)
        }
    }

    /// Whether a nested stack that is asked only because each update does so is kept from that by the stack policy.
    private func isLeftAlone(_ resource: StackResource, _ current: DeployedResource) -> Bool {
        onlyAsks == true && forced?.contains(resource.logicalID) == true && resource.original == nil
            && denial(of: .modify, resource.logicalID, current.type) != nil
    }

    /// A target with every reference worked out.
    struct Wanted {
        var properties: JSON
        var metadata: JSON?
        var creationPolicy: JSON?
        var updatePolicy: JSON?
    }

    private func evaluate(_ target: ResourceTarget) throws -> Wanted {
        let evaluator = evaluator
        let value = { (json: JSON?) in
            try json.map { try evaluator.value(of: Expression(spelled: $0)) ?? .object([:]) }
        }
        return Wanted(
            properties: try value(target.properties) ?? [:], metadata: try value(target.metadata),
            creationPolicy: try value(target.creationPolicy), updatePolicy: try value(target.updatePolicy))
    }

    /// What answers for resources that stand.
    private var evaluator: Evaluator {
        let resources = resources
        return Evaluator(attributes: { logicalID, attribute in
            guard let current = resources[logicalID]?.current else { return nil }
            guard let attribute else { return .string(current.physicalID) }
            guard let value = current.attribute(attribute) else {
                throw Evaluator.Failure(
                    message: "Template error: resource \(logicalID) does not support attribute type \(attribute) in "
                        + "Fn::GetAtt")
            }
            return value
        })
    }

    private mutating func replace(_ logicalID: String, _ target: ResourceTarget, _ wanted: Wanted) {
        if let property = types[target.type]?.nameProperty, let name = wanted.properties[property]?.string,
            resources[logicalID]?.current?.properties[property]?.string == name
        {
            return fail(
                logicalID, .updateFailed,
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                    + "Rename \(name) and "
                    + "update the stack again.")
        }
        if let denial = denial(of: .replace, logicalID, target.type) { return fail(logicalID, .updateFailed, denial) }
        launch(.replace, logicalID, target, wanted)
    }

    /// Why the stack policy does not let that be done; nil when it does, or there is none.
    private func denial(of action: StackPolicy.Action, _ logicalID: String, _ type: String) -> String? {
        guard intent == .update, let text = subject.policy else { return nil }
        return StackPolicy(text)?.denial(of: action, logicalID, type: type)
    }

    /// Nothing has to be done outside: only what the stack itself keeps may change.
    private mutating func absorb(_ logicalID: String, _ target: ResourceTarget, _ wanted: Wanted) {
        guard let current = resources[logicalID]?.current else { return schedule.finish(logicalID) }
        var new = current
        new.metadata = wanted.metadata
        new.updatePolicy = wanted.updatePolicy
        new.deletionPolicy = target.deletionPolicy
        new.needs = target.needs
        if new != current {
            resources[logicalID]?.keepOriginal()
            resources[logicalID]?.current = new
            outbox.touched.insert(logicalID)
            if new.metadata != current.metadata {
                note(logicalID, .updateInProgress)
                note(logicalID, .updateComplete)
            }
        }
        schedule.finish(logicalID)
    }

    private mutating func launch(
        _ kind: Running.Kind, _ logicalID: String, _ target: ResourceTarget, _ wanted: Wanted
    ) {
        if resources[logicalID] == nil {
            resources[logicalID] = StackResource(
                logicalID: logicalID, type: target.type, status: .createInProgress, updated: outbox.now)
        }
        resources[logicalID]?.keepOriginal()
        var suffix = resources[logicalID]?.current?.suffix ?? ""
        if kind != .update {
            resources[logicalID]?.generation += 1
            let generation = resources[logicalID]?.generation ?? 0
            suffix = StableID.suffix(subject.stackID, logicalID, String(generation), subject.operationID)
        }
        let current = resources[logicalID]?.current
        resources[logicalID]?.type = target.type
        resources[logicalID]?.origin = wanted.metadata?[ModuleExpansion.metadataKey]
        run(
            Running(
                logicalID: logicalID, kind: kind, properties: wanted.properties, metadata: wanted.metadata,
                updatePolicy: wanted.updatePolicy, suffix: suffix)
        ) { token in
            Action(
                token: token, kind: kind == .update ? .update : .create, logicalID: logicalID, type: target.type,
                properties: wanted.properties, previous: kind == .update ? current?.properties : nil,
                physicalID: kind == .update ? current?.physicalID : nil,
                attributes: kind == .update ? current?.attributes ?? [:] : [:], updatePolicy: wanted.updatePolicy,
                creationPolicy: wanted.creationPolicy, suffix: suffix, isRollback: false)
        }
        switch kind {
        case .create: note(logicalID, .createInProgress, physicalID: "", properties: wanted.properties)
        case .replace:
            note(
                logicalID, .updateInProgress,
                "Requested update requires the creation of a new physical resource; hence creating one.",
                properties: wanted.properties)
        default: note(logicalID, .updateInProgress, properties: wanted.properties)
        }
    }

    /// Hands an action to the outside under a token of its own.
    mutating func run(_ running: Running, _ action: (String) -> Action) {
        tokens += 1
        let token = "\(subject.operationID)-\(tokens)"
        self.running[token] = running
        outbox.commands.append(.act(action(token)))
    }

    /// A resource failed without anything being asked of the outside.
    private mutating func fail(_ logicalID: String, _ status: ResourceStatus, _ reason: String) {
        if resources[logicalID] == nil {
            resources[logicalID] = StackResource(
                logicalID: logicalID, type: targets[logicalID]?.type ?? "", status: status, updated: outbox.now)
            resources[logicalID]?.keepOriginal()
        }
        note(logicalID, status, reason)
        failures.append(Failure(logicalID: logicalID, status: status, reason: reason))
        stop(because: "")
    }

    mutating func endForward() {
        guard schedule.remaining == 0 else { return stop(because: "The resources left wait for each other.") }
        if monitoredUntil == nil, beginMonitoring() { return }
        do {
            outputs = try workOutOutputs()
        } catch {
            return stop(because: (error as? TemplateError)?.message ?? "\(error)")
        }
        let exports = Dictionary((outputs ?? []).map { ($0.exportName ?? "", $0.value) }) { first, _ in first }
        for export in subject.exportsInUse where exports[export.name] != export.value {
            let verb = exports[export.name] == nil ? "deleted" : "updated"
            let users = export.users.joined(separator: ", ")
            return stop(because: "Export \(export.name) cannot be \(verb) as it is in use by \(users)")
        }
        if let taken = takenExport(exports.keys.sorted(), subject.exportsElsewhere ?? [:]) {
            return stop(because: taken)
        }
        guard !isClaiming(exports.keys.sorted()) else { return }
        if intent == .create || intent == .adopt {
            settle()
            setStatus(intent == .create ? .createComplete : .importComplete)
            phase = .over
        } else {
            beginCleanup()
        }
    }

    private func workOutOutputs() throws -> [OutputValue] {
        let evaluator = evaluator
        return try outputTargets.compactMap { target in
            guard let value = try evaluator.value(of: Expression(spelled: target.value)) else { return nil }
            let name = try target.exportName.flatMap { try evaluator.value(of: Expression(spelled: $0)) }
            guard let text = value.loose.string else {
                throw Evaluator.Failure(
                    message:
                        "Template format error: Output \(target.name) is malformed. The Value field of every Output "
                        + "must evaluate to a String.")
            }
            return OutputValue(
                name: target.name, description: target.description, value: text, exportName: name?.loose.string)
        }
    }
}
