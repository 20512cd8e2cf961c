import Cloud
import Notation

/// Reads a function's settings out of a request, judging them as Lambda does.
struct Settings: Sendable {
    let parts: LambdaParts
    let name: FunctionName
    /// Who asks, who must be allowed to pass the role.
    let caller: Caller

    /// Environment variables are limited to 4 KB in all (Lambda quotas).
    private static let environmentLimit = 4096
    /// Names that Lambda sets itself (Lambda Developer Guide, "Defined runtime environment variables").
    private static let reserved: Set<String> = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    ]

    /// Changes the configuration as the request says; members that it leaves out stay as they are.
    func apply(_ input: JSON, to configuration: inout FunctionConfiguration, isNew: Bool) async throws {
        try await applyRuntime(input, to: &configuration, isNew: isNew)
        let roles = RoleCheck(parts: parts, name: name)
        if let role = input["Role"]?.string {
            try await roles.role(role, as: caller)
            configuration.role = role
        }
        if let text = input["Description"]?.string { configuration.description = text }
        if let seconds = input["Timeout"]?.int {
            guard (1...900).contains(seconds) else { throw Self.range("timeout", seconds, most: 900) }
            configuration.timeout = seconds
        }
        if let size = input["MemorySize"]?.int {
            guard size <= 10_240 else {
                throw LambdaError.validation(
                    "'MemorySize' value failed to satisfy constraint: Member must have value "
                        + "less than or equal to 10240")
            }
            configuration.memorySize = size
        }
        if let size = input["EphemeralStorage"]?["Size"]?.int { configuration.ephemeralStorage = size }
        if let architectures = try Self.architectures(input) { configuration.architectures = architectures }
        if let variables = input["Environment"] { configuration.environment = try Self.environment(variables) }
        if let arns = input["Layers"]?.array { configuration.layers = try await layers(arns.compactMap(\.string)) }
        if let target = input["DeadLetterConfig"]?["TargetArn"]?.string {
            if !target.isEmpty { try await roles.deadLetter(target, role: configuration.role) }
            configuration.deadLetterTarget = target.isEmpty ? nil : target
        }
        if let mode = input["TracingConfig"]?["Mode"]?.string { configuration.tracing = mode }
        try applyLogging(input["LoggingConfig"], to: &configuration)
        try applyKept(input, to: &configuration)
    }

    private func applyRuntime(
        _ input: JSON, to configuration: inout FunctionConfiguration, isNew: Bool
    ) async throws {
        if let handler = input["Handler"]?.string { configuration.handler = handler }
        if let runtime = input["Runtime"]?.string { configuration.runtime = runtime }
        guard isNew || input["Runtime"] != nil else { return }
        guard !configuration.runtime.isEmpty else {
            throw LambdaError.invalid("Runtime is mandatory for functions created with deployment packages.")
        }
        guard let runtime = RuntimeName(configuration.runtime) else {
            throw LambdaError.invalid(
                "Slipway cannot run the runtime \(configuration.runtime): it runs python3.x, nodejs and provided.*. "
                    + "Bring the language along as a custom runtime, with a bootstrap.")
        }
        guard !configuration.handler.isEmpty || runtime.family == .provided else {
            throw LambdaError.invalid("Handler is mandatory for functions created with deployment packages.")
        }
        guard runtime.family != .provided else { return }
        guard let interpreter = await parts.interpreters.interpreter(for: runtime) else {
            throw LambdaError.invalid(
                "No \(runtime.family.rawValue) is installed on this machine. Install it, such as with apt.")
        }
        if parts.isStrict, let warning = EnvironmentStarter.warning(runtime, interpreter) {
            throw LambdaError.invalid(warning)
        }
    }

    private static func range(_ member: String, _ value: Int, most: Int) -> AWSError {
        LambdaError.validation(
            "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: Member must "
                + "have value less than or equal to \(most)")
    }

    /// The architectures a request names; nil when it names none. Code runs on this machine's own.
    static func architectures(_ input: JSON) throws -> [String]? {
        guard let names = input["Architectures"]?.array?.compactMap(\.string) else { return nil }
        #if arch(arm64)
            let own = "arm64"
        #else
            let own = "x86_64"
        #endif
        guard names == [own] else {
            throw AWSError.notImplemented("the architecture \(names.joined(separator: ", ")) on this \(own) machine")
        }
        return names
    }

    private static func environment(_ input: JSON) throws -> [String: String]? {
        guard let members = input["Variables"]?.object else { return [:] }
        var variables: [String: String] = [:]
        for (key, value) in members { variables[key] = value.string ?? "" }
        let taken = variables.keys.filter(reserved.contains).sorted()
        guard taken.isEmpty else {
            throw LambdaError.invalid(
                "Lambda was unable to configure your environment variables because the environment variables you have "
                    + "provided contains reserved keys that are currently not supported for modification. "
                    + "Reserved keys used in this request: \(taken.joined(separator: ", "))")
        }
        let text = JSON.object(members).text()
        guard text.utf8.count <= environmentLimit else {
            throw LambdaError.invalid(
                "Lambda was unable to configure your environment variables because the environment variables you have "
                    + "provided exceeded the 4KB limit. String measured: \(text)")
        }
        return variables
    }

    private func layers(_ arns: [String]) async throws -> [LayerReference] {
        guard arns.count <= 5 else { throw LambdaError.invalid("Cannot reference more than 5 layers.") }
        var found: [LayerReference] = []
        var names: [String: String] = [:]
        for arn in arns {
            guard let layer = try await LayerOperations(parts: parts).version(arn: arn) else {
                throw LambdaError.invalid("Layer version \(arn) does not exist.")
            }
            if let other = names.updateValue(arn, forKey: layer.layerARN) {
                throw LambdaError.invalid(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                        + "\(other) and \(arn) are versions of the same layer.")
            }
            found.append(LayerReference(arn: arn, codeSha256: layer.codeSha256, codeSize: layer.codeSize))
        }
        return found
    }

    private func applyLogging(_ input: JSON?, to configuration: inout FunctionConfiguration) throws {
        guard let input else { return }
        let format = input["LogFormat"]?.string ?? configuration.logFormat
        if format == "Text", input["ApplicationLogLevel"] != nil || input["SystemLogLevel"] != nil {
            throw LambdaError.invalid(
                "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your request or "
                    + "change the LogFormat to \"JSON\" and try again.")
        }
        configuration.logFormat = format
        configuration.applicationLogLevel =
            format == "JSON" ? input["ApplicationLogLevel"]?.string ?? configuration.applicationLogLevel ?? "INFO" : nil
        configuration.systemLogLevel =
            format == "JSON" ? input["SystemLogLevel"]?.string ?? configuration.systemLogLevel ?? "INFO" : nil
        if let group = input["LogGroup"]?.string { configuration.logGroup = group }
    }

    /// What Slipway keeps and shows but does not act on: all its functions see the machine's own network.
    private func applyKept(_ input: JSON, to configuration: inout FunctionConfiguration) throws {
        if let network = input["VpcConfig"] {
            configuration.kept["VpcConfig"] = [
                "SubnetIds": network["SubnetIds"] ?? [], "SecurityGroupIds": network["SecurityGroupIds"] ?? [],
                "VpcId": "", "Ipv6AllowedForDualStack": network["Ipv6AllowedForDualStack"] ?? false,
            ]
        }
        if let key = input["KMSKeyArn"]?.string { configuration.kept["KMSKeyArn"] = key.isEmpty ? nil : .string(key) }
        if let mode = input["SnapStart"]?["ApplyOn"]?.string, mode != "None" {
            throw AWSError.notImplemented("SnapStart of published versions")
        }
    }
}
