internal import Ledger

/// How long each command of a build took.
struct BuildTimings: Codable, Sendable {
    var commands: [BuildSite.CommandTiming]

    static let collection = Collection<BuildTimings>("codebuild.timings")
}
