package import Notation

/// Works out expressions as far as what is known allows.
///
/// The same rules serve both phases: before anything exists, references to resources stay as they are; while the
/// stack is built, the caller's ``attributes`` answers for what has been made so far.
package struct Evaluator: Sendable {
    /// Why an expression has no value, in CloudFormation's words.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong.
        package let message: String
        package var description: String { message }

        /// That message.
        package init(message: String) { self.message = message }
    }

    /// What `Ref` yields for parameters and pseudo parameters.
    package var values: [String: JSON]
    /// The template's mappings.
    package var mappings: JSONObject
    /// Which conditions hold.
    package var conditions: [String: Bool]
    /// What other stacks export, by name; an export that is not in it stays to be looked up.
    package var exports: [String: String]
    /// The zones of a region.
    package var zones: @Sendable (String) -> [String]
    /// What `Ref` (attribute nil) or `Fn::GetAtt` yields for a resource; nil while that is not known.
    package var attributes: @Sendable (_ logicalID: String, _ attribute: String?) throws -> JSON?
    /// The values of all parameters of one type, for `Fn::RefAll`.
    package var parametersByType: [String: [String]] = [:]

    /// An evaluator that knows these things and no resource.
    package init(
        values: [String: JSON] = [:], mappings: JSONObject = [:], conditions: [String: Bool] = [:],
        exports: [String: String] = [:],
        zones: @escaping @Sendable (String) -> [String] = StackContext.threeZones,
        attributes: @escaping @Sendable (String, String?) throws -> JSON? = { _, _ in nil }
    ) {
        self.values = values
        self.mappings = mappings
        self.conditions = conditions
        self.exports = exports
        self.zones = zones
        self.attributes = attributes
    }

    /// Works out what can be. What is left in the result needs resources or exports that are not known yet.
    ///
    /// - Throws: ``Failure`` when a function is given what it cannot take; what ``attributes`` throws.
    package func reduce(_ expression: Expression) throws -> Expression {
        switch expression {
        case .value: return expression
        case .list(let elements):
            return ExpressionReader.list(try elements.map(reduce).filter { !$0.isNoValue })
        case .object(let members):
            let reduced = try members.map { Expression.Member($0.name, try reduce($0.value)) }
            return ExpressionReader.object(reduced.filter { !$0.value.isNoValue })
        case .ref("AWS::NoValue"): return .noValue
        case .ref(let name):
            if let value = try values[name] ?? attributes(name, nil) { return .value(value) }
            return expression
        case .getAtt(let resource, let name): return try attribute(of: resource, name)
        case .condition(let name): return .value(.bool(try holds(name, in: "Condition")))
        case .choice(let name, let first, let second):
            return try reduce(holds(name, in: "Fn::If") ? first : second)
        case .call(let function, let arguments): return try call(function, arguments)
        }
    }

    /// Works out the whole value.
    ///
    /// - Returns: The value; nil when it stands for `AWS::NoValue`.
    /// - Throws: ``Failure``, also when something it needs is not known.
    package func value(of expression: Expression) throws -> JSON? {
        let reduced = try reduce(expression)
        if let value = reduced.literal { return value }
        if reduced.isNoValue { return nil }
        let missing = reduced.references.all.sorted()
        if missing.isEmpty { throw Failure(message: "Template error: \(reduced.json.text()) has no value yet") }
        throw Failure(message: "Template format error: Unresolved resource dependencies \(missing.listed)")
    }

    private func holds(_ name: String, in place: String) throws -> Bool {
        guard let value = conditions[name] else {
            throw Failure(message: "Template error: unresolved condition dependency \(name) in \(place)")
        }
        return value
    }

    private func attribute(of resource: String, _ name: Expression) throws -> Expression {
        let name = try reduce(name)
        guard let literal = name.literal else { return .getAtt(resource, name) }
        guard let text = literal.string else {
            throw Failure(
                message: "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name "
                    + "and the resource attribute")
        }
        if let value = try attributes(resource, text) { return .value(value) }
        return .getAtt(resource, name)
    }

    private func call(_ function: Function, _ arguments: [Expression]) throws -> Expression {
        if function == .findInMap { return try findInMap(arguments) }
        let arguments = try arguments.map(reduce)
        if let early = try early(function, arguments) { return early }
        var values: [JSON] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments {
            guard let value = argument.literal else {
                if argument.isNoValue { throw Failure(message: function.complaint) }
                return .call(function, arguments)
            }
            values.append(value)
        }
        if function == .importValue { return try imported(values[0]) }
        return .value(try apply(function, values))
    }

    /// What can be said before every argument is known.
    private func early(_ function: Function, _ arguments: [Expression]) throws -> Expression? {
        switch (function, arguments.first, arguments.last) {
        case (.select, .value(let index)?, .list(let elements)?):
            return try element(at: index, of: elements.map(Optional.some))
        case (.length, .list(let elements)?, _): return .value(.int(elements.count))
        case (.sub, _, _) where arguments.contains { $0.literal == nil }:
            return .call(.sub, Self.merged(arguments))
        default: return nil
        }
    }

    /// Neighbouring texts put together, so that equal expressions look equal.
    private static func merged(_ pieces: [Expression]) -> [Expression] {
        var merged: [Expression] = []
        for piece in pieces {
            if let text = piece.literal?.scalarText, let before = merged.last?.literal?.scalarText {
                merged[merged.count - 1] = .value(.string(before + text))
            } else {
                merged.append(piece)
            }
        }
        return merged
    }

    func element(at index: JSON, of elements: [Expression?]) throws -> Expression {
        guard let position = index.int ?? index.string.flatMap({ Int($0.trimmed) }) else {
            throw Failure(message: Function.select.complaint)
        }
        guard elements.indices.contains(position), let element = elements[position] else {
            throw Failure(message: "Template error: Fn::Select cannot select nonexistent value at index \(position)")
        }
        return element
    }

    private func imported(_ name: JSON) throws -> Expression {
        guard let name = name.scalarText else { throw Failure(message: Function.importValue.complaint) }
        if let value = exports[name] { return .value(.string(value)) }
        return .call(.importValue, [.value(.string(name))])
    }

    private func findInMap(_ arguments: [Expression]) throws -> Expression {
        let keys = try arguments.prefix(3).map(reduce)
        guard keys.allSatisfy({ $0.literal != nil }) else { return .call(.findInMap, keys + arguments.dropFirst(3)) }
        let names = keys.compactMap { $0.literal?.scalarText }
        guard names.count == 3 else { throw Failure(message: Function.findInMap.complaint) }
        if let value = mappings[names[0]]?[names[1]]?[names[2]] { return .value(value) }
        if arguments.count == 4 { return try reduce(arguments[3]) }
        guard mappings.contains(names[0]) else {
            throw Failure(
                message:
                    "Template error: Mapping named '\(names[0])' is not present in the 'Mappings' section of template."
            )
        }
        throw Failure(message: "Template error: Unable to get mapping for \(names.joined(separator: "::"))")
    }
}
