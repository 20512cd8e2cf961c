package import Notation

/// A kind of document: a name, and by what else than the key documents are looked up.
///
/// The name and the stored form of `Value` are promises to data folders that exist: add optional members, never change
/// the meaning of one.
package struct Collection<Value: Codable & Sendable>: Sendable {
    /// The name under which documents are stored.
    package let name: String
    let lookups: [String: @Sendable (Value) -> [String]]

    /// A kind of document. Each look-up says under which further texts a document is found.
    package init(_ name: String, lookups: [String: @Sendable (Value) -> [String]] = [:]) {
        self.name = name
        self.lookups = lookups
    }
}

/// A stored value, its key, and how often it has been written.
package struct Document<Value: Sendable>: Sendable {
    /// The key, unique in its collection.
    package let key: String
    /// 1 when first written, one more with each change.
    package let version: Int
    /// The value.
    package let value: Value
}

/// An event of the one log, in EventBridge's shape.
///
/// Source: Amazon EventBridge User Guide, "Events structure".
package struct LedgerEvent: Codable, Sendable, Hashable {
    /// The event's own id, unique.
    package var id: String
    /// When it happened.
    package var time: Timestamp
    /// Who tells, such as `aws.codedeploy`.
    package var source: String
    /// What kind of event, such as `CodeDeploy Deployment State-change Notification`.
    package var detailType: String
    /// In whose account.
    package var account: String
    /// In which region.
    package var region: String
    /// The ARNs it is about.
    package var resources: [String]
    /// The rest.
    package var detail: JSON

    /// An event. The ledger fills in an empty id and keeps one that is given: a second append of the same id does nothing.
    package init(
        id: String = "", time: Timestamp, source: String, detailType: String, account: String, region: String,
        resources: [String] = [], detail: JSON
    ) {
        self.id = id
        self.time = time
        self.source = source
        self.detailType = detailType
        self.account = account
        self.region = region
        self.resources = resources
        self.detail = detail
    }

    /// The event as EventBridge delivers it.
    package var envelope: JSON {
        [
            "version": "0", "id": .string(id), "detail-type": .string(detailType), "source": .string(source),
            "account": .string(account), "time": .string(time.iso8601()), "region": .string(region),
            "resources": .array(resources.map(JSON.string)), "detail": detail,
        ]
    }
}

/// An event with its place in the log.
package struct LoggedEvent: Sendable, Hashable {
    /// The place: greater means later. Gaps are possible.
    package let sequence: Int64
    /// The event.
    package let event: LedgerEvent
}
