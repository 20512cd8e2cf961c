internal import Cloud
internal import Notation

/// What must hold of settings together, beyond what AWS's model says of each.
///
/// Source: AWS CodeBuild API Reference, CreateProject, ProjectSource and ProjectArtifacts; wordings as clients of the
/// real service report them.
enum ProjectRules {
    /// What a project and a build of it must both be like.
    ///
    /// - Throws: `InvalidInputException` for the first thing that is wrong.
    static func check(_ settings: ProjectSettings) throws {
        try check(settings.source, isPrimary: true)
        guard (settings.source.type == "CODEPIPELINE") == (settings.artifacts.type == "CODEPIPELINE") else {
            throw AWSError.invalidInput(
                "Invalid input: when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE")
        }
        try check(settings.artifacts)
        try checkSecondarySources(settings)
        try checkSecondaryArtifacts(settings)
        guard settings.serviceRole.hasPrefix("arn:") else {
            throw AWSError.invalidInput("Invalid service role: \(settings.serviceRole) is no ARN of a role")
        }
        try check(settings.cache)
        try check(settings.logsConfig)
        try checkCompute(settings.environment)
        if let limit = settings.concurrentBuildLimit, limit < 1, limit != -1 {
            throw AWSError.invalidInput("Project level concurrent builds limit should be greater than 0")
        }
        if let limit = settings.autoRetryLimit, !(0...10).contains(limit) {
            throw AWSError.invalidInput("Invalid autoRetryLimit: it must be from 0 to 10")
        }
        for variable in settings.environment.environmentVariables ?? [] where !ShellDriver.isName(variable.name) {
            throw AWSError.invalidInput("Invalid environment variable: '\(variable.name)' is no name of one")
        }
    }

    /// What a project must be like besides. Builds are not judged by it: a batch and a webhook set variables of
    /// CodeBuild's own, and a build may take another source than the one the project's badge is for.
    ///
    /// - Throws: `InvalidInputException` for the first thing that is wrong.
    static func checkProject(_ settings: ProjectSettings) throws {
        try check(settings)
        try checkNames(of: settings.environment.environmentVariables ?? [])
        for variable in settings.environment.environmentVariables ?? [] where variable.name.hasPrefix("CODEBUILD_") {
            throw AWSError.invalidInput("No user environment variables can start with CODEBUILD_")
        }
        try checkWhatSourcesLack(settings)
    }

    /// - Throws: `InvalidInputException` for a tag that is given twice or is AWS's own.
    static func check(_ tags: [ProjectSettings.Tag], _ caller: Caller) throws {
        let keys = tags.map { $0.key ?? "" }
        guard Set(keys).count == keys.count else { throw AWSError.invalidInput("Invalid tags: a key is given twice") }
        if let reserved = keys.first(where: { !caller.mayTag($0) }) {
            throw AWSError.invalidInput("Invalid tags: the key '\(reserved)' begins with aws:, which is reserved")
        }
    }

    /// - Throws: `InvalidInputException` when a name is given twice.
    static func checkNames(of variables: [EnvironmentSettings.Variable]) throws {
        guard Set(variables.map(\.name)).count == variables.count else {
            throw AWSError.invalidInput("EnvironmentVariable name cannot be duplicated")
        }
    }

    /// Badges and statuses of commits need a host of repositories (User Guide, "Build badges sample"; ProjectSource).
    private static func checkWhatSourcesLack(_ settings: ProjectSettings) throws {
        let type = settings.source.type
        if settings.badgeEnabled == true {
            switch type {
            case "S3": throw AWSError.invalidInput("Build badges are not supported for S3 source")
            case "CODEPIPELINE": throw AWSError.invalidInput("Build badges are not supported for CodePipeline source")
            case "NO_SOURCE":
                throw AWSError.invalidInput("Build badges are not supported for projects with no source")
            default: break
            }
        }
        if settings.source.reportBuildStatus == true,
            ["S3", "NO_SOURCE", "CODEPIPELINE", "CODECOMMIT"].contains(type)
        {
            throw AWSError.invalidInput("Source type \(type) does not support ReportBuildStatus")
        }
    }

    /// Lambda's compute goes with Lambda's environments (User Guide, "Build environment compute modes and types").
    private static func checkCompute(_ environment: EnvironmentSettings) throws {
        let (compute, type) = (environment.computeType, environment.type)
        let isLambda = ["LINUX_LAMBDA_CONTAINER", "ARM_LAMBDA_CONTAINER"].contains(type)
        if compute.hasPrefix("BUILD_LAMBDA_"), !isLambda {
            throw AWSError.invalidInput("Invalid compute type provided")
        }
        if isLambda, !compute.hasPrefix("BUILD_LAMBDA_") {
            throw AWSError.invalidInput("Compute type \(compute) is not supported for \(type)")
        }
        if isLambda, environment.privilegedMode == true {
            throw AWSError.invalidInput("Cannot specify privilegedMode for lambda compute")
        }
    }

    private static func check(_ logs: LogsSettings?) throws {
        guard let s3 = logs?.s3Logs, s3.status == "ENABLED", s3.location?.isEmpty != false else { return }
        throw AWSError.invalidInput("Invalid logsConfig: s3Logs location must be provided if status is 'ENABLED'")
    }

    private static func check(_ source: SourceSettings, isPrimary: Bool) throws {
        switch source.type {
        case "NO_SOURCE":
            guard source.location?.isEmpty != false else {
                throw AWSError.invalidInput("Invalid input: source location must be empty for source type NO_SOURCE")
            }
            let spec = source.buildspec ?? ""
            guard !isPrimary || BuildPerformer.isInline(spec) || spec.hasPrefix("arn:") else {
                throw AWSError.invalidInput(
                    "Invalid project source: a buildspec must be provided when the source type is NO_SOURCE")
            }
        case "CODEPIPELINE":
            guard isPrimary else {
                throw AWSError.invalidInput("Invalid secondary source: CODEPIPELINE is no type of a secondary source")
            }
        default:
            guard let location = source.location, !location.isEmpty else {
                throw AWSError.invalidInput("Project source location is required")
            }
            guard !source.isGit || isCloneAddress(location) else {
                throw AWSError.invalidInput(
                    "Invalid project source: location must be the HTTPS clone URL of a repository for source type "
                        + source.type)
            }
        }
    }

    /// Whether a repository may be there. Which hosts there are is not CodeBuild's to know here: own hosts have any name.
    private static func isCloneAddress(_ location: String) -> Bool {
        for scheme in ["https://", "http://"] where location.hasPrefix(scheme) {
            let parts = location.dropFirst(scheme.count).split(separator: "/", maxSplits: 1)
            return parts.count == 2 && !location.contains(where: \.isWhitespace)
        }
        return false
    }

    private static func check(_ artifacts: ArtifactSettings) throws {
        guard artifacts.type == "S3", artifacts.location?.isEmpty != false else { return }
        throw AWSError.invalidInput("Invalid artifacts: location is required for the type S3")
    }

    private static func checkSecondarySources(_ settings: ProjectSettings) throws {
        var names: Set<String> = []
        guard (settings.secondarySources ?? []).count <= 12 else {
            throw AWSError.invalidInput("Invalid input: the maximum number of secondary sources is 12")
        }
        for source in settings.secondarySources ?? [] {
            try check(source, isPrimary: false)
            guard let name = source.sourceIdentifier, !name.isEmpty else {
                throw AWSError.invalidInput("Invalid input: sourceIdentifier is required for secondary sources")
            }
            guard ShellDriver.isName("_" + name), name.count < 128 else {
                throw AWSError.invalidInput(
                    "Invalid input: identifier must contain only alphanumeric characters and underscores and be less "
                        + "than 128 characters in length")
            }
            guard names.insert(name).inserted else {
                throw AWSError.invalidInput("Invalid secondary sources: the identifier \(name) is given twice")
            }
        }
        for version in settings.secondarySourceVersions ?? [] where !names.contains(version.sourceIdentifier) {
            throw AWSError.invalidInput("Invalid input: secondary source identifier does not exist")
        }
    }

    private static func checkSecondaryArtifacts(_ settings: ProjectSettings) throws {
        var names: Set<String> = []
        guard (settings.secondaryArtifacts ?? []).count <= 12 else {
            throw AWSError.invalidInput(
                "Invalid input: the maximum number of artifact definitions in secondaryArtifacts is 12")
        }
        for artifacts in settings.secondaryArtifacts ?? [] {
            try check(artifacts)
            guard let name = artifacts.artifactIdentifier, !name.isEmpty else {
                throw AWSError.invalidInput("Invalid input: artifactIdentifier is required for secondary artifacts")
            }
            guard names.insert(name).inserted else {
                throw AWSError.invalidInput("Invalid secondary artifacts: the identifier \(name) is given twice")
            }
        }
    }

    private static func check(_ cache: CacheSettings?) throws {
        guard let cache else { return }
        if cache.type == "S3", cache.location?.isEmpty != false {
            throw AWSError.invalidInput(
                "Invalid cache: location must be a valid S3 bucket, followed by slash and the prefix")
        }
        if cache.type == "LOCAL", cache.modes?.isEmpty != false {
            throw AWSError.invalidInput("Invalid cache: at least one mode is required for the type LOCAL")
        }
    }
}
