package import Cloud
internal import Ledger
internal import Notation

/// What AWS's CodeDeploy has no operations for: to promote, pause and abort, to see everything at a glance, and to ask
/// why.
///
/// A service of its own beside CodeDeploy's, so that AWS's API stays AWS's. Its inputs and outputs are JSON of
/// Slipway's own; the id may be shared with other rooms' fronts of the same kind.
package struct SlipwayDeployments: CloudService {
    /// No service of AWS's has this id.
    package let id = "slipway"
    let codeDeploy: CodeDeployService

    /// The desk for the deployments of that service.
    package init(_ codeDeploy: CodeDeployService) { self.codeDeploy = codeDeploy }

    /// What can be asked and done.
    package var operations: [Operation] {
        [
            Operation("PromoteDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                try await send(.promoteRequested, input, call, "there is no wait to skip") { $0.canPromote }
            },
            Operation("PauseDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                try await send(.pauseRequested, input, call, "there is no wait to hold") { $0.canPause }
            },
            Operation("ResumeDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                try await send(.resumeRequested, input, call, "it is not paused") { $0.isPaused }
            },
            Operation("AbortDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                try await send(.stopRequested(rollback: true), input, call, "it is being stopped already") {
                    $0.ending == nil
                }
            },
            Operation("RollbackDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                try await rollBack(input, call)
            },
            Operation("DescribeDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                try await describe(input, call)
            },
            Operation("WhyDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                let (record, machine) = try await latest(input, call)
                return DeploymentWhy(record: record, machine: machine).view
            },
            Operation(
                "RehearseDeployment", enforces: "applicationName deploymentGroupName deploymentConfigName plan"
            ) { (input: RehearsalRequest, call) in try await input.answer(codeDeploy, call) },
        ]
    }

    /// Asks something of a deployment that is under way.
    ///
    /// - Returns: How it stands then.
    private func send(
        _ event: DeploymentMachine.Event, _ input: DeploymentName, _ call: Call, _ refusal: String,
        if isPossible: @escaping @Sendable (DeploymentMachine) -> Bool
    ) async throws -> JSON {
        let runner = codeDeploy.runner
        let (record, machine) = try await codeDeploy.ledger.write { transaction in
            let (record, machine) = try DeploymentRecord.get(input.deploymentId, call.caller, runner, in: transaction)
            guard !machine.status.isTerminal else { throw CodeDeployService.alreadyCompleted(record.id) }
            guard isPossible(machine) else {
                let now = DeploymentDescription.verdict(machine, transaction.now)
                throw AWSError(
                    "InvalidDeploymentStatusException", "The deployment \(record.id) cannot do that: \(refusal). \(now)"
                )
            }
            let after = try runner.send(event, to: record.machine, in: transaction)
            return (record, after ?? machine)
        }
        return DeploymentDescription(record: record, machine: machine, now: codeDeploy.ledger.surroundings.now).view
    }

    /// Takes a deployment back: one under way is aborted; one that succeeded is undone by a new one, all at once,
    /// with neither hooks nor alarms that could keep the old version from its traffic.
    ///
    /// - Returns: The id of the deployment to watch.
    private func rollBack(_ input: DeploymentName, _ call: Call) async throws -> JSON {
        let (record, machine) = try await codeDeploy.find(input.deploymentId, call.caller)
        guard machine.status.isTerminal else {
            return try await send(.stopRequested(rollback: true), input, call, "it is being stopped already") {
                $0.ending == nil
            }
        }
        guard machine.status == .succeeded, record.rollsBack == nil, let target = machine.target else {
            let verdict = DeploymentDescription.verdict(machine, call.time)
            throw AWSError(
                "InvalidDeploymentStatusException", "The deployment \(record.id) has nothing to take back. \(verdict)")
        }
        var wish = NewDeployment(applicationName: record.application, deploymentGroupName: record.group)
        wish.revision = DeploymentView.revision(of: target.reversed)
        wish.deploymentConfigName = DeploymentConfig.fallback(for: "Lambda")
        wish.description = "Takes back deployment \(record.id), on request."
        wish.overrideAlarmConfiguration = AlarmConfiguration(enabled: false)
        return ["deploymentId": .string(try await codeDeploy.deploy(wish, call))]
    }

    /// With the alarms as they are at this moment, if they can be read.
    private func describe(_ input: DeploymentName, _ call: Call) async throws -> JSON {
        let (record, machine) = try await codeDeploy.find(input.deploymentId, call.caller)
        var description = DeploymentDescription(
            record: record, machine: machine, now: codeDeploy.ledger.surroundings.now)
        let names = machine.order.alarms.watched
        if !machine.status.isTerminal, !names.isEmpty,
            let fresh = try? await codeDeploy.abilities.alarms.read(
                names, as: machine.order.caller.through("codedeploy.amazonaws.com"))
        {
            description.alarms = fresh
        }
        return description.view
    }

    /// The deployment named; without a name the newest that did not end well.
    private func latest(_ input: DeploymentName, _ call: Call) async throws -> (DeploymentRecord, DeploymentMachine) {
        if input.deploymentId != nil { return try await codeDeploy.find(input.deploymentId, call.caller) }
        let all = try await codeDeploy.ledger.find(DeploymentRecord.collection, "scope", call.caller.scope).map(\.value)
        let wrong = all.filter { $0.rollsBack == nil && ($0.status == .failed || $0.status == .stopped) }
        guard let newest = wrong.max(by: { $0.createTime < $1.createTime }) else {
            throw AWSError("DeploymentDoesNotExistException", "No deployment has failed or was stopped.")
        }
        return try await codeDeploy.find(newest.id, call.caller)
    }
}
