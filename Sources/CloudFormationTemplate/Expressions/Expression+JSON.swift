package import Notation

extension Expression {
    /// The expression as a template would spell it. Reading it again gives an expression of the same meaning;
    /// what was `Fn::Sub` is spelled `Fn::Join`.
    package var json: JSON {
        switch self {
        case .value(let value): value
        case .list(let elements): .array(elements.map(\.json))
        case .object(let members): .object(JSONObject(members.map { ($0.name, $0.value.json) }))
        case .ref(let name): ["Ref": .string(name)]
        case .getAtt(let resource, let name): ["Fn::GetAtt": [.string(resource), name.json]]
        case .condition(let name): ["Condition": .string(name)]
        case .choice(let name, let first, let second): ["Fn::If": [.string(name), first.json, second.json]]
        case .call(.sub, let pieces): ["Fn::Join": ["", .array(pieces.map(\.json))]]
        case .call(.findInMap, let arguments) where arguments.count == 4:
            [
                "Fn::FindInMap": .array(
                    arguments.prefix(3).map(\.json) + [["DefaultValue": arguments[3].json]])
            ]
        case .call(let function, let arguments):
            [
                function.rawValue: function.arity == nil
                    ? arguments.first?.json ?? .null : .array(arguments.map(\.json))
            ]
        }
    }
}

extension Expression {
    /// Reads an expression that ``json`` spelled out, for working it out later.
    ///
    /// - Throws: ``TemplateError`` when a function in it is malformed.
    package init(spelled json: JSON) throws {
        var reader = ExpressionReader(hasLanguageExtensions: true)
        self = reader.read(json, at: Path(), in: .value)
        guard reader.report.isValid else { throw TemplateError(reader.report) }
    }
}

/// What an expression leans on.
package struct References: Sendable, Hashable {
    /// Names given to `Ref`, pseudo parameters among them.
    package var names: Set<String> = []
    /// Attributes asked for by `Fn::GetAtt`: logical id and attribute; an attribute that has to be worked out is nil.
    package var attributes: Set<Attribute> = []
    /// Those of them that are variables of `Fn::Sub`.
    var substituted: Set<Attribute> = []
    /// Named conditions.
    package var conditions: Set<String> = []

    /// An attribute of a resource.
    package struct Attribute: Sendable, Hashable {
        /// The resource's logical id.
        package let resource: String
        /// The attribute's name, dots and all; nil when it has to be worked out first.
        package let name: String?
    }

    /// Every logical id, parameter or pseudo parameter that is leant on.
    package var all: Set<String> { names.union(attributes.map(\.resource)) }

    mutating func collect(_ expression: Expression) {
        switch expression {
        case .value: return
        case .ref(let name): names.insert(name)
        case .getAtt(let resource, let name):
            attributes.insert(Attribute(resource: resource, name: name.literal?.string))
        case .condition(let name): conditions.insert(name)
        case .choice(let name, _, _): conditions.insert(name)
        case .call(.sub, let pieces):
            for case .getAtt(let resource, let name) in pieces {
                substituted.insert(Attribute(resource: resource, name: name.literal?.string))
            }
        case .list, .object, .call: break
        }
        for child in expression.children { collect(child) }
    }
}

extension Expression {
    /// Everything it leans on, in either branch of every `Fn::If` that is still undecided.
    package var references: References {
        var references = References()
        references.collect(self)
        return references
    }
}

extension Expression {
    /// Whether every name in it is among these: the quick look, before ``references`` says which one is not.
    func leansOnly(on names: Set<String>, resources: Set<String>, conditions: Set<String>) -> Bool {
        func isFine(_ expression: Expression) -> Bool {
            expression.leansOnly(on: names, resources: resources, conditions: conditions)
        }
        switch self {
        case .value: return true
        case .ref(let name): return names.contains(name)
        case .condition(let name): return conditions.contains(name)
        case .getAtt(let resource, let name): return resources.contains(resource) && isFine(name)
        case .choice(let name, let first, let second):
            return conditions.contains(name) && isFine(first) && isFine(second)
        case .list(let parts), .call(_, let parts): return parts.allSatisfy(isFine)
        case .object(let members): return members.allSatisfy { isFine($0.value) }
        }
    }
}
