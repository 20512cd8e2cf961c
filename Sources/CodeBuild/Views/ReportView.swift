internal import Notation
internal import TestReports

/// Reports and their groups as the API shows them.
enum ReportView {
    static func group(_ group: ReportGroup) throws -> JSON {
        [
            "arn": .string(group.arn), "name": .string(group.name), "type": .string(group.type),
            "exportConfig": group.exportConfig, "created": .double(group.created.seconds),
            "lastModified": .double(group.lastModified.seconds), "tags": try JSON(encoding: group.tags ?? []),
            "status": "ACTIVE",
        ]
    }

    static func report(_ report: Report) -> JSON {
        var view: JSON = [
            "arn": .string(report.arn), "type": .string(report.type), "name": .string(report.name),
            "reportGroupArn": .string(report.group), "executionId": .string(report.build),
            "status": .string(report.status), "created": .double(report.created.seconds),
            "expired": .double(report.expires.seconds), "exportConfig": report.exportConfig,
            "truncated": .bool(report.truncated ?? false),
        ]
        if let counts = report.counts {
            var statuses: JSON = [:]
            for status in TestReport.Status.allCases { statuses[status.rawValue] = .int(counts[status.rawValue] ?? 0) }
            view["testSummary"] = [
                "total": .int(counts.values.reduce(0, +)), "statusCounts": statuses,
                "durationInNanoSeconds": .int(Int(report.nanoseconds ?? 0)),
            ]
        }
        if let coverage = report.coverage { view["codeCoverageSummary"] = self.coverage(coverage) }
        return view
    }

    /// Without percentages where there is nothing to cover.
    static func coverage(_ counts: CoverageReport.Counts) -> JSON {
        var view: JSON = [
            "linesCovered": .int(counts.linesCovered), "linesMissed": .int(counts.linesMissed),
            "branchesCovered": .int(counts.branchesCovered), "branchesMissed": .int(counts.branchesMissed),
        ]
        view["lineCoveragePercentage"] = counts.linePercentage.map(JSON.double)
        view["branchCoveragePercentage"] = counts.branchPercentage.map(JSON.double)
        return view
    }

    static func testCase(_ test: TestReport.Case, _ report: Report) -> JSON {
        [
            "reportArn": .string(report.arn), "testRawDataPath": .string(test.file), "prefix": .string(test.prefix),
            "name": .string(test.name), "status": .string(test.status.rawValue),
            "durationInNanoSeconds": .int(Int(test.nanoseconds)), "message": .string(test.message),
            "testSuiteName": .string(test.suite), "expired": .double(report.expires.seconds),
        ]
    }
}
