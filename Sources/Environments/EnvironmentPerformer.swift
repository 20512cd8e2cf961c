internal import Cloud
internal import CloudFormation
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
