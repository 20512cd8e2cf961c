internal import Cloud
internal import Ledger
internal import Notation
internal import TestReports

/// A group of reports. Source: AWS CodeBuild API Reference, ReportGroup.
struct ReportGroup: Codable, Sendable {
    var name: String
    var arn: String
    var type: String
    var exportConfig: JSON
    var created: Timestamp
    var lastModified: Timestamp
    var tags: [ProjectSettings.Tag]?
    /// Account and region.
    var scope: String

    static let collection = Collection<ReportGroup>("codebuild.reportGroup")

    static func missing(_ arn: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Report group \(arn) does not exist")
    }

    /// The key of the group with that ARN, or name.
    static func key(_ arnOrName: String, _ caller: Caller) -> String { caller.key(Project.name(arnOrName)) }
}

/// What was found in the result files of one build. The cases and files themselves are in ``ReportContents``.
struct Report: Codable, Sendable {
    var arn: String
    var name: String
    var type: String
    var group: String
    var build: String
    var status: String
    var created: Timestamp
    var exportConfig: JSON
    var truncated: Bool?
    var counts: [String: Int]?
    var nanoseconds: Int64?
    var coverage: CoverageReport.Counts?
    /// Account and region.
    var scope: String

    /// How long a report is kept (User Guide, "Working with reports").
    static let lifetime = Duration.seconds(30 * 86_400)
    var expires: Timestamp { created + Self.lifetime }

    static let collection = Collection<Report>(
        "codebuild.report", lookups: ["group": { [$0.group] }, "scope": { [$0.scope] }])

    static func missing(_ arn: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Report \(arn) does not exist")
    }
}

/// The cases or files of a report.
struct ReportContents: Codable, Sendable {
    var cases: [TestReport.Case]?
    var files: [CoverageReport.File]?

    static let collection = Collection<ReportContents>("codebuild.reportContents")
}
