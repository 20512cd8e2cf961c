internal import Cloud
internal import Ledger
internal import Notation

/// How an application's deployments to one place go about it: configuration, alarms, automatic rollback, triggers.
struct DeploymentGroup: Codable, Sendable {
    var id: String
    /// The application's name.
    var application: String
    var name: String
    /// The configuration of deployments that name none.
    var configName: String
    /// On whose behalf AWS would deploy. Stored and shown; calls are made on behalf of who deploys.
    var serviceRoleArn: String
    var alarmConfiguration: AlarmConfiguration?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var triggerConfigurations: [TriggerConfiguration]?
    var tags: [String: String]
    /// The revision of the last deployment that was tried.
    var targetRevision: JSON?
    /// The revision of the last deployment that succeeded.
    var currentRevision: JSON?
    /// The last deployments, rollbacks included.
    var lastSuccessful: LastDeployment?
    var lastAttempted: LastDeployment?
    /// The deployment that is under way.
    var activeDeployment: String?

    /// A deployment as the group remembers it.
    struct LastDeployment: Codable, Sendable {
        var deploymentId: String
        var status: DeploymentStatus
        var createTime: Timestamp
        var endTime: Timestamp?

        var view: JSON {
            var view: JSON = [
                "deploymentId": .string(deploymentId), "status": .string(status.rawValue),
                "createTime": .double(createTime.seconds),
            ]
            view["endTime"] = endTime.map { .double($0.seconds) }
            return view
        }
    }

    static let collection = Collection<DeploymentGroup>("codedeploy.group", lookups: ["id": { [$0.id] }])
    /// How many an application may have.
    static let limit = 1000
    /// The tag that asks for AWS's own behaviour in one group.
    static let strictTag = "slipway:strict"

    static func key(_ application: String, _ name: String, _ caller: Caller) -> String {
        caller.key("\(application)/\(name)")
    }

    /// Whether its tags ask for AWS's own behaviour.
    var isStrict: Bool { tags[Self.strictTag] == "true" }

    /// The group of that name.
    ///
    /// - Throws: The names' refusals, `ApplicationDoesNotExistException`, `DeploymentGroupDoesNotExistException`.
    static func get(
        _ application: String?, _ name: String?, _ caller: Caller, in transaction: Transaction
    ) throws -> DeploymentGroup {
        let application = try Application.get(application, caller, in: transaction).name
        let name = try NameRule.group.check(name)
        guard let group = try transaction.get(collection, key(application, name, caller))?.value else {
            throw missing(name)
        }
        return group
    }

    static func missing(_ name: String) -> AWSError {
        AWSError("DeploymentGroupDoesNotExistException", "No Deployment Group found for name: \(name)")
    }

    /// The only style of Lambda deployments.
    static let style: JSON = ["deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"]

    /// As the API shows it.
    var view: JSON {
        var view: JSON = [
            "applicationName": .string(application), "deploymentGroupId": .string(id),
            "deploymentGroupName": .string(name),
            "deploymentConfigName": .string(configName), "ec2TagFilters": [], "onPremisesInstanceTagFilters": [],
            "autoScalingGroups": [], "serviceRoleArn": .string(serviceRoleArn), "deploymentStyle": Self.style,
            "computePlatform": "Lambda", "terminationHookEnabled": false,
        ]
        view["targetRevision"] = targetRevision
        view["triggerConfigurations"] = (try? JSON(encoding: triggerConfigurations ?? [])) ?? []
        view["alarmConfiguration"] = alarmConfiguration.flatMap { try? JSON(encoding: $0) }
        view["autoRollbackConfiguration"] = autoRollbackConfiguration.flatMap { try? JSON(encoding: $0) }
        view["lastSuccessfulDeployment"] = lastSuccessful?.view
        view["lastAttemptedDeployment"] = lastAttempted?.view
        return view
    }
}
