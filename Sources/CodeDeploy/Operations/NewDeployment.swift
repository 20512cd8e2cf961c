internal import Cloud
internal import Crypto
internal import Ledger
internal import Notation

/// The input of CreateDeployment. The last three members are for services that deploy on somebody's behalf, and count
/// only from them: AWS's model has no place for them.
struct NewDeployment: Decodable, Sendable {
    var applicationName: String?
    var deploymentGroupName: String?
    var revision: JSON?
    var deploymentConfigName: String?
    var description: String?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var overrideAlarmConfiguration: AlarmConfiguration?
    /// The stack that the deployment belongs to.
    var externalId: String?
    /// `CloudFormation` or `CloudFormationRollback`.
    var creator: String?
    /// The same for every repeat of one wish: a repeat is answered with the deployment of the first.
    var idempotencyToken: String?

    /// The service that the three members count from.
    static let cloudFormation = "cloudformation.amazonaws.com"

    /// - Throws: What is wrong with the input itself.
    func check() throws {
        if let description, description.count > 256 {
            throw AWSError("DescriptionTooLongException", "The description is longer than 256 characters.")
        }
        try overrideAlarmConfiguration?.check()
        try autoRollbackConfiguration?.check()
    }
}

extension CodeDeployService {
    /// Makes a deployment and begins it, unless a service repeats itself.
    ///
    /// - Returns: Its id.
    func deploy(_ input: NewDeployment, _ call: Call) async throws -> String {
        try NameRule.application.check(input.applicationName)
        try NameRule.group.check(input.deploymentGroupName)
        let spec = try Revision.check(input.revision)
        if let spec, spec.lambda == nil {
            throw AWSError(
                "InvalidRevisionException",
                "The AppSpec file is one for ECS; the deployment group's platform is Lambda.")
        }
        try input.check()
        let ids = (1...2).map { _ in "d-" + ledger.surroundings.chance.alphanumeric(9) }
        let executionIDs = Dictionary(
            uniqueKeysWithValues: AppSpecReader.lambdaHooks.map { ($0, ledger.surroundings.chance.hexadecimal(64)) })
        return try await ledger.write { transaction in
            let group = try DeploymentGroup.get(
                input.applicationName, input.deploymentGroupName, call.caller, in: transaction)
            if let known = try repeated(input, group, call.caller, transaction) { return known }
            try refuseSecond(group)
            var order = try order(input, spec, group, call, transaction)
            (order.id, order.rollbackID, order.hookExecutionIDs) = (ids[0], ids[1], executionIDs)
            try begin(order, token: input.idempotencyToken, group, call.caller, transaction)
            return order.id
        }
    }

    /// The deployment that the same wish of the same stack led to before: by its token at any time, else by its AppSpec
    /// while it is under way.
    private func repeated(
        _ input: NewDeployment, _ group: DeploymentGroup, _ caller: Caller, _ transaction: Transaction
    ) throws -> String? {
        guard caller.invokedBy == NewDeployment.cloudFormation else { return nil }
        if let token = input.idempotencyToken {
            let known = try transaction.find(DeploymentRecord.collection, "token", caller.scope + token)
            if let record = known.first?.value { return record.id }
        }
        guard let active = group.activeDeployment, let externalId = input.externalId,
            let machine = try runner.machine(caller.key(active), in: transaction),
            machine.order.externalId == externalId, machine.order.revision == input.revision
        else { return nil }
        return active
    }

    /// One deployment at a time in a group.
    private func refuseSecond(_ group: DeploymentGroup) throws {
        guard let active = group.activeDeployment else { return }
        throw AWSError(
            "DeploymentLimitExceededException",
            "The Deployment Group '\(group.name)' already has an active Deployment '\(active)'")
    }

    /// What the deployment is to do, everything taken from the group and the configuration as they are now.
    private func order(
        _ input: NewDeployment, _ spec: AppSpec?, _ group: DeploymentGroup, _ call: Call, _ transaction: Transaction
    ) throws -> DeploymentOrder {
        let isStrict = isStrict || group.isStrict
        let name = try input.deploymentConfigName.map { try NameRule.config.check($0) } ?? group.configName
        guard let config = try DeploymentConfig.named(name, call.caller, isStrict: isStrict, in: transaction) else {
            throw Self.missingConfig(name)
        }
        guard config.platform == "Lambda", let routing = config.routing else {
            throw AWSError(
                "InvalidDeploymentConfigNameException",
                "The configuration \(name) is for the compute platform \(config.platform), the application's is Lambda."
            )
        }
        let isFromStack = call.caller.invokedBy == NewDeployment.cloudFormation
        return DeploymentOrder(
            id: "", application: group.application, group: group.name, groupID: group.id, configName: config.name,
            routing: routing, revision: input.revision ?? .null, previousRevision: group.currentRevision, spec: spec,
            description: input.description, creator: isFromStack ? input.creator ?? "CloudFormation" : "user",
            externalId: isFromStack ? input.externalId : nil, caller: call.caller, createTime: call.time,
            alarms: input.overrideAlarmConfiguration ?? group.alarmConfiguration ?? AlarmConfiguration(),
            overrideAlarms: input.overrideAlarmConfiguration,
            autoRollback: input.autoRollbackConfiguration ?? group.autoRollbackConfiguration
                ?? AutoRollbackConfiguration(),
            triggers: group.triggerConfigurations ?? [], isStrict: isStrict, rollbackID: "", hookExecutionIDs: [:])
    }

    /// Record, group, revision and machine come into being together, or not at all.
    private func begin(
        _ order: DeploymentOrder, token: String?, _ group: DeploymentGroup, _ caller: Caller, _ transaction: Transaction
    ) throws {
        let record = DeploymentRecord(
            id: order.id, application: order.application, group: order.group, status: .created,
            createTime: order.createTime,
            machine: order.key, externalId: order.externalId,
            token: caller.invokedBy == NewDeployment.cloudFormation ? token : nil, scope: caller.scope)
        try transaction.insert(DeploymentRecord.collection, order.key, record)
        try Revision.register(order.revision, order.application, group: group.name, caller, in: transaction)
        var group = group
        group.activeDeployment = order.id
        group.targetRevision = order.revision
        group.lastAttempted = .init(deploymentId: order.id, status: .created, createTime: order.createTime)
        try transaction.put(
            DeploymentGroup.collection, DeploymentGroup.key(group.application, group.name, caller), group)
        try runner.begin(order.key, DeploymentMachine(order), with: .start, in: transaction)
    }
}
