internal import Cloud
internal import CloudFormation
internal import CodePipeline
internal import Console
internal import Foundation
internal import HTTP
internal import IAM
internal import Lambda
internal import Ledger
internal import Logging
internal import Notation
internal import S3
internal import SQS
internal import SSM
internal import Sandbox
internal import ServiceLifecycle
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
        let access = try await Access(options: options, cloud: cloud, ledger: ledger)
        let sentry = access.sentry
        rootKey = access.rootKey
        let buckets = S3Service(cloud: cloud, ledger: ledger, blobs: blobs)
        let watch = Watch(cloud: cloud, ledger: ledger, options: options)
        let code = try await FunctionFloor(
            cloud: cloud, ledger: ledger, sandbox: sandbox, watch: watch, sentry: sentry,
            folder: options.data + "/functions", options: Self.functionOptions(options))
        let web = HouseWeb(sandbox: sandbox, environment: ProcessInfo.processInfo.environment)
        let messaging = try Messaging(cloud: cloud, ledger: ledger, web: web, watch: watch)
        queues = messaging.queues
        let release = ReleaseFloor(cloud: cloud, ledger: ledger, options: options)
        let delivery = try Delivery(
            cloud: cloud, ledger: ledger, sandbox: sandbox, web: web, watch: watch,
            guests: GitVisitors(sts: access.sts, options: options, ledger: ledger), options: options)

        let policies = HouseResourcePolicies(
            buckets: buckets, functions: code.functions, topics: messaging.topics, queues: messaging.queues,
            buses: messaging.buses, secrets: messaging.secrets)
        let authorizer = IAMAuthorizer(
            ledger: ledger, resources: policies, owners: HouseResourceOwners(cloud: cloud))
        let basis: [any CloudService] = [
            access.sts, access.iam, try SSMService(ledger: ledger), buckets, PolicyOverrides(ledger: ledger), ServerDesk(options: options),
        ]
        let floors = [basis, watch.shelf, [code.functions], messaging.shelf, release.shelf, delivery.shelf]
        cloud.install(floors.flatMap { $0 }, authorizer: options.acceptsAnyone ? nil : authorizer)

        console = Console(cloud: cloud, ledger: ledger, access: access.console)
        let numbers = MetricsPage(figures: delivery.figures, ledger: ledger, sentry: sentry, access: access.console)
        frontDoor = FrontDoor(
            cloud: cloud, ledger: ledger, sentry: sentry, surroundings: surroundings, bodyLimit: options.bodyLimit,
            virtualHosts: ["s3.localhost", "localhost"],
            inside: InsidePages(
                calls: InsideCalls(cloud: cloud, sentry: sentry, surroundings: surroundings),
                functions: code.functions, topics: messaging.topics, inbox: release.stacks.inbox, console: console,
                repositories: delivery.repositories, pipelines: delivery.pipelines, metrics: numbers,
                builds: delivery.builds, connections: delivery.connections
            ).respond)
        let running: [[any Service]] = [
            [LedgerKeeper(), blobs], watch.services, code.services, [BucketNotifications(buckets: buckets)],
            release.services, messaging.services, delivery.services,
        ]
        services = running.flatMap { $0 }
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
