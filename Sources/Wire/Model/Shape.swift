/// One shape of a service's API model: a type with the constraints AWS states for it.
///
/// Shapes refer to each other, in circles too, and live as long as the process.
package final class Shape: @unchecked Sendable {
    // Safe: written only by ModelReader, before the model it belongs to is handed to anyone.

    /// What a value of a shape is.
    package enum Kind: String, Sendable, Hashable {
        case structure, list, map, string, blob, boolean, integer, long, double, float, timestamp
    }

    /// The name in AWS's model; empty for a scalar without constraints, which the model files do not name.
    package let name: String
    /// What its values are.
    package let kind: Kind
    /// The least value, length or count.
    package internal(set) var minimum: Double?
    /// The greatest value, length or count.
    package internal(set) var maximum: Double?
    /// The regular expression that the whole of a string must match.
    package internal(set) var pattern: String?
    /// The values that a string may have; empty when it is free.
    package internal(set) var values: [String] = []
    /// Whether its value must not be shown in an error, an event or a log.
    package internal(set) var isSensitive = false
    /// Whether any JSON value is allowed (Smithy's document type).
    package internal(set) var isDocument = false
    /// Whether it is a structure of which exactly one member is given.
    package internal(set) var isUnion = false
    /// A structure's members, in the order of the model.
    package internal(set) var members: [Member] = []
    /// What a list holds.
    package internal(set) var element: Member?
    /// A map's names.
    package internal(set) var key: Member?
    /// A map's values.
    package internal(set) var value: Member?
    /// What an exception says of itself; nil for every other shape.
    package internal(set) var fault: FaultTraits?

    var isFlattened = false
    var isStreaming = false
    var isEventStream = false
    var timestampFormat: TimestampFormat?
    var namespace: XMLNamespace?
    var wireName: String?
    /// The structure's member that is the body of the message.
    var payload: Member?
    var requiredNames: [String] = []
    /// Whether a value of it, or one inside it, can break a constraint.
    var isConstrained = false
    lazy var matcher: Pattern? = pattern.flatMap { Pattern.cached($0) }
    var valueSet: Set<String> = []
    private var byName: [String: Member] = [:]
    private var byWireName: [String: Member] = [:]
    private var byQueryName: [String: Member] = [:]
    private static let searchLimit = 6

    init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// The member of that name, as the model spells it.
    package func member(_ name: String) -> Member? {
        if members.count <= Self.searchLimit { return members.first { $0.name == name } }
        return byName[name]
    }

    func member(wireName: String) -> Member? {
        if members.count <= Self.searchLimit { return members.first { $0.wireName == wireName } }
        return byWireName[wireName]
    }

    func member(queryName: String) -> Member? {
        if members.count <= Self.searchLimit { return members.first { $0.queryName == queryName } }
        return byQueryName[queryName]
    }

    /// Whether that member is the raw body, which travels beside the tree of values.
    func isRaw(_ name: String) -> Bool {
        guard let payload, payload.name == name else { return false }
        return payload.isStreaming || payload.shape.kind == .blob
    }

    func indexMembers() {
        guard members.count > Self.searchLimit else { return }
        byName = Dictionary(members.map { ($0.name, $0) }) { first, _ in first }
        byWireName = Dictionary(members.map { ($0.wireName, $0) }) { first, _ in first }
        byQueryName = Dictionary(members.map { ($0.queryName, $0) }) { first, _ in first }
    }
}

/// A member of a structure, or the element, key or value of a collection.
package final class Member: Sendable {
    /// Where a member travels, when not in the body.
    enum Location: Sendable { case uri, query, header, headers, status }

    /// The name in the model, which trees of values use.
    package let name: String
    /// The shape of its value.
    package let shape: Shape
    /// Whether the structure is invalid without it.
    package let isRequired: Bool

    let wireName: String
    /// The name in Query requests and in XML, which for services that also speak JSON may be another one.
    let queryName: String
    let hasOwnWireName: Bool
    let location: Location?
    let isFlattened: Bool
    let isAttribute: Bool
    let isStreaming: Bool
    let isEventPayload: Bool
    let isIdempotencyToken: Bool
    let namespace: XMLNamespace?
    let timestampFormat: TimestampFormat?

    init(name: String, shape: Shape, isRequired: Bool, facts: MemberFacts) {
        self.name = name
        self.shape = shape
        self.isRequired = isRequired
        wireName = facts.wireName ?? name
        queryName = facts.queryName ?? wireName
        hasOwnWireName = facts.wireName != nil
        location = facts.location
        isFlattened = facts.flags.contains("f") || shape.isFlattened
        isAttribute = facts.flags.contains("a")
        isStreaming = facts.flags.contains("s") || shape.isStreaming
        isEventPayload = facts.flags.contains("p")
        isIdempotencyToken = facts.flags.contains("i")
        namespace = facts.namespace
        timestampFormat = facts.timestampFormat ?? shape.timestampFormat
    }
}

/// What the model says of an exception.
package struct FaultTraits: Sendable {
    /// The code on the wire where it differs from the shape's name (Query and REST-XML services).
    package let code: String?
    /// The HTTP status, where the model states one.
    package let status: Int?
    /// Whether the model blames the service.
    package let isServer: Bool
}

struct XMLNamespace: Sendable {
    let prefix: String?
    let uri: String
}

struct MemberFacts {
    var wireName: String?
    var queryName: String?
    var location: Member.Location?
    var flags = ""
    var namespace: XMLNamespace?
    var timestampFormat: TimestampFormat?
}
