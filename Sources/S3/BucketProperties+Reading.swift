internal import Notation

/// The way back: what a bucket's configurations are as properties of AWS::S3::Bucket.
extension BucketProperties {
    /// A property, where its value is kept, and how that is written in templates.
    private struct Reading: Sendable {
        let property: String
        let setting: String
        let properties: @Sendable (JSON) -> JSON?
    }

    private static let readings: [Reading] = [
        Reading(property: "PublicAccessBlockConfiguration", setting: "publicAccessBlock") { $0 },
        Reading(property: "OwnershipControls", setting: "ownershipControls") { $0 },
        Reading(property: "BucketEncryption", setting: "encryption", properties: encryption(kept:)),
        Reading(property: "LifecycleConfiguration", setting: "lifecycle", properties: lifecycle(kept:)),
        Reading(property: "CorsConfiguration", setting: "cors") { kept in
            let names = ["ID": "Id", "MaxAgeSeconds": "MaxAge", "ExposeHeaders": "ExposedHeaders"]
            return ["CorsRules": .array((kept["CORSRules"]?.array ?? []).map { renamed($0, names) })]
        },
        Reading(property: "WebsiteConfiguration", setting: "website", properties: website(kept:)),
        Reading(property: "LoggingConfiguration", setting: "logging") { kept in
            guard let enabled = kept["LoggingEnabled"] else { return nil }
            var value: JSON = [:]
            value["DestinationBucketName"] = enabled["TargetBucket"]
            if enabled["TargetPrefix"]?.string?.isEmpty == false { value["LogFilePrefix"] = enabled["TargetPrefix"] }
            return value
        },
        Reading(property: "AccelerateConfiguration", setting: "accelerate") { kept in
            kept["Status"].map { ["AccelerationStatus": $0] }
        },
        Reading(property: "NotificationConfiguration", setting: "notification", properties: notification(kept:)),
    ]

    /// The properties that these settings stand for, those with nothing in them left out.
    ///
    /// - Parameter asked: the properties that the template has: what says the same is given back in its words.
    static func properties(of settings: [String: JSON], asked: JSON) -> JSONObject {
        var properties = JSONObject()
        for reading in readings {
            guard let kept = settings[reading.setting] else { continue }
            if let value = asked[reading.property], written(value, as: reading.property) == kept {
                properties[reading.property] = value
            } else if let value = reading.properties(kept), value.object?.isEmpty != true {
                properties[reading.property] = value
            }
        }
        return properties
    }

    @Sendable private static func encryption(kept: JSON) -> JSON? {
        let rules = (kept["Rules"]?.array ?? []).map {
            renamed($0, ["ApplyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault"])
        }
        return rules.isEmpty ? nil : ["ServerSideEncryptionConfiguration": .array(rules)]
    }

    @Sendable private static func website(kept: JSON) -> JSON? {
        var value: JSON = [:]
        value["IndexDocument"] = kept["IndexDocument"]?["Suffix"]
        value["ErrorDocument"] = kept["ErrorDocument"]?["Key"]
        value["RedirectAllRequestsTo"] = kept["RedirectAllRequestsTo"]
        if let rules = kept["RoutingRules"]?.array {
            value["RoutingRules"] = .array(
                rules.map { renamed($0, ["Redirect": "RedirectRule", "Condition": "RoutingRuleCondition"]) })
        }
        return value
    }

    @Sendable private static func notification(kept: JSON) -> JSON? {
        var value: JSON = [:]
        if kept["EventBridgeConfiguration"] != nil {
            value["EventBridgeConfiguration"] = ["EventBridgeEnabled": true]
        }
        let lists: [(list: String, member: String, kind: Notification.Kind)] = [
            ("LambdaConfigurations", "Function", .function), ("QueueConfigurations", "Queue", .queue),
            ("TopicConfigurations", "Topic", .topic),
        ]
        for (list, member, kind) in lists {
            // A template has one event an entry, the API several.
            let entries = (kept[kind.list]?.array ?? []).flatMap { target in
                (target["Events"]?.array ?? []).map { event -> JSON in
                    var entry: JSON = ["Event": event]
                    entry[member] = target[kind.member]
                    if let rules = target["Filter"]?["Key"]?["FilterRules"] {
                        entry["Filter"] = ["S3Key": ["Rules": rules]]
                    }
                    return entry
                }
            }
            if !entries.isEmpty { value[list] = .array(entries) }
        }
        return value
    }

    @Sendable private static func lifecycle(kept: JSON) -> JSON? {
        let rules = (kept["Rules"]?.array ?? []).map { rule -> JSON in
            var value = renamed(rule, ["ID": "Id"])
            value["ExpirationInDays"] = rule["Expiration"]?["Days"]
            value["ExpirationDate"] = rule["Expiration"]?["Date"]
            value["ExpiredObjectDeleteMarker"] = rule["Expiration"]?["ExpiredObjectDeleteMarker"]
            value["Expiration"] = nil
            if let noncurrent = rule["NoncurrentVersionExpiration"], noncurrent.object?.count == 1 {
                value["NoncurrentVersionExpirationInDays"] = noncurrent["NoncurrentDays"]
                value["NoncurrentVersionExpiration"] = nil
            }
            if let filter = rule["Filter"], filter.object?.allSatisfy({ $0.key == "Prefix" }) == true {
                value["Prefix"] = filter["Prefix"]
                value["Filter"] = nil
            }
            return value
        }
        return rules.isEmpty ? nil : ["Rules": .array(rules)]
    }
}
