internal import Cloud
internal import Ledger
internal import Notation

/// What builds are found by. The build itself is its machine.
struct BuildRecord: Codable, Sendable {
    var id: String
    var project: String
    var number: Int
    var submitted: Timestamp
    var status: BuildStatus
    /// The branch or version it was asked for; what a badge of a branch looks at.
    var sourceVersion: String?
    /// Account and region.
    var scope: String

    static let collection = Collection<BuildRecord>(
        "codebuild.build",
        lookups: ["scope": { [$0.scope] }, "project": { ["\($0.scope)\($0.project)"] }])
}

/// A build that waits for its turn, or has it. In the order in which they came.
struct BuildSlot: Codable, Sendable {
    var build: String
    /// Account, region and project.
    var project: String
    /// How many builds of the project may run at once.
    var projectLimit: Int?
    var since: Timestamp
    var number: Int
    var isRunning: Bool

    static let collection = Collection<BuildSlot>("codebuild.slot")
}

/// What a repeated request is recognised by.
struct RequestToken: Codable, Sendable {
    var id: String
    /// The request itself, so that another one under the same token is told apart.
    var request: String
    var time: Timestamp

    static let collection = Collection<RequestToken>("codebuild.token")
    /// How long a token is known (API Reference, StartBuild: five minutes). A pipeline's is known for ever.
    static let lifetime = Duration.seconds(300)
}
