internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// Deployment configurations: made and deleted, never changed.
    var configOperations: [Operation] {
        [
            Operation(
                "CreateDeploymentConfig", enforces: "deploymentConfigName trafficRoutingConfig computePlatform",
                stores: "minimumHealthyHosts"
            ) { (input: NewConfig, call) in try await create(input, call) },
            Operation("GetDeploymentConfig", enforces: "deploymentConfigName") { (input: ConfigName, call) in
                let name = try NameRule.config.check(input.deploymentConfigName)
                let config = try await ledger.write {
                    try DeploymentConfig.named(name, call.caller, isStrict: isStrict, in: $0)
                }
                guard let config else { throw Self.missingConfig(name) }
                return ["deploymentConfigInfo": config.view] as JSON
            },
            Operation("ListDeploymentConfigs", enforces: "nextToken") { (input: NextToken, call) in
                let made = try await ledger.list(DeploymentConfig.collection, prefix: call.caller.scope).map(
                    \.value.name)
                let all = DeploymentConfig.predefined.keys.sorted() + made
                return try Page(all, token: input.nextToken).answer("deploymentConfigsList")
            },
            Operation("DeleteDeploymentConfig", enforces: "deploymentConfigName") { (input: ConfigName, call) in
                try await delete(input, call)
                return Nothing()
            },
        ]
    }

    static func missingConfig(_ name: String) -> AWSError {
        AWSError("DeploymentConfigDoesNotExistException", "No Deployment Configuration found for name: \(name)")
    }

    private func create(_ input: NewConfig, _ call: Call) async throws -> JSON {
        let name = try NameRule.config.check(input.deploymentConfigName)
        guard !name.hasPrefix(DeploymentConfig.reservedPrefix) else {
            throw AWSError(
                "InvalidDeploymentConfigNameException",
                "A name must not begin with \(DeploymentConfig.reservedPrefix): '\(name)'.")
        }
        let platform = input.computePlatform ?? "Server"
        guard Application.platforms.contains(platform) else {
            throw AWSError(
                "InvalidComputePlatformException",
                "The compute platform '\(platform)' is invalid: Server, Lambda or ECS.")
        }
        let config = DeploymentConfig(
            id: ledger.surroundings.chance.uuid(), name: name, platform: platform,
            routing: try routing(input, platform, name), minimumHealthyHosts: try hosts(input, platform),
            createTime: call.time)
        let key = call.caller.key(name)
        let scope = call.caller.scope
        try await ledger.write { transaction in
            guard try transaction.get(DeploymentConfig.collection, key) == nil else {
                throw AWSError(
                    "DeploymentConfigAlreadyExistsException", "Deployment Configuration already exists: \(name)")
            }
            guard try transaction.list(DeploymentConfig.collection, prefix: scope).count < 200 else {
                throw AWSError(
                    "DeploymentConfigLimitExceededException", "The deployment configurations limit (200) was exceeded.")
            }
            try transaction.insert(DeploymentConfig.collection, key, config)
        }
        return ["deploymentConfigId": .string(config.id)]
    }

    /// Servers need it, the others must not have it.
    private func hosts(_ input: NewConfig, _ platform: String) throws -> DeploymentConfig.MinimumHealthyHosts? {
        guard let hosts = input.minimumHealthyHosts else {
            guard platform != "Server" else {
                throw AWSError(
                    "InvalidMinimumHealthyHostValueException", "A configuration for servers needs minimumHealthyHosts.")
            }
            return nil
        }
        let range = hosts.type == "FLEET_PERCENT" ? 0...99 : 0...Int.max
        guard platform == "Server", ["HOST_COUNT", "FLEET_PERCENT"].contains(hosts.type),
            range.contains(hosts.value ?? -1)
        else {
            throw AWSError(
                "InvalidMinimumHealthyHostValueException",
                platform == "Server"
                    ? "minimumHealthyHosts needs the type HOST_COUNT or FLEET_PERCENT and a value that fits it."
                    : "minimumHealthyHosts cannot be given for the compute platform \(platform).")
        }
        return hosts
    }

    /// Servers must not have it, the others need it.
    private func routing(_ input: NewConfig, _ platform: String, _ name: String) throws -> TrafficRouting? {
        guard let given = input.trafficRoutingConfig else {
            guard platform == "Server" else {
                throw Self.invalidRouting("A configuration for \(platform) needs a trafficRoutingConfig.")
            }
            return nil
        }
        guard platform != "Server" else {
            throw Self.invalidRouting("A configuration for servers has no trafficRoutingConfig.")
        }
        let (canary, linear) = (given.timeBasedCanary, given.timeBasedLinear)
        switch TrafficRouting.Kind(rawValue: given.type ?? "") {
        case .allAtOnce where canary == nil && linear == nil: return TrafficRouting(.allAtOnce)
        case .canary where linear == nil:
            return try timed(.canary, canary?.canaryPercentage, canary?.canaryInterval, name)
        case .linear where canary == nil:
            return try timed(.linear, linear?.linearPercentage, linear?.linearInterval, name)
        default: throw Self.invalidRouting("The type of the trafficRoutingConfig and its members do not fit together.")
        }
    }

    /// An interval of 0 takes seconds from the name, when it ends in the same steps (`...Canary10Percent20Seconds`):
    /// Slipway's own, since AWS's model has no member for seconds. Strict servers refuse it as AWS does.
    private func timed(_ kind: TrafficRouting.Kind, _ percentage: Int?, _ interval: Int?, _ name: String) throws
        -> TrafficRouting
    {
        guard let percentage, (1...99).contains(percentage) else {
            throw Self.invalidRouting("The percentage must be 1 to 99.")
        }
        guard let interval, interval >= 0 else { throw Self.invalidRouting("The interval must be given, in minutes.") }
        var routing = TrafficRouting(kind, percentage: percentage, intervalSeconds: min(interval, 10_000) * 60)
        if interval == 0 {
            guard !isStrict, let named = TrafficRouting(named: name), named.kind == kind, named.percentage == percentage
            else {
                throw Self.invalidRouting(
                    "The interval must be at least 1 minute. For seconds, end the name in "
                        + "'Canary\(percentage)Percent<N>Seconds' or 'Linear\(percentage)PercentEvery<N>Seconds' "
                        + "(not in strict mode).")
            }
            routing = named
        }
        guard routing.span <= TrafficRouting.longestSpan else {
            throw Self.invalidRouting("The time from the first step to the last must not be longer than 2880 minutes.")
        }
        return routing
    }

    private static func invalidRouting(_ message: String) -> AWSError {
        AWSError("InvalidTrafficRoutingConfigurationException", message)
    }

    /// One that a group names stays.
    private func delete(_ input: ConfigName, _ call: Call) async throws {
        let name = try NameRule.config.check(input.deploymentConfigName)
        guard DeploymentConfig.predefined[name] == nil else {
            throw AWSError("InvalidOperationException", "The predefined configuration \(name) cannot be deleted.")
        }
        try await ledger.write { transaction in
            let groups = try transaction.list(DeploymentGroup.collection, prefix: call.caller.scope)
            if let user = groups.first(where: { $0.value.configName == name }) {
                throw AWSError(
                    "DeploymentConfigInUseException",
                    "Deployment Configuration is in use by \(user.value.name): \(name)")
            }
            try transaction.delete(DeploymentConfig.collection, call.caller.key(name))
        }
    }
}

private struct ConfigName: Decodable, Sendable {
    var deploymentConfigName: String?
}

private struct NewConfig: Decodable, Sendable {
    struct Routing: Decodable, Sendable {
        struct Canary: Decodable, Sendable {
            var canaryPercentage: Int?
            var canaryInterval: Int?
        }
        struct Linear: Decodable, Sendable {
            var linearPercentage: Int?
            var linearInterval: Int?
        }
        var type: String?
        var timeBasedCanary: Canary?
        var timeBasedLinear: Linear?
    }

    var deploymentConfigName: String?
    var computePlatform: String?
    var trafficRoutingConfig: Routing?
    var minimumHealthyHosts: DeploymentConfig.MinimumHealthyHosts?
}
