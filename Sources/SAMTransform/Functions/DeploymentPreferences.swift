import Notation

/// Which functions are deployed how, and what CodeDeploy needs for it: one application and role for the template, one
/// deployment group for each function.
struct DeploymentPreferences {
    private var entries: [(logicalID: String, preference: DeploymentPreference)] = []

    private static let application = "ServerlessDeploymentApplication"
    private static let role = "CodeDeployServiceRole"
    private static let condition = "ServerlessCodeDeployCondition"
    /// CodeDeploy's own configurations, called without their prefix in SAM.
    private static let configurations: Set<String> = [
        "Canary10Percent5Minutes", "Canary10Percent10Minutes", "Canary10Percent15Minutes", "Canary10Percent30Minutes",
        "Linear10PercentEvery1Minute", "Linear10PercentEvery2Minutes", "Linear10PercentEvery3Minutes",
        "Linear10PercentEvery10Minutes", "AllAtOnce",
    ]

    init() {}

    /// Notes a function's preference.
    mutating func add(_ preference: DeploymentPreference, of logicalID: String) {
        entries.append((logicalID, preference))
    }

    /// The `UpdatePolicy` of a function's alias.
    func updatePolicy(for logicalID: String) throws -> JSON {
        guard let entry = entries.first(where: { $0.logicalID == logicalID }) else { return [:] }
        let group = try group(entry.logicalID, entry.preference)
        var policy: JSONObject = [
            "ApplicationName": Intrinsics.ref(Self.application), "DeploymentGroupName": group.ref,
        ]
        if let hook = entry.preference.beforeTraffic { policy["BeforeAllowTrafficHook"] = hook }
        if let hook = entry.preference.afterTraffic { policy["AfterAllowTrafficHook"] = hook }
        return ["CodeDeployLambdaAliasUpdate": .object(policy)]
    }

    /// Adds CodeDeploy's resources, if a function wants them.
    func addResources(to translation: Translation) throws {
        let enabled = entries.filter(\.preference.isEnabled)
        guard !enabled.isEmpty else { return }
        let application = try shared("AWS::CodeDeploy::Application", Self.application)
        application["ComputePlatform"] = "Lambda"
        translation.output[Self.application] = application.unjudgedJSON
        if isConditional, let combined = Intrinsics.combined(conditions, name: Self.condition) {
            for (name, value) in combined { translation.addCondition(name, value) }
        }
        if enabled.contains(where: { !$0.preference.role.isTruthy }) {
            translation.output[Self.role] = try serviceRole(in: translation.context).unjudgedJSON
        }
        for entry in enabled {
            try translation.collect {
                let group = try group(entry.logicalID, entry.preference)
                translation.output[group.logicalID] = group.unjudgedJSON
            }
        }
    }

    /// Whether all deployments depend on conditions, so that what they share does too.
    private var isConditional: Bool {
        !entries.contains { $0.preference.isEnabled && !$0.preference.condition.isTruthy }
    }

    private var conditions: [String] {
        var seen: Set<String> = []
        return entries.compactMap { $0.preference.condition?.string }.filter { seen.insert($0).inserted }
    }

    /// A resource that all deployments share, with their condition and tags.
    private func shared(_ type: String, _ logicalID: String) throws -> Resource {
        let resource = try Resource(type, logicalID)
        if isConditional {
            resource.attributes["Condition"] = .string(conditions.count > 1 ? Self.condition : conditions.first ?? "")
        }
        var tags: JSONObject = [:]
        for entry in entries { tags.merge(entry.preference.tags ?? [:]) }
        if !tags.isEmpty { resource["Tags"] = .array(Tags.list(tags)) }
        return resource
    }

    private func serviceRole(in context: SAMTransform.Context) throws -> Resource {
        let role = try shared("AWS::IAM::Role", Self.role)
        role["AssumeRolePolicyDocument"] = RolePolicies.assumed(by: "codedeploy.amazonaws.com")
        let isLimited = context.partition == "aws-iso" || context.partition == "aws-iso-b"
        role["ManagedPolicyArns"] = [
            ManagedPolicies.own(
                "service-role/AWSCodeDeployRoleForLambda" + (isLimited ? "Limited" : ""), in: context)
        ]
        return role
    }

    private func group(_ logicalID: String, _ preference: DeploymentPreference) throws -> Resource {
        let group = try Resource("AWS::CodeDeploy::DeploymentGroup", logicalID + "DeploymentGroup")
        group["AlarmConfiguration"] = try alarms(preference.alarms, of: logicalID)
        group["ApplicationName"] = Intrinsics.ref(Self.application)
        group["AutoRollbackConfiguration"] = [
            "Enabled": true,
            "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        ]
        group["DeploymentConfigName"] = preference.type.map { configuration($0) }
        group["DeploymentStyle"] = ["DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"]
        group["ServiceRoleArn"] = preference.role.truthy ?? Intrinsics.getAtt(Self.role, "Arn")
        group["TriggerConfigurations"] = preference.triggers.truthy
        if let tags = preference.tags, !tags.isEmpty { group["Tags"] = .array(Tags.list(tags)) }
        if let condition = preference.condition.truthy { group.attributes["Condition"] = condition }
        return group
    }

    private func alarms(_ given: JSON?, of logicalID: String) throws -> JSON? {
        guard let given = given.truthy, !given.isNoValue else { return nil }
        guard given.isIf else { return try alarmConfiguration(given, of: logicalID) }
        guard let choice = given.ifArguments else { throw Fault.resource(logicalID, "Fn::If requires 3 arguments") }
        return Intrinsics.choose(
            choice[0], try alarmConfiguration(choice[1], of: logicalID),
            try alarmConfiguration(choice[2], of: logicalID))
    }

    private func alarmConfiguration(_ given: JSON, of logicalID: String) throws -> JSON {
        guard let list = given.array else { throw Fault.resource(logicalID, "Alarms must be a list") }
        guard let first = list.first, !first.isNoValue else { return [:] }
        return ["Enabled": true, "Alarms": .array(list.map { ["Name": $0] })]
    }

    /// The configuration's full name, wherever in the functions that choose it one of CodeDeploy's own stands.
    private func configuration(_ value: JSON, in function: String? = nil) -> JSON {
        switch value {
        case .array(let elements): return .array(elements.map { configuration($0) })
        case .object(let object) where value.isIntrinsic:
            return .object(JSONObject(object.map { ($0.key, configuration($0.value, in: $0.key)) }))
        case .string(let name) where Self.configurations.contains(name):
            let arguments: JSON = ["CodeDeployDefault.Lambda${ConfigName}", ["ConfigName": value]]
            return function == "Fn::Sub" ? arguments : ["Fn::Sub": arguments]
        default: return value
        }
    }
}
