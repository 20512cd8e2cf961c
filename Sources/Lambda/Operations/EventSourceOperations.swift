import Cloud
import Ledger
import Notation

/// Event source mappings: functions fed from queues.
struct EventSourceOperations: Sendable {
    let parts: LambdaParts

    private static let settings =
        "FunctionName Enabled BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes ScalingConfig FilterCriteria "
    /// Members of other sources: taken through the door to be refused in AWS's words.
    private static let foreign =
        "ParallelizationFactor MaximumRecordAgeInSeconds BisectBatchOnFunctionError "
        + "MaximumRetryAttempts TumblingWindowInSeconds DestinationConfig SourceAccessConfigurations "
        + "AmazonManagedKafkaEventSourceConfig SelfManagedKafkaEventSourceConfig DocumentDBEventSourceConfig "

    /// What is refused of each operation although the door lets it through.
    static let refused = [
        "CreateEventSourceMapping": members(foreign + foreignToCreate), "UpdateEventSourceMapping": members(foreign),
    ]
    private static let foreignToCreate =
        "StartingPosition StartingPositionTimestamp Topics Queues SelfManagedEventSource "

    private static func members(_ names: String) -> Set<String> { Set(names.split(separator: " ").map(String.init)) }

    var operations: [Operation] {
        [
            Operation(
                "CreateEventSourceMapping",
                enforces: Self.settings + Self.foreign + Self.foreignToCreate + "EventSourceArn Tags",
                stores: "MetricsConfig KMSKeyArn", raw: create),
            Operation(
                "UpdateEventSourceMapping", enforces: Self.settings + Self.foreign + "UUID",
                stores: "MetricsConfig KMSKeyArn", raw: update),
            Operation("GetEventSourceMapping", enforces: "UUID") { call in
                let mapping = try await mapping(call)
                return Reply(mapping.answer(result: parts.pollers.result(mapping.id)))
            },
            Operation("DeleteEventSourceMapping", enforces: "UUID", raw: delete),
            Operation("ListEventSourceMappings", enforces: "EventSourceArn FunctionName Marker MaxItems", raw: list),
        ]
    }

    private func mapping(_ call: Call) async throws -> EventSourceMapping {
        let key = call.caller.key(call.text("UUID"))
        guard let found = try await parts.ledger.get(EventSourceMapping.all, key) else { throw Self.missing() }
        return found.value
    }

    private static func missing() -> AWSError {
        LambdaError.notFound("The resource you requested does not exist.")
    }

    private func create(_ call: Call) async throws -> Reply {
        let source = try MappingSettings.checkSource(call.input)
        let name = try call.function()
        let target = try await parts.store.target(name, draw: 1)
        var fresh = EventSourceMapping(
            id: parts.surroundings.chance.uuid(), account: name.account, region: name.region,
            function: Self.text(name), source: source, modified: call.time)
        try MappingSettings.apply(call.input, to: &fresh)
        for (key, value) in call.input["Tags"]?.object ?? [:] { fresh.tags[key] = value.string ?? "" }
        try await checkQueue(fresh, target)
        let mapping = fresh
        try await parts.ledger.write { write in
            let others = try write.list(EventSourceMapping.all, prefix: "\(mapping.account)/\(mapping.region)/").map(
                \.value)
            if let other = others.first(where: { $0.source == source && $0.function == mapping.function }) {
                throw LambdaError.conflict(
                    "An event source mapping with SQS arn (\" \(source) \") and function (\" \(name.name) \") already "
                        + "exists. Please update or delete the existing mappings with UUID \(other.id)")
            }
            try write.put(EventSourceMapping.all, mapping.key, mapping)
            try write.note("CreateEventSourceMapping", name, ["uuid": .string(mapping.id)])
        }
        parts.pollers.look()
        return Reply(mapping.answer(state: "Creating"))
    }

    private static func text(_ name: FunctionName) -> String {
        name.qualifier.map { "\(name.name):\($0)" } ?? name.name
    }

    /// The queue must be there for the function's role, and must hide messages for as long as the function may take.
    private func checkQueue(_ mapping: EventSourceMapping, _ target: LambdaStore.Target) async throws {
        let role = try await parts.cloud.assume(
            target.configuration.role, session: target.function.name, for: "lambda.amazonaws.com", as: mapping.owner)
        let input: JSON = [
            "QueueUrl": .string(mapping.queueURL(parts.cloud.endpoint)), "AttributeNames": ["VisibilityTimeout"],
        ]
        let answer: JSON
        do {
            answer = try await parts.cloud.call("sqs", "GetQueueAttributes", input, as: role.caller)
        } catch let error as AWSError where error.code.hasPrefix("AccessDenied") {
            throw LambdaError.invalid(
                "The provided execution role does not have permissions to call GetQueueAttributes on SQS")
        } catch let error as AWSError where error.code == "QueueDoesNotExist" {
            throw LambdaError.invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                    + "SQS Error Message: The specified queue does not exist.")
        }
        let visibility = answer["Attributes"]?["VisibilityTimeout"]?.string.flatMap { Int($0) } ?? 30
        guard visibility >= target.configuration.timeout else {
            throw LambdaError.invalid(
                "Queue visibility timeout: \(visibility) seconds is less than Function timeout: "
                    + "\(target.configuration.timeout) seconds")
        }
    }

    private func update(_ call: Call) async throws -> Reply {
        let known = try await mapping(call)
        let name =
            call.input["FunctionName"] == nil
            ? try FunctionName(parsing: known.functionARN, for: known.owner) : try call.function()
        let target = try await parts.store.target(name, draw: 1)
        var wanted = known
        wanted.function = Self.text(name)
        try MappingSettings.apply(call.input, to: &wanted)
        try await checkQueue(wanted, target)
        wanted.modified = call.time
        wanted.revision += 1
        let mapping = wanted
        try await parts.ledger.write { write in
            guard let now = try write.get(EventSourceMapping.all, mapping.key)?.value else { throw Self.missing() }
            guard now.revision == known.revision else {
                throw LambdaError.conflict("The mapping was changed by another request. Please try again.")
            }
            try write.put(EventSourceMapping.all, mapping.key, mapping)
            try write.note("UpdateEventSourceMapping", name, ["uuid": .string(mapping.id)])
        }
        parts.pollers.look()
        let state = mapping.isEnabled == known.isEnabled ? "Updating" : mapping.isEnabled ? "Enabling" : "Disabling"
        return Reply(mapping.answer(state: state))
    }

    private func delete(_ call: Call) async throws -> Reply {
        let mapping = try await mapping(call)
        let name = try FunctionName(parsing: mapping.functionARN, for: mapping.owner)
        try await parts.ledger.write { write in
            guard try write.delete(EventSourceMapping.all, mapping.key) else { throw Self.missing() }
            try write.note("DeleteEventSourceMapping", name, ["uuid": .string(mapping.id)])
        }
        parts.pollers.look()
        return Reply(mapping.answer(state: "Deleting"))
    }

    private func list(_ call: Call) async throws -> Reply {
        let source = call.input["EventSourceArn"]?.string
        let name = call.input["FunctionName"] == nil ? nil : try call.function()
        let all = try await parts.ledger.list(EventSourceMapping.all, prefix: call.caller.scope).map(\.value).filter {
            (source == nil || $0.source == source) && (name == nil || $0.function == name.map(Self.text))
        }
        let page = try Page(all, call, size: 100, key: \.id)
        return Reply(page.answer("EventSourceMappings") { $0.answer(result: parts.pollers.result($0.id)) })
    }
}
