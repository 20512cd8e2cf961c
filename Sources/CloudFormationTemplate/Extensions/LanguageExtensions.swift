package import Notation

/// The parts of the `AWS::LanguageExtensions` transform that change a template's shape: `Fn::ForEach`, and functions
/// that name what `Ref` and `Fn::GetAtt` are about.
///
/// Its functions (`Fn::Length`, `Fn::ToJsonString`, `Fn::FindInMap` with a default, functions in policies) are read
/// and worked out like all others. Source: "AWS::LanguageExtensions transform" in the User Guide.
package struct LanguageExtensions: Sendable {
    /// How deep loops may be nested: AWS's quota.
    private static let depthLimit = 5
    /// Values that loops may unfold to, all together: the guard against loops that multiply.
    private static let valueLimit = 500_000

    private let evaluator: Evaluator
    private var budget = LanguageExtensions.valueLimit

    /// A transform that knows the values of parameters and the template's mappings.
    package init(_ body: JSON, _ context: StackContext) {
        evaluator = Evaluator(
            values: context.values, mappings: body["Mappings"]?.object ?? [:], zones: context.zones)
    }

    /// Whether the transform is asked for.
    package static func isUsed(in body: JSON) -> Bool {
        let names = body["Transform"]?.array ?? [body["Transform"] ?? .null]
        return names.contains("AWS::LanguageExtensions")
    }

    /// The template with every loop and every name written out. Expanding a second time changes nothing.
    ///
    /// - Throws: ``TemplateError`` for a loop that is malformed, goes over values that are not known, repeats a name
    ///   or unfolds beyond all bounds, and for names that are not known.
    package func expanding(_ body: JSON) throws -> JSON {
        var copy = self
        return try copy.expand(body, at: Path(), depth: 0)
    }

    private mutating func expand(_ value: JSON, at path: Path, depth: Int) throws -> JSON {
        budget -= 1
        guard budget > 0 else {
            throw TemplateError("Fn::ForEach unfolds to more than \(Self.valueLimit) values", at: path)
        }
        switch value {
        case .array(let elements):
            var expanded: [JSON] = []
            for (index, element) in elements.enumerated() {
                expanded.append(try expand(element, at: path.appending(index), depth: depth))
            }
            return .array(expanded)
        case .object(let members):
            var expanded = JSONObject()
            for (name, member) in members {
                let place = path.appending(name)
                if name.hasPrefix("Fn::ForEach::") {
                    try loop(member, at: place, depth: depth, into: &expanded)
                } else {
                    try Self.add(try expand(member, at: place, depth: depth), as: name, to: &expanded, at: place)
                }
            }
            return .object(try named(expanded, at: path))
        default: return value
        }
    }

    /// `Ref` and `Fn::GetAtt` with the name written out that a function stood for.
    private func named(_ call: JSONObject, at path: Path) throws -> JSONObject {
        guard call.count == 1, let (function, argument) = call.first else { return call }
        switch function {
        case "Ref" where argument.object != nil:
            return [function: .string(try name(argument, of: function, at: path.appending(function)))]
        case "Fn::GetAtt":
            guard let parts = argument.array, parts.count == 2, parts[0].object != nil else { return call }
            let resource = try name(parts[0], of: function, at: path.appending(function).appending(0))
            return [function: [.string(resource), parts[1]]]
        default: return call
        }
    }

    private func name(_ value: JSON, of function: String, at path: Path) throws -> String {
        guard let text = try known(value, at: path).literal?.string else {
            throw TemplateError(
                "\(function) could not be resolved: the name must be a string that is known before any resource exists",
                at: path, fix: "Build it from parameters, mappings and pseudo parameters only.")
        }
        return text
    }

    private static func add(_ value: JSON, as name: String, to object: inout JSONObject, at path: Path) throws {
        guard !object.contains(name) else {
            throw TemplateError("Fn::ForEach could not be resolved: found duplicate key \(name)", at: path)
        }
        object[name] = value
    }

    private mutating func loop(_ loop: JSON, at path: Path, depth: Int, into target: inout JSONObject) throws {
        guard let parts = loop.array, parts.count == 3, let identifier = parts[0].string, let body = parts[2].object
        else {
            throw TemplateError(
                "Fn::ForEach could not be resolved: layout is incorrect", at: path,
                fix: "Write [Identifier, [values], {OutputKey: OutputValue}].")
        }
        guard depth < Self.depthLimit else {
            throw TemplateError("Fn::ForEach loops can be nested \(Self.depthLimit) deep at most", at: path)
        }
        for value in try collection(parts[1], at: path.appending(1)) {
            let replaced = Self.replacing(identifier, by: value, in: .object(body))
            let expanded = try expand(replaced, at: path.appending(2), depth: depth + 1)
            for (name, member) in expanded.object ?? [:] { try Self.add(member, as: name, to: &target, at: path) }
        }
    }

    /// The value as far as it can be worked out without any resource.
    private func known(_ value: JSON, at path: Path) throws -> Expression {
        var reader = ExpressionReader(hasLanguageExtensions: true)
        let expression = reader.read(value, at: path, in: .value)
        guard reader.report.isValid else { throw TemplateError(reader.report) }
        do {
            return try evaluator.reduce(expression)
        } catch let failure as Evaluator.Failure {
            throw TemplateError(failure.message, at: path)
        }
    }

    private func collection(_ value: JSON, at path: Path) throws -> [String] {
        let reduced = try known(value, at: path)
        // An element may be a list parameter: its elements take part one by one.
        let elements = (reduced.elements ?? []).flatMap { $0.elements ?? [$0] }
        let texts = elements.compactMap { $0.literal?.scalarText }
        guard reduced.elements != nil, texts.count == elements.count else {
            throw TemplateError(
                "Fn::ForEach could not be resolved: the collection must be a list of strings that is known before "
                    + "any resource exists", at: path)
        }
        return texts
    }

    private static func replacing(_ identifier: String, by text: String, in value: JSON) -> JSON {
        switch value {
        case .string(let old): return .string(replaced(old, identifier, text))
        case .array(let elements): return .array(elements.map { replacing(identifier, by: text, in: $0) })
        case .object(let members):
            if members.count == 1, members["Ref"] == .string(identifier) { return .string(text) }
            return .object(
                JSONObject(
                    members.map { name, member in
                        (replaced(name, identifier, text), replacing(identifier, by: text, in: member))
                    }))
        default: return value
        }
    }

    /// `${X}` is the value; `&{X}` is the value with everything but letters and digits left out, for logical ids.
    private static func replaced(_ old: String, _ identifier: String, _ text: String) -> String {
        guard old.contains("{") else { return old }
        return old.replacing("${\(identifier)}", with: text)
            .replacing("&{\(identifier)}", with: text.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
}
