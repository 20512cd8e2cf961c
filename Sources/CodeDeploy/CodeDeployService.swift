package import Cloud
package import Ledger
internal import Notation

/// AWS CodeDeploy for Lambda: applications, groups, configurations, and deployments that move an alias's traffic step
/// by step.
///
/// Deployments run while ``run()`` does; begun before, they wait for it.
package struct CodeDeployService: CloudService {
    /// As in AWS's models.
    package let id = "codedeploy"

    let cloud: Cloud
    let ledger: Ledger
    let runner: MachineRunner<DeploymentMachine>
    let abilities: DeploymentAbilities
    /// Whether AWS's own behaviour is wanted where Slipway's is better.
    let isStrict: Bool

    /// The service behind that door. What deployments need of Lambda, CloudWatch and Logs they call at the door too,
    /// unless something else is plugged in.
    package init(
        cloud: Cloud, ledger: Ledger, isStrict: Bool = false, traffic: (any AliasTraffic)? = nil,
        hooks: (any HookInvoker)? = nil, alarms: (any AlarmReader)? = nil, evidence: (any EvidenceCollector)? = nil
    ) {
        self.cloud = cloud
        self.ledger = ledger
        self.isStrict = isStrict
        abilities = DeploymentAbilities(
            traffic: traffic ?? LambdaAliasTraffic(cloud: cloud), hooks: hooks ?? LambdaHookInvoker(cloud: cloud),
            alarms: alarms ?? CloudWatchAlarmReader(cloud: cloud),
            evidence: evidence ?? DoorEvidenceCollector(cloud: cloud))
        runner = MachineRunner(ledger: ledger, project: DeploymentProjection.project)
        runner.use(DeploymentPerformer(runner: runner, ledger: ledger, cloud: cloud, abilities: abilities))
    }

    /// All 47 operations of the API.
    package var operations: [Operation] {
        applicationOperations + groupOperations + configOperations + deploymentOperations + deploymentListOperations
            + targetOperations + hookOperations + revisionOperations + tagOperations + refusedOperations
    }

    /// AWS::CodeDeploy::Application, DeploymentConfig and DeploymentGroup.
    package var resourceTypes: [ResourceType] { Self.declaredResourceTypes }

    /// Takes up the deployments an earlier process left, then runs all there are until cancelled or asked to stop
    /// gracefully. Called once, by the composition root; what is under way when it stops goes on at the next start.
    package func run() async throws { try await runner.run() }
}
