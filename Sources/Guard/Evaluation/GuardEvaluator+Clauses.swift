internal import Notation

extension GuardEvaluator {
    /// Whether conditions hold. What fails in them is no failure of the rule.
    mutating func holds(_ clauses: GuardClauses, _ scope: GuardScope) throws(GuardFault) -> Bool {
        var unused: [Failure] = []
        return try ask(clauses, scope, &unused) == .pass
    }

    /// Clauses that must all hold, each list of them by one of its own.
    mutating func ask(
        _ clauses: GuardClauses, _ scope: GuardScope, _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        var statuses: [Status] = []
        for alternatives in clauses {
            var found: [Failure] = []
            var results: [Status] = []
            for clause in alternatives {
                let status = try ask(clause, scope, &found)
                results.append(status)
                if status == .pass { break }
            }
            let status = Status.any(results)
            if status == .fail { failures += found }
            statuses.append(status)
        }
        return Status.all(statuses)
    }

    private mutating func ask(
        _ clause: GuardClause, _ scope: GuardScope, _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        try charge()
        switch clause {
        case .check(let check): return try self.check(check, scope, &failures)
        case .block(let query, let block, let mark): return try ask(query, block, mark, scope, &failures)
        case .when(let condition, let block):
            guard try holds(condition, scope) else { return .skip }
            let inner = GuardScope(parent: scope, this: scope.this, variables: block.variables)
            return try ask(block.clauses, inner, &failures)
        case .type(let type, let condition, let block, let mark):
            let filter = GuardQuery(isSome: false, parts: Self.resources(of: type, mark))
            guard let condition else { return try ask(filter, block, mark, scope, &failures) }
            // The condition is about each resource.
            let conditional = GuardBlock(variables: [], clauses: [[.when(condition, block)]])
            return try ask(filter, conditional, mark, scope, &failures)
        case .rule(let name, let arguments, let isNegated, let message, let mark):
            return try reference(name, arguments, isNegated: isNegated, message, mark, scope, &failures)
        }
    }

    /// `Resources.*[ Type == 'type' ]`
    private static func resources(of type: String, _ mark: Mark) -> [GuardQuery.Part] {
        let check = GuardCheck(
            query: GuardQuery(isSome: false, parts: [.key("Type")]), operation: .equal, isNegated: false,
            operand: .value(.json(.string(type))), message: nil, expectation: "", mark: mark)
        return [.key("Resources"), .values, .filter([[.check(check)]])]
    }

    /// A block asked of each value of a query.
    private mutating func ask(
        _ query: GuardQuery, _ block: GuardBlock, _ mark: Mark, _ scope: GuardScope, _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        var statuses: [Status] = []
        var found: [Failure] = []
        for result in try values(of: query, scope) {
            switch result {
            case .missing(let path, let rest):
                statuses.append(.fail)
                found.append(failure(path, "exists", "\(rest) is missing", nil, mark))
            case .value(let value, let path):
                let inner = GuardScope(parent: scope, this: (value, path), variables: block.variables)
                statuses.append(try ask(block.clauses, inner, &found))
            }
        }
        let status = query.isSome ? Status.any(statuses) : Status.all(statuses)
        if status == .fail { failures += found }
        return status
    }

    /// A failure of the rule at hand.
    func failure(_ path: Path, _ expected: String, _ actual: String, _ message: String?, _ mark: Mark) -> Failure {
        Failure(
            rule: current, path: path, mark: marks?.mark(of: path), expected: expected, actual: actual,
            message: message, ruleLine: mark.line)
    }

    // MARK: Checks

    private mutating func check(
        _ check: GuardCheck, _ scope: GuardScope, _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        let found = try values(of: check.query, scope)
        if check.operation == .empty, check.query.asksForResults { return results(found, check, scope, &failures) }
        guard !found.isEmpty else { return nothing(check, scope, &failures) }
        guard let operand = check.operand else {
            return judge(found, check, &failures) { value in Self.isTrue(check.operation, of: value) }
        }
        let right = try values(of: operand, scope)
        let comparison = try GuardComparison(right, check, isLiteral: operand.isLiteral, patterns)
        if case .query = operand, !operand.isLiteral, check.operation == .equal {
            return try sets(found, right, comparison, check, &failures)
        }
        try charge(found.count * max(right.count, 1))
        return judge(found, check, &failures) { value in comparison.holds(value) }
    }

    /// `empty` asked of the results of a filter or variable as a whole.
    private func results(
        _ found: [GuardFound], _ check: GuardCheck, _ scope: GuardScope, _ failures: inout [Failure]
    ) -> Status {
        let isEmpty = found.allSatisfy {
            if case .value(let value, _) = $0 { value.json?.isNull == true } else { true }
        }
        if isEmpty != check.isNegated { return .pass }
        let actual = isEmpty ? "nothing" : "\(found.count) values"
        failures.append(failure(scope.this.path, check.expectation, actual, check.message, check.mark))
        return .fail
    }

    /// A check of a query that led nowhere without missing anything: its filter let nothing pass.
    private func nothing(_ check: GuardCheck, _ scope: GuardScope, _ failures: inout [Failure]) -> Status {
        switch (check.operation, check.isNegated) {
        case (.exists, true), (.empty, false): return .pass
        case (.exists, false), (.empty, true):
            failures.append(failure(scope.this.path, check.expectation, "nothing", check.message, check.mark))
            return .fail
        default: return .skip
        }
    }

    /// Puts the answers for each value together. A comparison that makes no sense (nil) fails, negated or not.
    private func judge(
        _ found: [GuardFound], _ check: GuardCheck, _ failures: inout [Failure], _ answer: (GuardValue) -> Bool?
    ) -> Status {
        var statuses: [Status] = []
        var wrong: [Failure] = []
        for result in found {
            switch result {
            case .missing(let path, let rest):
                let isAbsence = check.operation == .exists || check.operation == .empty
                let passes = isAbsence && (check.operation == .exists) == check.isNegated
                statuses.append(passes ? .pass : .fail)
                if !passes {
                    wrong.append(failure(path, check.expectation, "\(rest) is missing", check.message, check.mark))
                }
            case .value(let value, let path):
                let passes = answer(value).map { $0 != check.isNegated } ?? false
                statuses.append(passes ? .pass : .fail)
                if !passes { wrong.append(failure(path, check.expectation, value.shown, check.message, check.mark)) }
            }
        }
        let status = check.query.isSome ? Status.any(statuses) : Status.all(statuses)
        if status == .fail { failures += wrong }
        return status
    }

    /// Two queries compared as sets: the larger may hold nothing that the smaller does not.
    private mutating func sets(
        _ left: [GuardFound], _ right: [GuardFound], _ comparison: GuardComparison, _ check: GuardCheck,
        _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        try charge(left.count * right.count)
        let values = left.compactMap { if case .value(let value, _) = $0 { value } else { nil } }
        guard left.count < right.count, values.count == left.count, !check.isNegated, !check.query.isSome else {
            return judge(left, check, &failures) { value in comparison.isAmong(value) }
        }
        return judge(right, check, &failures) { value in
            values.contains { comparison.equal($0, value) == true }
        }
    }

    /// What an operator without a right side says of a value.
    private static func isTrue(_ operation: GuardCheck.Operator, of value: GuardValue) -> Bool? {
        let json = value.json
        switch operation {
        case .exists: return true
        case .empty:
            switch json {
            case .array(let list)?: return list.isEmpty
            case .object(let members)?: return members.isEmpty
            case .string(let text)?: return text.isEmpty
            case .null?: return true
            default: if case .list(let list) = value { return list.isEmpty } else { return nil }
            }
        case .isString: return json?.string != nil
        case .isList: if case .list = value { return true } else { return json?.array != nil }
        case .isStruct: if case .map = value { return true } else { return json?.object != nil }
        case .isInt: if case .int? = json { return true } else { return false }
        case .isFloat: if case .double? = json { return true } else { return false }
        case .isBool: return json?.bool != nil
        case .isNull: return json?.isNull == true
        default: return nil
        }
    }
}

extension GuardQuery {
    /// Whether `empty` is about how many values there are, not about the values: of a variable, or behind a filter.
    var asksForResults: Bool {
        switch parts.last {
        case .filter?, .keyFilter?: true
        case .variable?: parts.count == 1
        default: false
        }
    }
}

extension GuardOperand {
    /// Whether it is written out.
    var isLiteral: Bool { if case .value = self { true } else { false } }
}

extension GuardValue {
    /// The value in a message, not too much of it.
    var shown: String {
        let text: String
        switch self {
        case .json(let value): text = value.text()
        case .regex(let pattern): text = "/\(pattern)/"
        case .range(let low, _, let high, _): text = "r[\(low), \(high)]"
        case .list(let list): text = "a list of \(list.count)"
        case .map(let members): text = "a mapping of \(members.count)"
        }
        return text.count > 200 ? text.prefix(197) + "..." : text
    }
}
