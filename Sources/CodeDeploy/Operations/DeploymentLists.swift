internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    var deploymentListOperations: [Operation] {
        [
            Operation(
                "ListDeployments",
                enforces: "applicationName deploymentGroupName externalId includeOnlyStatuses createTimeRange nextToken"
            ) { (input: DeploymentFilter, call) in try await list(input, call) }
        ]
    }

    private func list(_ input: DeploymentFilter, _ call: Call) async throws -> JSON {
        if let unknown = (input.includeOnlyStatuses ?? []).first(where: { !DeploymentFilter.statuses.contains($0) }) {
            throw AWSError("InvalidDeploymentStatusException", "The deployment status '\(unknown)' is invalid.")
        }
        if let start = input.createTimeRange?.start, let end = input.createTimeRange?.end, start > end {
            throw AWSError("InvalidTimeRangeException", "The start time is after the end time.")
        }
        let found = try await candidates(input, call.caller).filter(input.includes).sorted {
            ($0.createTime, $0.id) > ($1.createTime, $1.id)
        }
        return try Page(found.map(\.id), token: input.nextToken).answer("deployments")
    }

    /// The deployments of the group, of the stack, or all.
    private func candidates(_ input: DeploymentFilter, _ caller: Caller) async throws -> [DeploymentRecord] {
        guard input.applicationName != nil || input.deploymentGroupName != nil else {
            let (lookup, value) = input.externalId.map { ("external", caller.scope + $0) } ?? ("scope", caller.scope)
            return try await ledger.find(DeploymentRecord.collection, lookup, value).map(\.value)
        }
        guard let application = input.applicationName else {
            throw AWSError(
                "ApplicationNameRequiredException", "A deployment group needs its application's name with it.")
        }
        guard let name = input.deploymentGroupName else {
            throw AWSError(
                "DeploymentGroupNameRequiredException", "An application needs a deployment group's name with it.")
        }
        return try await ledger.write { transaction in
            let group = try DeploymentGroup.get(application, name, caller, in: transaction)
            let value = caller.key("\(group.application)/\(group.name)")
            return try transaction.find(DeploymentRecord.collection, "group", value).map(\.value)
        }
    }
}

/// The input of ListDeployments.
private struct DeploymentFilter: Decodable, Sendable {
    static let statuses = DeploymentStatus.allCases.map(\.rawValue) + ["Baking"]

    struct Range: Decodable, Sendable {
        var start: Double?
        var end: Double?
    }

    var applicationName: String?
    var deploymentGroupName: String?
    var externalId: String?
    var includeOnlyStatuses: [String]?
    var createTimeRange: Range?
    var nextToken: String?

    /// Whether the deployment passes every filter.
    func includes(_ record: DeploymentRecord) -> Bool {
        if let externalId, record.externalId != externalId { return false }
        if let statuses = includeOnlyStatuses, !statuses.isEmpty, !statuses.contains(record.status.rawValue) {
            return false
        }
        if let start = createTimeRange?.start, record.createTime.seconds < start { return false }
        if let end = createTimeRange?.end, record.createTime.seconds > end { return false }
        return true
    }
}
