internal import Cloud
internal import Notation

extension CloudWatchService {
    private static let actions = "ActionsEnabled OKActions AlarmActions InsufficientDataActions AlarmDescription"

    static var alarmType: ResourceType {
        ResourceType(
            "AWS::CloudWatch::Alarm",
            enforces:
                "AlarmName \(actions) MetricName Namespace Statistic ExtendedStatistic Dimensions Period Unit "
                + "EvaluationPeriods"
                + " DatapointsToAlarm Threshold ComparisonOperator TreatMissingData "
                + "EvaluateLowSampleCountPercentile Metrics Tags",
            requires: "ComparisonOperator EvaluationPeriods", replacedBy: "AlarmName", attributes: "Arn",
            nameProperty: "AlarmName",
            alarmActions("PutMetricAlarm", "MetricAlarms")
        ).withinLedger()
    }

    static var compositeAlarmType: ResourceType {
        ResourceType(
            "AWS::CloudWatch::CompositeAlarm",
            enforces:
                "AlarmName \(actions) AlarmRule ActionsSuppressor ActionsSuppressorWaitPeriod "
                + "ActionsSuppressorExtensionPeriod Tags",
            requires: "AlarmRule", replacedBy: "AlarmName", attributes: "Arn", nameProperty: "AlarmName",
            alarmActions("PutCompositeAlarm", "CompositeAlarms")
        ).withinLedger()
    }

    /// Putting an alarm again has no second effect, so that every action may be repeated.
    private static func alarmActions(_ operation: String, _ list: String) -> ResourceType.Actions {
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let name =
                request.physicalID ?? request.properties["AlarmName"]?.string ?? request.generatedName(limit: 255)
            let arn = request.caller.arn("cloudwatch", "alarm:" + name)
            var input = typed(request.properties)
            input["AlarmName"] = .string(name)
            input["Tags"] = nil
            try await request.call("cloudwatch", operation, input)
            let tags = request.allTags.sorted { $0.key < $1.key }.map {
                JSON(dictionaryLiteral: ("Key", .string($0.key)), ("Value", .string($0.value)))
            }
            let old = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }.filter {
                request.allTags[$0] == nil
            }
            if !old.isEmpty {
                try await request.call(
                    "cloudwatch", "UntagResource",
                    ["ResourceARN": .string(arn), "TagKeys": .array(old.map(JSON.string))])
            }
            try await request.call("cloudwatch", "TagResource", ["ResourceARN": .string(arn), "Tags": .array(tags)])
            return ResourceState(name, attributes: ["Arn": .string(arn)])
        }
        return ResourceType.Actions(
            create: put, update: put,
            delete: { request in
                guard let name = request.physicalID else { return }
                try await request.call("cloudwatch", "DeleteAlarms", ["AlarmNames": [.string(name)]])
            },
            read: { request in try await alarm(request, list) },
            list: { request in
                try await request.pages(
                    "cloudwatch", "DescribeAlarms", ["AlarmTypes": types(list)], of: list, token: "NextToken"
                ).map { ResourceState($0["AlarmName"]?.string ?? "") }
            })
    }

    /// What DescribeAlarms has to be asked for to fill that list of its answer.
    private static func types(_ list: String) -> JSON {
        list == "CompositeAlarms" ? ["CompositeAlarm"] : ["MetricAlarm"]
    }

    /// The alarm as a template would have it; nil when there is none.
    private static func alarm(_ request: ResourceRequest, _ list: String) async throws -> JSON? {
        let answer = try await request.call(
            "cloudwatch", "DescribeAlarms",
            ["AlarmNames": [.string(request.physicalID ?? "")], "AlarmTypes": types(list)])
        guard let found = answer[list]?[0]?.object else { return nil }
        var properties = found.filter { key, _ in
            !key.hasPrefix("State") && key != "AlarmArn" && !key.hasSuffix("Timestamp")
        }
        properties["Arn"] = found["AlarmArn"]
        let tags = try await request.call(
            "cloudwatch", "ListTagsForResource", ["ResourceARN": found["AlarmArn"] ?? ""])["Tags"]
        properties["Tags"] = .array((tags?.array ?? []).filter { $0["Key"]?.string?.hasPrefix("aws:") != true })
        return .object(properties)
    }

    /// Templates may write numbers and truth values as texts; the API wants them as they are.
    static func typed(_ properties: JSON, key: String = "") -> JSON {
        switch properties {
        case .object(let members):
            var result = JSONObject()
            for (key, value) in members { result[key] = typed(value, key: key) }
            return .object(result)
        case .array(let elements): return .array(elements.map { typed($0, key: key) })
        case .string(let text):
            switch key {
            case "Period", "EvaluationPeriods", "DatapointsToAlarm", "ActionsSuppressorWaitPeriod",
                "ActionsSuppressorExtensionPeriod":
                return Int(text).map(JSON.int) ?? properties
            case "Threshold": return Double(text).map(JSON.double) ?? properties
            case "ActionsEnabled", "ReturnData":
                return ["true": true, "false": false][text.lowercased()].map(JSON.bool) ?? properties
            default: return properties
            }
        default: return properties
        }
    }

    static var dashboardType: ResourceType {
        @Sendable func put(_ request: ResourceRequest) async throws -> ResourceState {
            let name =
                request.physicalID ?? request.properties["DashboardName"]?.string ?? request.generatedName(limit: 255)
            let body = request.properties["DashboardBody"] ?? .null
            let text = body.string ?? body.text()
            try await request.call(
                "cloudwatch", "PutDashboard", ["DashboardName": .string(name), "DashboardBody": .string(text)])
            return ResourceState(name)
        }
        return ResourceType(
            "AWS::CloudWatch::Dashboard", enforces: "DashboardName", stores: "DashboardBody", requires: "DashboardBody",
            replacedBy: "DashboardName", nameProperty: "DashboardName",
            ResourceType.Actions(
                create: put, update: put,
                delete: { request in
                    do {
                        try await request.call(
                            "cloudwatch", "DeleteDashboards", ["DashboardNames": [.string(request.physicalID ?? "")]])
                    } catch let error as AWSError where error.code == "DashboardNotFoundError" {}
                },
                read: { request in
                    do {
                        let name = JSON.string(request.physicalID ?? "")
                        let found = try await request.call("cloudwatch", "GetDashboard", ["DashboardName": name])
                        return ["DashboardName": name, "DashboardBody": found["DashboardBody"] ?? ""]
                    } catch let error as AWSError
                        where ["DashboardNotFoundError", "ResourceNotFound"].contains(error.code)
                    { return nil }
                },
                list: { request in
                    try await request.pages(
                        "cloudwatch", "ListDashboards", of: "DashboardEntries", token: "NextToken"
                    ).map { ResourceState($0["DashboardName"]?.string ?? "") }
                })
        ).withinLedger()
    }
}
