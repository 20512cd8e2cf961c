internal import Cloud
internal import Ledger
internal import Notation

/// How deployments go about it. Never changes once it is there.
struct DeploymentConfig: Codable, Sendable {
    var id: String
    var name: String
    /// `Server`, `Lambda` or `ECS`.
    var platform: String
    /// How traffic moves; nil for servers.
    var routing: TrafficRouting?
    /// Of the Server platform alone: stored, since nothing is deployed to servers.
    var minimumHealthyHosts: MinimumHealthyHosts?
    var createTime: Timestamp

    struct MinimumHealthyHosts: Codable, Sendable {
        var type: String?
        var value: Int?
    }

    /// By account, region and name. The predefined ones are not in it.
    static let collection = Collection<DeploymentConfig>("codedeploy.config")

    /// The answer to GetDeploymentConfig.
    var view: JSON {
        var view: JSON = [
            "deploymentConfigId": .string(id), "deploymentConfigName": .string(name),
            "createTime": .double(createTime.seconds), "computePlatform": .string(platform),
        ]
        view["trafficRoutingConfig"] = routing?.view
        if let hosts = minimumHealthyHosts {
            var shown = JSONObject()
            shown["type"] = hosts.type.map(JSON.string)
            shown["value"] = hosts.value.map(JSON.int)
            view["minimumHealthyHosts"] = .object(shown)
        }
        return view
    }
}

/// The configurations that are always there.
///
/// Source: CodeDeploy User Guide, "Working with deployment configurations".
extension DeploymentConfig {
    /// What AWS's own names begin with.
    static let reservedPrefix = "CodeDeployDefault."

    /// By name.
    static let predefined: [String: DeploymentConfig] = Dictionary(
        uniqueKeysWithValues: (server + lambda + ecs).map { ($0.name, $0) })

    private static let lambda: [DeploymentConfig] =
        [make("LambdaAllAtOnce", "Lambda", TrafficRouting(.allAtOnce))]
        + [5, 10, 15, 30].map {
            make(
                "LambdaCanary10Percent\($0)Minutes", "Lambda",
                TrafficRouting(.canary, percentage: 10, intervalSeconds: $0 * 60))
        }
        + [1, 2, 3, 10].map {
            make(
                "LambdaLinear10PercentEvery\($0)Minute\($0 == 1 ? "" : "s")", "Lambda",
                TrafficRouting(.linear, percentage: 10, intervalSeconds: $0 * 60))
        }

    private static let ecs: [DeploymentConfig] =
        [make("ECSAllAtOnce", "ECS", TrafficRouting(.allAtOnce))]
        + [5, 15].map {
            make(
                "ECSCanary10Percent\($0)Minutes", "ECS",
                TrafficRouting(.canary, percentage: 10, intervalSeconds: $0 * 60))
        }
        + [1, 3].map {
            make(
                "ECSLinear10PercentEvery\($0)Minutes", "ECS",
                TrafficRouting(.linear, percentage: 10, intervalSeconds: $0 * 60))
        }

    private static let server: [DeploymentConfig] = [
        make("AllAtOnce", "Server", nil, MinimumHealthyHosts(type: "HOST_COUNT", value: 0)),
        make("HalfAtATime", "Server", nil, MinimumHealthyHosts(type: "FLEET_PERCENT", value: 50)),
        make("OneAtATime", "Server", nil, MinimumHealthyHosts(type: "HOST_COUNT", value: 1)),
    ]

    private static func make(
        _ name: String, _ platform: String, _ routing: TrafficRouting?, _ hosts: MinimumHealthyHosts? = nil
    ) -> DeploymentConfig {
        // Ids of the predefined ones follow from their names: they are the same on every Slipway.
        let digits = String(
            name.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16)
        let tail = String(repeating: "0", count: max(0, 12 - digits.count)) + digits.suffix(12)
        return DeploymentConfig(
            id: "00000000-0000-4000-8000-\(tail)", name: reservedPrefix + name, platform: platform, routing: routing,
            minimumHealthyHosts: hosts, createTime: Timestamp(seconds: 1_511_308_800))
    }

    /// The one a group without one of its own uses.
    static func fallback(for platform: String) -> String {
        reservedPrefix
            + (platform == "Server" ? "OneAtATime" : platform + "AllAtOnce")
    }

    /// The configuration of that name: a predefined one, one that was made, or, unless strict, the one its name spells
    /// out (``TrafficRouting/init(named:)``). Nil when there is none.
    static func named(_ name: String, _ caller: Caller, isStrict: Bool, in transaction: Transaction) throws
        -> DeploymentConfig?
    {
        if let known = predefined[name] ?? canonical(name) { return known }
        if let made = try transaction.get(collection, caller.key(name))?.value { return made }
        return isStrict ? nil : spelledOut(name)
    }

    /// The predefined configuration that AWS spells differently for the two platforms (`Minute`, `Minutes`).
    static func canonical(_ name: String) -> DeploymentConfig? {
        guard name.hasSuffix("Minute") || name.hasSuffix("Minutes") else { return nil }
        return predefined[name + "s"] ?? (name.hasSuffix("s") ? predefined[String(name.dropLast())] : nil)
    }

    /// The configuration whose name says all of it.
    static func spelledOut(_ name: String) -> DeploymentConfig? {
        guard !name.hasPrefix(reservedPrefix), let routing = TrafficRouting(named: name) else { return nil }
        var config = make("", "Lambda", routing)
        config.name = name
        return config
    }
}
