import Cloud
import CloudTesting
@testable import CodeDeploy
import Notation
import Testing

@Suite("Deployment configurations")
struct ConfigTests {
    @Test("AWS's own are there, spelt as AWS spells them")
    func predefined() {
        let names = Set(DeploymentConfig.predefined.keys)
        #expect(names.count == 17)
        #expect(
            names.isSuperset(of: [
                "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
                "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
                "CodeDeployDefault.ECSLinear10PercentEvery1Minutes", "CodeDeployDefault.LambdaCanary10Percent30Minutes",
                "CodeDeployDefault.OneAtATime",
            ]))
        let other = DeploymentConfig.canonical("CodeDeployDefault.LambdaLinear10PercentEvery1Minutes")
        #expect(other?.name == "CodeDeployDefault.LambdaLinear10PercentEvery1Minute")
        #expect(Set(DeploymentConfig.predefined.values.map(\.id)).count == 17)
    }

    private static let names: [(String, TrafficRouting?)] = [
        ("Canary10Percent20Seconds", TrafficRouting(.canary, percentage: 10, intervalSeconds: 20)),
        ("MyTeam.Canary10Percent1Second", TrafficRouting(.canary, percentage: 10, intervalSeconds: 1)),
        ("Canary5Percent7Minutes", TrafficRouting(.canary, percentage: 5, intervalSeconds: 420)),
        ("xLinear25PercentEvery5Seconds", TrafficRouting(.linear, percentage: 25, intervalSeconds: 5)),
        ("Linear25Percent5Seconds", nil), ("Canary10PercentEvery5Seconds", nil), ("Canary0Percent5Seconds", nil),
        ("Canary10Percent5SecondsOrSo", nil), ("Canary10Percent999999Minutes", nil), ("Canary100Percent5Seconds", nil),
        ("Quick", nil),
    ]

    @Test("can be spelt out in the name alone", arguments: names.indices)
    func spelledOut(index: Int) {
        #expect(TrafficRouting(named: Self.names[index].0) == Self.names[index].1)
    }

    private static let weights: [(TrafficRouting, [Int])] = [
        (TrafficRouting(.allAtOnce), [100]), (TrafficRouting(.canary, percentage: 10), [10, 100]),
        (TrafficRouting(.linear, percentage: 30), [30, 60, 90, 100]),
        (TrafficRouting(.linear, percentage: 50), [50, 100]),
        (TrafficRouting(.linear, percentage: 99), [99, 100]),
        (TrafficRouting(.linear, percentage: 10), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
    ]

    @Test("give the weights of each step", arguments: weights.indices)
    func steps(index: Int) {
        #expect(Self.weights[index].0.weights == Self.weights[index].1)
    }

    private static func canary(_ percentage: Int, _ interval: Int) -> JSON {
        [
            "type": "TimeBasedCanary",
            "timeBasedCanary": ["canaryPercentage": .int(percentage), "canaryInterval": .int(interval)],
        ]
    }

    private static let made: [(name: String, routing: JSON, strict: Bool, code: String?)] = [
        ("Mine", canary(20, 3), false, nil),
        ("Mine", canary(20, 2880), false, nil),
        ("Mine", canary(20, 2881), false, "InvalidTrafficRoutingConfigurationException"),
        ("Mine", canary(100, 3), false, "InvalidTrafficRoutingConfigurationException"),
        ("Mine", canary(0, 3), false, "InvalidTrafficRoutingConfigurationException"),
        ("Mine", canary(20, 0), false, "InvalidTrafficRoutingConfigurationException"),
        ("MineCanary20Percent6Seconds", canary(20, 0), false, nil),
        ("MineCanary20Percent6Seconds", canary(10, 0), false, "InvalidTrafficRoutingConfigurationException"),
        ("MineCanary20Percent6Seconds", canary(20, 0), true, "InvalidTrafficRoutingConfigurationException"),
        ("CodeDeployDefault.Mine", canary(20, 3), false, "InvalidDeploymentConfigNameException"),
        ("no spaces", canary(20, 3), false, "InvalidDeploymentConfigNameException"),
        ("", canary(20, 3), false, "DeploymentConfigNameRequiredException"),
        ("Mine", ["type": "TimeBasedLinear"], false, "InvalidTrafficRoutingConfigurationException"),
        ("Mine", ["type": "AllAtOnce"], false, nil),
    ]

    @Test("of one's own are judged as AWS judges them", arguments: made.indices)
    func create(index: Int) async throws {
        let test = Self.made[index]
        try await Shop.open(isStrict: test.strict) { shop in
            let input: JSON = [
                "deploymentConfigName": .string(test.name), "computePlatform": "Lambda",
                "trafficRoutingConfig": test.routing,
            ]
            #expect(try await shop.refusal("CreateDeploymentConfig", input) == test.code)
            guard test.code == nil else { return }
            #expect(try await shop.refusal("CreateDeploymentConfig", input) == "DeploymentConfigAlreadyExistsException")
            let name: JSON = ["deploymentConfigName": .string(test.name)]
            let shown = try await shop.call("GetDeploymentConfig", name)["deploymentConfigInfo"]
            #expect(shown?["trafficRoutingConfig"] == test.routing)
            try await shop.call("DeleteDeploymentConfig", name)
            #expect(try await shop.call("ListDeploymentConfigs")["deploymentConfigsList"]?.array?.count == 17)
        }
    }

    @Test(
        "a canary of seconds can be named by a group with nothing made first, but not strictly",
        arguments: [true, false])
    func seconds(isStrict: Bool) async throws {
        try await Shop.open(isStrict: isStrict) { shop in
            do {
                try await shop.makeGroup("Canary10Percent20Seconds")
            } catch let error as AWSError {
                #expect(isStrict && error.code == "DeploymentConfigDoesNotExistException")
                return
            }
            #expect(!isStrict)
            let id = try await shop.deploy()
            let info = try await shop.reach("Succeeded", id)
            #expect((info["completeTime"]?.double ?? 0) - (info["startTime"]?.double ?? 0) == 20)
        }
    }

    @Test("in use or predefined cannot be deleted")
    func deletion() async throws {
        try await Shop.open { shop in
            let input: JSON = [
                "deploymentConfigName": "Mine", "computePlatform": "Lambda",
                "trafficRoutingConfig": ["type": "AllAtOnce"],
            ]
            try await shop.call("CreateDeploymentConfig", input)
            try await shop.makeGroup("Mine")
            #expect(
                try await shop.refusal("DeleteDeploymentConfig", ["deploymentConfigName": "Mine"])
                    == "DeploymentConfigInUseException")
            let own: JSON = ["deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce"]
            #expect(try await shop.refusal("DeleteDeploymentConfig", own) == "InvalidOperationException")
        }
    }
}
