internal import Cloud
internal import CloudFormationTemplate
internal import Notation

/// Puts in what Systems Manager and Secrets Manager keep, at the last moment before a service is called.
struct DynamicReferences: Sendable {
    let cloud: Cloud
    let caller: Caller

    /// The value with every `{{resolve:...}}` replaced.
    ///
    /// - Throws: ``AWSError`` naming the reference that leads nowhere; `TemplateError` for a malformed one.
    func resolve(_ value: JSON) async throws -> JSON {
        let references = try DynamicReference.all(in: value)
        guard !references.isEmpty else { return value }
        var values: [String: String] = [:]
        for reference in references { values[reference.text] = try await look(up: reference) }
        return DynamicReference.replacing(in: value, with: values)
    }

    /// The same, for what is only compared with: as it stands when a reference leads nowhere any more.
    func resolvedIfPossible(_ value: JSON?) async -> JSON? {
        guard let value else { return nil }
        return (try? await resolve(value)) ?? value
    }

    private func look(up reference: DynamicReference) async throws -> String {
        guard reference.service == .secretsManager else { return try await parameter(reference) }
        var input: JSON = ["SecretId": .string(reference.name)]
        if let stage = reference.stage { input["VersionStage"] = .string(stage) }
        if let version = reference.version { input["VersionId"] = .string(version) }
        let answer = try await cloud.call("secretsmanager", "GetSecretValue", input, as: caller)
        guard let text = answer["SecretString"]?.string else {
            throw AWSError("InvalidRequest", "The secret \(reference.name) has no SecretString.")
        }
        guard let key = reference.jsonKey else { return text }
        guard let value = (try? JSON(parsing: text))?[key]?.loose.string else {
            throw AWSError(
                "InvalidRequest", "Could not parse SecretString JSON: the key \(key) is not in \(reference.name).")
        }
        return value
    }

    private func parameter(_ reference: DynamicReference) async throws -> String {
        let name = reference.name + (reference.version.map { ":" + $0 } ?? "")
        let input: JSON = ["Name": .string(name), "WithDecryption": .bool(reference.service == .ssmSecure)]
        let missing = AWSError("ParameterNotFound", "Parameters: [\(reference.text)] cannot be found.")
        let answer: JSON
        do {
            answer = try await cloud.call("ssm", "GetParameter", input, as: caller)
        } catch let error as AWSError where error.code.hasPrefix("Parameter") && error.code.hasSuffix("NotFound") {
            throw missing
        }
        guard let parameter = answer["Parameter"], let value = parameter["Value"]?.string else { throw missing }
        let isSecure = parameter["Type"]?.string == "SecureString"
        guard isSecure == (reference.service == .ssmSecure) else {
            throw AWSError(
                "InvalidRequest",
                "\(isSecure ? "SSM Secure" : "Non-secure SSM") reference is not supported in: [\(reference.text)]")
        }
        return value
    }
}
