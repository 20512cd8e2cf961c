internal import Cloud
internal import Ledger
internal import Notation
internal import TestReports

extension CodeBuildService {
    /// What is in reports, and how it changes from report to report.
    var reportContentOperations: [Operation] {
        [
            Operation("DescribeTestCases", enforces: "reportArn nextToken maxResults filter") {
                (input: ContentsInput, _) in try await testCases(input)
            },
            Operation(
                "DescribeCodeCoverages",
                enforces: "reportArn nextToken maxResults sortOrder sortBy minLineCoveragePercentage "
                    + "maxLineCoveragePercentage"
            ) { (input: ContentsInput, _) in try await coverages(input) },
            Operation("GetReportGroupTrend", enforces: "reportGroupArn numOfReports trendField") {
                (input: TrendInput, call) in try await trend(input, call)
            },
        ]
    }

    private func contents(_ arn: String) async throws -> (Report, ReportContents) {
        guard let report = try await ledger.get(Report.collection, arn)?.value,
            let contents = try await ledger.get(ReportContents.collection, arn)?.value
        else { throw Report.missing(arn) }
        return (report, contents)
    }

    private func testCases(_ input: ContentsInput) async throws -> JSON {
        let (report, contents) = try await contents(input.reportArn)
        var all = contents.cases ?? []
        if let status = input.filter?.status { all.removeAll { $0.status.rawValue != status } }
        if let word = input.filter?.keyword { all.removeAll { !($0.prefix + " " + $0.name).contains(word) } }
        return try Self.page(all, input, "testCases") { test, _ in ReportView.testCase(test, report) }
    }

    private func coverages(_ input: ContentsInput) async throws -> JSON {
        let (report, contents) = try await contents(input.reportArn)
        var all = contents.files ?? []
        let low = input.minLineCoveragePercentage ?? 0
        let high = input.maxLineCoveragePercentage ?? 100
        all.removeAll { !(low...max(low, high)).contains($0.counts.linePercentage ?? 0) }
        if input.sortBy == "LINE_COVERAGE_PERCENTAGE" {
            all.sort { ($0.counts.linePercentage ?? 0, $0.path) < ($1.counts.linePercentage ?? 0, $1.path) }
        }
        if input.sortOrder == "DESCENDING" { all.reverse() }
        return try Self.page(all, input, "codeCoverages") { file, place in
            var view = ReportView.coverage(file.counts)
            view["id"] = .string("\(report.name)-\(place)")
            view["reportARN"] = .string(report.arn)
            view["filePath"] = .string(file.path)
            view["expired"] = .double(report.expires.seconds)
            return view
        }
    }

    private static func page<Item>(
        _ all: [Item], _ input: ContentsInput, _ member: String, _ view: (Item, Int) -> JSON
    ) throws -> JSON {
        var start = 0
        if let token = input.nextToken {
            guard let place = Int(token), (0...all.count).contains(place) else {
                throw AWSError.invalidInput("Invalid next token")
            }
            start = place
        }
        let end = min(all.count, start + min(input.maxResults ?? 100, 100))
        var answer: JSON = [:]
        answer[member] = .array((start..<end).map { view(all[$0], $0) })
        if end < all.count { answer["nextToken"] = .string("\(end)") }
        return answer
    }

    private func trend(_ input: TrendInput, _ call: Call) async throws -> JSON {
        let key = ReportGroup.key(input.reportGroupArn, call.caller)
        guard let group = try await ledger.get(ReportGroup.collection, key)?.value else {
            throw ReportGroup.missing(input.reportGroupArn)
        }
        var reports = try await ledger.find(Report.collection, "group", group.arn).map(\.value)
        reports.sort { $0.created > $1.created }
        let values = reports.prefix(input.numOfReports ?? 100).compactMap { report in
            Self.figure(input.trendField, report).map { (report.arn, $0) }
        }
        let raw: [JSON] = values.map { ["reportArn": .string($0.0), "data": .string(Self.text($0.1))] }
        var stats: JSON = [:]
        if let least = values.map(\.1).min(), let most = values.map(\.1).max() {
            stats["average"] = .string(Self.text(values.map(\.1).reduce(0, +) / Double(values.count)))
            stats["min"] = .string(Self.text(least))
            stats["max"] = .string(Self.text(most))
        }
        return ["stats": stats, "rawData": .array(raw)]
    }

    private static func text(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

    private static func figure(_ field: String, _ report: Report) -> Double? {
        let total = Double((report.counts ?? [:]).values.reduce(0, +))
        switch field {
        case "PASS_RATE":
            return total > 0 ? 100 * Double(report.counts?["SUCCEEDED"] ?? 0) / total : nil
        case "DURATION": return report.nanoseconds.map(Double.init)
        case "TOTAL": return report.counts == nil ? nil : total
        case "LINE_COVERAGE": return report.coverage?.linePercentage
        case "LINES_COVERED": return report.coverage.map { Double($0.linesCovered) }
        case "LINES_MISSED": return report.coverage.map { Double($0.linesMissed) }
        case "BRANCH_COVERAGE": return report.coverage?.branchPercentage
        case "BRANCHES_COVERED": return report.coverage.map { Double($0.branchesCovered) }
        case "BRANCHES_MISSED": return report.coverage.map { Double($0.branchesMissed) }
        default: return nil
        }
    }
}

struct ContentsInput: Decodable, Sendable {
    var reportArn: String
    var nextToken: String?
    var maxResults: Int?
    var filter: ListInput.Filter?
    var sortOrder: String?
    var sortBy: String?
    var minLineCoveragePercentage: Double?
    var maxLineCoveragePercentage: Double?
}

struct TrendInput: Decodable, Sendable {
    var reportGroupArn: String
    var numOfReports: Int?
    var trendField: String
}
