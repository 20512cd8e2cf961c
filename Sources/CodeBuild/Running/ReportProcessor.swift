internal import Buildspec
internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation
internal import Sandbox
internal import TestReports

/// Reads the result files of a build into reports. Nothing that is wrong with them fails the build.
struct ReportProcessor: Sendable {
    let site: BuildSite
    let workshop: Workshop
    /// Nil when the build's files are gone: then its reports are incomplete.
    let selector: FileSelector?

    /// A file of results longer than this is not read.
    private static let fileLimit = 64 << 20

    /// Makes a report for every group the buildspec names.
    ///
    /// - Returns: Their ARNs.
    func process(_ spec: Buildspec) async -> [String] {
        guard !spec.reports.isEmpty,
            !site.note({ findings in
                defer { findings.hasReported = true }
                return findings.hasReported
            })
        else { return [] }
        var made: [String] = []
        for wanted in spec.reports.prefix(BuildspecReader.reportLimit) {
            do {
                let arn = try await process(wanted)
                made.append(arn)
                site.log.say("Report \(arn) is made")
            } catch {
                site.log.say("Report '\(wanted.group)' is not made: \((error as? AWSError)?.description ?? "\(error)")")
            }
        }
        return made
    }

    private func process(_ wanted: ReportSpec) async throws -> String {
        let group = try await group(of: wanted)
        let files = await read(wanted)
        let uuid = workshop.surroundings.chance.uuid()
        let order = site.order
        var report = Report(
            arn: order.owner.arn("codebuild", "report/\(group.name):\(uuid)"), name: uuid, type: group.type,
            group: group.arn, build: order.arn, status: "INCOMPLETE", created: workshop.surroundings.now,
            exportConfig: group.exportConfig, scope: order.owner.scope)
        var contents = ReportContents()
        if let format = TestFormat(rawValue: wanted.format) {
            let found = TestReport(files, format: format)
            report.status = found.status
            report.truncated = found.isTruncated
            report.counts = Dictionary(uniqueKeysWithValues: found.counts.map { ($0.key.rawValue, $0.value) })
            report.nanoseconds = found.nanoseconds
            contents.cases = found.cases
            for fault in found.faults { site.log.say("Report '\(wanted.group)': \(fault)") }
        } else if let format = CoverageFormat(rawValue: wanted.format) {
            let found = CoverageReport(files, format: format)
            report.status = found.status
            report.coverage = found.total
            contents.files = found.files
            for fault in found.faults { site.log.say("Report '\(wanted.group)': \(fault)") }
        }
        try await keep(report, contents, files, group)
        return report.arn
    }

    private func keep(
        _ report: Report, _ contents: ReportContents, _ files: [(name: String, bytes: [UInt8])], _ group: ReportGroup
    ) async throws {
        try await workshop.ledger.write { transaction in
            try transaction.put(Report.collection, report.arn, report)
            try transaction.put(ReportContents.collection, report.arn, contents)
            try transaction.append(
                LedgerEvent(
                    time: transaction.now, source: "slipway.codebuild", detailType: "Report Created",
                    account: site.order.owner.account, region: site.order.owner.region, resources: [report.arn],
                    detail: [
                        "report-arn": .string(report.arn), "report-status": .string(report.status),
                        "build-id": .string(report.build), "project-name": .string(site.order.project),
                    ]))
        }
        try await export(report, files, group)
    }

    private func export(
        _ report: Report, _ files: [(name: String, bytes: [UInt8])], _ group: ReportGroup
    ) async throws {
        let target = group.exportConfig["s3Destination"]
        guard group.exportConfig["exportConfigType"]?.string == "S3", let bucket = target?["bucket"]?.string else {
            return
        }
        let caller = try await site.keys.current().caller
        let path = [target?["path"]?.string ?? "", group.name, report.name].flatMap { $0.split(separator: "/") }
        for file in files {
            let key = path.joined(separator: "/") + "/" + file.name
            _ = try await workshop.cloud.call(
                "s3", "PutObject", ["Bucket": .string(bucket), "Key": .string(key)], payload: .bytes(file.bytes),
                as: caller)
        }
    }

    /// The group of that ARN; for a name the project's own, made if need be.
    private func group(of wanted: ReportSpec) async throws -> ReportGroup {
        let order = site.order
        let isARN = wanted.group.hasPrefix("arn:")
        let name = isARN ? Project.name(wanted.group) : "\(order.project)-\(wanted.group)"
        let key = order.owner.key(name)
        if let known = try await workshop.ledger.get(ReportGroup.collection, key)?.value {
            let type = wanted.isCoverage ? "CODE_COVERAGE" : "TEST"
            guard known.type == type else {
                throw AWSError.invalidInput("The report group \(name) is of the type \(known.type), not \(type).")
            }
            return known
        }
        guard !isARN else { throw ReportGroup.missing(wanted.group) }
        // As the role, so that its policies decide (User Guide, "Create a report group").
        try await site.keys.call(
            "codebuild", "CreateReportGroup",
            [
                "name": .string(name), "type": wanted.isCoverage ? "CODE_COVERAGE" : "TEST",
                "exportConfig": ["exportConfigType": "NO_EXPORT"],
            ])
        guard let made = try await workshop.ledger.get(ReportGroup.collection, key)?.value else {
            throw ReportGroup.missing(name)
        }
        return made
    }

    private func read(_ wanted: ReportSpec) async -> [(name: String, bytes: [UInt8])] {
        guard let selector else { return [] }
        let rules = wanted.files
        let found = await OwnThread.run { () -> [(name: String, bytes: [UInt8])] in
            guard let files = try? selector.find(rules).found else { return [] }
            return files.compactMap { file in
                selector.files.read(file.path, limit: Self.fileLimit).map { (file.name, $0) }
            }
        }
        return found
    }
}
