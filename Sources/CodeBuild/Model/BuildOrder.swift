internal import Buildspec
internal import Cloud
internal import Notation

/// All that is known of a build when it is asked for: what it is, by whom, and its effective settings.
///
/// Stored in the build's machine: members may be added, never change their meaning.
struct BuildOrder: Codable, Sendable {
    /// The build's own part of its id.
    var uuid: String
    /// The project's name; for commands without a project, the pipeline's.
    var project: String
    /// How many builds of the project there were before it, and one.
    var number: Int
    /// The account and region it runs in.
    var owner: Caller
    /// Who or what started it, in AWS's words.
    var initiator: String
    var submitted: Timestamp
    /// The project's settings with everything that was overridden.
    var settings: ProjectSettings
    /// The version of the primary source that is wanted.
    var sourceVersion: String?
    var pipeline: PipelineOrder?
    var batch: BatchMembership?
    var autoRetry: AutoRetry?
    /// Further variables of a build that a webhook started.
    var triggerVariables: [String: String]?
    /// Whether the build is kept for a shell when it fails.
    var debugSession: Bool?
    /// Raised by InvalidateProjectCache.
    var cacheGeneration: Int?

    /// The id in the API.
    var id: String { "\(project):\(uuid)" }
    var arn: String { owner.arn("codebuild", "build/\(id)") }
    /// The key of its machine and its record.
    var key: String { owner.key(id) }

    /// What a pipeline hands to a build.
    struct PipelineOrder: Codable, Sendable, Equatable {
        var name: String
        var primary: Input
        var secondary: [Input]?
        var outputs: [Output]?
        /// Commands without a project: what goes into the output, and what is told back.
        var files: [String]?
        var outputVariables: [String]?

        struct Input: Codable, Sendable, Equatable {
            var artifact: String
            var bucket: String
            var key: String
            var revision: String?
        }

        struct Output: Codable, Sendable, Equatable {
            var artifact: String
            var bucket: String
            var key: String
        }
    }

    /// The batch that a build is part of.
    struct BatchMembership: Codable, Sendable, Equatable {
        var arn: String
        /// The key of the batch's machine.
        var key: String
        var identifier: String
    }

    /// Which attempt of how many it is.
    struct AutoRetry: Codable, Sendable, Equatable {
        var limit: Int
        var number: Int
        var previous: String?
    }
}

/// How a build, a batch or one of their phases stands.
enum BuildStatus: String, Codable, Sendable, Equatable {
    case inProgress = "IN_PROGRESS"
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    /// The platform is to blame.
    case fault = "FAULT"
    case timedOut = "TIMED_OUT"
    case stopped = "STOPPED"
}

extension BuildPhase {
    /// Those that run commands of the buildspec.
    static let commanded: [BuildPhase] = [.install, .preBuild, .build, .postBuild]
}

/// A phase as it went.
struct PhaseRecord: Codable, Sendable, Equatable {
    var name: BuildPhase
    var status: BuildStatus?
    var start: Timestamp
    var end: Timestamp?
    var contexts: [PhaseContext] = []
}

/// Why a phase ended as it did, in AWS's codes.
struct PhaseContext: Codable, Sendable, Equatable {
    var statusCode: String
    var message: String

    static let fine = PhaseContext(statusCode: "", message: "")
}

/// A variable that a build tells back.
struct ExportedVariable: Codable, Sendable, Equatable {
    var name: String
    var value: String
}

/// What was made of an artifact.
struct ArtifactResult: Codable, Sendable, Equatable {
    var identifier: String?
    var location: String
    var sha256: String?
    var md5: String?
}

/// Where a build's log is.
struct LogPlace: Codable, Sendable, Equatable {
    var group: String
    var stream: String
}
