internal import Notation

extension GuardEvaluator {
    /// What an operand stands for.
    mutating func values(of operand: GuardOperand, _ scope: GuardScope) throws(GuardFault) -> [GuardFound] {
        switch operand {
        case .value(let value): return [.value(value, scope.this.path)]
        case .query(let query): return try values(of: query, scope)
        case .call(let name, let arguments, let mark): return try call(name, arguments, mark, scope)
        }
    }

    /// What a query leads to. Nothing at all means that a filter let nothing pass.
    mutating func values(of query: GuardQuery, _ scope: GuardScope) throws(GuardFault) -> [GuardFound] {
        var found: [GuardFound]
        var rest = query.parts[...]
        switch query.parts.first {
        case .variable(let name)?:
            found = try variable(name, scope)
            rest = rest.dropFirst()
        case .literal(let value)?:
            found = [.value(value, scope.this.path)]
            rest = rest.dropFirst()
        case .this?:
            found = [.value(scope.this.value, scope.this.path)]
            rest = rest.dropFirst()
        default: found = [.value(scope.this.value, scope.this.path)]
        }
        for (index, part) in zip(rest.indices, rest) {
            let isBehindKey: Bool
            switch index > 0 ? query.parts[index - 1] : .this {
            case .key, .index, .keys: isBehindKey = true
            default: isBehindKey = false
            }
            var next: [GuardFound] = []
            for result in found {
                try charge()
                guard case .value(let value, let path) = result else {
                    next.append(result)
                    continue
                }
                next += try step(part, value, path, isBehindKey: isBehindKey, scope)
            }
            found = next
        }
        return found
    }

    private mutating func variable(_ name: String, _ scope: GuardScope) throws(GuardFault) -> [GuardFound] {
        guard let owner = scope.owner(of: name) else {
            throw GuardFault(message: "There is no variable '\(name)'.", mark: nil)
        }
        if let known = owner[name] { return known }
        guard let definition = owner.definition(of: name) else { return [] }
        guard owner.pending.insert(name).inserted else {
            throw GuardFault(message: "The variable '\(name)' needs itself.", mark: definition.mark)
        }
        defer { owner.pending.remove(name) }
        let values = try values(of: definition.value, owner)
        owner[name] = values
        return values
    }

    // MARK: Steps

    private mutating func step(
        _ part: GuardQuery.Part, _ value: GuardValue, _ path: Path, isBehindKey: Bool, _ scope: GuardScope
    ) throws(GuardFault) -> [GuardFound] {
        switch part {
        case .key(let name): return [member(name, value, path)]
        case .keys(let variable): return try named(variable, value, path, scope)
        case .index(let index): return [element(index, value, path)]
        case .values: return all(value, path, includesMembers: true)
        case .elements: return all(value, path, includesMembers: false)
        case .filter(let clauses):
            var found: [GuardFound] = []
            for candidate in candidates(value, path, isBehindKey: isBehindKey) {
                let inner = GuardScope(parent: scope, this: candidate, variables: [])
                if try holds(clauses, inner) { found.append(.value(candidate.value, candidate.path)) }
            }
            return found
        case .keyFilter(let operation, let isNegated, let operand):
            return try keyFilter(operation, isNegated, operand, value, path, scope)
        case .this, .variable, .literal: return [.value(value, path)]
        }
    }

    private func member(_ name: String, _ value: GuardValue, _ path: Path) -> GuardFound {
        switch value {
        case .json(let json):
            if let member = json[name] { return .value(.json(member), path.appending(name)) }
            return .missing(path, name)
        case .map(let members):
            guard let member = members.first(where: { $0.name == name }) else { return .missing(path, name) }
            return .value(member.value, path.appending(name))
        default: return .missing(path, name)
        }
    }

    /// The members whose names a variable holds.
    private mutating func named(
        _ variable: String, _ value: GuardValue, _ path: Path, _ scope: GuardScope
    ) throws(GuardFault) -> [GuardFound] {
        try self.variable(variable, scope).flatMap { result -> [GuardFound] in
            guard case .value(let names, _) = result else { return [result] }
            return names.elements.map { name in
                if let text = name.json?.string { return member(text, value, path) }
                if let index = name.json?.int { return element(index, value, path) }
                return .missing(path, "%\(variable)")
            }
        }
    }

    private func element(_ index: Int, _ value: GuardValue, _ path: Path) -> GuardFound {
        if case .json(.object) = value { return member(String(index), value, path) }
        let elements = value.isList ? value.elements : []
        guard elements.indices.contains(index) else { return .missing(path, "[\(index)]") }
        return .value(elements[index], path.appending(index))
    }

    /// Every element of a list, or every member of an object. Anything else is its own only element; an empty
    /// collection has none, which counts as missing.
    private func all(_ value: GuardValue, _ path: Path, includesMembers: Bool) -> [GuardFound] {
        if value.isList {
            let elements = value.elements
            if elements.isEmpty { return [.missing(path, "an element")] }
            return elements.enumerated().map { .value($1, path.appending($0)) }
        }
        guard includesMembers, case .json(.object(let members)) = value else { return [.value(value, path)] }
        if members.isEmpty { return [.missing(path, "a member")] }
        return members.map { .value(.json($0.value), path.appending($0.key)) }
    }

    /// What a filter looks at: a list's elements, the members of an object that a key led to, or the value itself.
    private func candidates(
        _ value: GuardValue, _ path: Path, isBehindKey: Bool
    ) -> [(value: GuardValue, path: Path)] {
        if value.isList { return value.elements.enumerated().map { ($1, path.appending($0)) } }
        guard isBehindKey, case .json(.object(let members)) = value else { return [(value, path)] }
        return members.map { (.json($0.value), path.appending($0.key)) }
    }

    private mutating func keyFilter(
        _ operation: GuardCheck.Operator, _ isNegated: Bool, _ operand: GuardOperand, _ value: GuardValue, _ path: Path,
        _ scope: GuardScope
    ) throws(GuardFault) -> [GuardFound] {
        guard case .json(.object(let members)) = value else { return [] }
        let check = GuardCheck(
            query: GuardQuery(isSome: false, parts: []), operation: operation, isNegated: isNegated, operand: operand,
            message: nil, expectation: "", mark: Mark(line: 1, column: 1))
        let comparison = try GuardComparison(
            try values(of: operand, scope), check, isLiteral: operand.isLiteral, patterns)
        return members.compactMap { name, value in
            guard let answer = comparison.holds(.json(.string(name))), answer != isNegated else { return nil }
            return .value(.json(value), path.appending(name))
        }
    }
}
