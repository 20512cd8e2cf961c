internal import Cloud
internal import CloudControl
internal import CloudFormation
internal import CloudWatch
internal import CodeBuild
internal import CodeCommit
internal import CodeConnections
internal import CodeDeploy
internal import CodePipeline
internal import DORA
internal import Environments
internal import EventBridge
internal import Foundation
internal import GeneratedTemplates
internal import Lambda
internal import Ledger
internal import Logs
internal import NIOPosix
internal import SNS
internal import SQS
internal import Sandbox
internal import SecretsManager
internal import ServiceLifecycle
internal import StackSets
internal import Traffic
internal import TypeRegistry
internal import Wire

/// The services that look on: metrics, alarms and logs.
struct Watch {
    let metrics: CloudWatchService
    let logs: LogsService

    init(cloud: Cloud, ledger: Ledger, options: ServerOptions) {
        metrics = CloudWatchService(cloud: cloud, ledger: ledger, strict: options.isStrict)
        logs = LogsService(cloud: cloud, ledger: ledger, metrics: FilterMetrics(store: metrics.metrics))
    }

    var shelf: [any CloudService] { [metrics, logs] }
    var services: [any Service] { metrics.services + logs.services }
}

/// Functions, and the socket on which their runtimes ask for work.
struct FunctionFloor {
    let functions: LambdaService
    private let runtimes: HTTPListener

    /// - Throws: `TrafficError` when there is no socket to be had.
    init(
        cloud: Cloud, ledger: Ledger, sandbox: Sandbox, watch: Watch, sentry: any Guard, folder: String,
        options: LambdaService.Options
    ) async throws {
        let functions = try LambdaService(
            cloud: cloud, ledger: ledger, sandbox: sandbox, folder: folder,
            capabilities: .init(
                logs: FunctionLogs(store: watch.logs.store), metrics: FunctionMetrics(store: watch.metrics.metrics),
                signer: { request in
                    try? await sentry.admit(request, .init(.restJSON), now: ledger.surroundings.now).0
                }),
            options: options)
        runtimes = HTTPListener(.tcp(host: "127.0.0.1", port: 0), group: .singleton) {
            await functions.runtimeAPI($0)
        }
        functions.useRuntimeAPI(at: "\(try await runtimes.bind())")
        self.functions = functions
    }

    var services: [any Service] { [runtimes, functions] }
}

/// The services that carry messages, and the secrets with which some of them are sent.
struct Messaging {
    let secrets: SecretsManagerService
    let topics: SNSService
    let queues: SQSService
    let buses: EventBridgeService

    /// - Throws: `VaultError` when the key of the secrets cannot be read.
    init(cloud: Cloud, ledger: Ledger, web: HouseWeb, watch: Watch) throws {
        let metrics = watch.metrics.metrics
        secrets = try SecretsManagerService(cloud: cloud, ledger: ledger)
        topics = try SNSService(cloud: cloud, ledger: ledger, web: web, figures: MessageFigures(store: metrics))
        queues = SQSService(cloud: cloud, ledger: ledger, metrics: SQSMetrics(store: metrics))
        buses = try EventBridgeService(cloud: cloud, ledger: ledger, web: web, figures: RuleFigures(store: metrics))
    }

    var shelf: [any CloudService] { [secrets, topics, queues, buses] }
    var services: [any Service] { secrets.services + topics.services + queues.services + buses.services }
}

/// What puts things into the world: stacks and deployments.
struct ReleaseFloor {
    let stacks: CloudFormationService
    private let deployments: CodeDeployService
    private let stackSets: StackSetService
    private let generated: GeneratedTemplateService
    private let types: TypeRegistryService
    private let cloudControl: CloudControlService
    private let environments: SlipwayEnvironments

    init(cloud: Cloud, ledger: Ledger, options: ServerOptions) {
        deployments = CodeDeployService(cloud: cloud, ledger: ledger, isStrict: options.isStrict)
        stacks = CloudFormationService(cloud: cloud, ledger: ledger)
        stackSets = StackSetService(stacks)
        generated = GeneratedTemplateService(stacks)
        types = TypeRegistryService(stacks)
        cloudControl = CloudControlService(stacks)
        environments = SlipwayEnvironments(stacks)
    }

    var shelf: [any CloudService] {
        [deployments, SlipwayDeployments(deployments), stacks, stackSets, generated, types, cloudControl, environments]
    }
    var services: [any Service] {
        [Running { [deployments] in try await deployments.run() }] + stacks.machines + stackSets.machines
            + generated.machines + types.machines + cloudControl.machines + environments.machines
    }
}

/// The way from check-in to release, and the figures of it.
struct Delivery {
    let connections: CodeConnectionsService
    let repositories: CodeCommitService
    let builds: CodeBuildService
    let pipelines: CodePipelineService
    let figures: DORAService

    /// - Throws: `VaultError` when the key of the tokens cannot be read; `SandboxError` when builds have no folder.
    init(
        cloud: Cloud, ledger: Ledger, sandbox: Sandbox, web: HouseWeb, watch: Watch, guests: GitVisitors,
        options: ServerOptions
    ) throws {
        connections = try CodeConnectionsService(cloud: cloud, ledger: ledger, web: web)
        repositories = CodeCommitService(cloud: cloud, ledger: ledger, guests: guests, region: options.region)
        builds = try CodeBuildService(
            cloud: cloud, ledger: ledger, sandbox: sandbox, folder: options.data + "/builds",
            logs: BuildLogs(store: watch.logs.store), limits: options.buildLimits,
            environment: ProcessInfo.processInfo.environment, tools: options.buildTools)
        pipelines = CodePipelineService(cloud: cloud, ledger: ledger)
        figures = DORAService(cloud: cloud, ledger: ledger)
    }

    var shelf: [any CloudService] {
        let code: [any CloudService] = [connections, repositories, SlipwayRepositories(repositories)]
        return code + [builds, SlipwayBuilds(builds), pipelines, pipelines.desk, figures] + connections.others
    }
    var services: [any Service] {
        connections.services + repositories.services + builds.services + pipelines.services + figures.services
    }
}
