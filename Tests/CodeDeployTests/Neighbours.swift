import Cloud
import HTTP
import Notation
import Synchronization

/// Lambda, CloudWatch and Logs as far as a deployment calls them, with switches to make them fail.
final class Neighbours: Sendable {
    struct State {
        var version = "1"
        var weights: [String: Double] = [:]
        var revision = 1
        var versions: Set<String> = ["1", "2", "3"]
        var alarms: [String: (state: String, since: Double)] = [:]
        var lines: [String] = []
        /// What a hook function does when it is asked; it may call back.
        var hook: (@Sendable (_ function: String, _ payload: JSON) async throws -> Reply)?
        var invocations: [JSON] = []
        /// Every share the new version had, in order.
        var shares: [Double] = []
        /// What S3 has, by key, and what SNS was told.
        var objects: [String: String] = [:]
        /// What UpdateAlias answers instead of doing it, call by call.
        var refusals: [AWSError] = []
        var messages: [JSON] = []
    }
    let state = Mutex(State())

    var services: [any CloudService] {
        [
            Lambda(neighbours: self), CloudWatch(neighbours: self), Logs(neighbours: self), S3(neighbours: self),
            SNS(neighbours: self), STS(),
        ]
    }

    /// Gives whoever asks a session of whatever role, but one.
    private struct STS: CloudService {
        let id = "sts"
        var operations: [Operation] {
            [
                Operation("AssumeRole", enforces: "RoleArn RoleSessionName") { call in
                    guard call.input["RoleArn"]?.string?.hasSuffix("/stranger") != true else {
                        throw AWSError("AccessDenied", "No.", status: 403)
                    }
                    return Reply(["Credentials": ["AccessKeyId": "ASIATEST"]])
                }
            ]
        }
    }

    func alarm(_ name: String, _ new: String, since: Double) {
        state.withLock { $0.alarms[name] = (new, since) }
    }

    private struct Lambda: CloudService {
        let id = "lambda"
        let neighbours: Neighbours

        var operations: [Operation] {
            [
                Operation(
                    "GetAlias", enforces: "FunctionName Name",
                    raw: { call in
                        try Self.check(call)
                        return Reply(neighbours.state.withLock { Self.alias($0) })
                    }),
                Operation(
                    "UpdateAlias", enforces: "FunctionName Name FunctionVersion RoutingConfig RevisionId",
                    raw: { call in
                        try Self.check(call)
                        return Reply(try update(call))
                    }),
                Operation(
                    "GetFunctionConfiguration", enforces: "FunctionName Qualifier",
                    raw: { call in
                        let version = call.input["Qualifier"]?.string ?? ""
                        guard neighbours.state.withLock({ $0.versions.contains(version) }) else {
                            throw Self.notFound(version)
                        }
                        return Reply([
                            "MemorySize": .int(version == "1" ? 128 : 256),
                            "Environment": ["Variables": ["KEY": .string("secret-\(version)")]],
                        ])
                    }),
                Operation(
                    "Invoke", enforces: "FunctionName InvocationType LogType",
                    raw: { call in
                        let payload = try JSON(parsing: try await call.payload?.collected(limit: 1000) ?? [])
                        let hook = neighbours.state.withLock { state in
                            state.invocations.append(payload)
                            return state.hook
                        }
                        guard let hook else { throw Self.notFound(call.input["FunctionName"]?.string ?? "") }
                        return try await hook(call.input["FunctionName"]?.string ?? "", payload)
                    }),
            ]
        }

        static func check(_ call: Call) throws {
            guard call.input["FunctionName"]?.string == "orders", call.input["Name"]?.string == "live" else {
                throw notFound(call.input.text())
            }
        }

        static func notFound(_ what: String) -> AWSError {
            AWSError("ResourceNotFoundException", "Function not found: \(what)", status: 404)
        }

        static func alias(_ state: State) -> JSON {
            let weights = JSONObject(state.weights.map { ($0.key, .double($0.value)) })
            return [
                "FunctionVersion": .string(state.version), "RevisionId": .string("r\(state.revision)"),
                "RoutingConfig": ["AdditionalVersionWeights": .object(weights)],
            ]
        }

        func update(_ call: Call) throws -> JSON {
            try neighbours.state.withLock { state in
                if let refusal = state.refusals.popLast() { throw refusal }
                guard call.input["RevisionId"]?.string == "r\(state.revision)" else {
                    throw AWSError(
                        "PreconditionFailedException", "The Revision Id provided does not match.", status: 412)
                }
                state.version = call.input["FunctionVersion"]?.string ?? state.version
                let weights = call.input["RoutingConfig"]?["AdditionalVersionWeights"]?.object ?? [:]
                state.weights = Dictionary(uniqueKeysWithValues: weights.map { ($0.key, $0.value.double ?? 0) })
                state.revision += 1
                state.shares.append(state.version == "1" ? state.weights["2"] ?? 0 : 1)
                return Self.alias(state)
            }
        }
    }

    private struct CloudWatch: CloudService {
        let id = "cloudwatch"
        let neighbours: Neighbours

        var operations: [Operation] {
            [
                Operation(
                    "DescribeAlarms", enforces: "AlarmNames AlarmTypes MaxRecords",
                    raw: { call in
                        let names = (call.input["AlarmNames"]?.array ?? []).compactMap(\.string)
                        let found = neighbours.state.withLock { state in
                            names.compactMap { name -> JSON? in
                                guard let alarm = state.alarms[name] else { return nil }
                                return [
                                    "AlarmName": .string(name), "StateValue": .string(alarm.state),
                                    "StateReason":
                                        "Threshold Crossed: 1 datapoint [7.0] was greater than the threshold (1.0).",
                                    "StateTransitionedTimestamp": .double(alarm.since), "Threshold": 1.0,
                                    "MetricName": "Errors", "Period": 60, "EvaluationPeriods": 1,
                                    "ComparisonOperator": "GreaterThanThreshold",
                                    "StateReasonData": "{\"recentDatapoints\":[3.0,7.0]}",
                                ]
                            }
                        }
                        return Reply(["MetricAlarms": .array(found), "CompositeAlarms": []])
                    }),
                Operation(
                    "GetMetricStatistics",
                    enforces: "Namespace MetricName Dimensions StartTime EndTime Period Statistics",
                    raw: { call in
                        let isNew = call.input["Dimensions"]?.array?.contains { $0["Value"]?.string == "2" } ?? false
                        let isErrors = call.input["MetricName"]?.string == "Errors"
                        return Reply(["Datapoints": [["Sum": .double(isErrors ? (isNew ? 7 : 0) : 40)]]])
                    }),
            ]
        }
    }

    private struct Logs: CloudService {
        let id = "logs"
        let neighbours: Neighbours

        var operations: [Operation] {
            [
                Operation(
                    "FilterLogEvents", enforces: "logGroupName logStreamNamePrefix startTime nextToken",
                    raw: { call in
                        let isNew = call.input["logStreamNamePrefix"]?.string?.hasSuffix("[2]") ?? false
                        let lines = isNew ? neighbours.state.withLock { $0.lines } : []
                        return Reply([
                            "events": .array(lines.map { ["timestamp": 1_750_000_000_000, "message": .string($0)] })
                        ])
                    })
            ]
        }
    }

    private struct S3: CloudService {
        let id = "s3"
        let neighbours: Neighbours

        var operations: [Operation] { [Operation("GetObject", enforces: "Bucket Key VersionId", raw: get)] }

        private func get(_ call: Call) throws -> Reply {
            let key = call.input["Key"]?.string ?? ""
            guard let text = neighbours.state.withLock({ $0.objects[key] }) else {
                throw AWSError("NoSuchKey", "The specified key does not exist.", status: 404)
            }
            return Reply(["ETag": "\"tag\""], payload: .bytes(Array(text.utf8)))
        }
    }

    private struct SNS: CloudService {
        let id = "sns"
        let neighbours: Neighbours

        var operations: [Operation] {
            [
                Operation("GetTopicAttributes", enforces: "TopicArn", raw: check),
                Operation("Publish", enforces: "TopicArn Subject Message", raw: publish),
            ]
        }

        private func check(_ call: Call) throws -> Reply {
            guard call.input["TopicArn"]?.string?.hasSuffix(":deployments") == true else {
                throw AWSError("NotFound", "Topic does not exist", status: 404)
            }
            return Reply()
        }

        private func publish(_ call: Call) throws -> Reply {
            let message = try JSON(parsing: call.input["Message"]?.string ?? "")
            neighbours.state.withLock { $0.messages.append(message) }
            return Reply()
        }
    }
}
