internal import Cloud
internal import Ledger
internal import Notation

/// A dashboard as it is stored: Slipway keeps the text and shows it again; it draws nothing.
struct Dashboard: Codable, Sendable {
    var name: String
    var body: String
    var modified: Timestamp
}

extension Collections {
    static let dashboards = Collection<Dashboard>("cloudwatch.dashboard")
}

extension CloudWatchService {
    private struct TagInput: Decodable {
        let ResourceARN: String
        let Tags: [Tag]?
        let TagKeys: [String]?
    }
    private struct DashboardInput: Decodable {
        let DashboardName, DashboardBody, DashboardNamePrefix, NextToken: String?
        let DashboardNames: [String]?
    }

    // MARK: Tags

    var tagOperations: [Operation] {
        [
            Operation("TagResource", enforces: "ResourceARN Tags") { (input: TagInput, call) in
                try Refusal.checkTags((input.Tags ?? []).map(\.Key), call.caller)
                try await changeTags(input, call) { tags in
                    for tag in input.Tags ?? [] { tags[tag.Key] = tag.Value }
                }
                return Nothing()
            },
            Operation("UntagResource", enforces: "ResourceARN TagKeys") { (input: TagInput, call) in
                try await changeTags(input, call) { tags in for key in input.TagKeys ?? [] { tags[key] = nil } }
                return Nothing()
            },
            Operation("ListTagsForResource", enforces: "ResourceARN") { (input: TagInput, call) in
                guard let alarm = try await ledger.get(Collections.alarms, alarmKey(input, call))?.value else {
                    throw unknown(input)
                }
                return [
                    "Tags": .array(
                        alarm.tags.sorted { $0.key < $1.key }.map {
                            ["Key": .string($0.key), "Value": .string($0.value)]
                        })
                ]
                    as JSON
            },
        ]
    }

    private func unknown(_ input: TagInput) -> AWSError {
        AWSError("ResourceNotFoundException", "Unknown resource \(input.ResourceARN)", status: 404)
    }

    private func alarmKey(_ input: TagInput, _ call: Call) throws -> String {
        let prefix = call.caller.arn("cloudwatch", "alarm:")
        guard input.ResourceARN.hasPrefix(prefix) else { throw unknown(input) }
        return call.caller.key(String(input.ResourceARN.dropFirst(prefix.count)))
    }

    private func changeTags(
        _ input: TagInput, _ call: Call, _ change: @escaping @Sendable (inout [String: String]) -> Void
    ) async throws {
        let key = try alarmKey(input, call)
        try await ledger.write { transaction in
            guard var alarm = try transaction.get(Collections.alarms, key)?.value else { throw unknown(input) }
            change(&alarm.tags)
            guard alarm.tags.count <= 50 else { throw Refusal.invalid("A resource can have 50 tags at most.") }
            try transaction.put(Collections.alarms, key, alarm)
        }
    }

    // MARK: Dashboards

    var dashboardOperations: [Operation] {
        [
            Operation("PutDashboard", enforces: "DashboardName", stores: "DashboardBody") {
                (input: DashboardInput, call) in
                let (name, body) = (input.DashboardName ?? "", input.DashboardBody ?? "")
                guard (try? JSON(parsing: body))?.object != nil else {
                    throw AWSError("DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object")
                }
                try await ledger.write { transaction in
                    let dashboard = Dashboard(name: name, body: body, modified: transaction.now)
                    try transaction.put(Collections.dashboards, call.caller.key(name), dashboard)
                }
                return ["DashboardValidationMessages": []] as JSON
            },
            Operation("GetDashboard", enforces: "DashboardName") { (input: DashboardInput, call) in
                let name = input.DashboardName ?? ""
                guard let dashboard = try await ledger.get(Collections.dashboards, call.caller.key(name))?.value else {
                    throw AWSError("DashboardNotFoundError", "Dashboard \(name) does not exist", status: 404)
                }
                return [
                    "DashboardName": .string(name), "DashboardBody": .string(dashboard.body),
                    "DashboardArn": .string(Self.dashboardARN(name, call.caller)),
                ] as JSON
            },
            listDashboards, deleteDashboards,
        ]
    }

    private static func dashboardARN(_ name: String, _ caller: Caller) -> String {
        "arn:aws:cloudwatch::\(caller.account):dashboard/\(name)"
    }

    private var listDashboards: Operation {
        Operation("ListDashboards", enforces: "DashboardNamePrefix NextToken") { (input: DashboardInput, call) in
            let all = try await ledger.list(
                Collections.dashboards, prefix: call.caller.key(input.DashboardNamePrefix ?? "")
            ).map(\.value)
            let start = try PageToken.read(input.NextToken)
            let page = all.dropFirst(start).prefix(1000)
            var output: JSON = [
                "DashboardEntries": .array(
                    page.map { dashboard in
                        [
                            "DashboardName": .string(dashboard.name),
                            "LastModified": .double(dashboard.modified.seconds),
                            "DashboardArn": .string(Self.dashboardARN(dashboard.name, call.caller)),
                            "Size": .int(dashboard.body.utf8.count),
                        ]
                    })
            ]
            if start + page.count < all.count { output["NextToken"] = .string(String(start + page.count)) }
            return output
        }
    }

    /// All or none are deleted.
    private var deleteDashboards: Operation {
        Operation("DeleteDashboards", enforces: "DashboardNames") { (input: DashboardInput, call) in
            try await ledger.write { transaction in
                for name in input.DashboardNames ?? [] {
                    guard try transaction.delete(Collections.dashboards, call.caller.key(name)) else {
                        throw AWSError("DashboardNotFoundError", "Dashboard \(name) does not exist", status: 404)
                    }
                }
            }
            return Nothing()
        }
    }
}
