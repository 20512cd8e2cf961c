internal import Cloud
internal import Notation

/// The test reports of a build: how many cases passed, and those that did not with what they said.
struct BuildReports: Sendable {
    /// The most failed cases that are shown of one report.
    static let limit = 50

    let build: JSON
    let desk: Desk

    func html() async throws(AWSError) -> HTML {
        let arns = build.list("reportArns")
        guard !arns.isEmpty else { return .none }
        let reports = try await desk.call("codebuild", "BatchGetReports", ["reportArns": .array(arns)]).list("reports")
        var parts: [HTML] = []
        for report in reports { parts.append(try await article(report)) }
        return .several(parts)
    }

    private func article(_ report: JSON) async throws(AWSError) -> HTML {
        let counts = report["testSummary"]?["statusCounts"]?.object ?? [:]
        let total = report["testSummary"]?["total"]?.int ?? 0
        let failed = (counts["FAILED"]?.int ?? 0) + (counts["ERROR"]?.int ?? 0)
        let cases = failed > 0 ? try await failures(report) : .none
        let words = counts.filter { ($1.int ?? 0) > 0 }.map { "\($1.int ?? 0) \($0.lowercased())" }
        return tag("article", .class("card")) {
            tag("h3") {
                report.text("name")
                " "
                Parts.badge(report.text("status"))
            }
            tag("p", text: "\(Parts.count(total, "case")): \(words.joined(separator: ", "))")
            if let nanoseconds = report["testSummary"]?["durationInNanoSeconds"]?.double {
                tag("p", .class("dim"), text: "Took \(Moments.span(.milliseconds(Int(nanoseconds / 1_000_000))))")
            }
            coverage(report)
            cases
        }
    }

    private func coverage(_ report: JSON) -> HTML {
        guard let summary = report["codeCoverageSummary"], let lines = summary["lineCoveragePercentage"]?.double else {
            return .none
        }
        return tag("p", text: "\(Moments.number(lines)) % of the lines are covered")
    }

    private func failures(_ report: JSON) async throws(AWSError) -> HTML {
        let input: JSON = [
            "reportArn": report["arn"] ?? "", "filter": ["status": "FAILED"], "maxResults": .int(Self.limit),
        ]
        let cases = try await desk.call("codebuild", "DescribeTestCases", input).list("testCases")
        return .several(
            cases.map { one in
                tag("details") {
                    tag("summary") {
                        "\([one.text("prefix"), one.text("name")].filter { !$0.isEmpty }.joined(separator: " ")) "
                        Parts.badge(one.text("status"))
                    }
                    Parts.lines(one.text("message"))
                }
            })
    }
}
