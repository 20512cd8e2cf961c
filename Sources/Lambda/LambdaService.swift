package import Cloud
package import HTTP
package import Ledger
package import Logging
import Notation
package import Sandbox
import ServiceLifecycle
import Synchronization

/// AWS Lambda: functions, versions, aliases, and running them.
///
/// The composition root makes it, mounts ``runtimeAPI(_:)`` on a loopback listener, tells the address with
/// ``useRuntimeAPI(at:)``, mounts ``http(_:)`` for function URLs, and runs it as a service.
package final class LambdaService: CloudService, Service {
    /// What can be set.
    package struct Options: Sendable {
        /// Whether a function runs only on the very version of its language that it names. Otherwise the nearest one
        /// installed does, and users are told.
        package var isStrict = false
        /// Invocations at once in an account and region.
        package var accountConcurrency = 1000
        /// How long an execution environment without work is kept.
        package var keepWarm = Duration.seconds(600)
        /// The server's environment variables, in which interpreters are looked for.
        package var environment: [String: String] = [:]

        /// The defaults.
        package init() {}
    }

    /// The live capabilities that others provide.
    package struct Capabilities: Sendable {
        /// Where functions' lines go.
        package var logs: any LogSink
        /// Where functions' figures go.
        package var metrics: any MetricSink
        /// Who hears of failed asynchronous invocations.
        package var observer: (any AsyncInvocationObserver)?
        /// Who signed a request to a function URL of type AWS_IAM; nil from it when nobody valid did.
        package var signer: (@Sendable (HTTPRequest) async -> Caller?)?

        /// These capabilities.
        package init(
            logs: any LogSink, metrics: any MetricSink, observer: (any AsyncInvocationObserver)? = nil,
            signer: (@Sendable (HTTPRequest) async -> Caller?)? = nil
        ) {
            self.logs = logs
            self.metrics = metrics
            self.observer = observer
            self.signer = signer
        }
    }

    /// Lambda's id in AWS's models.
    package let id = "lambda"
    private let parts: LambdaParts
    private let shipper: LogShipper
    private let performer: AsyncPerformer
    private let signer: (@Sendable (HTTPRequest) async -> Caller?)?
    private let address: RuntimeAddress

    /// Lambda on that ledger, with its code below `folder`.
    ///
    /// - Throws: what keeps the folder from being written.
    package init(
        cloud: Cloud, ledger: Ledger, sandbox: Sandbox, folder: String, capabilities: Capabilities,
        options: Options = Options(), log: Logger = Logger(label: "lambda")
    ) throws {
        var rules = EnvironmentPool.Rules()
        rules.accountConcurrency = options.accountConcurrency
        rules.unreservedMinimum = min(rules.unreservedMinimum, options.accountConcurrency / 10)
        rules.keepWarm = options.keepWarm
        let pool = EnvironmentPool(rules: rules)
        let code = try CodeStore(folder: folder, below: ledger.folder)
        let store = LambdaStore(ledger: ledger)
        let interpreters = Interpreters(search: InterpreterSearch(environment: options.environment), sandbox: sandbox)
        let reservations = Reservations(ledger: ledger)
        let address = RuntimeAddress()
        let shipper = LogShipper(sink: capabilities.logs, log: log)
        let starter = EnvironmentStarter(
            sandbox: sandbox, code: code, interpreters: interpreters, surroundings: ledger.surroundings,
            shipper: shipper, pool: pool, runtimeFolder: folder + "/runtime", runtimeAPI: { address.value },
            endpoint: cloud.endpoint, isStrict: options.isStrict,
            credentials: RoleCredentials(cloud: cloud).credentials)
        try starter.writeBootstraps()
        let invoker = Invoker(
            pool: pool, starter: starter, surroundings: ledger.surroundings, metrics: capabilities.metrics,
            reservations: reservations, log: log)
        let runner = MachineRunner<AsyncInvocation>(ledger: ledger, log: log)
        performer = AsyncPerformer(
            invoker: invoker, store: store, cloud: cloud, runner: runner, observer: capabilities.observer, log: log)
        runner.use(performer)
        parts = LambdaParts(
            cloud: cloud, ledger: ledger, store: store, code: code, pool: pool, invoker: invoker,
            interpreters: interpreters, reservations: reservations, asyncInvocations: runner,
            pollers: QueuePollers(ledger: ledger, log: log), isStrict: options.isStrict, log: log)
        parts.pollers.use(parts)
        self.shipper = shipper
        self.address = address
        signer = capabilities.signer
    }

    /// All operations offered.
    /// Members that operations take in only to refuse them in AWS's words, by the operation's name.
    package static var refusedMembers: [String: Set<String>] { EventSourceOperations.refused }

    package var operations: [Operation] {
        let functions = FunctionOperations(parts: parts).operations + Versions(parts: parts).operations
        let running = AliasOperations(parts: parts).operations + InvokeOperations(parts: parts).operations
        let rules = PermissionOperations(parts: parts).operations + SettingOperations(parts: parts).operations
        let more = URLOperations(parts: parts).operations + LayerOperations(parts: parts).operations
        return functions + running + rules + more + EventSourceOperations(parts: parts).operations
    }

    /// The policy of that function, version or alias, for whoever judges calls; nil when it has none or is not there.
    package func policy(ofFunction arn: String) async throws -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 7 || parts.count == 8, parts[5] == "function" else { return nil }
        let owner = Caller.root(account: parts[4], region: parts[3])
        guard let name = try? FunctionName(parsing: arn, for: owner),
            let function = try await self.parts.ledger.get(LambdaStore.functions, name.key)?.value
        else { return nil }
        return function.policies[name.qualifier ?? ""]?.text
    }

    /// `AWS::Lambda::Function` and its relatives.
    package var resourceTypes: [ResourceType] { LambdaResources.all }

    /// Says under which `host:port` runtimes reach ``runtimeAPI(_:)``. Called before ``run()``.
    package func useRuntimeAPI(at hostAndPort: String) { address.value = hostAndPort }

    /// Answers runtimes. To be mounted on a listener of its own that only this machine reaches.
    package func runtimeAPI(_ request: HTTPRequest) async -> HTTPResponse {
        await RuntimeAPI(pool: parts.pool).respond(request)
    }

    /// Answers function URLs and downloads of code, by path (`/_slipway/url/ID/...`, `/_slipway/code/HASH.zip`) or, for
    /// URLs, by host (`ID.lambda-url.REGION...`); nil for requests that are neither.
    package func http(_ request: HTTPRequest) async -> HTTPResponse? {
        await FunctionURLResponder(parts: parts, signer: signer).respond(request)
    }

    /// How many execution environments there are now, at work or kept warm.
    package var environmentCount: Int { parts.pool.count }

    /// Carries out asynchronous invocations, ships log lines and lets cold environments go, until cancelled or asked to
    /// stop gracefully; then ends all environments.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await self.shipper.run() }
            group.addTask { await cancelWhenGracefulShutdown { await self.retireCold() } }
            group.addTask { try await self.parts.pollers.run() }
            try await self.parts.asyncInvocations.run()
            await self.parts.pool.killAll()
            self.shipper.finish()
            group.cancelAll()
        }
    }

    private func retireCold() async {
        let time = parts.surroundings.time
        while !Task.isCancelled {
            guard (try? await time.sleep(until: parts.surroundings.now + .seconds(30))) != nil else { return }
            parts.pool.retireCold(at: parts.surroundings.now)
        }
    }
}

/// The Runtime API's address, known once its listener is bound.
private final class RuntimeAddress: Sendable {
    private let text = Mutex("")
    var value: String {
        get { text.withLock { $0 } }
        set { text.withLock { $0 = newValue } }
    }
}

/// Credentials of functions' roles, from STS as on AWS.
struct RoleCredentials: Sendable {
    let cloud: Cloud

    func credentials(_ role: String, _ function: FunctionName) async throws -> FunctionCredentials {
        let caller = function.owner.through("lambda.amazonaws.com")
        // STS takes names from two characters on, Lambda from one.
        let session = function.name.count < 2 ? function.name + "-" : function.name
        let answer = try await cloud.call(
            "sts", "AssumeRole", ["RoleArn": .string(role), "RoleSessionName": .string(session)], as: caller)
        let keys = answer["Credentials"]
        let expiration = keys?["Expiration"]
        let moment =
            expiration?.double.map { Timestamp(seconds: $0) } ?? expiration?.string.flatMap { Timestamp(parsing: $0) }
        return FunctionCredentials(
            accessKeyID: keys?["AccessKeyId"]?.string ?? "", secretAccessKey: keys?["SecretAccessKey"]?.string ?? "",
            sessionToken: keys?["SessionToken"]?.string ?? "",
            expiration: moment ?? cloud.surroundings.now + .seconds(3600))
    }
}
