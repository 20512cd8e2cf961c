internal import Notation

/// How the properties of AWS::S3::Bucket become calls.
enum BucketProperties {
    struct Change {
        let operation: String
        let input: JSON
    }

    /// A property, the operations that set and remove it, and how its value is written in the API.
    private struct Rule {
        let property: String
        let put: String
        let member: String
        var delete: String?
        var translate: @Sendable (JSON) -> JSON = { $0 }
    }

    private static let rules: [Rule] = [
        Rule(
            property: "OwnershipControls", put: "PutBucketOwnershipControls", member: "OwnershipControls",
            delete: "DeleteBucketOwnershipControls"),
        Rule(
            property: "PublicAccessBlockConfiguration", put: "PutPublicAccessBlock",
            member: "PublicAccessBlockConfiguration",
            delete: "DeletePublicAccessBlock"),
        Rule(property: "VersioningConfiguration", put: "PutBucketVersioning", member: "VersioningConfiguration"),
        Rule(
            property: "BucketEncryption", put: "PutBucketEncryption", member: "ServerSideEncryptionConfiguration",
            delete: "DeleteBucketEncryption", translate: encryption),
        Rule(
            property: "LifecycleConfiguration", put: "PutBucketLifecycleConfiguration",
            member: "LifecycleConfiguration",
            delete: "DeleteBucketLifecycle", translate: lifecycle),
        Rule(
            property: "CorsConfiguration", put: "PutBucketCors", member: "CORSConfiguration",
            delete: "DeleteBucketCors",
            translate: cors),
        Rule(
            property: "WebsiteConfiguration", put: "PutBucketWebsite", member: "WebsiteConfiguration",
            delete: "DeleteBucketWebsite", translate: website),
        Rule(
            property: "LoggingConfiguration", put: "PutBucketLogging", member: "BucketLoggingStatus", translate: logging
        ),
        Rule(
            property: "AccelerateConfiguration", put: "PutBucketAccelerateConfiguration",
            member: "AccelerateConfiguration",
            translate: { ["Status": $0["AccelerationStatus"] ?? "Suspended"] }),
        Rule(
            property: "NotificationConfiguration", put: "PutBucketNotificationConfiguration",
            member: "NotificationConfiguration", translate: notification),
    ]

    /// The calls that bring a bucket from the old properties to the new ones.
    static func changes(_ new: JSON, from old: JSON) -> [Change] {
        var changes = rules.compactMap { rule -> Change? in
            guard new[rule.property] != old[rule.property] else { return nil }
            if let value = new[rule.property] {
                return Change(operation: rule.put, input: .object([rule.member: rule.translate(value)]))
            }
            switch (rule.delete, rule.property) {
            case (let delete?, _): return Change(operation: delete, input: [:])
            case (nil, "VersioningConfiguration"):
                // Versions that were made stay; CloudFormation suspends.
                return Change(operation: rule.put, input: .object([rule.member: ["Status": "Suspended"]]))
            case (nil, "AccelerateConfiguration"):
                return Change(operation: rule.put, input: .object([rule.member: ["Status": "Suspended"]]))
            case (nil, _): return Change(operation: rule.put, input: .object([rule.member: [:]]))
            }
        }
        let acl = new["AccessControl"]?.string ?? "Private"
        if acl != old["AccessControl"]?.string ?? "Private" {
            changes.append(Change(operation: "PutBucketAcl", input: ["ACL": .string(canned(acl))]))
        }
        return changes
    }

    /// A property's value as the API writes it.
    static func written(_ value: JSON, as property: String) -> JSON? {
        rules.first { $0.property == property }.map { $0.translate(value) }
    }

    /// `PublicRead` in templates is `public-read` in the API.
    private static func canned(_ name: String) -> String {
        name.enumerated().map { $1.isUppercase && $0 > 0 ? "-" + $1.lowercased() : $1.lowercased() }.joined()
    }

    @Sendable private static func encryption(_ value: JSON) -> JSON {
        let rules = (value["ServerSideEncryptionConfiguration"]?.array ?? []).map { rule -> JSON in
            var result: JSON = [:]
            if let standard = rule["ServerSideEncryptionByDefault"] {
                result["ApplyServerSideEncryptionByDefault"] = standard
            }
            if let usesKey = rule["BucketKeyEnabled"] { result["BucketKeyEnabled"] = usesKey }
            return result
        }
        return ["Rules": .array(rules)]
    }

    @Sendable private static func cors(_ value: JSON) -> JSON {
        let rules = (value["CorsRules"]?.array ?? []).map { rule in
            renamed(rule, ["Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"])
        }
        return ["CORSRules": .array(rules)]
    }

    @Sendable private static func website(_ value: JSON) -> JSON {
        var result: JSON = [:]
        if let index = value["IndexDocument"] { result["IndexDocument"] = ["Suffix": index] }
        if let error = value["ErrorDocument"] { result["ErrorDocument"] = ["Key": error] }
        result["RedirectAllRequestsTo"] = value["RedirectAllRequestsTo"]
        if let rules = value["RoutingRules"]?.array {
            result["RoutingRules"] = .array(
                rules.map { renamed($0, ["RedirectRule": "Redirect", "RoutingRuleCondition": "Condition"]) })
        }
        return result
    }

    @Sendable private static func logging(_ value: JSON) -> JSON {
        var enabled: JSON = ["TargetPrefix": value["LogFilePrefix"] ?? ""]
        enabled["TargetBucket"] = value["DestinationBucketName"]
        return ["LoggingEnabled": enabled]
    }

    @Sendable private static func notification(_ value: JSON) -> JSON {
        var result: JSON = [:]
        if let bridge = value["EventBridgeConfiguration"], bridge["EventBridgeEnabled"].map({ $0 == false || $0 == "false" }) != true {
            result["EventBridgeConfiguration"] = [:]
        }
        let lists: [(list: String, member: String, kind: Notification.Kind)] = [
            ("LambdaConfigurations", "Function", .function), ("QueueConfigurations", "Queue", .queue),
            ("TopicConfigurations", "Topic", .topic),
        ]
        for (list, member, kind) in lists {
            let targets = (value[list]?.array ?? []).map { target -> JSON in
                var entry: JSON = ["Events": [target["Event"] ?? ""]]
                entry[kind.member] = target[member] ?? ""
                if let rules = target["Filter"]?["S3Key"]?["Rules"] {
                    entry["Filter"] = ["Key": ["FilterRules": rules]]
                }
                return entry
            }
            if !targets.isEmpty { result[kind.list] = .array(targets) }
        }
        return result
    }

    @Sendable private static func lifecycle(_ value: JSON) -> JSON {
        let rules = (value["Rules"]?.array ?? []).map { rule -> JSON in
            var result = renamed(rule, ["Id": "ID"])
            var expiration: JSON = [:]
            expiration["Days"] = rule["ExpirationInDays"]
            expiration["Date"] = rule["ExpirationDate"]
            expiration["ExpiredObjectDeleteMarker"] = rule["ExpiredObjectDeleteMarker"]
            for name in ["ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker"] { result[name] = nil }
            if expiration != [:] { result["Expiration"] = expiration }
            if let days = rule["NoncurrentVersionExpirationInDays"] {
                result["NoncurrentVersionExpirationInDays"] = nil
                result["NoncurrentVersionExpiration"] = ["NoncurrentDays": days]
            }
            if let prefix = result["Prefix"], result["Filter"] == nil { result["Filter"] = ["Prefix": prefix] }
            result["Prefix"] = nil
            return result
        }
        return ["Rules": .array(rules)]
    }

    static func renamed(_ value: JSON, _ names: [String: String]) -> JSON {
        .object(JSONObject((value.object ?? [:]).map { (names[$0.key] ?? $0.key, $0.value) }))
    }
}
