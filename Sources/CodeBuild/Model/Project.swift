internal import Cloud
internal import Ledger
internal import Notation

/// A build project, as it is stored.
struct Project: Codable, Sendable {
    var settings: ProjectSettings
    var arn: String
    var created: Timestamp
    var lastModified: Timestamp
    /// What a badge's address holds, so that it can be neither guessed nor listed.
    var badgeToken: String
    var webhook: ProjectWebhook?
    var visibility: String?
    var publicAlias: String?
    var resourceAccessRole: String?
    /// Raised by InvalidateProjectCache: caches of an older one are not restored.
    var cacheGeneration: Int?

    static let collection = Collection<Project>(
        "codebuild.project",
        lookups: [
            "badge": { [$0.badgeToken] }, "arn": { [$0.arn] }, "webhook": { $0.webhook.map { [$0.token] } ?? [] },
        ])

    /// How many builds a project of that name has had, kept when the project is deleted: numbers are never used again.
    static let counters = Collection<Int>("codebuild.counter")

    /// The project of that name, or with that ARN.
    ///
    /// - Throws: `ResourceNotFoundException`.
    static func get(_ nameOrARN: String, _ caller: Caller, in transaction: Transaction) throws -> Project {
        let name = Self.name(nameOrARN)
        guard let project = try transaction.get(collection, caller.key(name))?.value else {
            throw missing(nameOrARN, caller)
        }
        return project
    }

    /// The name in an ARN, or the text itself.
    static func name(_ nameOrARN: String) -> String {
        guard nameOrARN.hasPrefix("arn:") else { return nameOrARN }
        return nameOrARN.split(separator: "/", maxSplits: 1).last.map(String.init) ?? nameOrARN
    }

    static func missing(_ nameOrARN: String, _ caller: Caller) -> AWSError {
        AWSError(
            "ResourceNotFoundException",
            "Project cannot be found: \(caller.arn("codebuild", "project/" + name(nameOrARN)))")
    }
}

/// The webhook of a project. Source: AWS CodeBuild API Reference, Webhook.
struct ProjectWebhook: Codable, Sendable, Equatable {
    /// What signs the payloads; shown once.
    var secret: String
    /// Part of the address that payloads are sent to.
    var token: String
    var branchFilter: String?
    var filterGroups: [[Filter]]?
    var buildType: String?
    var manualCreation: Bool?
    var lastModifiedSecret: Timestamp

    struct Filter: Codable, Sendable, Equatable {
        var type: String
        var pattern: String
        var excludeMatchedPattern: Bool?
    }
}
