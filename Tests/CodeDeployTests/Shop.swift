import Cloud
import CloudTesting
@testable import CodeDeploy
import Ledger
import LedgerTesting
import Notation
import Synchronization

/// CodeDeploy at a door, with its neighbours, an application `shop`, and a clock that only moves when told.
struct Shop: Sendable {
    let door: TestCloud
    let codeDeploy: CodeDeployService
    let neighbours: Neighbours
    let time: VirtualTime

    static let role: JSON = "arn:aws:iam::123456789012:role/deployer"

    /// Runs the closure with deployments running.
    static func open(isStrict: Bool = false, _ body: @Sendable (Shop) async throws -> Void) async throws {
        let time = VirtualTime()
        let neighbours = Neighbours()
        var desk: CodeDeployService?
        try await withTestCloud(
            Surroundings(time: time, chance: SeededChance(seed: 7)),
            services: { cloud, ledger in
                let made = CodeDeployService(cloud: cloud, ledger: ledger, isStrict: isStrict)
                desk = made
                return [made, SlipwayDeployments(made)] + neighbours.services
            },
            { door in
                guard let desk else { return }
                let shop = Shop(door: door, codeDeploy: desk, neighbours: neighbours, time: time)
                try await withRunning([desk.runner]) { try await body(shop) }
            })
    }

    @discardableResult
    func call(_ operation: String, _ input: JSON = [:]) async throws -> JSON {
        try await door.call("codedeploy", operation, input)
    }

    func refusal(_ operation: String, _ input: JSON = [:]) async throws -> String? {
        try await door.refusal("codedeploy", operation, input)?.code
    }

    /// An application with a group of that configuration, rolling back whatever happens.
    func makeGroup(_ config: String = "CodeDeployDefault.LambdaCanary10Percent5Minutes", alarms: [String] = [])
        async throws
    {
        try await call("CreateApplication", ["applicationName": "shop", "computePlatform": "Lambda"])
        try await call(
            "CreateDeploymentGroup",
            [
                "applicationName": "shop", "deploymentGroupName": "orders", "serviceRoleArn": Self.role,
                "deploymentConfigName": .string(config),
                "alarmConfiguration": [
                    "enabled": .bool(!alarms.isEmpty), "alarms": .array(alarms.map { ["name": .string($0)] }),
                ],
                "autoRollbackConfiguration": [
                    "enabled": true,
                    "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
                ],
            ])
    }

    static func revision(from current: Int = 1, to target: Int = 2, hooks: JSON = []) -> JSON {
        let properties: JSON = [
            "Name": "orders", "Alias": "live", "CurrentVersion": .int(current), "TargetVersion": .int(target),
        ]
        let resource: JSON = ["orders": ["Type": "AWS::Lambda::Function", "Properties": properties]]
        let spec: JSON = ["version": 0.0, "Resources": [resource], "Hooks": hooks]
        return ["revisionType": "AppSpecContent", "appSpecContent": ["content": .string(spec.text())]]
    }

    /// Begins a deployment and says its id.
    func deploy(_ revision: JSON = revision()) async throws -> String {
        let answer = try await call(
            "CreateDeployment", ["applicationName": "shop", "deploymentGroupName": "orders", "revision": revision])
        return answer["deploymentId"]?.string ?? ""
    }

    func info(_ id: String) async throws -> JSON {
        try await call("GetDeployment", ["deploymentId": .string(id)])["deploymentInfo"] ?? .null
    }

    func status(_ id: String) async throws -> String { try await info(id)["status"]?.string ?? "" }

    /// Waits until the deployment has that status. The clock moves only while the deployment waits for its next step,
    /// to that step, or with a tick that far at most: whatever is under way otherwise takes no time.
    @discardableResult
    func reach(_ wanted: String, _ id: String, tick: Duration? = nil) async throws -> JSON {
        try await eventually("\(id) to be \(wanted)") {
            let info = try await info(id)
            if info["status"]?.string == wanted { return info }
            let view = try await description(id)
            if view["phase"]?.string == "baking", let next = view["nextStepAt"]?.double.map(Timestamp.init(seconds:)) {
                time.advance(to: tick.map { min(next, time.now + $0) } ?? next)
            }
            return nil
        }
    }

    /// Waits until the alias gives the new version that share, the clock standing still.
    func share(_ share: Double) async throws {
        try await eventually("the share to be \(share)") {
            neighbours.state.withLock { $0.shares.last == share } ? true : nil
        }
    }

    /// Waits until the deployment waits for its next step.
    func baking(_ id: String) async throws {
        try await eventually("\(id) to bake") { try await description(id)["phase"]?.string == "baking" ? true : nil }
    }

    private func description(_ id: String) async throws -> JSON {
        try await door.call("slipway", "DescribeDeployment", ["deploymentId": .string(id)])
    }
}
