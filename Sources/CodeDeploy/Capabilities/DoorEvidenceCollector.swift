package import Cloud
internal import Notation

/// Collects evidence by the operations of Logs, CloudWatch and Lambda, at the door.
package struct DoorEvidenceCollector: EvidenceCollector {
    private let cloud: Cloud
    /// How many of the last lines are kept, and how much of each.
    private static let lineLimit = 40
    private static let lineLength = 1000
    /// How many pages of log events are gone through for them.
    private static let pageLimit = 10

    /// Through that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// Calls FilterLogEvents for the new version's log streams, GetMetricStatistics for the versions' figures through
    /// the alias, and GetFunctionConfiguration for what differs between them.
    package func collect(_ request: EvidenceRequest, as caller: Caller) async -> Evidence {
        var evidence = Evidence()
        evidence.logGroup = "/aws/lambda/\(request.target.functionName)"
        do { evidence.lines = try await lines(request, evidence.logGroup, caller) } catch {
            evidence.gaps.append("Log lines: \(error)")
        }
        do { evidence.figures = try await figures(request, caller) } catch { evidence.gaps.append("Metrics: \(error)") }
        do { evidence.differences = try await differences(request.target, caller) } catch {
            evidence.gaps.append("Settings: \(error)")
        }
        return evidence
    }

    // MARK: Log lines

    /// The last lines of the new version: Lambda names its log streams `date/[version]instance`.
    private func lines(_ request: EvidenceRequest, _ group: String, _ caller: Caller) async throws -> [Evidence.LogLine]
    {
        let days = Set([day(request.since), day(request.until)]).sorted()
        var lines: [Evidence.LogLine] = []
        for day in days {
            var input: JSON = [
                "logGroupName": .string(group), "logStreamNamePrefix": .string("\(day)/[\(request.target.target)]"),
                "startTime": .int(Int(request.since.milliseconds)),
            ]
            for _ in 0..<Self.pageLimit {
                let page = try await cloud.call("logs", "FilterLogEvents", input, as: caller)
                for event in page["events"]?.array ?? [] {
                    let time = Timestamp(microseconds: Int64(event["timestamp"]?.int ?? 0) * 1000)
                    lines.append(.init(time: time, text: cut(event["message"]?.string ?? "")))
                }
                guard let token = page["nextToken"]?.string else { break }
                input["nextToken"] = .string(token)
            }
        }
        return lines.suffix(Self.lineLimit)
    }

    private func day(_ time: Timestamp) -> String {
        String(time.iso8601().prefix(10).map { $0 == "-" ? "/" : $0 })
    }

    private func cut(_ message: String) -> String {
        var line = Substring(message)
        while line.last?.isNewline == true { line.removeLast() }
        return String(line.prefix(Self.lineLength))
    }

    // MARK: Figures

    /// What both versions answered through the alias.
    private func figures(_ request: EvidenceRequest, _ caller: Caller) async throws -> [Evidence.Figure] {
        var figures: [Evidence.Figure] = []
        for name in ["Invocations", "Errors", "Throttles"] {
            let old = try await sum(name, request.target.current, request, caller)
            let new = try await sum(name, request.target.target, request, caller)
            figures.append(.init(name: name, old: old, new: new))
        }
        return figures
    }

    /// One metric of one version, from the minute in which the deployment began: Lambda's metrics are kept by the
    /// minute.
    private func sum(_ metric: String, _ version: String, _ request: EvidenceRequest, _ caller: Caller) async throws
        -> Double?
    {
        let target = request.target
        let minute = Int64(60_000_000)
        let start = Timestamp(microseconds: request.since.microseconds / minute * minute)
        let answer = try await cloud.call(
            "cloudwatch", "GetMetricStatistics",
            [
                "Namespace": "AWS/Lambda", "MetricName": .string(metric),
                "Dimensions": [
                    ["Name": "FunctionName", "Value": .string(target.functionName)],
                    ["Name": "Resource", "Value": .string("\(target.functionName):\(target.alias)")],
                    ["Name": "ExecutedVersion", "Value": .string(version)],
                ],
                "StartTime": .double(start.seconds), "EndTime": .double((request.until + .seconds(60)).seconds),
                "Period": 300,
                "Statistics": ["Sum"],
            ], as: caller)
        let sums = (answer["Datapoints"]?.array ?? []).compactMap { $0["Sum"]?.double }
        return sums.isEmpty ? nil : sums.reduce(0, +)
    }

    // MARK: Settings

    /// The settings worth comparing: what changes how code runs.
    private static let settings = [
        "Runtime", "Handler", "MemorySize", "Timeout", "CodeSha256", "CodeSize", "Role", "Description", "PackageType",
    ]

    /// What is set differently in the two versions.
    private func differences(_ target: LambdaTarget, _ caller: Caller) async throws -> [Evidence.Difference] {
        let old = try await configuration(target, target.current, caller)
        let new = try await configuration(target, target.target, caller)
        var found: [Evidence.Difference] = []
        for setting in Self.settings where old[setting] != new[setting] {
            found.append(.init(setting: setting, old: text(old[setting]), new: text(new[setting])))
        }
        let layers = [old, new].map {
            ($0["Layers"]?.array ?? []).compactMap { $0["Arn"]?.string }.joined(separator: ", ")
        }
        if layers[0] != layers[1] { found.append(.init(setting: "Layers", old: layers[0], new: layers[1])) }
        return found + variables(old["Environment"]?["Variables"], new["Environment"]?["Variables"])
    }

    private func configuration(_ target: LambdaTarget, _ version: String, _ caller: Caller) async throws -> JSON {
        let input: JSON = ["FunctionName": .string(target.function), "Qualifier": .string(version)]
        return try await cloud.call("lambda", "GetFunctionConfiguration", input, as: caller)
    }

    /// Which environment variables differ. What they hold stays hidden: it may be secret.
    private func variables(_ old: JSON?, _ new: JSON?) -> [Evidence.Difference] {
        let names = Set(old?.object?.keys ?? []).union(new?.object?.keys ?? []).sorted()
        return names.compactMap { name in
            let (before, after) = (old?[name], new?[name])
            guard before != after else { return nil }
            return .init(
                setting: "Environment.\(name)", old: before == nil ? "not set" : "set",
                new: after == nil ? "not set" : before == nil ? "set" : "set to something else")
        }
    }

    private func text(_ value: JSON?) -> String { value.map { $0.string ?? $0.text() } ?? "" }
}
