internal import Cloud
internal import Ledger
internal import Notation
internal import TestReports

extension CodeBuildService {
    /// Groups of reports, and the reports themselves.
    var reportOperations: [Operation] {
        [
            Operation(
                "CreateReportGroup", enforces: "name type exportConfig tags"
            ) { (input: GroupInput, call) in ["reportGroup": try await create(input, call)] as JSON },
            Operation("UpdateReportGroup", enforces: "arn exportConfig tags") { (input: GroupInput, call) in
                ["reportGroup": try await update(input, call)] as JSON
            },
            Operation("DeleteReportGroup", enforces: "arn deleteReports") { (input: GroupInput, call) in
                try await delete(input, call)
                return Nothing()
            },
            Operation("BatchGetReportGroups", enforces: "reportGroupArns") { (input: GroupInput, call) in
                try await batchGet(input, call)
            },
            Operation("ListReportGroups", enforces: "sortOrder sortBy nextToken maxResults") {
                (input: ListInput, call) in try await listGroups(input, call)
            },
            Operation("BatchGetReports", enforces: "reportArns") { (input: GroupInput, _) in
                try await batchGetReports(input)
            },
            Operation("ListReports", enforces: "sortOrder nextToken maxResults filter") { (input: ListInput, call) in
                try await list(input, "scope", call.caller.scope)
            },
            Operation(
                "ListReportsForReportGroup", enforces: "reportGroupArn sortOrder nextToken maxResults filter"
            ) { (input: ListInput, call) in
                let arn = input.reportGroupArn ?? ""
                guard try await ledger.get(ReportGroup.collection, ReportGroup.key(arn, call.caller)) != nil else {
                    throw ReportGroup.missing(arn)
                }
                return try await list(input, "group", arn)
            },
            Operation("DeleteReport", enforces: "arn") { (input: GroupInput, _) in
                let arn = input.arn ?? ""
                try await ledger.write { transaction in
                    try transaction.delete(Report.collection, arn)
                    try transaction.delete(ReportContents.collection, arn)
                }
                return Nothing()
            },
        ]
    }

    private func create(_ input: GroupInput, _ call: Call) async throws -> JSON {
        let name = input.name ?? ""
        let key = call.caller.key(name)
        let group = ReportGroup(
            name: name, arn: call.caller.arn("codebuild", "report-group/\(name)"), type: input.type ?? "TEST",
            exportConfig: try Self.checked(input.exportConfig), created: call.time, lastModified: call.time,
            tags: input.tags, scope: call.caller.scope)
        try await ledger.write { transaction in
            guard try transaction.get(ReportGroup.collection, key) == nil else {
                throw AWSError("ResourceAlreadyExistsException", "Report group already exists: \(group.arn)")
            }
            try transaction.insert(ReportGroup.collection, key, group)
        }
        return try ReportView.group(group)
    }

    private static func checked(_ config: JSON?) throws -> JSON {
        let config = config ?? ["exportConfigType": "NO_EXPORT"]
        if config["exportConfigType"]?.string == "S3", config["s3Destination"]?["bucket"]?.string?.isEmpty != false {
            throw AWSError.invalidInput("Invalid export config: a bucket is required for the type S3")
        }
        if config["s3Destination"]?["packaging"]?.string == "ZIP" {
            throw AWSError.notImplemented("the packaging ZIP of exported reports")
        }
        return config
    }

    private func update(_ input: GroupInput, _ call: Call) async throws -> JSON {
        let arn = input.arn ?? ""
        let key = ReportGroup.key(arn, call.caller)
        let config = try input.exportConfig.map { try Self.checked($0) }
        let group = try await ledger.write { transaction in
            guard var group = try transaction.get(ReportGroup.collection, key)?.value else {
                throw ReportGroup.missing(arn)
            }
            group.exportConfig = config ?? group.exportConfig
            group.tags = input.tags ?? group.tags
            group.lastModified = transaction.now
            try transaction.put(ReportGroup.collection, key, group)
            return group
        }
        return try ReportView.group(group)
    }

    /// A group that is not there is as good as deleted; one with reports only goes with them.
    private func delete(_ input: GroupInput, _ call: Call) async throws {
        let arn = input.arn ?? ""
        let key = ReportGroup.key(arn, call.caller)
        try await ledger.write { transaction in
            let reports = try transaction.find(Report.collection, "group", arn)
            guard reports.isEmpty || input.deleteReports == true else {
                throw AWSError.invalidInput("Report group \(arn) has reports. Delete them first, or say deleteReports")
            }
            for report in reports {
                try transaction.delete(Report.collection, report.key)
                try transaction.delete(ReportContents.collection, report.key)
            }
            try transaction.delete(ReportGroup.collection, key)
        }
    }

    private func batchGet(_ input: GroupInput, _ call: Call) async throws -> JSON {
        var found: [JSON] = []
        var missing: [JSON] = []
        for arn in input.reportGroupArns ?? [] {
            if let group = try await ledger.get(ReportGroup.collection, ReportGroup.key(arn, call.caller))?.value {
                found.append(try ReportView.group(group))
            } else {
                missing.append(.string(arn))
            }
        }
        return ["reportGroups": .array(found), "reportGroupsNotFound": .array(missing)]
    }

    private func listGroups(_ input: ListInput, _ call: Call) async throws -> JSON {
        var all = try await ledger.list(ReportGroup.collection, prefix: call.caller.scope).map(\.value)
        switch input.sortBy ?? "CREATED_TIME" {
        case "NAME": all.sort { $0.name < $1.name }
        case "LAST_MODIFIED_TIME": all.sort { $0.lastModified < $1.lastModified }
        default: all.sort { $0.created < $1.created }
        }
        if input.isDescending { all.reverse() }
        return try Page(all.map(\.arn), token: input.nextToken, size: input.size).answer("reportGroups")
    }

    private func batchGetReports(_ input: GroupInput) async throws -> JSON {
        var found: [JSON] = []
        var missing: [JSON] = []
        for arn in input.reportArns ?? [] {
            if let report = try await ledger.get(Report.collection, arn)?.value {
                found.append(ReportView.report(report))
            } else {
                missing.append(.string(arn))
            }
        }
        return ["reports": .array(found), "reportsNotFound": .array(missing)]
    }

    private func list(_ input: ListInput, _ lookup: String, _ value: String) async throws -> JSON {
        var all = try await ledger.find(Report.collection, lookup, value).map(\.value)
        all.sort { ($0.created, $0.arn) < ($1.created, $1.arn) }
        if let status = input.filter?.status { all.removeAll { $0.status != status } }
        if input.isDescending { all.reverse() }
        return try Page(all.map(\.arn), token: input.nextToken, size: input.size).answer("reports")
    }
}

struct GroupInput: Decodable, Sendable {
    var arn: String?
    var name: String?
    var type: String?
    var exportConfig: JSON?
    var tags: [ProjectSettings.Tag]?
    var deleteReports: Bool?
    var reportGroupArns: [String]?
    var reportArns: [String]?
}
