internal import Cloud
internal import Notation

/// What StartBuild and StartBuildBatch are asked: a project, and what is to be otherwise this time.
struct BuildWish: Codable, Sendable {
    var projectName: String
    var sourceVersion: String?
    var secondarySourcesOverride: [SourceSettings]?
    var secondarySourcesVersionOverride: [ProjectSettings.SecondaryVersion]?
    var artifactsOverride: ArtifactSettings?
    var secondaryArtifactsOverride: [ArtifactSettings]?
    var environmentVariablesOverride: [EnvironmentSettings.Variable]?
    var sourceTypeOverride: String?
    var sourceLocationOverride: String?
    var sourceAuthOverride: SourceSettings.Auth?
    var gitCloneDepthOverride: Int?
    var gitSubmodulesConfigOverride: SourceSettings.Submodules?
    var buildspecOverride: String?
    var insecureSslOverride: Bool?
    var reportBuildStatusOverride: Bool?
    var reportBuildBatchStatusOverride: Bool?
    var buildStatusConfigOverride: JSON?
    var environmentTypeOverride: String?
    var imageOverride: String?
    var computeTypeOverride: String?
    var certificateOverride: String?
    var cacheOverride: CacheSettings?
    var serviceRoleOverride: String?
    var privilegedModeOverride: Bool?
    var timeoutInMinutesOverride: Int?
    var buildTimeoutInMinutesOverride: Int?
    var queuedTimeoutInMinutesOverride: Int?
    var encryptionKeyOverride: String?
    var idempotencyToken: String?
    var logsConfigOverride: LogsSettings?
    var registryCredentialOverride: JSON?
    var imagePullCredentialsTypeOverride: String?
    var debugSessionEnabled: Bool?
    var autoRetryLimitOverride: Int?
    var buildBatchConfigOverride: BatchSettings?
    /// Only from CodePipeline: see this room's README.
    var pipeline: BuildOrder.PipelineOrder?
    /// Only from a batch, which starts its builds as its own role.
    var batch: Member?

    /// Which build of which batch is to begin.
    struct Member: Codable, Sendable {
        /// The key of the batch's machine.
        var key: String
        var identifier: String
        var attempt: Int
    }

    static let enforced =
        "projectName sourceVersion secondarySourcesOverride secondarySourcesVersionOverride artifactsOverride "
        + "secondaryArtifactsOverride environmentVariablesOverride sourceTypeOverride sourceLocationOverride "
        + "sourceAuthOverride gitCloneDepthOverride gitSubmodulesConfigOverride buildspecOverride insecureSslOverride "
        + "environmentTypeOverride imageOverride computeTypeOverride cacheOverride serviceRoleOverride "
        + "queuedTimeoutInMinutesOverride idempotencyToken logsConfigOverride debugSessionEnabled pipeline"
    static let stored =
        "certificateOverride privilegedModeOverride encryptionKeyOverride registryCredentialOverride "
        + "imagePullCredentialsTypeOverride"

    /// The project's settings, with all that is to be otherwise. Variables are merged by name; everything else takes
    /// the place of what was there (API Reference, StartBuild).
    func applied(to project: ProjectSettings) throws -> ProjectSettings {
        var settings = project
        if let type = sourceTypeOverride, type != settings.source.type {
            // Another type makes nothing of the old one's location.
            settings.source = SourceSettings(type: type, buildspec: settings.source.buildspec)
        }
        func put<Value>(_ value: Value?, _ path: WritableKeyPath<ProjectSettings, Value>) {
            if let value { settings[keyPath: path] = value }
        }
        func put<Value>(_ value: Value?, _ path: WritableKeyPath<ProjectSettings, Value?>) {
            if let value { settings[keyPath: path] = value }
        }
        put(sourceLocationOverride, \.source.location)
        put(sourceAuthOverride, \.source.auth)
        put(gitCloneDepthOverride, \.source.gitCloneDepth)
        put(gitSubmodulesConfigOverride, \.source.gitSubmodulesConfig)
        put(buildspecOverride, \.source.buildspec)
        put(insecureSslOverride, \.source.insecureSsl)
        put(reportBuildStatusOverride ?? reportBuildBatchStatusOverride, \.source.reportBuildStatus)
        put(buildStatusConfigOverride, \.source.buildStatusConfig)
        put(secondarySourcesOverride, \.secondarySources)
        put(secondarySourcesVersionOverride, \.secondarySourceVersions)
        put(artifactsOverride, \.artifacts)
        put(secondaryArtifactsOverride, \.secondaryArtifacts)
        put(environmentTypeOverride, \.environment.type)
        put(imageOverride, \.environment.image)
        put(computeTypeOverride, \.environment.computeType)
        put(certificateOverride, \.environment.certificate)
        put(privilegedModeOverride, \.environment.privilegedMode)
        put(registryCredentialOverride, \.environment.registryCredential)
        put(imagePullCredentialsTypeOverride, \.environment.imagePullCredentialsType)
        put(cacheOverride, \.cache)
        put(serviceRoleOverride, \.serviceRole)
        put(timeoutInMinutesOverride ?? buildTimeoutInMinutesOverride, \.timeoutInMinutes)
        put(queuedTimeoutInMinutesOverride, \.queuedTimeoutInMinutes)
        put(encryptionKeyOverride, \.encryptionKey)
        put(logsConfigOverride, \.logsConfig)
        put(autoRetryLimitOverride, \.autoRetryLimit)
        put(buildBatchConfigOverride, \.buildBatchConfig)
        settings.environment.environmentVariables = Self.merged(
            settings.environment.environmentVariables ?? [], environmentVariablesOverride ?? [])
        return settings
    }

    static func merged(
        _ old: [EnvironmentSettings.Variable], _ new: [EnvironmentSettings.Variable]
    ) -> [EnvironmentSettings.Variable] {
        let names = Set(new.map(\.name))
        return old.filter { !names.contains($0.name) } + new
    }

    /// The settings and versions of a build that is started by this wish.
    ///
    /// - Throws: `InvalidInputException` when they do not fit together.
    func effective(_ project: Project, _ call: Call) throws -> (settings: ProjectSettings, version: String?) {
        try ProjectRules.checkNames(of: environmentVariablesOverride ?? [])
        var settings = try applied(to: project.settings)
        guard let pipeline else {
            try ProjectRules.check(settings)
            return (settings, sourceVersion ?? (sourceTypeOverride == nil ? settings.sourceVersion : nil))
        }
        guard call.caller.invokedBy == "codepipeline.amazonaws.com" else {
            throw AWSError.invalidInput("The member 'pipeline' is CodePipeline's.")
        }
        settings.source = SourceSettings(type: "CODEPIPELINE", buildspec: settings.source.buildspec)
        settings.artifacts = ArtifactSettings(type: "CODEPIPELINE")
        settings.secondarySources = nil
        settings.secondaryArtifacts = nil
        return (settings, S3Place(bucket: pipeline.primary.bucket, key: pipeline.primary.key).arn)
    }
}
