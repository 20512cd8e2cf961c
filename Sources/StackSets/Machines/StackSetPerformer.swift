internal import Cloud
internal import CloudFormation
internal import Ledger
internal import Notation

/// Does at one target what an operation on a stack set is for: makes, changes, deletes or looks at a stack there,
/// through the door, with the rights of that account's role.
struct StackSetPerformer: Performer {
    typealias Engine = StackSetOperation

    let cloud: Cloud
    let ledger: Ledger
    let runner: MachineRunner<StackSetOperation>
    let watch: StackWatch

    /// Safe to repeat: stacks are made and changed under a token that follows from the key.
    func perform(
        _ command: StackSetOperation.Command, of id: String, key: String
    ) async throws -> StackSetOperation.Event? {
        guard case .act(let target) = command, let operation = try await runner.machine(id) else { return nil }
        let subject = operation.subject
        let instance = try await ledger.get(StackSetStore.instances, StackSetStore.key(subject.setID, target))?.value
        var work = StackSetWork(
            performer: self, subject: subject, target: target, key: key, stackID: instance?.stackID,
            overrides: instance?.overrides ?? [:])
        var result: StackSetOperation.Result
        do {
            work.caller = try await StackSetRoles(cloud: cloud).caller(subject, target)
            result = try await work.carryOut()
        } catch let error as AWSError {
            try Task.checkCancellation()  // the server stops: taken up again by the next start
            result = .init(status: "FAILED", reason: error.message)
        }
        result.stackID = result.stackID ?? work.stackID
        return .ended(target, result)
    }
}

/// The work at one target.
struct StackSetWork {
    let performer: StackSetPerformer
    let subject: StackSetOperation.Subject
    let target: StackSetOperation.Target
    let key: String
    var stackID: String?
    let overrides: [String: String]
    var caller = Caller(account: "", region: "", principal: "")

    init(
        performer: StackSetPerformer, subject: StackSetOperation.Subject, target: StackSetOperation.Target, key: String,
        stackID: String?, overrides: [String: String]
    ) {
        self.performer = performer
        self.subject = subject
        self.target = target
        self.key = key
        self.stackID = stackID
        self.overrides = overrides
    }

    private typealias Result = StackSetOperation.Result

    /// - Throws: ``AWSError`` with the reason when it cannot be done.
    mutating func carryOut() async throws -> StackSetOperation.Result {
        switch subject.action {
        case .create, .update: return try await deploy()
        case .delete: return try await delete()
        case .detectDrift: return try await detect()
        case .adopt: return try await adopt()
        }
    }

    private func call(_ operation: String, _ input: JSON) async throws -> JSON {
        try await performer.cloud.call("cloudformation", operation, input, as: caller)
    }

    // MARK: Making and changing

    private var deployer: StackDeployer {
        StackDeployer(
            cloud: performer.cloud, ledger: performer.ledger, watch: performer.watch, caller: caller,
            token: StableID.uuid(key), stackID: stackID)
    }

    private mutating func deploy() async throws -> StackSetOperation.Result {
        let mark = StableID.uuid(subject.operationID, target.account, target.region)
        var deployer = deployer
        // The stack is kept in mind even when the rest throws, so that nothing that stands is lost.
        defer { stackID = deployer.stackID }
        let trouble = try await deployer.deploy(
            "StackSet-\(subject.setName.prefix(80))-\(mark)", try await submission())
        return Result(status: trouble == nil ? "SUCCEEDED" : "FAILED", reason: trouble, stackID: deployer.stackID)
    }

    private func submission() async throws -> JSON {
        guard let text = try await performer.ledger.get(StackSetStore.templates, subject.revision.templateKey)?.value
        else { throw AWSError("ValidationError", "The template of the stack set is gone.") }
        let parameters = subject.revision.parameters.map { parameter -> JSON in
            [
                "ParameterKey": .string(parameter.name),
                "ParameterValue": .string(overrides[parameter.name] ?? parameter.value),
            ]
        }
        let extra = overrides.filter { name, _ in !subject.revision.parameters.contains { $0.name == name } }
            .sorted { $0.key < $1.key }
            .map { name, value -> JSON in ["ParameterKey": .string(name), "ParameterValue": .string(value)] }
        return [
            "TemplateBody": .string(text), "Parameters": .array(parameters + extra),
            "Capabilities": .array(subject.revision.capabilities.map(JSON.string)),
            "Tags": StackViews.tags(subject.revision.tags),
        ]
    }

    // MARK: Deleting

    private func delete() async throws -> StackSetOperation.Result {
        if let id = stackID, !subject.retainsStacks { try await deployer.remove(id) }
        return Result(status: "SUCCEEDED", stackID: stackID)
    }

    // MARK: Looking

    private func detect() async throws -> StackSetOperation.Result {
        guard let id = stackID else { throw AWSError("ValidationError", "There is no stack yet to look at.") }
        let begun = try await call("DetectStackDrift", ["StackName": .string(id)])
        let seen = try await call(
            "DescribeStackDriftDetectionStatus", ["StackDriftDetectionId": begun["StackDriftDetectionId"] ?? ""])
        guard seen["DetectionStatus"] == "DETECTION_COMPLETE" else {
            throw AWSError("ValidationError", seen["DetectionStatusReason"]?.string ?? "Drift could not be looked for.")
        }
        return Result(status: "SUCCEEDED", stackID: id, drift: seen["StackDriftStatus"]?.string)
    }

    // MARK: Taking in

    /// Takes a stack in that stands well and has the set's template.
    private func adopt() async throws -> StackSetOperation.Result {
        let id = subject.adopted[StackSetOperation.key(target)] ?? ""
        let described = try await call("DescribeStacks", ["StackName": .string(id)])["Stacks"]?[0]
        guard let status = described?["StackStatus"]?.string, status.hasSuffix("_COMPLETE"), status != "DELETE_COMPLETE"
        else { throw AWSError("ValidationError", "Stack \(id) does not stand well; it cannot be taken in.") }
        let template = try await call("GetTemplate", ["StackName": .string(id)])["TemplateBody"]?.string
        let wanted = try await performer.ledger.get(StackSetStore.templates, subject.revision.templateKey)?.value
        guard Self.same(template, wanted) else {
            throw AWSError("ValidationError", "The template of stack \(id) is not that of the stack set.")
        }
        return Result(status: "SUCCEEDED", stackID: id)
    }

    private static func same(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return false }
        return one == other
            || (try? TemplateBody(one).tree.text(.canonical)) == (try? TemplateBody(other).tree.text(.canonical))
    }
}
