internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
package import Notation

/// Finding out whether a stack's resources are still what the stack says.
extension CloudFormationService {
    var driftOperations: [Operation] {
        [
            Operation("DetectStackDrift", enforces: "StackName LogicalResourceIds", raw: detectStack),
            Operation("DetectStackResourceDrift", enforces: "StackName LogicalResourceId", raw: detectResource),
            Operation("DescribeStackDriftDetectionStatus", enforces: "StackDriftDetectionId", raw: describeDetection),
            Operation(
                "DescribeStackResourceDrifts",
                enforces: "StackName StackResourceDriftStatusFilters NextToken MaxResults", raw: describeDrifts),
        ]
    }

    private func detectStack(_ call: Call) async throws -> Reply {
        let stack = try await checkable(call)
        let chosen = Set(call.input["LogicalResourceIds"]?.array?.compactMap(\.string) ?? [])
        var drifted = 0
        var troubles: [String] = []
        for resource in try await resources(of: stack.id) where chosen.isEmpty || chosen.contains(resource.logicalID) {
            do {
                let drift = try await look(at: resource, stack, call.caller)
                if drift?.status == .modified || drift?.status == .deleted { drifted += 1 }
            } catch let error as AWSError {
                troubles.append("\(resource.logicalID): \(error.message)")
            }
        }
        let detection = DriftDetection(
            id: cloud.surroundings.chance.uuid(), stackID: stack.id, status: drifted > 0 ? "DRIFTED" : "IN_SYNC",
            count: drifted, time: call.time, trouble: troubles.isEmpty ? nil : troubles.joined(separator: "; "))
        try await ledger.write { transaction in
            try transaction.put(StackStore.detections, call.caller.scope + detection.id, detection)
            try transaction.update(StackStore.stacks, stack.id) { stack in
                stack.driftStatus = detection.status
                stack.driftTime = detection.time
            }
        }
        return Reply(["StackDriftDetectionId": .string(detection.id)])
    }

    private func checkable(_ call: Call) async throws -> Stack {
        let stack = try await named(call)
        guard !stack.status.isInProgress, stack.status != .deleteComplete, stack.status != .reviewInProgress else {
            throw AWSError(
                "ValidationError",
                "Drift detection cannot be performed on stack [\(stack.name)] in state \(stack.status.rawValue)")
        }
        return stack
    }

    /// Looks at one resource and keeps what was seen. Nil when its type cannot be looked at or nothing stands.
    func look(at resource: StackResource, _ stack: Stack, _ caller: Caller) async throws -> ResourceDrift? {
        guard let current = resource.current, let type = catalogue.type(current.type), let read = type.actions.read
        else {
            return nil
        }
        let references = DynamicReferences(cloud: cloud, caller: caller)
        let expected = catalogue.coerced(
            await references.resolvedIfPossible(current.properties) ?? [:], for: current.type)
        let request = ResourceRequest(
            cloud: cloud, caller: caller, stackID: stack.id, stackName: stack.name, logicalID: resource.logicalID,
            properties: expected, physicalID: current.physicalID, attributes: current.attributes.object ?? [:],
            tags: StackRules.tags(stack.revision.tags), key: "drift", suffix: current.suffix)
        var actual = try await read(request)
        if let there = actual {
            actual = try await OwnedElsewhere(ledger: ledger).left(
                out: there, of: resource, in: stack, expected: expected)
        }
        let drift = ResourceDrift(
            expected: expected, actual: actual, schema: PublicSchemas.schema(current.type),
            time: cloud.surroundings.now)
        let key = StackStore.key(stack.id, resource.logicalID)
        try await ledger.write { transaction in
            guard try transaction.get(StackStore.resources, key) != nil else { return }
            try transaction.update(StackStore.resources, key) { $0.drift = drift }
        }
        return drift
    }

    private func detectResource(_ call: Call) async throws -> Reply {
        let stack = try await checkable(call)
        let name = call.input["LogicalResourceId"]?.string ?? ""
        guard let resource = try await ledger.get(StackStore.resources, StackStore.key(stack.id, name))?.value else {
            throw AWSError("ValidationError", "Resource \(name) does not exist for stack \(stack.name)")
        }
        guard let drift = try await look(at: resource, stack, call.caller) else {
            throw AWSError("ValidationError", "Drift detection is not supported for resource type \(resource.type)")
        }
        let hidden = HiddenValues(try await resources(of: stack.id))
        return Reply(["StackResourceDrift": driftView(resource, drift, stack, hidden)])
    }

    private func describeDetection(_ call: Call) async throws -> Reply {
        let id = call.input["StackDriftDetectionId"]?.string ?? ""
        guard let detection = try await ledger.get(StackStore.detections, call.caller.scope + id)?.value else {
            throw AWSError("ValidationError", "StackDriftDetectionId [\(id)] does not exist")
        }
        var answer: JSON = [
            "StackId": .string(detection.stackID), "StackDriftDetectionId": .string(detection.id),
            "StackDriftStatus": .string(detection.status),
            "DetectionStatus": detection.trouble == nil ? "DETECTION_COMPLETE" : "DETECTION_FAILED",
            "DriftedStackResourceCount": .int(detection.count), "Timestamp": .double(detection.time.seconds),
        ]
        answer["DetectionStatusReason"] = detection.trouble.map(JSON.string)
        return Reply(answer)
    }

    private func describeDrifts(_ call: Call) async throws -> Reply {
        let stack = try await named(call)
        let filter = Set(call.input["StackResourceDriftStatusFilters"]?.array?.compactMap(\.string) ?? [])
        let all = try await resources(of: stack.id)
        let hidden = HiddenValues(all)
        let seen = all.compactMap { resource in resource.drift.map { (resource, $0) } }
            .filter { filter.isEmpty || filter.contains($0.1.status.rawValue) }
        let page = try Page(seen, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        return Reply(page.answer("StackResourceDrifts") { driftView($0.0, $0.1, stack, hidden) })
    }

    /// What was seen of a stack's resources when they were looked at last, without their properties: as
    /// StackInstanceResourceDriftsSummary. Empty when there is no such stack.
    ///
    /// - Parameter statuses: those that are asked for; empty for all.
    package func driftSummaries(of stackID: String, _ statuses: Set<String>) async throws -> [JSON] {
        guard let stack = try await ledger.get(StackStore.stacks, stackID)?.value else { return [] }
        let all = try await resources(of: stackID)
        let hidden = HiddenValues(all)
        return all.compactMap { resource in resource.drift.map { (resource, $0) } }
            .filter { statuses.isEmpty || statuses.contains($0.1.status.rawValue) }
            .map { resource, drift in
                var view = driftView(resource, drift, stack, hidden)
                for member in ["ExpectedProperties", "ActualProperties"] { view[member] = Optional.none }
                return view
            }
    }

    /// What was seen of a resource, as CloudFormation answers with it.
    private func driftView(
        _ resource: StackResource, _ drift: ResourceDrift, _ stack: Stack, _ hidden: HiddenValues
    ) -> JSON {
        let secrets = stack.revision.parameters.filter(\.isNoEcho).map(\.value).filter { !$0.isEmpty }
        let shown = { (text: String) in JSON.string(secrets.reduce(text) { $0.replacing($1, with: "****") }) }
        let value = { (text: String) in shown(hidden.hiding(.string(text)).string ?? text) }
        let differences = drift.differences.map { difference -> JSON in
            [
                "PropertyPath": .string(difference.path), "ExpectedValue": value(difference.expected),
                "ActualValue": value(difference.actual), "DifferenceType": .string(difference.kind),
            ]
        }
        var view: JSON = [
            "StackId": .string(stack.id), "LogicalResourceId": .string(resource.logicalID),
            "ResourceType": .string(resource.type), "StackResourceDriftStatus": .string(drift.status.rawValue),
            "ExpectedProperties": shown(hidden.hiding(drift.expected).text()),
            "PropertyDifferences": .array(differences),
            "Timestamp": .double(drift.time.seconds),
        ]
        view["PhysicalResourceId"] = resource.current.map { .string($0.physicalID) }
        view["ModuleInfo"] = resource.moduleInfo
        view["ActualProperties"] = drift.actual.map { shown(hidden.hiding($0).text()) }
        return view
    }
}
