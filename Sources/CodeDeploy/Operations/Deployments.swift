internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// Making, watching and stopping deployments.
    var deploymentOperations: [Operation] {
        [
            Operation(
                "CreateDeployment",
                enforces: "applicationName deploymentGroupName revision deploymentConfigName autoRollbackConfiguration "
                    + "overrideAlarmConfiguration externalId creator idempotencyToken",
                // The last four are for servers: Lambda deployments ignore them, as AWS's do.
                stores:
                    "description fileExistsBehavior targetInstances updateOutdatedInstancesOnly "
                    + "ignoreApplicationStopFailures"
            ) { (input: NewDeployment, call) in
                ["deploymentId": .string(try await deploy(input, call))] as JSON
            },
            Operation("GetDeployment", enforces: "deploymentId") { (input: DeploymentName, call) in
                let (record, machine) = try await find(input.deploymentId, call.caller)
                return ["deploymentInfo": DeploymentView.info(record, machine)] as JSON
            },
            Operation("BatchGetDeployments", enforces: "deploymentIds") { (input: DeploymentNames, call) in
                try await batchGet(input, call)
            },
            Operation("StopDeployment", enforces: "deploymentId autoRollbackEnabled") { (input: Stop, call) in
                try await stop(input, call)
            },
            Operation("ContinueDeployment", enforces: "deploymentId deploymentWaitType") {
                (input: Continuation, call) in
                try await goOn(input, call)
                return Nothing()
            },
            Operation("SkipWaitTimeForInstanceTermination", enforces: "deploymentId") { (input: Continuation, call) in
                try await goOn(
                    Continuation(deploymentId: input.deploymentId, deploymentWaitType: "TERMINATION_WAIT"), call)
                return Nothing()
            },
            Operation("DeleteResourcesByExternalId", enforces: "externalId") { (input: ExternalId, call) in
                try await unlink(input, call)
                return Nothing()
            },
        ]
    }

    /// The deployment of that id.
    ///
    /// - Throws: The id's refusals, `DeploymentDoesNotExistException`.
    func find(_ id: String?, _ caller: Caller) async throws -> (record: DeploymentRecord, machine: DeploymentMachine) {
        let id = try DeploymentID.check(id)
        guard let record = try await ledger.get(DeploymentRecord.collection, caller.key(id))?.value,
            let machine = try await runner.machine(record.machine)
        else { throw DeploymentRecord.missing(id) }
        return (record, machine)
    }

    private func batchGet(_ input: DeploymentNames, _ call: Call) async throws -> JSON {
        guard !input.deploymentIds.isEmpty else {
            throw AWSError("DeploymentIdRequiredException", "No deployment was named.")
        }
        try Batch.check(input.deploymentIds.count, limit: 25)
        var found: [JSON] = []
        for id in input.deploymentIds {
            do {
                let (record, machine) = try await find(id, call.caller)
                found.append(DeploymentView.info(record, machine))
            } catch let error as AWSError where error.code == "DeploymentDoesNotExistException" { continue }
        }
        return ["deploymentsInfo": .array(found)]
    }

    /// `Pending` says that the stop is noted: traffic goes back before the deployment is over. Asked again afterwards
    /// it is `Succeeded`.
    private func stop(_ input: Stop, _ call: Call) async throws -> JSON {
        try await ledger.write { transaction in
            let (record, machine) = try DeploymentRecord.get(input.deploymentId, call.caller, runner, in: transaction)
            if machine.status == .stopped, record.rollsBack == nil {
                return ["status": "Succeeded", "statusMessage": "The deployment is stopped."]
            }
            guard !machine.status.isTerminal else { throw Self.alreadyCompleted(record.id) }
            guard record.rollsBack == nil else {
                throw AWSError(
                    "UnsupportedActionForDeploymentTypeException",
                    "The deployment \(record.id) is a rollback: stopping it would leave traffic on the version that "
                        + "failed."
                )
            }
            let after = try runner.send(
                .stopRequested(rollback: input.autoRollbackEnabled), to: record.machine, in: transaction)
            let isOver = after?.status.isTerminal ?? false
            return [
                "status": isOver ? "Succeeded" : "Pending",
                "statusMessage": isOver ? "The deployment is stopped." : "The deployment is being stopped.",
            ]
        }
    }

    static func alreadyCompleted(_ id: String) -> AWSError {
        AWSError("DeploymentAlreadyCompletedException", "The deployment \(id) is already completed.")
    }

    /// Lambda deployments have neither of the two waits.
    private func goOn(_ input: Continuation, _ call: Call) async throws {
        let (record, machine) = try await find(input.deploymentId, call.caller)
        guard !machine.status.isTerminal else { throw Self.alreadyCompleted(record.id) }
        switch input.deploymentWaitType ?? "READY_WAIT" {
        case "READY_WAIT":
            throw AWSError(
                "DeploymentIsNotInReadyStateException", "The deployment \(record.id) is not waiting to be continued.")
        case "TERMINATION_WAIT":
            throw AWSError(
                "UnsupportedActionForDeploymentTypeException",
                "A Lambda deployment terminates no instances: there is no wait to end.")
        case let other:
            throw AWSError("InvalidDeploymentWaitTypeException", "The wait type '\(other)' is invalid.")
        }
    }

    /// A stack is gone: its deployments are not found by it any more. They themselves stay, as history.
    private func unlink(_ input: ExternalId, _ call: Call) async throws {
        guard let externalId = input.externalId, !externalId.isEmpty else { return }
        try await ledger.write { transaction in
            let found = try transaction.find(DeploymentRecord.collection, "external", call.caller.scope + externalId)
            for document in found where document.value.status.isTerminal {
                var record = document.value
                record.externalId = nil
                try transaction.put(DeploymentRecord.collection, document.key, record)
            }
        }
    }
}

/// An input that names a deployment.
struct DeploymentName: Decodable, Sendable {
    var deploymentId: String?
}

private struct DeploymentNames: Decodable, Sendable {
    var deploymentIds: [String]
}

private struct Stop: Decodable, Sendable {
    var deploymentId: String?
    var autoRollbackEnabled: Bool?
}

private struct Continuation: Decodable, Sendable {
    var deploymentId: String?
    var deploymentWaitType: String?
}

private struct ExternalId: Decodable, Sendable {
    var externalId: String?
}
