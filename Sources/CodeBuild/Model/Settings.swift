internal import Notation

/// A project's settings, in AWS's names: what CreateProject takes, what a build is started with, what is shown again.
///
/// Source: AWS CodeBuild API Reference, CreateProject. Stored: members may be added, never change their meaning.
struct ProjectSettings: Codable, Sendable, Equatable {
    var name: String
    var description: String?
    var source: SourceSettings
    var secondarySources: [SourceSettings]?
    var sourceVersion: String?
    var secondarySourceVersions: [SecondaryVersion]?
    var artifacts: ArtifactSettings
    var secondaryArtifacts: [ArtifactSettings]?
    var cache: CacheSettings?
    var environment: EnvironmentSettings
    var serviceRole: String
    var timeoutInMinutes: Int?
    var queuedTimeoutInMinutes: Int?
    var encryptionKey: String?
    var tags: [Tag]?
    var vpcConfig: JSON?
    var badgeEnabled: Bool?
    var logsConfig: LogsSettings?
    var fileSystemLocations: JSON?
    var buildBatchConfig: BatchSettings?
    var concurrentBuildLimit: Int?
    var autoRetryLimit: Int?

    /// How long a build may run.
    var timeout: Duration { .seconds((timeoutInMinutes ?? 60) * 60) }
    /// How long a build may wait.
    var queuedTimeout: Duration { .seconds((queuedTimeoutInMinutes ?? 480) * 60) }

    /// A version that a secondary source is asked for in.
    struct SecondaryVersion: Codable, Sendable, Equatable {
        var sourceIdentifier: String
        var sourceVersion: String
    }

    struct Tag: Codable, Sendable, Equatable {
        var key: String?
        var value: String?
    }
}

/// Where source comes from.
struct SourceSettings: Codable, Sendable, Equatable {
    var type: String
    var location: String?
    var gitCloneDepth: Int?
    var gitSubmodulesConfig: Submodules?
    var buildspec: String?
    var auth: Auth?
    var reportBuildStatus: Bool?
    var buildStatusConfig: JSON?
    var insecureSsl: Bool?
    var sourceIdentifier: String?

    struct Submodules: Codable, Sendable, Equatable {
        var fetchSubmodules: Bool?
    }

    struct Auth: Codable, Sendable, Equatable {
        var type: String
        var resource: String?
    }

    /// Whether it is cloned with git.
    var isGit: Bool { Self.gitTypes.contains(type) }

    static let gitTypes: Set = [
        "CODECOMMIT", "GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED", "BITBUCKET",
    ]
}

/// Where what was built goes.
struct ArtifactSettings: Codable, Sendable, Equatable {
    var type: String
    var location: String?
    var path: String?
    var namespaceType: String?
    var name: String?
    var packaging: String?
    var overrideArtifactName: Bool?
    var encryptionDisabled: Bool?
    var artifactIdentifier: String?
    var bucketOwnerAccess: String?
}

/// What builds run in.
struct EnvironmentSettings: Codable, Sendable, Equatable {
    var type: String
    var image: String
    var computeType: String
    var computeConfiguration: Compute?
    var environmentVariables: [Variable]?
    var privilegedMode: Bool?
    var certificate: String?
    var registryCredential: JSON?
    var imagePullCredentialsType: String?

    struct Compute: Codable, Sendable, Equatable {
        var vCpu: Int?
        var memory: Int?
        var disk: Int?
        var machineType: String?
    }

    struct Variable: Codable, Sendable, Equatable {
        var name: String
        var value: String
        var type: String?
    }
}

/// What is kept from build to build.
struct CacheSettings: Codable, Sendable, Equatable {
    var type: String
    var location: String?
    var modes: [String]?
    var cacheNamespace: String?
}

/// Where logs go.
struct LogsSettings: Codable, Sendable, Equatable {
    var cloudWatchLogs: CloudWatch?
    var s3Logs: S3?

    struct CloudWatch: Codable, Sendable, Equatable {
        var status: String
        var groupName: String?
        var streamName: String?
    }

    struct S3: Codable, Sendable, Equatable {
        var status: String
        var location: String?
        var encryptionDisabled: Bool?
        var bucketOwnerAccess: String?
    }
}

/// How batches of builds are run.
struct BatchSettings: Codable, Sendable, Equatable {
    var serviceRole: String?
    var combineArtifacts: Bool?
    var restrictions: Restrictions?
    var timeoutInMins: Int?
    var batchReportMode: String?

    struct Restrictions: Codable, Sendable, Equatable {
        var maximumBuildsAllowed: Int?
        var computeTypesAllowed: [String]?
    }
}
