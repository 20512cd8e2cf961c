internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// The settings that can be given when a group is made and changed later.
    private static let settings =
        "deploymentConfigName triggerConfigurations alarmConfiguration autoRollbackConfiguration "
        + "deploymentStyle ecsServices loadBalancerInfo blueGreenDeploymentConfiguration"

    /// Deployment groups.
    var groupOperations: [Operation] {
        [
            Operation(
                "CreateDeploymentGroup", enforces: "applicationName deploymentGroupName tags " + Self.settings,
                stores: "serviceRoleArn"
            ) {
                (input: GroupSettings, call) in try await create(input, call)
            },
            Operation(
                "UpdateDeploymentGroup",
                enforces: "applicationName currentDeploymentGroupName newDeploymentGroupName " + Self.settings,
                stores: "serviceRoleArn"
            ) { (input: GroupSettings, call) in try await update(input, call) },
            Operation("GetDeploymentGroup", enforces: "applicationName deploymentGroupName") {
                (input: GroupName, call) in
                let group = try await find(input, call.caller)
                return ["deploymentGroupInfo": group.view] as JSON
            },
            Operation("BatchGetDeploymentGroups", enforces: "applicationName deploymentGroupNames") {
                (input: GroupNames, call) in
                try await batchGet(input, call)
            },
            Operation("ListDeploymentGroups", enforces: "applicationName nextToken") { (input: GroupList, call) in
                try await list(input, call)
            },
            Operation("DeleteDeploymentGroup", enforces: "applicationName deploymentGroupName") {
                (input: GroupName, call) in
                try await delete(input, call)
            },
        ]
    }

    /// Read without the write queue: clients ask often.
    private func find(_ input: GroupName, _ caller: Caller) async throws -> DeploymentGroup {
        let application = try NameRule.application.check(input.applicationName)
        let name = try NameRule.group.check(input.deploymentGroupName)
        let key = DeploymentGroup.key(application, name, caller)
        if let group = try await ledger.get(DeploymentGroup.collection, key)?.value { return group }
        guard try await ledger.get(Application.collection, caller.key(application)) != nil else {
            throw Application.missing(application)
        }
        throw DeploymentGroup.missing(name)
    }

    /// Makes a group of a Lambda application. Nothing is deployed by that.
    private func create(_ input: GroupSettings, _ call: Call) async throws -> JSON {
        let applicationName = try NameRule.application.check(input.applicationName)
        let name = try NameRule.group.check(input.deploymentGroupName)
        let tags = try (input.tags ?? []).checked(call.caller)
        guard let role = input.serviceRoleArn, !role.isEmpty else {
            throw AWSError("RoleRequiredException", "The service role ARN is required.")
        }
        try await check(input, call.caller)
        let id = ledger.surroundings.chance.uuid()
        let key = DeploymentGroup.key(applicationName, name, call.caller)
        try await ledger.write { transaction in
            let application = try Application.get(applicationName, call.caller, in: transaction)
            try input.check(platform: application.platform)
            guard try transaction.get(DeploymentGroup.collection, key) == nil else {
                throw AWSError(
                    "DeploymentGroupAlreadyExistsException",
                    "Deployment group name already exists for this application: \(name)")
            }
            let siblings = try transaction.list(
                DeploymentGroup.collection, prefix: call.caller.key("\(applicationName)/"))
            guard siblings.count < DeploymentGroup.limit else {
                throw AWSError(
                    "DeploymentGroupLimitExceededException", "The deployment groups limit (1000) was exceeded.")
            }
            var group = DeploymentGroup(
                id: id, application: application.name, name: name,
                configName: DeploymentConfig.fallback(for: application.platform), serviceRoleArn: role, tags: tags)
            try apply(input, to: &group, call.caller, transaction)
            try transaction.insert(DeploymentGroup.collection, key, group)
        }
        return ["deploymentGroupId": .string(id)]
    }

    /// Changes what is given and leaves the rest. A deployment under way keeps the settings it began with.
    private func update(_ input: GroupSettings, _ call: Call) async throws -> JSON {
        try await check(input, call.caller)
        try await ledger.write { transaction in
            var group = try DeploymentGroup.get(
                input.applicationName, input.currentDeploymentGroupName, call.caller, in: transaction)
            try input.check(platform: "Lambda")
            let old = group.name
            try apply(input, to: &group, call.caller, transaction)
            if let wish = input.newDeploymentGroupName, wish != old {
                group.name = try NameRule.group.check(wish)
                let key = DeploymentGroup.key(group.application, wish, call.caller)
                guard try transaction.get(DeploymentGroup.collection, key) == nil else {
                    throw AWSError(
                        "DeploymentGroupAlreadyExistsException",
                        "Deployment group name already exists for this application: \(wish)")
                }
                try transaction.delete(
                    DeploymentGroup.collection, DeploymentGroup.key(group.application, old, call.caller))
                try renameRecords(group.application, old, call.caller, transaction) { $0.group = wish }
            }
            try transaction.put(
                DeploymentGroup.collection, DeploymentGroup.key(group.application, group.name, call.caller), group)
        }
        return ["hooksNotCleanedUp": []]
    }

    /// What is wrong with the settings themselves, and with the topics they name.
    private func check(_ input: GroupSettings, _ caller: Caller) async throws {
        try input.alarmConfiguration?.check()
        try input.autoRollbackConfiguration?.check()
        if let role = input.serviceRoleArn, !(role.hasPrefix("arn:aws:iam::") && role.contains(":role/")) {
            throw AWSError("InvalidRoleException", "The service role '\(role.prefix(200))' is not the ARN of a role.")
        }
        if let role = input.serviceRoleArn {
            try await cloud.judge(
                role, for: "codedeploy.amazonaws.com", as: caller,
                else: AWSError("InvalidRoleException", "Cannot assume role provided."))
        }
        guard let triggers = input.triggerConfigurations else { return }
        try TriggerConfiguration.check(triggers)
        for trigger in triggers {
            do {
                let topic: JSON = ["TopicArn": .string(trigger.triggerTargetArn ?? "")]
                try await cloud.call("sns", "GetTopicAttributes", topic, as: caller.through("codedeploy.amazonaws.com"))
            } catch let error as AWSError {
                throw AWSError(
                    "InvalidTriggerConfigException",
                    "The topic of the trigger '\(trigger.triggerName ?? "")' cannot be used: \(error.message)")
            }
        }
    }

    /// Takes the settings over that are given; the others stay as they are.
    private func apply(
        _ input: GroupSettings, to group: inout DeploymentGroup, _ caller: Caller, _ transaction: Transaction
    ) throws {
        if let name = input.deploymentConfigName {
            try NameRule.config.check(name)
            let isStrict = isStrict || group.isStrict
            guard let config = try DeploymentConfig.named(name, caller, isStrict: isStrict, in: transaction) else {
                throw Self.missingConfig(name)
            }
            guard config.platform == "Lambda" else {
                throw AWSError(
                    "InvalidDeploymentConfigNameException",
                    "The configuration \(name) is for the compute platform \(config.platform), the group's is Lambda.")
            }
            group.configName = config.name
        }
        if let role = input.serviceRoleArn { group.serviceRoleArn = role }
        if let alarms = input.alarmConfiguration { group.alarmConfiguration = alarms }
        if let rollback = input.autoRollbackConfiguration { group.autoRollbackConfiguration = rollback }
        if let triggers = input.triggerConfigurations { group.triggerConfigurations = triggers }
    }

    /// Those that are there; the others are named in the error message.
    private func batchGet(_ input: GroupNames, _ call: Call) async throws -> JSON {
        guard !input.deploymentGroupNames.isEmpty else {
            throw AWSError("DeploymentGroupNameRequiredException", "No deployment group was named.")
        }
        try Batch.check(input.deploymentGroupNames.count)
        let (found, missing) = try await ledger.write { transaction in
            let application = try Application.get(input.applicationName, call.caller, in: transaction).name
            var found: [JSON] = []
            var missing: [String] = []
            for name in input.deploymentGroupNames {
                let key = DeploymentGroup.key(application, try NameRule.group.check(name), call.caller)
                if let group = try transaction.get(DeploymentGroup.collection, key)?.value {
                    found.append(group.view)
                } else {
                    missing.append(name)
                }
            }
            return (found, missing)
        }
        var answer: JSON = ["deploymentGroupsInfo": .array(found)]
        if !missing.isEmpty {
            answer["errorMessage"] = .string("No Deployment Group found for name: \(missing.joined(separator: ", "))")
        }
        return answer
    }

    private func list(_ input: GroupList, _ call: Call) async throws -> JSON {
        let (application, names) = try await ledger.write { transaction in
            let application = try Application.get(input.applicationName, call.caller, in: transaction).name
            let groups = try transaction.list(DeploymentGroup.collection, prefix: call.caller.key("\(application)/"))
            return (application, groups.map(\.value.name))
        }
        var answer = try Page(names, token: input.nextToken).answer("deploymentGroups")
        answer["applicationName"] = .string(application)
        return answer
    }

    /// A group that is not there is deleted already.
    private func delete(_ input: GroupName, _ call: Call) async throws -> JSON {
        let application = try NameRule.application.check(input.applicationName)
        let name = try NameRule.group.check(input.deploymentGroupName)
        let key = DeploymentGroup.key(application, name, call.caller)
        try await ledger.write { transaction in
            guard let group = try transaction.get(DeploymentGroup.collection, key)?.value else { return }
            try delete(group, key, call.caller, transaction)
        }
        return ["hooksNotCleanedUp": []]
    }
}

private struct GroupName: Decodable, Sendable {
    var applicationName: String?
    var deploymentGroupName: String?
}

private struct GroupNames: Decodable, Sendable {
    var applicationName: String?
    var deploymentGroupNames: [String]
}

private struct GroupList: Decodable, Sendable {
    var applicationName: String?
    var nextToken: String?
}
