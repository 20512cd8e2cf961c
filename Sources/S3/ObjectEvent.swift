internal import Cloud
internal import Ledger
internal import Notation

/// What the log says of objects, as S3 tells EventBridge.
///
/// Source: S3 User Guide, "EventBridge event message structure".
enum ObjectEvent {
    static func created(_ object: ObjectVersion, _ bucket: Bucket, _ call: Call) -> LedgerEvent {
        event("Object Created", object, bucket, call, ["size": .int(object.size), "etag": .string(object.etag)], [:])
    }

    /// An object was removed for good, or a marker hides it from now on.
    static func deleted(_ object: ObjectVersion, _ bucket: Bucket, _ call: Call) -> LedgerEvent {
        let kind = object.isMarker ? "Delete Marker Created" : "Permanently Deleted"
        return event("Object Deleted", object, bucket, call, [:], ["deletion-type": .string(kind)])
    }

    static func tags(_ isSet: Bool, _ object: ObjectVersion, _ bucket: Bucket, _ call: Call) -> LedgerEvent {
        event(
            isSet ? "Object Tags Added" : "Object Tags Deleted", object, bucket, call, ["etag": .string(object.etag)],
            [:])
    }

    private static func event(
        _ kind: String, _ object: ObjectVersion, _ bucket: Bucket, _ call: Call, _ facts: JSONObject, _ more: JSONObject
    ) -> LedgerEvent {
        var facts = facts
        facts["key"] = .string(object.key)
        facts["sequencer"] = .string(String(object.sequence, radix: 16, uppercase: true))
        if bucket.versioning != nil { facts["version-id"] = .string(object.versionID) }
        var detail: JSONObject = [
            "version": "0", "bucket": ["name": .string(bucket.name)], "object": .object(facts),
            "request-id": .string(call.requestID), "requester": .string(call.caller.account),
            "reason": .string(call.operation == "DeleteObjects" ? "DeleteObject" : call.operation),
        ]
        if !call.peer.isEmpty {
            detail["source-ip-address"] = .string(String(call.peer.prefix { $0 != ":" }))
        }
        detail.merge(more)
        return LedgerEvent(
            time: call.time, source: "aws.s3", detailType: kind, account: bucket.account, region: bucket.region,
            resources: [bucket.arn], detail: .object(detail))
    }
}
