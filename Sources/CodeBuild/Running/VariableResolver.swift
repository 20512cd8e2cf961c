internal import Buildspec
internal import Cloud
internal import Notation

/// Finds the values of a build's variables: those we set, those of buildspec, project and request, and what parameters
/// and secrets stand for, read as the build's role.
struct VariableResolver: Sendable {
    let site: BuildSite
    let workshop: Workshop

    /// What was found.
    struct Values: Sendable {
        var variables: [(name: String, value: String)]
        var secrets: [String]
        var maskedNames: Set<String>
    }

    /// - Throws: ``StepFailure`` when a parameter or a secret cannot be read.
    func resolve(_ spec: Buildspec, resolvedVersion: String?) async throws -> Values {
        let given = (site.order.settings.environment.environmentVariables ?? []).map {
            BuildEnvironment.Variable(name: $0.name, value: $0.value, type: $0.type ?? "PLAINTEXT")
        }
        let environment = BuildEnvironment(spec: spec.environment, project: given, overrides: [])
        if let fault = environment.faults.first { throw StepFailure("CLIENT_ERROR", "Secrets Manager: \(fault)") }
        var values: [String: String] = [:]
        var secrets: [String] = []
        for (name, source) in environment.sources.sorted(by: { $0.key < $1.key }) {
            switch source {
            case .plain(let text): values[name] = text
            case .parameter(let parameter):
                let text = try await self.parameter(parameter)
                values[name] = text
                secrets.append(text)
            case .secret(let reference):
                let text = try await secret(reference)
                values[name] = text
                secrets.append(text)
            }
        }
        if let wrong = values.keys.first(where: { !ShellDriver.isName($0) }) {
            throw StepFailure("CLIENT_ERROR", "'\(wrong)' is no name of an environment variable.")
        }
        values.merge(own(resolvedVersion)) { $1 }
        return Values(
            variables: values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, secrets: secrets,
            maskedNames: environment.maskedNames)
    }

    private func parameter(_ name: String) async throws -> String {
        do {
            let answer = try await site.keys.call(
                "ssm", "GetParameter", ["Name": .string(name), "WithDecryption": true])
            return answer["Parameter"]?["Value"]?.string ?? ""
        } catch let error as AWSError {
            throw StepFailure("CLIENT_ERROR", "Parameter Store: \(name) cannot be read: \(error.description)")
        }
    }

    private func secret(_ reference: SecretReference) async throws -> String {
        var input: JSON = ["SecretId": .string(reference.secret)]
        input["VersionStage"] = reference.stage.map(JSON.string)
        input["VersionId"] = reference.version.map(JSON.string)
        do {
            let answer = try await site.keys.call("secretsmanager", "GetSecretValue", input)
            let text = answer["SecretString"]?.string ?? ""
            guard let key = reference.key else { return text }
            guard let member = (try? JSON(parsing: text))?[key] else {
                throw StepFailure("CLIENT_ERROR", "Secrets Manager: \(reference.secret) has no key '\(key)'.")
            }
            return member.string ?? member.text()
        } catch let error as AWSError {
            throw StepFailure(
                "CLIENT_ERROR", "Secrets Manager: \(reference.secret) cannot be read: \(error.description)")
        }
    }

    /// What every build is told. Source: User Guide, "Environment variables in build environments".
    private func own(_ resolvedVersion: String?) -> [String: String] {
        let order = site.order
        var own = [
            "AWS_REGION": order.owner.region, "AWS_DEFAULT_REGION": order.owner.region,
            "CODEBUILD_BUILD_ID": order.id, "CODEBUILD_BUILD_ARN": order.arn,
            "CODEBUILD_BUILD_NUMBER": "\(order.number)",
            "CODEBUILD_BUILD_IMAGE": order.settings.environment.image, "CODEBUILD_BUILD_SUCCEEDING": "1",
            "CODEBUILD_INITIATOR": order.initiator,
            "CODEBUILD_KMS_KEY_ID": order.settings.encryptionKey ?? order.owner.arn("kms", "alias/aws/s3"),
            "CODEBUILD_LOG_PATH": site.log.place?.stream ?? order.uuid,
            "CODEBUILD_SOURCE_REPO_URL": Self.address(order.sources[0]),
            "CODEBUILD_START_TIME": "\(order.submitted.milliseconds)",
        ]
        own["CODEBUILD_RESOLVED_SOURCE_VERSION"] = resolvedVersion
        own["CODEBUILD_SOURCE_VERSION"] = order.sourceVersion
        own["CODEBUILD_BATCH_BUILD_IDENTIFIER"] = order.batch?.identifier
        for (index, source) in order.sources.enumerated() {
            let tail = index == 0 ? "" : "_" + source.identifier
            own["CODEBUILD_SRC_DIR" + tail] = site.folders.inside(BuildFolders.source(index))
            guard index > 0 else { continue }
            own["CODEBUILD_SOURCE_REPO_URL" + tail] = Self.address(source)
            own["CODEBUILD_SOURCE_VERSION" + tail] = source.version ?? source.input?.revision
        }
        own.merge(order.triggerVariables ?? [:]) { $1 }
        return own
    }

    private static func address(_ source: WantedSource) -> String {
        guard source.input == nil, let location = source.settings.location else { return "" }
        return source.settings.type == "S3" ? "s3://" + location : location
    }
}
