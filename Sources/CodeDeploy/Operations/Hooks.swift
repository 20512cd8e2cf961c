internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// What hook functions report.
    var hookOperations: [Operation] {
        [
            Operation(
                "PutLifecycleEventHookExecutionStatus", enforces: "deploymentId lifecycleEventHookExecutionId status"
            ) {
                (input: HookReport, call) in try await report(input, call)
            }
        ]
    }

    /// Takes a hook function's judgement. It counts once.
    private func report(_ input: HookReport, _ call: Call) async throws -> JSON {
        guard input.status == "Succeeded" || input.status == "Failed" else {
            throw AWSError(
                "InvalidLifecycleEventHookExecutionStatusException",
                "The result of a Lambda validation function that verifies a lifecycle event is invalid. "
                    + "It should return Succeeded or Failed.")
        }
        let executionID = input.lifecycleEventHookExecutionId ?? ""
        try await ledger.write { transaction in
            let (record, machine) = try DeploymentRecord.get(input.deploymentId, call.caller, runner, in: transaction)
            guard record.rollsBack == nil, let event = machine.event(ofExecution: executionID),
                let state = machine.lifecycleEvent(event), machine.hooks[event] != nil, state.status != .pending
            else {
                throw AWSError(
                    "InvalidLifecycleEventHookExecutionIdException",
                    "A lifecycle event hook is invalid: no execution of that ID is under way.")
            }
            guard state.status == .inProgress, machine.ending == nil else {
                throw AWSError(
                    "LifecycleEventAlreadyCompletedException",
                    "An attempt to return the status of an already completed lifecycle event occurred.")
            }
            let verdict = DeploymentMachine.Event.hookReported(
                executionID: executionID, succeeded: input.status == "Succeeded")
            try runner.send(verdict, to: record.machine, in: transaction)
        }
        return ["lifecycleEventHookExecutionId": .string(executionID)]
    }
}

private struct HookReport: Decodable, Sendable {
    var deploymentId: String?
    var lifecycleEventHookExecutionId: String?
    var status: String?
}
