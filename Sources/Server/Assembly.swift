internal import Cloud
internal import CloudFormation
internal import CloudWatch
internal import CodeBuild
internal import CodeCommit
internal import CodeConnections
internal import CodeDeploy
internal import CodePipeline
internal import Console
internal import DORA
internal import EventBridge
internal import Foundation
internal import HTTP
internal import IAM
internal import Lambda
internal import Ledger
internal import Logging
internal import Logs
internal import Notation
internal import S3
internal import SNS
internal import SQS
internal import SSM
internal import Sandbox
internal import SecretsManager
internal import ServiceLifecycle
internal import NIOPosix
internal import Traffic
internal import Wire

/// The composition root: makes every object of a house, in order, with no setter afterwards but the door's `install`.
final class Assembly: Sendable {
    let ledger: Ledger
    let cloud: Cloud
    let frontDoor: FrontDoor
    let console: Console
    let queues: SQSService
    let rootKey: (id: String, secret: String)
    /// What runs for as long as the house is open, in the order of starting; it stops in the opposite order.
    let services: [any Service]

    /// Makes the house of that data folder, its long-running parts not yet started.
    ///
    /// - Throws: `LedgerError` when the data folder cannot be used, ``ServerError`` when no program can be run on this machine.
    init(options: ServerOptions, endpoint: String) async throws {
        let surroundings = Surroundings()
        ledger = try Ledger(folder: options.data, surroundings: surroundings)
        cloud = Cloud(surroundings: surroundings, endpoint: endpoint, validate: CloudValidation.validate)
        let sandbox = try await Self.sandbox(options)
        let blobs = try Blobs(ledger: ledger)
        let metrics = CloudWatchService(cloud: cloud, ledger: ledger, strict: options.isStrict)
        let logs = LogsService(cloud: cloud, ledger: ledger, metrics: FilterMetrics(store: metrics.metrics))
        let codeDeploy = CodeDeployService(cloud: cloud, ledger: ledger, isStrict: options.isStrict)
        let stacks = CloudFormationService(cloud: cloud, ledger: ledger)
        let cloudControl = CloudControlService(stacks)
        let environments = SlipwayEnvironments(stacks)

        let access = try await Access(options: options, cloud: cloud, ledger: ledger)
        let sentry = access.sentry
        rootKey = access.rootKey
        let functions = try LambdaService(
            cloud: cloud, ledger: ledger, sandbox: sandbox, folder: options.data + "/functions",
            capabilities: .init(
                logs: FunctionLogs(store: logs.store), metrics: FunctionMetrics(store: metrics.metrics),
                signer: { request in try? await sentry.admit(request, .init(.restJSON), now: surroundings.now).0 }),
            options: Self.functionOptions(options))
        let runtimes = HTTPListener(.tcp(host: "127.0.0.1", port: 0), group: .singleton) { await functions.runtimeAPI($0) }
        functions.useRuntimeAPI(at: "\(try await runtimes.bind())")

        let buckets = S3Service(cloud: cloud, ledger: ledger, blobs: blobs)
        let secrets = try SecretsManagerService(cloud: cloud, ledger: ledger)
        let web = HouseWeb(sandbox: sandbox, environment: ProcessInfo.processInfo.environment)
        let topics = try SNSService(
            cloud: cloud, ledger: ledger, web: web, figures: MessageFigures(store: metrics.metrics))
        queues = SQSService(cloud: cloud, ledger: ledger, metrics: SQSMetrics(store: metrics.metrics))
        let buses = try EventBridgeService(
            cloud: cloud, ledger: ledger, web: web, figures: RuleFigures(store: metrics.metrics))
        let connections = try CodeConnectionsService(cloud: cloud, ledger: ledger)
        let repositories = CodeCommitService(
            cloud: cloud, ledger: ledger, guests: GitVisitors(sts: access.sts, options: options, ledger: ledger),
            region: options.region)
        let builds = try CodeBuildService(
            cloud: cloud, ledger: ledger, sandbox: sandbox, folder: options.data + "/builds", logs: BuildLogs(store: logs.store),
            limits: options.buildLimits, environment: ProcessInfo.processInfo.environment,
            tools: options.buildTools)
        let pipelines = CodePipelineService(cloud: cloud, ledger: ledger)
        let figures = DORAService(cloud: cloud, ledger: ledger)
        let shelf: [any CloudService] = [
            access.sts, access.iam, try SSMService(ledger: ledger), buckets, metrics, logs, functions, codeDeploy,
            SlipwayDeployments(codeDeploy), stacks, secrets, topics, queues, buses, connections, repositories, builds,
            SlipwayRepositories(repositories), SlipwayBuilds(builds), pipelines, pipelines.desk, figures,
            PolicyOverrides(ledger: ledger),
            cloudControl, environments,
        ]
        let policies = HouseResourcePolicies(
            buckets: buckets, functions: functions, topics: topics, queues: queues, buses: buses, secrets: secrets)
        let authorizer = IAMAuthorizer(ledger: ledger, resources: policies)
        cloud.install(shelf + connections.others, authorizer: options.acceptsAnyone ? nil : authorizer)
        console = Console(cloud: cloud, ledger: ledger, access: access.console)
        let numbers = MetricsPage(figures: figures, ledger: ledger, sentry: sentry, access: access.console)
        let calls = InsideCalls(cloud: cloud, sentry: sentry, surroundings: surroundings)
        frontDoor = FrontDoor(
            cloud: cloud, sentry: sentry, surroundings: surroundings, bodyLimit: options.bodyLimit,
            virtualHosts: ["s3.localhost", "localhost"],
            inside: InsidePages(
                calls: calls, functions: functions, topics: topics, inbox: stacks.inbox, console: console,
                repositories: repositories, pipelines: pipelines, metrics: numbers, builds: builds, connections: connections
            ).respond)
        services =
            [LedgerKeeper(), blobs] + metrics.services + logs.services + [runtimes, functions]
            + [Running { try await codeDeploy.run() }, BucketNotifications(buckets: buckets)]
            + stacks.machines + cloudControl.machines + environments.machines + secrets.services + topics.services + queues.services + buses.services + connections.services
            + repositories.services + builds.services + pipelines.services + figures.services
    }

    /// Finds a way to run programs that works on this machine.
    private static func sandbox(_ options: ServerOptions) async throws -> Sandbox {
        let inMemory = FileManager.default.isWritableFile(atPath: "/run")
        // Programs of a killed server are found again by this folder's name: the same data folder gives the same name.
        let state = inMemory ? "/run/slipway" + options.data.replacing("/", with: "-") : options.data + "/run"
        do {
            return try await Sandbox.probe(state: state, log: Logger(label: "sandbox"))
        } catch {
            throw ServerError("\(error) 'slipway doctor' says more.")
        }
    }

    private static func functionOptions(_ options: ServerOptions) -> LambdaService.Options {
        var functions = LambdaService.Options()
        functions.isStrict = options.isStrict
        functions.environment = ProcessInfo.processInfo.environment
        return functions
    }
}
