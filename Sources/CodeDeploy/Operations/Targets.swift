internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// What a deployment deploys to: always one target, known by the function's name.
    var targetOperations: [Operation] {
        [
            Operation("ListDeploymentTargets", enforces: "deploymentId nextToken targetFilters") {
                (input: TargetList, call) in
                try await list(input, call)
            },
            Operation("GetDeploymentTarget", enforces: "deploymentId targetId") { (input: TargetName, call) in
                guard let id = input.targetId, !id.isEmpty else { throw Self.targetRequired }
                let (record, machine) = try await find(input.deploymentId, call.caller)
                return ["deploymentTarget": try target(id, record, machine)] as JSON
            },
            Operation("BatchGetDeploymentTargets", enforces: "deploymentId targetIds") { (input: TargetNames, call) in
                try await batchGet(input, call)
            },
        ]
    }

    private static var targetRequired: AWSError {
        AWSError("DeploymentTargetIdRequiredException", "A deployment target ID was not provided.")
    }

    private func list(_ input: TargetList, _ call: Call) async throws -> JSON {
        for name in (input.targetFilters ?? [:]).keys where name != "TargetStatus" {
            throw AWSError(
                name == "ServerInstanceLabel"
                    ? "InvalidDeploymentInstanceTypeException" : "InvalidTargetFilterNameException",
                "A Lambda deployment's targets cannot be filtered by '\(name)'.")
        }
        let (record, machine) = try await find(input.deploymentId, call.caller)
        guard let view = TargetView.target(record, machine), let id = TargetView.id(machine) else {
            throw notStarted(record.id)
        }
        let status = view["lambdaTarget"]?["status"]?.string ?? ""
        let wanted = input.targetFilters?["TargetStatus"] ?? []
        let isWanted = wanted.isEmpty || wanted.contains(status)
        return try Page(isWanted ? [id] : [], token: input.nextToken).answer("targetIds")
    }

    private func target(_ id: String, _ record: DeploymentRecord, _ machine: DeploymentMachine) throws -> JSON {
        guard let view = TargetView.target(record, machine) else { throw notStarted(record.id) }
        guard id == TargetView.id(machine) || id == machine.target?.function else {
            throw AWSError(
                "DeploymentTargetDoesNotExistException",
                "The deployment \(record.id) has no target '\(id.prefix(200))'.")
        }
        return view
    }

    private func batchGet(_ input: TargetNames, _ call: Call) async throws -> JSON {
        guard let ids = input.targetIds, !ids.isEmpty else { throw Self.targetRequired }
        guard ids.count == 1 else {
            throw AWSError(
                "DeploymentTargetListSizeExceededException",
                "Exactly one target ID can be given for a Lambda deployment.")
        }
        let (record, machine) = try await find(input.deploymentId, call.caller)
        return ["deploymentTargets": .array(try ids.map { try target($0, record, machine) })]
    }

    private func notStarted(_ id: String) -> AWSError {
        AWSError("DeploymentNotStartedException", "The deployment \(id) has not started.")
    }
}

private struct TargetList: Decodable, Sendable {
    var deploymentId: String?
    var nextToken: String?
    var targetFilters: [String: [String]]?
}

private struct TargetName: Decodable, Sendable {
    var deploymentId: String?
    var targetId: String?
}

private struct TargetNames: Decodable, Sendable {
    var deploymentId: String?
    var targetIds: [String]?
}
