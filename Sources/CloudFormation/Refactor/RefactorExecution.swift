internal import Cloud
internal import Ledger
internal import Notation

/// Carries a refactoring out, inside one write.
struct RefactorExecution {
    private let refactor: StackRefactor
    private let caller: Caller

    init(_ refactor: StackRefactor, _ caller: Caller) {
        self.refactor = refactor
        self.caller = caller
    }

    /// Why it cannot be carried out any more; nil when it can.
    func obstacle(_ transaction: Transaction) throws -> String? {
        for definition in refactor.definitions {
            let named = try transaction.find(StackStore.stacks, "name", caller.scope + definition.stackName, limit: 1)
            if definition.isNew {
                if !named.isEmpty { return "stack \(definition.stackName) exists by now." }
                continue
            }
            guard let stack = named.first?.value, stack.id == definition.stackID, stack.status.isUpdatable,
                stack.revision.templateKey == definition.basis
            else { return "stack \(definition.stackName) was changed since it was worked out." }
        }
        return try lostExport(transaction)
    }

    /// An export that others import must still be there afterwards, in whichever of the stacks.
    private func lostExport(_ transaction: Transaction) throws -> String? {
        let outputs = refactor.definitions.flatMap(\.revision.outputs)
        let ids = Set(refactor.definitions.map(\.stackID))
        for name in outputs.compactMap(\.exportName) {
            let owners = try transaction.find(StackStore.stacks, "export", caller.scope + name).map(\.value)
            let claim = try transaction.get(ExportClaims.claims, caller.scope + name)?.value.stackName
            guard let other = owners.first(where: { !ids.contains($0.id) })?.name ?? claim else { continue }
            return "export \(name) is already exported by stack \(other)."
        }
        for definition in refactor.definitions {
            guard let stack = try transaction.get(StackStore.stacks, definition.stackID)?.value else { continue }
            for export in stack.exports {
                let users = try transaction.find(StackStore.stacks, "import", stack.scope + export.name)
                    .filter { !ids.contains($0.key) }
                let stays = outputs.contains { $0.exportName == export.name && $0.value == export.value }
                guard users.isEmpty || stays else {
                    return "export \(export.name) is in use by \(users.map(\.value.name).joined(separator: ", "))."
                }
            }
        }
        return nil
    }

    /// Moves the resources: each stack remembers, from now on, what stands in it.
    func carryOut(_ transaction: Transaction) throws {
        var moving: [StackRefactor.Place: StackResource] = [:]
        for move in refactor.moves {
            guard let from = refactor.definitions.first(where: { $0.stackName == move.from.stack }) else { continue }
            let key = StackStore.key(from.stackID, move.from.logicalID)
            moving[move.from] = try transaction.get(StackStore.resources, key)?.value
            try transaction.delete(StackStore.resources, key)
        }
        for definition in refactor.definitions {
            var stack = try settledStack(definition, transaction)
            for move in refactor.moves where move.to.stack == definition.stackName {
                guard let old = moving[move.from] else { continue }
                try put(old, at: move.to.logicalID, definition, transaction)
            }
            for (name, target) in definition.targets {
                let key = StackStore.key(definition.stackID, name)
                guard try transaction.get(StackStore.resources, key) != nil else { continue }
                try transaction.update(StackStore.resources, key) { resource in
                    Self.adapt(&resource, to: target)
                    if let metadata = definition.metadata { resource.current?.metadata = metadata[name] }
                }
            }
            try tell(definition, &stack, transaction)
            try transaction.put(StackStore.stacks, stack.id, stack)
        }
    }

    private func put(
        _ old: StackResource, at name: String, _ definition: StackRefactor.Definition, _ transaction: Transaction
    ) throws {
        var resource = StackResource(
            logicalID: name, type: old.type, status: .importComplete, updated: transaction.now)
        resource.current = old.current
        resource.generation = old.generation
        resource.leaving = old.leaving
        try transaction.put(StackStore.resources, StackStore.key(definition.stackID, name), resource)
    }

    /// What only the stack itself keeps of a resource follows the new template.
    private static func adapt(_ resource: inout StackResource, to target: ResourceTarget) {
        resource.current?.needs = target.needs
        resource.current?.deletionPolicy = target.deletionPolicy
    }

    private func settledStack(_ definition: StackRefactor.Definition, _ transaction: Transaction) throws -> Stack {
        var stack =
            try transaction.get(StackStore.stacks, definition.stackID)?.value
            ?? Stack(
                id: definition.stackID, name: definition.stackName, account: caller.account, region: caller.region,
                created: transaction.now, revision: definition.revision)
        if let basis = definition.basis { try transaction.delete(StackStore.templates, basis) }
        try transaction.put(StackStore.templates, definition.revision.templateKey, definition.template)
        var revision = definition.revision
        revision.roleARN = stack.revision.roleARN
        stack.revision = revision
        stack.good = revision
        if definition.isNew { stack.status = .createComplete } else { stack.updated = transaction.now }
        if !definition.isNew { stack.status = .updateComplete }
        stack.reason = "Stack refactor \(refactor.id)"
        stack.driftStatus = nil
        for set in try transaction.find(StackStore.changeSets, "stack", stack.id)
        where set.value.executionStatus == "AVAILABLE" {
            try transaction.update(StackStore.changeSets, set.key) { $0.executionStatus = "OBSOLETE" }
        }
        return stack
    }

    /// Adds what happened to the stack's events and to the log.
    private func tell(
        _ definition: StackRefactor.Definition, _ stack: inout Stack, _ transaction: Transaction
    ) throws {
        var news: [(name: String, id: String, type: String, status: String)] = []
        for move in refactor.moves {
            if move.from.stack == definition.stackName {
                news.append((move.from.logicalID, move.physicalID, move.type, "EXPORT_COMPLETE"))
            }
            if move.to.stack == definition.stackName {
                news.append((move.to.logicalID, move.physicalID, move.type, "IMPORT_COMPLETE"))
            }
        }
        news.append((stack.name, stack.id, "AWS::CloudFormation::Stack", stack.status.rawValue))
        for item in news {
            stack.eventCount += 1
            let event = StackEvent(
                id: StableID.uuid(refactor.id, stack.id, String(stack.eventCount)), time: transaction.now,
                logicalID: item.name, physicalID: item.id, type: item.type, status: item.status,
                reason: "Stack refactor \(refactor.id)", operationID: refactor.id)
            try transaction.put(StackStore.events, event.key(stackID: stack.id, number: stack.eventCount), event)
            let isStack = item.id == stack.id
            var detail: JSON = ["stack-id": .string(stack.id), "status-details": ["status": .string(item.status)]]
            if !isStack {
                detail["logical-resource-id"] = .string(item.name)
                detail["physical-resource-id"] = .string(item.id)
                detail["resource-type"] = .string(item.type)
            }
            try transaction.append(
                LedgerEvent(
                    id: event.id, time: event.time, source: "aws.cloudformation",
                    detailType: "CloudFormation \(isStack ? "Stack" : "Resource") Status Change",
                    account: stack.account, region: stack.region, resources: [stack.id], detail: detail))
        }
    }
}
