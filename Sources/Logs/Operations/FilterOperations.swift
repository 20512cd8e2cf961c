internal import Cloud
internal import Ledger
internal import Notation

extension LogsService {
    private struct MetricFilterInput: Decodable {
        let logGroupName, filterName, filterPattern, filterNamePrefix, metricName, metricNamespace, nextToken: String?
        let metricTransformations: [MetricFilter.Transformation]?
        let limit: Int?
        let logEventMessages: [String]?
    }

    private static let metricFilterLimit = 100

    var metricFilterOperations: [Operation] {
        [
            Operation("PutMetricFilter", enforces: "logGroupName filterName filterPattern metricTransformations") {
                (input: MetricFilterInput, call) in
                let filter = try metricFilter(input, call)
                try await change(input.logGroupName ?? "", call) { group, _ in
                    let old = group.metricFilters.firstIndex { $0.name == filter.name }
                    guard old != nil || group.metricFilters.count < Self.metricFilterLimit else {
                        throw AWSError("LimitExceededException", "Resource limit exceeded.")
                    }
                    if let old { group.metricFilters[old] = filter } else { group.metricFilters.append(filter) }
                }
                return Nothing()
            },
            Operation("DeleteMetricFilter", enforces: "logGroupName filterName") { (input: MetricFilterInput, call) in
                try await change(input.logGroupName ?? "", call) { group, _ in
                    guard let place = group.metricFilters.firstIndex(where: { $0.name == input.filterName }) else {
                        throw AWSError("ResourceNotFoundException", "The specified metric filter does not exist.")
                    }
                    group.metricFilters.remove(at: place)
                }
                return Nothing()
            },
            describeMetricFilters, testMetricFilter,
        ]
    }

    private func metricFilter(_ input: MetricFilterInput, _ call: Call) throws -> MetricFilter {
        guard let transformation = input.metricTransformations?.first, input.metricTransformations?.count == 1 else {
            throw Refusal.invalid("Exactly one metric transformation must be given.")
        }
        let pattern = try pattern(input.filterPattern)
        let value = transformation.metricValue
        guard Double(value) != nil || value.hasPrefix("$") else {
            throw Refusal.invalid(
                "Invalid metric transformation: the metricValue '\(value)' is neither a number nor a field such "
                    + "as $.size or $size."
            )
        }
        let dimensions = transformation.dimensions ?? [:]
        guard dimensions.isEmpty || transformation.defaultValue == nil else {
            throw Refusal.invalid(
                "Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
        }
        guard dimensions.count <= 3 else {
            throw Refusal.invalid("A metric transformation can have 3 dimensions at most.")
        }
        if case .terms = pattern, value.hasPrefix("$") || !dimensions.isEmpty {
            throw Refusal.invalid(
                "Invalid metric transformation: fields can be referred to only with a JSON or space-delimited "
                    + "filter pattern."
            )
        }
        return MetricFilter(
            name: input.filterName ?? "", pattern: input.filterPattern ?? "", transformation: transformation,
            created: call.time)
    }

    private func pattern(_ text: String?) throws -> FilterPattern {
        do { return try FilterPattern(parsing: text ?? "") } catch let error as FilterPatternError {
            throw Refusal.pattern(error)
        }
    }

    private var describeMetricFilters: Operation {
        Operation(
            "DescribeMetricFilters",
            enforces: "logGroupName filterNamePrefix nextToken limit metricName metricNamespace"
        ) { (input: MetricFilterInput, call) in
            let groups =
                if let name = input.logGroupName { [try await group(name, call.caller)] } else {
                    try await ledger.list(Collections.groups, prefix: call.caller.scope).map(\.value)
                }
            let all: [JSON] = groups.flatMap { group in
                group.metricFilters.filter { filter in
                    filter.name.hasPrefix(input.filterNamePrefix ?? "")
                        && (input.metricName ?? filter.transformation.metricName) == filter.transformation.metricName
                        && (input.metricNamespace ?? filter.transformation.metricNamespace)
                            == filter.transformation.metricNamespace
                }.sorted { $0.name < $1.name }.map { filter in
                    [
                        "filterName": .string(filter.name), "filterPattern": .string(filter.pattern),
                        "metricTransformations": [(try? JSON(encoding: filter.transformation)) ?? .null],
                        "creationTime": .int(Int(filter.created.milliseconds)), "logGroupName": .string(group.name),
                    ]
                }
            }
            return try paged("metricFilters", all, input.nextToken, input.limit)
        }
    }

    private func paged(_ name: String, _ all: [JSON], _ token: String?, _ limit: Int?) throws -> JSON {
        guard let start = token.map({ Int($0) }) ?? 0, start >= 0 else { throw Refusal.badToken }
        let page = all.dropFirst(start).prefix(limit ?? 50)
        var output: JSON = [name: .array(Array(page))]
        if start + page.count < all.count { output["nextToken"] = .string(String(start + page.count)) }
        return output
    }

    private var testMetricFilter: Operation {
        Operation("TestMetricFilter", enforces: "filterPattern logEventMessages") { (input: MetricFilterInput, _) in
            let pattern = try pattern(input.filterPattern)
            let matches: [JSON] = (input.logEventMessages ?? []).enumerated().compactMap { place, message in
                pattern.match(message).map { match in
                    [
                        "eventNumber": .int(place + 1), "eventMessage": .string(message),
                        "extractedValues": .object(
                            JSONObject(match.extracted.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
                    ]
                }
            }
            return ["matches": .array(matches)] as JSON
        }
    }

    // MARK: Subscription filters

    private struct SubscriptionInput: Decodable {
        let logGroupName: String
        let filterName, filterPattern, destinationArn, distribution, filterNamePrefix, nextToken: String?
        let limit: Int?
    }

    private static let subscriptionLimit = 2

    var subscriptionFilterOperations: [Operation] {
        [
            Operation(
                "PutSubscriptionFilter", enforces: "logGroupName filterName filterPattern destinationArn",
                stores: "distribution"
            ) { (input: SubscriptionInput, call) in
                let filter = try await subscription(input, call)
                try await change(input.logGroupName, call) { group, _ in
                    let old = group.subscriptionFilters.firstIndex { $0.name == filter.name }
                    guard old != nil || group.subscriptionFilters.count < Self.subscriptionLimit else {
                        throw AWSError("LimitExceededException", "Resource limit exceeded.")
                    }
                    if let old {
                        group.subscriptionFilters[old] = filter
                    } else {
                        group.subscriptionFilters.append(filter)
                    }
                }
                return Nothing()
            },
            Operation("DeleteSubscriptionFilter", enforces: "logGroupName filterName") {
                (input: SubscriptionInput, call) in
                try await change(input.logGroupName, call) { group, _ in
                    guard let place = group.subscriptionFilters.firstIndex(where: { $0.name == input.filterName })
                    else {
                        throw AWSError("ResourceNotFoundException", "The specified subscription filter does not exist.")
                    }
                    group.subscriptionFilters.remove(at: place)
                }
                return Nothing()
            },
            Operation("DescribeSubscriptionFilters", enforces: "logGroupName filterNamePrefix nextToken limit") {
                (input: SubscriptionInput, call) in
                let group = try await group(input.logGroupName, call.caller)
                let all: [JSON] = group.subscriptionFilters.filter { $0.name.hasPrefix(input.filterNamePrefix ?? "") }
                    .map { filter in
                        [
                            "filterName": .string(filter.name), "logGroupName": .string(group.name),
                            "filterPattern": .string(filter.pattern),
                            "destinationArn": .string(filter.destination), "distribution": .string(filter.distribution),
                            "creationTime": .int(Int(filter.created.milliseconds)),
                        ]
                    }
                return try paged("subscriptionFilters", all, input.nextToken, input.limit)
            },
        ]
    }

    /// The function must be there: a destination that cannot be reached is refused, as AWS does.
    private func subscription(_ input: SubscriptionInput, _ call: Call) async throws -> SubscriptionFilter {
        let destination = input.destinationArn ?? ""
        guard destination.hasPrefix("arn:aws:lambda:") else {
            throw AWSError.notImplemented(
                "subscription filters to destinations other than Lambda functions (\(destination))")
        }
        _ = try pattern(input.filterPattern)
        do {
            try await cloud.call(
                "lambda", "GetFunctionConfiguration", ["FunctionName": .string(destination)], as: call.caller)
        } catch let error as AWSError {
            throw Refusal.invalid("Could not execute the lambda function \(destination). \(error.message)")
        }
        return SubscriptionFilter(
            name: input.filterName ?? "", pattern: input.filterPattern ?? "", destination: destination,
            distribution: input.distribution ?? "ByLogStream", created: call.time)
    }
}
