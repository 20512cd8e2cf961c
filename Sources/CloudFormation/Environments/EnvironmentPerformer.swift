internal import Cloud
internal import Ledger
internal import Notation

/// Makes, changes and deletes the stacks of environments, through the door.
struct EnvironmentPerformer: Performer {
    typealias Engine = EnvironmentMachine

    let cloud: Cloud
    let ledger: Ledger
    let runner: MachineRunner<EnvironmentMachine>
    let watch: StackWatch

    /// Safe to repeat: stacks are made and changed under a token that follows from the key.
    func perform(
        _ command: EnvironmentMachine.Command, of id: String, key: String
    ) async throws -> EnvironmentMachine.Event? {
        guard let machine = try await runner.machine(id) else { return nil }
        let caller = Caller(account: machine.account, region: machine.region, principal: machine.principal)
        var deployer = StackDeployer(
            cloud: cloud, ledger: ledger, watch: watch, caller: caller, token: StableID.uuid(key))
        switch command {
        case .deploy(let name, let round):
            guard let copy = try await ledger.get(EnvironmentStore.copies, "\(id)|\(name)")?.value else {
                return .ended(name: name, round: round, stackID: nil, trouble: "What it shall be is gone.")
            }
            deployer.stackID = machine.parts.first { $0.name == name }?.stackID
            let trouble = try await trouble { try await deployer.deploy(name, Self.input(copy)) }
            return .ended(name: name, round: round, stackID: deployer.stackID, trouble: trouble)
        case .delete(let name, let round, let stackID):
            guard let stackID else { return .ended(name: name, round: round, stackID: nil, trouble: nil) }
            let trouble = try await trouble {
                try await deployer.remove(stackID)
                return nil
            }
            return .ended(name: name, round: round, stackID: stackID, trouble: trouble)
        }
    }

    private func trouble(_ work: () async throws -> String?) async throws -> String? {
        do { return try await work() } catch let error as AWSError {
            try Task.checkCancellation()  // the server stops: taken up again by the next start
            return error.message
        }
    }

    private static func input(_ copy: EnvironmentPlan.Copy) -> JSON {
        [
            "TemplateBody": .string(copy.template), "Tags": StackViews.tags(copy.tags),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": .array(
                copy.parameters.map { ["ParameterKey": .string($0.name), "ParameterValue": .string($0.value)] }),
        ]
    }
}

/// The documents of environments.
enum EnvironmentStore {
    /// What each stack of an environment shall be, by environment and name.
    static let copies = Collection<EnvironmentPlan.Copy>("environment copy")
    /// Environments as they can be asked about, by account, region and name.
    static let records = Collection<EnvironmentMachine>("environment record")
}

/// Brings a stack to what it shall be, whatever it is now: made, changed, or made anew where it never stood well.
struct StackDeployer {
    let cloud: Cloud
    let ledger: Ledger
    let watch: StackWatch
    let caller: Caller
    /// The client's token of what it asks for: the same for every repeat.
    let token: String
    /// The stack; nil before there is one.
    var stackID: String?

    private func call(_ operation: String, _ input: JSON) async throws -> JSON {
        try await cloud.call("cloudformation", operation, input, as: caller)
    }

    /// Makes or changes the stack and waits for the end of that.
    ///
    /// - Parameter input: What the stack shall be, as CreateStack and UpdateStack take it.
    /// - Returns: what went wrong; nil when it stands.
    /// - Throws: ``AWSError`` when it cannot even be begun.
    mutating func deploy(_ name: String, _ input: JSON) async throws -> String? {
        var input = input
        input["ClientRequestToken"] = .string(token)
        if let id = stackID, let known = try await watch.settled(id), known.status != .deleteComplete {
            // What never stood well is made anew, as on AWS.
            guard known.good == nil else {
                input["StackName"] = .string(id)
                return try await update(id, input)
            }
            try await remove(id)
        }
        input["StackName"] = .string(name)
        let id = try await call("CreateStack", input)["StackId"]?.string ?? ""
        stackID = id
        return try await verdict(id, good: [.createComplete])
    }

    private func update(_ id: String, _ input: JSON) async throws -> String? {
        do { _ = try await call("UpdateStack", input) } catch let error as AWSError
            where error.message.hasPrefix("No updates are to be performed")
        { return nil }
        return try await verdict(id, good: [.updateComplete])
    }

    private func verdict(_ id: String, good: Set<StackStatus>) async throws -> String? {
        guard let stack = try await watch.settled(id) else { return "Stack with id \(id) does not exist" }
        if good.contains(stack.status) { return nil }
        return try await firstFailure(of: id, stack.operationID) ?? stack.reason ?? stack.status.rawValue
    }

    /// Deletes the stack and waits for the end of that. Nothing happens when it is gone.
    ///
    /// - Throws: ``AWSError`` with what could not be deleted.
    func remove(_ id: String) async throws {
        _ = try await call("DeleteStack", ["StackName": .string(id), "ClientRequestToken": .string(token)])
        guard let stack = try await watch.settled(id), stack.status != .deleteComplete else { return }
        let cause = try await firstFailure(of: id, stack.operationID)
        throw AWSError("ValidationError", cause ?? stack.reason ?? stack.status.rawValue)
    }

    /// The first resource that failed in the stack's last operation, and why: what its owner has to know.
    private func firstFailure(of stackID: String, _ operationID: String?) async throws -> String? {
        let events = try await ledger.list(StackStore.events, prefix: stackID + "|").map(\.value)
        let failed = events.last {
            $0.operationID == operationID && $0.status.hasSuffix("_FAILED") && $0.physicalID != stackID
        }
        return failed.map { "ResourceLogicalId:\($0.logicalID), ResourceType:\($0.type), \($0.reason ?? $0.status)" }
    }
}
