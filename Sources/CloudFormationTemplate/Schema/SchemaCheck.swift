internal import Notation

extension ResolvedTemplate {
    /// Holds every resource to its type's schema, before anything is touched.
    ///
    /// Values that are only known later are let through; the service itself judges those.
    ///
    /// - Parameters:
    ///   - schema: the facts about a type; nil when no such type can be run.
    ///   - offer: what of it is offered here, when that is less than is published; asked when all else is in order.
    ///   - arePropertiesHeldToSchema: whether properties have to be as published, and not only be offered here.
    /// - Returns: unknown types and properties, missing ones, values of the wrong kind, unknown attributes.
    package func check(
        schema: (String) -> ResourceSchema?, offer: (String) -> ResourceSchema? = { _ in nil },
        arePropertiesHeldToSchema: Bool = true
    ) -> Report {
        var check = SchemaCheck()
        for resource in resources {
            let path: Path = ["Resources", resource.logicalID]
            if let facts = schema(resource.type) {
                guard arePropertiesHeldToSchema else { continue }
                check.check(resource, facts, at: path.appending("Properties"))
            } else {
                check.refuse(resource.type, at: path.appending("Type"))
            }
        }
        for resource in resources {
            check.checkAttributes(of: resource.properties, at: ["Resources", resource.logicalID], self, schema)
        }
        for output in outputs { check.checkAttributes(of: output.value, at: ["Outputs", output.name], self, schema) }
        guard check.report.isValid else { return check.report }
        check.isOffer = true
        for resource in resources {
            guard let facts = offer(resource.type) else { continue }
            check.check(resource, facts, at: ["Resources", resource.logicalID, "Properties"])
        }
        return check.report
    }
}

/// One check under way.
private struct SchemaCheck {
    var report = Report()
    private var facts = ResourceSchema(type: "", properties: .init([:]))
    private var type: String { facts.type }
    /// Whether what is published is in order, and only what is offered is asked about.
    var isOffer = false

    mutating func refuse(_ type: String, at path: Path) {
        let isPublished = PublicSchemas.schema(type) != nil
        report.error(
            "Template format error: Unrecognized resource types: [\(type)]", at: path,
            fix: isPublished
                ? "Slipway does not run this type; see 'slipway support' for those it does."
                : "There is no such type; see 'slipway support' for those there are.")
    }

    mutating func check(_ resource: ResolvedTemplate.Resource, _ facts: ResourceSchema, at path: Path) {
        self.facts = facts
        let members = resource.properties.members ?? []
        for member in members where facts.readOnly.contains(member.name) {
            report.error(
                "Encountered unsupported property \(member.name)", at: path.appending(member.name),
                fix: "\(type) sets it by itself; take it out.")
        }
        object(members, facts.properties, at: path)
    }

    private mutating func object(
        _ members: [Expression.Member], _ shape: ResourceSchema.Members, at path: Path
    ) {
        let missing = shape.required.subtracting(members.map(\.name)).sorted()
        for name in missing {
            report.error("Property \(name) cannot be empty.", at: path, fix: "\(type) needs \(name).")
        }
        for member in members {
            let place = path.appending(member.name)
            if let inner = shape.shapes[member.name] {
                value(member.value, inner, at: place)
            } else if !shape.isOpen {
                report.error(
                    "Encountered unsupported property \(member.name)", at: place,
                    fix: remedy(for: member.name) ?? nearest(member.name, shape.shapes.keys).map {
                        "Did you mean \($0)?"
                    }
                        ?? "\(type) has no such property here.")
            }
        }
    }

    /// What to say of a property that is published but not offered here.
    private func remedy(for name: String) -> String? {
        guard isOffer else { return nil }
        return "\(type) has it on AWS, but Slipway does not support it; see 'slipway support'."
    }

    private mutating func value(_ value: Expression, _ shape: ResourceSchema.Shape, at path: Path) {
        let shape = facts.resolved(shape)
        switch shape {
        case .any, .definition: return
        case .object(let inner):
            guard let members = value.members else { return wrong(value, "an object", at: path) }
            object(members, inner, at: path)
        case .objects(let inner):
            guard let elements = value.elements else { return self.value(value, .object(inner), at: path) }
            for (index, element) in elements.enumerated() {
                self.value(element, .object(inner), at: path.appending(index))
            }
        case .map(let inner):
            guard let members = value.members else { return wrong(value, "an object", at: path) }
            for member in members { self.value(member.value, inner, at: path.appending(member.name)) }
        case .list(let inner):
            guard let elements = value.elements else { return wrong(value, "a list", at: path) }
            for (index, element) in elements.enumerated() { self.value(element, inner, at: path.appending(index)) }
        case .string, .integer, .number, .boolean: scalar(value, shape, at: path)
        }
    }

    private mutating func scalar(_ value: Expression, _ shape: ResourceSchema.Shape, at path: Path) {
        guard let literal = value.literal else {
            if value.elements != nil || value.members != nil { wrong(value, shape.word, at: path) }
            return
        }
        guard let text = literal.scalarText else { return wrong(value, shape.word, at: path) }
        if text.contains("{{resolve:") { return }
        switch shape {
        case .string(let allowed?) where !allowed.contains(text):
            report.error(
                "\(type): \(text) is not a valid value for \(path.steps.last.map { $0.word } ?? "")", at: path,
                fix: "Use one of \(allowed.sorted().joined(separator: ", ")).")
        case .integer where literal.int == nil && Int(text) == nil: wrong(value, shape.word, at: path)
        case .number where Double(text) == nil: wrong(value, shape.word, at: path)
        case .boolean where !["true", "false"].contains(text.lowercased()): wrong(value, shape.word, at: path)
        default: return
        }
    }

    private mutating func wrong(_ value: Expression, _ wanted: String, at path: Path) {
        // What a function will yield is not known here; what is written out is.
        guard value.literal != nil || value.members != nil || value.elements != nil else { return }
        report.error("Value of property \(path.property) must be \(wanted)", at: path)
    }

    mutating func checkAttributes(
        of expression: Expression, at path: Path, _ template: ResolvedTemplate,
        _ schema: (String) -> ResourceSchema?
    ) {
        for attribute in expression.references.attributes {
            guard let name = attribute.name, let type = template[attribute.resource]?.type,
                let allowed = schema(type)?.attributes, !allowed.contains(name)
            else { continue }
            report.error(
                "Template error: resource \(attribute.resource) does not support attribute type \(name) in Fn::GetAtt",
                at: path, fix: allowed.isEmpty ? nil : "It has \(allowed.sorted().joined(separator: ", ")).")
        }
    }

    /// The name that differs in letter case or by one letter, if there is one.
    private func nearest(_ name: String, _ names: some Collection<String>) -> String? {
        let sorted = names.sorted()
        if let same = sorted.first(where: { $0.lowercased() == name.lowercased() }) { return same }
        return sorted.first { abs($0.count - name.count) <= 1 && name.count > 3 && Self.isOneEdit($0, name) }
    }

    private static func isOneEdit(_ left: String, _ right: String) -> Bool {
        let prefix = zip(left, right).prefix { $0 == $1 }.count
        let suffix = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
        return prefix + suffix >= max(left.count, right.count) - 1
    }
}

extension ResourceSchema.Shape {
    fileprivate var word: String {
        switch self {
        case .string: "a string"
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .list: "a list"
        case .any, .map, .object, .objects, .definition: "an object"
        }
    }
}

extension Expression {
    /// The elements, if this is a list, written out or not.
    var elements: [Expression]? {
        switch self {
        case .value(.array(let values)): values.map(Expression.value)
        case .list(let elements): elements
        default: nil
        }
    }
}

extension Path {
    /// The place below `Properties`, with dots.
    fileprivate var property: String {
        let below = steps.drop { $0 != .key("Properties") }.dropFirst()
        return Path(Array(below)).description
    }
}

extension Path.Step {
    fileprivate var word: String {
        switch self {
        case .key(let key): key
        case .index(let index): String(index)
        }
    }
}
