internal import Cloud
internal import Notation

/// What must hold of settings together, beyond what AWS's model says of each.
///
/// Source: AWS CodeBuild API Reference, CreateProject, ProjectSource and ProjectArtifacts.
enum ProjectRules {
    /// - Throws: `InvalidInputException` for the first thing that is wrong.
    static func check(_ settings: ProjectSettings) throws {
        try check(settings.source, isPrimary: true)
        guard (settings.source.type == "CODEPIPELINE") == (settings.artifacts.type == "CODEPIPELINE") else {
            throw AWSError.invalidInput(
                "Invalid artifacts: CODEPIPELINE must be specified for both source and artifacts, or for neither")
        }
        try check(settings.artifacts)
        try checkSecondarySources(settings)
        try checkSecondaryArtifacts(settings)
        guard settings.serviceRole.hasPrefix("arn:") else {
            throw AWSError.invalidInput("Invalid service role: \(settings.serviceRole) is no ARN of a role")
        }
        try check(settings.cache)
        if let limit = settings.concurrentBuildLimit, limit < 1, limit != -1 {
            throw AWSError.invalidInput("Invalid concurrentBuildLimit: it must be at least 1")
        }
        if let limit = settings.autoRetryLimit, !(0...10).contains(limit) {
            throw AWSError.invalidInput("Invalid autoRetryLimit: it must be from 0 to 10")
        }
        for variable in settings.environment.environmentVariables ?? [] where !ShellDriver.isName(variable.name) {
            throw AWSError.invalidInput("Invalid environment variable: '\(variable.name)' is no name of one")
        }
    }

    private static func check(_ source: SourceSettings, isPrimary: Bool) throws {
        switch source.type {
        case "NO_SOURCE":
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
            guard source.location?.isEmpty == false else {
                throw AWSError.invalidInput("Invalid project source: location is required for the type \(source.type)")
            }
        }
    }

    private static func check(_ artifacts: ArtifactSettings) throws {
        guard artifacts.type == "S3", artifacts.location?.isEmpty != false else { return }
        throw AWSError.invalidInput("Invalid artifacts: location is required for the type S3")
    }

    private static func checkSecondarySources(_ settings: ProjectSettings) throws {
        var names: Set<String> = []
        for source in settings.secondarySources ?? [] {
            try check(source, isPrimary: false)
            guard let name = source.sourceIdentifier, !name.isEmpty, ShellDriver.isName("_" + name) else {
                throw AWSError.invalidInput(
                    "Invalid secondary source: sourceIdentifier is required, of letters, digits and underscores")
            }
            guard names.insert(name).inserted else {
                throw AWSError.invalidInput("Invalid secondary sources: the identifier \(name) is given twice")
            }
        }
        for version in settings.secondarySourceVersions ?? [] where !names.contains(version.sourceIdentifier) {
            throw AWSError.invalidInput(
                "Invalid secondary source version: there is no secondary source \(version.sourceIdentifier)")
        }
    }

    private static func checkSecondaryArtifacts(_ settings: ProjectSettings) throws {
        var names: Set<String> = []
        for artifacts in settings.secondaryArtifacts ?? [] {
            try check(artifacts)
            guard let name = artifacts.artifactIdentifier, !name.isEmpty else {
                throw AWSError.invalidInput("Invalid secondary artifacts: artifactIdentifier is required")
            }
            guard names.insert(name).inserted else {
                throw AWSError.invalidInput("Invalid secondary artifacts: the identifier \(name) is given twice")
            }
        }
    }

    private static func check(_ cache: CacheSettings?) throws {
        guard let cache else { return }
        if cache.type == "S3", cache.location?.isEmpty != false {
            throw AWSError.invalidInput("Invalid cache: location is required for the type S3")
        }
        if cache.type == "LOCAL", cache.modes?.isEmpty != false {
            throw AWSError.invalidInput("Invalid cache: at least one mode is required for the type LOCAL")
        }
    }
}
