internal import Cloud
internal import Ledger
internal import Notation

/// The documents of EventBridge.
enum EventStore {
    static let buses = Collection<EventBus>("events.bus")
    static let rules = Collection<Rule>("events.rule")
    /// When a rule with a schedule is due next, by the rule's key.
    static let due = Collection<Timestamp>("events.due")
    static let archives = Collection<EventArchive>("events.archive")
    static let replays = Collection<ReplayRecord>("events.replay")
    static let connections = Collection<Connection>("events.connection")
    static let destinations = Collection<APIDestination>("events.destination")
}

/// EventBridge's refusals.
enum EventError {
    static func notFound(_ what: String) -> AWSError {
        AWSError("ResourceNotFoundException", "\(what) does not exist.")
    }
    static func exists(_ what: String) -> AWSError {
        AWSError("ResourceAlreadyExistsException", "\(what) already exists.")
    }
    static func invalid(_ message: String) -> AWSError { AWSError("ValidationException", message) }
    static func limit(_ message: String) -> AWSError { AWSError("LimitExceededException", message) }
    static func pattern(_ reason: String) -> AWSError {
        AWSError("InvalidEventPatternException", "Event pattern is not valid. Reason: \(reason)")
    }
}

extension Transaction {
    /// The bus; the default one is always there.
    ///
    /// - Throws: `ResourceNotFoundException`.
    func bus(_ id: BusID) throws -> EventBus {
        if let bus = try get(EventStore.buses, id.key)?.value { return bus }
        guard id.isDefault else { throw EventError.notFound("Event bus \(id.name)") }
        return EventBus(id, now: now)
    }

    /// The rule.
    ///
    /// - Throws: `ResourceNotFoundException`, for the rule or for its bus.
    func rule(_ name: String, on bus: BusID) throws -> Rule {
        _ = try self.bus(bus)
        guard let rule = try get(EventStore.rules, bus.key + "/" + name)?.value else {
            throw EventError.notFound("Rule \(name) on EventBus \(bus.name)")
        }
        return rule
    }

    /// Notes in the one log that something of EventBridge's has changed.
    func note(_ operation: String, _ arn: String, account: String, region: String) throws {
        try append(
            LedgerEvent(
                time: now, source: "aws.events", detailType: "EventBridge Change", account: account, region: region,
                resources: [arn], detail: ["operation": .string(operation)]))
    }

    func note(_ operation: String, _ arn: String, on bus: BusID) throws {
        try note(operation, arn, account: bus.account, region: bus.region)
    }
}

/// A page of a list in the order of its keys.
struct EventPage<Item> {
    let items: [Item]
    let next: String?

    /// The page after the token. `Limit` of the input is its size, 100 at most.
    ///
    /// - Throws: `ValidationException` for a token that is none of this operation's.
    init(_ all: [Item], _ call: Call, key: (Item) -> String) throws {
        let size = call.input["Limit"]?.int ?? 100
        let token = try call.input["NextToken"]?.string.map { text in
            guard let token = PageMark.open(text, call) else {
                throw EventError.invalid("Parameter NextToken is not valid. Reason: it is not of this operation.")
            }
            return token
        }
        let rest = token.map { token in Array(all.drop { key($0) <= token }) } ?? all
        items = Array(rest.prefix(size))
        next = rest.count > size ? items.last.map { PageMark.seal(key($0), call) } : nil
    }

    /// The answer with the items under that name.
    func reply(_ name: String, _ view: (Item) -> JSON) -> Reply {
        var output: JSON = [:]
        output[name] = .array(items.map(view))
        output["NextToken"] = next.map(JSON.string)
        return Reply(output)
    }
}

extension Call {
    /// A text of the input; empty when it is not there.
    func text(_ member: String) -> String { input[member]?.string ?? "" }

    /// The bus that a rule's operation names.
    var bus: BusID { BusID(input["EventBusName"]?.string, for: caller) }

    /// The tags of the input.
    ///
    /// - Throws: `ValidationException` for a key that is there twice or begins with `aws:` without being
    ///   CloudFormation's.
    func tags() throws -> [String: String]? {
        guard let list = input["Tags"]?.array else { return nil }
        var tags: [String: String] = [:]
        for tag in list {
            let key = tag["Key"]?.string ?? ""
            guard tags.updateValue(tag["Value"]?.string ?? "", forKey: key) == nil else {
                throw EventError.invalid("Duplicate tag keys found.")
            }
            guard caller.mayTag(key) else {
                throw EventError.invalid("The tag key '\(key)' begins with aws:, which is reserved.")
            }
        }
        guard tags.count <= 50 else { throw EventError.invalid("A resource can have at most 50 tags.") }
        return tags
    }
}
