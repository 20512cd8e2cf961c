internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension S3Service {
    /// Which functions, queues and topics are told of what happens to a bucket's objects.
    var notificationOperations: [Operation] {
        [
            Operation(
                "PutBucketNotificationConfiguration",
                enforces: Members.owner
                    + " SkipDestinationValidation NotificationConfiguration.EventBridgeConfiguration"
                    + " NotificationConfiguration.LambdaFunctionConfigurations"
                    + " NotificationConfiguration.QueueConfigurations"
                    + " NotificationConfiguration.TopicConfigurations", raw: putNotifications),
            Operation("GetBucketNotificationConfiguration", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                return Reply(bucket.settings["notification"] ?? [:])
            },
        ]
    }

    private func putNotifications(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        var configuration = request["NotificationConfiguration"] ?? [:]
        let mustCheck = request["SkipDestinationValidation"]?.bool != true
        for kind in Notification.Kind.allCases {
            var targets: [JSON] = []
            for target in configuration[kind.list]?.array ?? [] {
                try Notification.check(target)
                if mustCheck { try await checkAccess(target, kind, bucket, call) }
                var target = target
                if target["Id"] == nil { target["Id"] = .string(ledger.surroundings.chance.uuid()) }
                targets.append(target)
            }
            if !targets.isEmpty { configuration[kind.list] = .array(targets) }
        }
        let kept = configuration
        return try await change(call) { $0.settings["notification"] = kept }
    }

    /// - Throws: `InvalidArgument` when the target is not there, or does not let S3 tell it of this bucket.
    private func checkAccess(_ target: JSON, _ kind: Notification.Kind, _ bucket: Bucket, _ call: Call) async throws {
        guard kind == .function else {
            return try await sendTest(target[kind.member]?.string ?? "", kind, bucket, call)
        }
        let function = target["LambdaFunctionArn"] ?? ""
        let owner = Caller.root(
            account: bucket.account, region: Notification.caller(for: bucket, target: function.string ?? "").region)
        let policy = try? await cloud.call("lambda", "GetPolicy", ["FunctionName": function], as: owner)
        let tree = policy?["Policy"]?.string.flatMap { try? JSON(parsing: $0) }
        let statements = tree?["Statement"].map { $0.array ?? [$0] } ?? []
        let isAllowed = statements.contains { statement in
            let services = statement["Principal"]?["Service"].map { $0.array ?? [$0] } ?? []
            let actions = statement["Action"].map { $0.array ?? [$0] } ?? []
            let source = statement["Condition"]?["ArnLike"]?["AWS:SourceArn"]?.string
            return statement["Effect"] == "Allow" && services.contains("s3.amazonaws.com")
                && (actions.contains("lambda:InvokeFunction") || actions.contains("lambda:*"))
                && (source == nil || source == bucket.arn || source?.hasSuffix("*") == true)
        }
        guard isAllowed else {
            throw S3Error.invalidArgument(
                "Unable to validate the following destination configurations", function.string ?? "",
                "Not authorized to invoke function [\(function.string ?? "")]")
        }
    }
}

extension S3Service {
    /// Queues and topics are tried out with a message. Source: S3 User Guide, "Event message structure"
    /// (`s3:TestEvent`).
    private func sendTest(_ arn: String, _ kind: Notification.Kind, _ bucket: Bucket, _ call: Call) async throws {
        let message: JSON = [
            "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": .string(call.time.iso8601(fraction: 3)),
            "Bucket": .string(bucket.name), "RequestId": .string(call.requestID), "HostId": .string(call.requestID),
        ]
        do { try await tell(arn, kind, message, bucket) } catch let error as AWSError {
            throw S3Error.invalidArgument(
                "Unable to validate the following destination configurations", arn, error.message)
        }
    }

    /// Hands a message to a target, once.
    ///
    /// - Throws: ``AWSError``, the target's own.
    func tell(_ arn: String, _ kind: Notification.Kind, _ message: JSON, _ bucket: Bucket) async throws {
        let caller = Notification.caller(for: bucket, target: arn)
        switch kind {
        case .function:
            _ = try await cloud.call(
                "lambda", "Invoke", ["FunctionName": .string(arn), "InvocationType": "Event"],
                payload: .bytes(message.bytes()), as: caller)
        case .queue:
            let place = arn.split(separator: ":", omittingEmptySubsequences: false).suffix(2).joined(separator: "/")
            let input: JSON = [
                "QueueUrl": .string("\(cloud.endpoint)/\(place)"), "MessageBody": .string(message.text()),
            ]
            try await cloud.call("sqs", "SendMessage", input, as: caller)
        case .topic:
            let input: JSON = [
                "TopicArn": .string(arn), "Subject": "Amazon S3 Notification", "Message": .string(message.text()),
            ]
            try await cloud.call("sns", "Publish", input, as: caller)
        }
    }
}

/// A message that S3 sends to a function, a queue or a topic. Source: S3 User Guide, "Event message structure".
enum Notification {
    /// Who is told.
    enum Kind: CaseIterable, Sendable {
        case function, queue, topic

        /// The list of a configuration that names such targets.
        var list: String {
            switch self {
            case .function: "LambdaFunctionConfigurations"
            case .queue: "QueueConfigurations"
            case .topic: "TopicConfigurations"
            }
        }

        /// The member that has the target's ARN.
        var member: String {
            switch self {
            case .function: "LambdaFunctionArn"
            case .queue: "QueueArn"
            case .topic: "TopicArn"
            }
        }
    }

    /// - Throws: `InvalidArgument` for an event or filter that S3 does not have.
    static func check(_ target: JSON) throws {
        let kinds = ["ObjectCreated", "ObjectRemoved", "ObjectTagging"]
        for event in (target["Events"]?.array ?? []).compactMap(\.string) {
            let parts = event.split(separator: ":")
            guard parts.count == 3, parts[0] == "s3" else {
                throw S3Error.invalidArgument("The event '\(event)' is not supported for notifications", "Event", event)
            }
            guard kinds.contains(String(parts[1])) else {
                throw AWSError.notImplemented("the event \(event) of s3 notifications")
            }
        }
        for rule in target["Filter"]?["Key"]?["FilterRules"]?.array ?? [] {
            guard ["prefix", "suffix"].contains(rule["Name"]?.string?.lowercased()) else {
                throw S3Error.invalidArgument(
                    "filter rule name must be either prefix or suffix", "FilterRule.Name", rule["Name"]?.string ?? "")
            }
        }
    }

    /// Who calls: S3, for the bucket, in the target's region. The target's policy must let it.
    static func caller(for bucket: Bucket, target: String) -> Caller {
        let parts = target.split(separator: ":", omittingEmptySubsequences: false)
        let region = parts.count > 3 ? String(parts[3]) : bucket.region
        return Caller.service("s3.amazonaws.com", for: bucket.arn, account: bucket.account, region: region)
    }

    /// The name of what happened, such as `ObjectCreated:Put`; nil for what notifications do not know.
    static func name(_ event: LedgerEvent) -> String? {
        switch event.detailType {
        case "Object Created":
            switch event.detail["reason"]?.string {
            case "CopyObject": "ObjectCreated:Copy"
            case "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload"
            default: "ObjectCreated:Put"
            }
        case "Object Deleted":
            event.detail["deletion-type"] == "Permanently Deleted"
                ? "ObjectRemoved:Delete" : "ObjectRemoved:DeleteMarkerCreated"
        case "Object Tags Added": "ObjectTagging:Put"
        case "Object Tags Deleted": "ObjectTagging:Delete"
        default: nil
        }
    }

    /// Whether the configuration asks for that event of that key.
    static func isWanted(_ name: String, key: String, by target: JSON) -> Bool {
        let isNamed = (target["Events"]?.array ?? []).compactMap(\.string).contains { event in
            event == "s3:" + name || event.hasSuffix("*") && ("s3:" + name).hasPrefix(event.dropLast())
        }
        return isNamed
            && (target["Filter"]?["Key"]?["FilterRules"]?.array ?? []).allSatisfy { rule in
                let value = Array((rule["Value"]?.string ?? "").utf8)
                return rule["Name"]?.string?.lowercased() == "prefix"
                    ? key.utf8.starts(with: value) : key.utf8.reversed().starts(with: value.reversed())
            }
    }

    static func message(_ event: LedgerEvent, name: String, _ bucket: Bucket, _ target: JSON) -> JSON {
        var object = event.detail["object"] ?? [:]
        let key = PercentEncoding.encode(object["key"]?.string ?? "", keeping: "/*").replacing("%20", with: "+")
        object["key"] = .string(key)
        (object["eTag"], object["etag"]) = (object["etag"], nil)
        (object["versionId"], object["version-id"]) = (object["version-id"], nil)
        let owner = bucket.owner["ID"] ?? ""
        return [
            "Records": [
                [
                    "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": .string(bucket.region),
                    "eventTime": .string(event.time.iso8601(fraction: 3)), "eventName": .string(name),
                    "userIdentity": ["principalId": .string("AWS:\(bucket.account)")],
                    "requestParameters": ["sourceIPAddress": event.detail["source-ip-address"] ?? "127.0.0.1"],
                    "responseElements": ["x-amz-request-id": event.detail["request-id"] ?? "", "x-amz-id-2": ""],
                    "s3": [
                        "s3SchemaVersion": "1.0", "configurationId": target["Id"] ?? "",
                        "bucket": [
                            "name": .string(bucket.name), "ownerIdentity": ["principalId": owner],
                            "arn": .string(bucket.arn),
                        ], "object": object,
                    ],
                ]
            ]
        ]
    }
}
