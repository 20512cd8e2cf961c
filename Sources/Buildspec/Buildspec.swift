/// A build specification: what a build runs, and what becomes of what it leaves.
///
/// Read by ``BuildspecReader``. Source: CodeBuild User Guide, "Build specification reference for CodeBuild".
package struct Buildspec: Sendable, Hashable, Codable {
    /// The two versions there are.
    package enum Version: String, Sendable, Hashable, Codable {
        /// Each command runs in a shell of its own and leaves nothing behind in it.
        case isolated = "0.1"
        /// All commands run in one shell.
        case shared = "0.2"
    }

    /// The version of the language.
    package var version: Version
    /// The user that commands run as, unless a phase names another.
    package var runAs: String?
    /// Variables and the shell.
    package var environment = SpecEnvironment()
    /// Whether uploads and logs go through the build's proxy.
    package var proxy = Proxy()
    /// The phases that have something to do.
    package var phases: [PhaseName: PhaseSpec] = [:]
    /// Groups of reports, in the order written.
    package var reports: [ReportSpec] = []
    /// What is kept of the files; nil for nothing.
    package var artifacts: ArtifactsSpec?
    /// What is kept for the next build; nil for nothing.
    package var cache: CacheSpec?
    /// How the build is split into several; nil for a single one.
    package var batch: BatchSpec?

    /// A specification without anything to do.
    package init(version: Version) { self.version = version }

    /// The four phases that run commands.
    package enum PhaseName: String, Sendable, Hashable, Codable, CaseIterable {
        case install, preBuild = "pre_build", build, postBuild = "post_build"
    }

    /// Settings for builds behind an explicit proxy. Kept; Slipway's builds need none.
    package struct Proxy: Sendable, Hashable, Codable {
        /// Whether each goes through the proxy.
        package var uploadsArtifacts = false, logs = false
        /// Neither.
        package init() {}
    }
}

/// The `env` of a build specification.
package struct SpecEnvironment: Sendable, Hashable, Codable {
    /// The shell that runs commands; nil for the image's `sh`.
    package var shell: String?
    /// Values as they are written: names of other variables in them are not replaced.
    package var variables: [String: String] = [:]
    /// Names of parameters whose values are put in.
    package var parameters: [String: String] = [:]
    /// Parts of secrets whose values are put in.
    package var secrets: [String: SecretReference] = [:]
    /// Names whose values are shown to the pipeline after the build.
    package var exported: [String] = []
    /// Whether git may use the build's own credentials.
    package var usesGitCredentialHelper = false

    /// An environment without anything.
    package init() {}
}

/// What one phase does.
package struct PhaseSpec: Sendable, Hashable, Codable {
    /// The user, where it is not the specification's.
    package var runAs: String?
    /// What a failure means for what comes next; nil for the phase's own rule.
    package var onFailure: OnFailure?
    /// Runtimes and their versions, in the install phase.
    package var runtimes: [String: String] = [:]
    /// Commands in their order. One of several lines is one command.
    package var commands: [String] = []
    /// Commands that run after them, whatever became of those.
    package var finally: [String] = []

    /// A phase without anything to do.
    package init() {}
}

/// A group of reports.
package struct ReportSpec: Sendable, Hashable, Codable {
    /// The group's name, or the ARN of an existing one.
    package var group: String
    /// The files that hold results, and where they are.
    package var files: FileRules
    /// The format, in capital letters as in ``Buildspec``'s documentation, such as `JUNITXML`.
    package var format: String

    /// Formats of tests, and those of coverage.
    package static let testFormats = [
        "JUNITXML", "CUCUMBERJSON", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX",
    ]
    /// Formats of coverage.
    package static let coverageFormats = ["CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"]
    /// Whether the group is about coverage.
    package var isCoverage: Bool { Self.coverageFormats.contains(format) }
}

/// Which files are taken, and under what names.
package struct FileRules: Sendable, Hashable, Codable {
    /// Patterns of files, relative to the base.
    package var files: [String] = []
    /// The folder that names count from, or a pattern of such folders; nil for the source's root.
    package var baseDirectory: String?
    /// Whether only the last part of each name is kept.
    package var discardsPaths = false
    /// Patterns of files left out, relative to the base.
    package var excludes: [String] = []

    /// Rules that take nothing.
    package init() {}
}

/// The `artifacts` of a build specification.
package struct ArtifactsSpec: Sendable, Hashable, Codable {
    /// The files of the primary artifact.
    package var files = FileRules()
    /// The artifact's name, still with what the shell has to fill in; nil for the project's.
    package var name: String?
    /// Whether links are kept as links.
    package var keepsSymlinks = false
    /// What the key in the bucket begins with.
    package var prefix: String?
    /// Further artifacts by identifier.
    package var secondary: [String: Secondary] = [:]

    /// A further artifact.
    package struct Secondary: Sendable, Hashable, Codable {
        /// Its files, and its name if not the project's.
        package var files = FileRules(), name: String?
    }
}

/// The `cache` of a build specification.
package struct CacheSpec: Sendable, Hashable, Codable {
    /// Which half of the work is done.
    package enum Action: String, Sendable, Hashable, Codable { case restore, save }

    /// Patterns of what is kept.
    package var paths: [String] = []
    /// The archive's key, still with what has to be filled in; nil for one archive a project.
    package var key: String?
    /// Beginnings of keys that are tried when there is no archive of that key.
    package var fallbackKeys: [String] = []
    /// Only restoring or only saving; nil for both.
    package var action: Action?
}
