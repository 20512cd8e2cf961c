import Notation

/// Reads a service's model from the text that Scripts/import-models.py writes (the keys are explained there).
struct ModelReader {
    private let document: JSON
    private let facts: JSONObject
    private var shapes: [String: Shape] = [:]

    static func service(_ entry: ModelIndex) throws -> ServiceModel {
        var reader = try ModelReader(JSON(parsing: entry.facts))
        return reader.service(entry)
    }

    private init(_ document: JSON) {
        self.document = document
        facts = document["shapes"]?.object ?? JSONObject()
    }

    private mutating func service(_ entry: ModelIndex) -> ServiceModel {
        for (name, value) in facts { declare(name, value) }
        for (name, value) in facts { complete(name, value) }
        Constraints.mark(Array(shapes.values))
        var operations: [String: OperationModel] = [:]
        for (name, value) in document["ops"]?.object ?? JSONObject() {
            operations[name] = OperationModel(operation(name, value, service: entry.id))
        }
        let others = document["others"]?.array ?? []
        return ServiceModel(
            ServiceFacts(
                id: entry.id, signingName: entry.signingName, apiVersion: entry.version,
                targetPrefix: document["target"]?.string,
                isQueryCompatible: document["queryCompatible"]?.bool ?? false,
                protocols: entry.protocols.compactMap { WireProtocol(model: $0, json: document["json"]?.string) },
                operations: operations, others: others.compactMap { $0.string ?? $0[0]?.string },
                xmlNamespace: document["xmlns"]?.string,
                routes: entry.speaksREST ? RouteTable(operations: operations, others: others) : nil,
                shapes: facts.keys.compactMap { shapes[$0] }))
    }

    private mutating func operation(_ name: String, _ value: JSON, service: String) -> OperationFacts {
        var facts = OperationFacts(name: name, service: service)
        facts.input = value["i"]?.string.map { shape($0) }
        facts.output = value["o"]?.string.map { shape($0) }
        for error in value["e"]?.array ?? [] { if let name = error.string { facts.errors.append(shape(name)) } }
        facts.isDeprecated = value["d"]?.bool ?? false
        facts.isUnsigned = value["a"]?.string == "none"
        facts.status = value["c"]?.int ?? 200
        facts.method = value["m"]?.string ?? "POST"
        facts.template = value["u"]?.string ?? "/"
        facts.requiresChecksum = value["cr"]?.bool ?? false
        facts.checksumAlgorithmMember = value["ca"]?.string
        facts.resultWrapper = value["w"]?.string
        facts.inputName = value["in"]?.string
        return facts
    }

    private mutating func declare(_ name: String, _ value: JSON) {
        let kind: Shape.Kind =
            if value["o"] != nil { .structure } else if value["of"] != nil { .list } else if value["k"] != nil {
                .map
            } else {
                Self.scalar(value["t"]?.string ?? "s")
            }
        let shape = Shape(name: name, kind: kind)
        shape.minimum = value["min"]?.double
        shape.maximum = value["max"]?.double
        shape.pattern = value["re"]?.string
        shape.values = (value["enum"]?.array ?? []).compactMap(\.string)
        shape.valueSet = Set(shape.values)
        shape.timestampFormat = value["tf"]?.string.flatMap { TimestampFormat(rawValue: $0) }
        shape.namespace = Self.namespace(value["ns"])
        shape.wireName = value["n"]?.string
        let flags = value["fl"]?.string ?? ""
        shape.isSensitive = flags.contains("x")
        shape.isDocument = flags.contains("d")
        shape.isUnion = flags.contains("u")
        shape.isFlattened = flags.contains("f")
        shape.isStreaming = flags.contains("s")
        shape.isEventStream = flags.contains("E")
        if let error = value["err"] {
            shape.fault = FaultTraits(
                code: error["c"]?.string, status: error["s"]?.int, isServer: error["x"]?.bool ?? false)
        }
        shapes[name] = shape
    }

    private mutating func complete(_ name: String, _ value: JSON) {
        let shape = shape(name)
        shape.requiredNames = (value["r"]?.array ?? []).compactMap(\.string)
        let required = Set(shape.requiredNames)
        for (name, facts) in value["o"]?.object ?? JSONObject() {
            shape.members.append(member(name, facts, isRequired: required.contains(name)))
        }
        shape.indexMembers()
        shape.element = value["of"].map { member("member", $0) }
        shape.key = value["k"].map { member("key", $0) }
        shape.value = value["v"].map { member("value", $0) }
        shape.payload = value["p"]?.string.flatMap { shape.member($0) }
    }

    private mutating func member(_ name: String, _ value: JSON, isRequired: Bool = false) -> Member {
        var facts = MemberFacts()
        if value.object != nil {
            facts.wireName = value["n"]?.string
            facts.queryName = value["q"]?.string
            facts.location = value["l"]?.string.flatMap { Self.locations[$0] }
            facts.flags = value["fl"]?.string ?? ""
            facts.namespace = Self.namespace(value["ns"])
            facts.timestampFormat = value["tf"]?.string.flatMap { TimestampFormat(rawValue: $0) }
        }
        let shape = shape(value.string ?? value["s"]?.string ?? ".s")
        return Member(name: name, shape: shape, isRequired: isRequired, facts: facts)
    }

    /// The shape of that name, or the plain scalar that a dot and a letter stand for.
    private mutating func shape(_ name: String) -> Shape {
        if let shape = shapes[name] { return shape }
        let shape = Shape(name: "", kind: Self.scalar(String(name.dropFirst())))
        shapes[name] = shape
        return shape
    }

    private static func scalar(_ letter: String) -> Shape.Kind {
        switch letter {
        case "b": .blob
        case "q": .boolean
        case "i": .integer
        case "n": .long
        case "d": .double
        case "F": .float
        case "t": .timestamp
        default: .string
        }
    }

    private static let locations: [String: Member.Location] = [
        "u": .uri, "q": .query, "h": .header, "H": .headers, "c": .status,
    ]

    private static func namespace(_ value: JSON?) -> XMLNamespace? {
        if let uri = value?.string { return XMLNamespace(prefix: nil, uri: uri) }
        guard let prefix = value?[0]?.string, let uri = value?[1]?.string else { return nil }
        return XMLNamespace(prefix: prefix, uri: uri)
    }
}
