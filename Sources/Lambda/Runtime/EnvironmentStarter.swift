import Cloud
import FoundationEssentials
import Ledger
import Notation
import Sandbox
import Synchronization

/// Starts execution environments: code, layers, interpreter and bootstrap bound into a sandbox, with Lambda's
/// variables.
struct EnvironmentStarter: Sendable {
    /// Why a function cannot be started at all.
    struct Refusal: Error {
        let type: String
        let message: String
    }

    let sandbox: Sandbox
    let code: CodeStore
    let interpreters: Interpreters
    let surroundings: Surroundings
    let shipper: LogShipper
    let pool: EnvironmentPool
    /// Where our own bootstrap programs lie.
    let runtimeFolder: String
    /// The Runtime API's `host:port`; known once its listener is bound.
    let runtimeAPI: @Sendable () -> String
    /// Where functions find Slipway.
    let endpoint: String
    /// Whether only a runtime's own version will do.
    let isStrict: Bool
    /// Credentials of a role for a function.
    let credentials: @Sendable (_ role: String, _ function: FunctionName) async throws -> FunctionCredentials

    /// Writes the bootstrap programs. Called once.
    func writeBootstraps() throws {
        try FileManager.default.createDirectory(
            atPath: runtimeFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        for (name, text) in [("bootstrap.py", PythonBootstrap.source), ("bootstrap.js", NodeBootstrap.source)] {
            try Data(text.utf8).write(to: URL(filePath: "\(runtimeFolder)/\(name)"))
        }
    }

    /// The key of environments that can serve that target.
    static func key(_ target: LambdaStore.Target) -> String {
        "\(target.function.id.key)|\(target.function.identity)|\(target.version)|\(target.configuration.revisionID)"
    }

    /// Starts an environment for the target. It is on its way when this returns: see
    /// ``ExecutionEnvironment/started()``.
    func start(_ target: LambdaStore.Target) async throws -> ExecutionEnvironment {
        let function = target.function.id
        async let pendingKeys = credentials(target.configuration.role, function)
        let plan = try await plan(target.configuration)
        let keys = try await pendingKeys
        let chance = surroundings.chance
        let date = surroundings.now.iso8601().prefix(10).replacing("-", with: "/")
        let place = EnvironmentLog.Place(
            group: target.configuration.logGroup(for: function.name),
            stream: "\(date)/[\(target.version)]\(chance.hexadecimal(32))", account: function.account,
            region: function.region)
        let log = EnvironmentLog(
            place, time: surroundings.time, shipper: shipper, filter: ApplicationLogFilter(target.configuration))
        let environment = ExecutionEnvironment(
            token: chance.hexadecimal(32), key: Self.key(target), functionKey: function.key, log: log,
            expiration: keys.expiration - .seconds(300), ended: { [pool] in pool.remove($0) })
        let lines = SystemLog(target.configuration, version: target.version).starting(
            plan.runtimeText, warning: plan.warning, function: function, stream: place.stream, surroundings.now)
        for line in lines { log.write(line) }
        pool.add(environment)
        do {
            let program = try await sandbox.start(
                program(plan, target, environment, variables: variables(plan, target, environment, keys)))
            environment.attach(program)
        } catch {
            pool.remove(environment)
            throw error
        }
        return environment
    }

    // MARK: What to run

    private struct Plan {
        var arguments: [String]
        var binds: [Program.Bind]
        var runtimeText: String
        var warning: String?
    }

    private func plan(_ configuration: FunctionConfiguration) async throws -> Plan {
        var binds = [Program.Bind(code.treePath(configuration.codeSha256), at: "/var/task")]
        let layers = try await code.layersFolder(configuration.layers)
        if let layers { binds.append(Program.Bind(layers, at: "/opt")) }
        guard let runtime = RuntimeName(configuration.runtime) else {
            throw Refusal(type: "Runtime.Unsupported", message: "Slipway cannot run \(configuration.runtime).")
        }
        if runtime.family == .provided {
            return Plan(
                arguments: [try bootstrap(configuration, layers)], binds: binds, runtimeText: runtime.text, warning: nil
            )
        }
        guard let interpreter = await interpreters.interpreter(for: runtime) else {
            throw Refusal(
                type: "Runtime.NotInstalled",
                message: "No \(runtime.family.rawValue) is installed on this machine. Install it, such as with apt.")
        }
        let warning = Self.warning(runtime, interpreter)
        if isStrict, let warning { throw Refusal(type: "Runtime.NotInstalled", message: warning) }
        if let prefix = interpreter.prefix { binds.append(Program.Bind(prefix)) }
        binds.append(Program.Bind(runtimeFolder, at: "/var/runtime"))
        let file = runtime.family == .python ? "bootstrap.py" : "bootstrap.js"
        let options = runtime.family == .python ? ["-B", "-S"] : []
        return Plan(
            arguments: [interpreter.path] + options + ["/var/runtime/\(file)"], binds: binds,
            runtimeText: "\(runtime.family.rawValue):\(interpreter.versionText)", warning: warning)
    }

    /// What to tell users when a runtime's own version is not what their function runs on; nil when it is.
    static func warning(_ runtime: RuntimeName, _ interpreter: Interpreter) -> String? {
        let wanted = runtime.family == .python ? runtime.version : Array(runtime.version.prefix(1))
        guard interpreter.version != wanted else { return nil }
        return "\(runtime.text) is not installed on this machine: the function runs on "
            + "\(runtime.family.rawValue) \(interpreter.versionText), the nearest version there is."
    }

    /// Where a function with a runtime of its own begins, as the sandbox sees it.
    private func bootstrap(_ configuration: FunctionConfiguration, _ layers: String?) throws -> String {
        let places = [(code.treePath(configuration.codeSha256), "/var/task")] + (layers.map { [($0, "/opt")] } ?? [])
        for (folder, seen) in places where FileManager.default.fileExists(atPath: folder + "/bootstrap") {
            guard FileManager.default.isExecutableFile(atPath: folder + "/bootstrap"),
                ((try? FileManager.default.attributesOfItem(atPath: folder + "/bootstrap")[.posixPermissions])
                    as? Int ?? 0) & 0o001 != 0
            else {
                throw Refusal(
                    type: "Runtime.InvalidEntrypoint", message: "fork/exec \(seen)/bootstrap: permission denied")
            }
            return seen + "/bootstrap"
        }
        throw Refusal(
            type: "Runtime.InvalidEntrypoint",
            message: "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    }

    private func program(
        _ plan: Plan, _ target: LambdaStore.Target, _ environment: ExecutionEnvironment, variables: [String: String]
    ) -> Program {
        let configuration = target.configuration
        return Program(
            name: "fn-\(target.function.name)", arguments: plan.arguments, environment: variables,
            workingDirectory: "/var/task", binds: plan.binds,
            scratch: [Program.Scratch(bytes: configuration.ephemeralStorage << 20)],
            limits: Program.Limits(
                memoryBytes: configuration.memorySize << 20,
                // A whole processor at 1,769 MB, in proportion below (Lambda Developer Guide, "Configuring memory"): a
                // share among competitors, not a ceiling, so that nobody waits while a processor idles.
                cpuWeight: max(64, configuration.memorySize * 1024 / 1769), processes: 1024, openFiles: 1024),
            overflow: .drop, listener: environment)
    }

    private func variables(
        _ plan: Plan, _ target: LambdaStore.Target, _ environment: ExecutionEnvironment, _ keys: FunctionCredentials
    ) -> [String: String] {
        let configuration = target.configuration
        let function = target.function
        var own = [
            "AWS_ENDPOINT_URL": endpoint, "LANG": "C.UTF-8", "TZ": ":UTC",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "LD_LIBRARY_PATH": "/var/task:/var/task/lib:/opt/lib",
            "NODE_PATH": "/opt/nodejs/node_modules:/var/task/node_modules:/usr/share/nodejs:/usr/lib/node_modules",
        ]
        own.merge(configuration.environment ?? [:]) { $1 }
        let reserved = [
            "_HANDLER": configuration.handler, "AWS_REGION": function.region, "AWS_DEFAULT_REGION": function.region,
            "AWS_ACCESS_KEY_ID": keys.accessKeyID, "AWS_SECRET_ACCESS_KEY": keys.secretAccessKey,
            "AWS_SESSION_TOKEN": keys.sessionToken, "AWS_EXECUTION_ENV": "AWS_Lambda_\(configuration.runtime)",
            "AWS_LAMBDA_FUNCTION_NAME": function.name, "AWS_LAMBDA_FUNCTION_VERSION": target.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "\(configuration.memorySize)",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": environment.log.place.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": environment.log.place.stream,
            "AWS_LAMBDA_LOG_FORMAT": configuration.logFormat,
            "AWS_LAMBDA_RUNTIME_API": "\(runtimeAPI())/\(environment.token)", "LAMBDA_TASK_ROOT": "/var/task",
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
        ]
        own.merge(reserved) { $1 }
        if let level = configuration.applicationLogLevel { own["AWS_LAMBDA_LOG_LEVEL"] = level }
        if own["AWS_SESSION_TOKEN"] == "" { own["AWS_SESSION_TOKEN"] = nil }
        return own
    }
}
