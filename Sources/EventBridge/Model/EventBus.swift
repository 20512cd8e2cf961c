internal import Cloud
internal import Ledger
internal import Notation

/// Which bus is meant: an account, a region and a name.
struct BusID: Codable, Hashable, Sendable {
    static let defaultName = "default"

    let account: String
    let region: String
    let name: String

    /// The bus that a member of an input names: by its name, by its ARN, or the default one when it names none.
    init(_ text: String?, for caller: Caller) {
        let parts = (text ?? "").split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 6, parts[0] == "arn", parts[5].hasPrefix("event-bus/") {
            self.init(account: parts[4], region: parts[3], name: String(parts[5].dropFirst("event-bus/".count)))
        } else {
            let name = text ?? ""
            self.init(account: caller.account, region: caller.region, name: name.isEmpty ? Self.defaultName : name)
        }
    }

    init(account: String, region: String, name: String = Self.defaultName) {
        self.account = account
        self.region = region
        self.name = name
    }

    /// The bus of an ARN; nil when it is none of a bus.
    init?(arn: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[2] == "events", parts[5].hasPrefix("event-bus/") else { return nil }
        self.init(account: parts[4], region: parts[3], name: String(parts[5].dropFirst("event-bus/".count)))
    }

    var isDefault: Bool { name == Self.defaultName }
    var key: String { "\(account)/\(region)/\(name)" }
    var arn: String { "arn:aws:events:\(region):\(account):event-bus/\(name)" }
    /// The root of the bus's account, in its region: on whose behalf things without a caller are done.
    var owner: Caller { .root(account: account, region: region) }
}

/// An event bus as it is stored. The default bus is there without a document, until something of it is set.
struct EventBus: Codable, Sendable {
    let id: BusID
    var description: String?
    var deadLetterARN: String?
    /// Who else may put events and rules here: the statements of its policy.
    var policy: [JSON]?
    var tags: [String: String]?
    let created: Timestamp
    var modified: Timestamp

    init(_ id: BusID, now: Timestamp) {
        self.id = id
        created = now
        modified = now
    }

    /// The policy as a document; nil when nobody else may do anything.
    var policyText: String? {
        guard let policy, !policy.isEmpty else { return nil }
        return JSON.object(["Version": "2012-10-17", "Statement": .array(policy)]).text()
    }

    /// The bus as answers show it.
    var view: JSON {
        var view: JSON = ["Name": .string(id.name), "Arn": .string(id.arn)]
        view["Description"] = description.map(JSON.string)
        view["Policy"] = policyText.map(JSON.string)
        view["CreationTime"] = .double(created.seconds)
        view["LastModifiedTime"] = .double(modified.seconds)
        return view
    }
}
