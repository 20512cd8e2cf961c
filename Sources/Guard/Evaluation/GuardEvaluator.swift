internal import Notation

/// Asks a file's rules of one document.
struct GuardEvaluator {
    typealias Status = GuardVerdict.Status
    typealias Failure = GuardVerdict.Failure

    /// Rules that ask rules that ask rules go no deeper.
    static let depthLimit = 100

    let rules: GuardRules
    let marks: SourceMap?
    let patterns = GuardPatterns()
    private let stepLimit: Int
    private let root: GuardScope
    private var verdicts: [String: GuardVerdict.Rule] = [:]
    private var open: [String] = []
    private(set) var steps = 0
    /// The rule whose failures are being written down.
    private(set) var current = ""

    init(_ rules: GuardRules, _ document: JSON, _ marks: SourceMap?, stepLimit: Int) {
        self.stepLimit = stepLimit
        self.rules = rules
        self.marks = marks
        root = GuardScope(parent: nil, this: (.json(document), Path()), variables: rules.variables)
    }

    /// All rules without parameters, each asked once.
    mutating func verdict() throws(GuardFault) -> GuardVerdict {
        var verdict = GuardVerdict(rules: [])
        for rule in rules.rules where rule.parameters.isEmpty { verdict.rules.append(try self.verdict(of: rule)) }
        return verdict
    }

    /// Counts work, and gives up when there is too much of it.
    mutating func charge(_ count: Int = 1) throws(GuardFault) {
        steps += count
        guard steps <= stepLimit else {
            throw GuardFault(message: "The rules take more than \(stepLimit) steps on this document.", mark: nil)
        }
    }

    // MARK: Rules

    private mutating func verdict(of rule: GuardRule) throws(GuardFault) -> GuardVerdict.Rule {
        if let known = verdicts[rule.name] { return known }
        let before = current
        current = rule.name
        defer { current = before }
        var failures: [Failure] = []
        let status = try run(rule, known: [:], &failures)
        var seen: Set<Failure> = []
        let verdict = GuardVerdict.Rule(
            name: rule.name, status: status,
            failures: status == .fail ? failures.filter { seen.insert($0).inserted } : [])
        verdicts[rule.name] = verdict
        return verdict
    }

    /// Asks a rule, with values for its parameters.
    private mutating func run(
        _ rule: GuardRule, known: [String: [GuardFound]], _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        guard !open.contains(rule.name) || !rule.parameters.isEmpty, open.count < Self.depthLimit else {
            let way = (open + [rule.name]).suffix(4).joined(separator: " -> ")
            throw GuardFault(message: "Rules ask one another in a circle: \(way).", mark: rule.mark)
        }
        open.append(rule.name)
        defer { open.removeLast() }
        let scope = GuardScope(parent: root, this: root.this, variables: rule.body.variables, known: known)
        if let condition = rule.condition, try !holds(condition, scope) { return .skip }
        return try ask(rule.body.clauses, scope, &failures)
    }

    /// A clause that is another rule.
    mutating func reference(
        _ name: String, _ arguments: [GuardOperand], isNegated: Bool, _ message: String?, _ mark: Mark,
        _ scope: GuardScope, _ failures: inout [Failure]
    ) throws(GuardFault) -> Status {
        guard let rule = rules.rules.first(where: { $0.name == name }) else {
            throw GuardFault(message: "There is no rule '\(name)', and no operator follows the name.", mark: mark)
        }
        guard rule.parameters.count == arguments.count else {
            throw GuardFault(message: "The rule '\(name)' takes \(rule.parameters.count) arguments.", mark: mark)
        }
        var inner: [Failure] = []
        var status: Status
        if arguments.isEmpty {
            let verdict = try verdict(of: rule)
            (status, inner) = (verdict.status, verdict.failures)
        } else {
            var known: [String: [GuardFound]] = [:]
            for (parameter, argument) in zip(rule.parameters, arguments) {
                known[parameter] = try values(of: argument, scope)
            }
            status = try run(rule, known: known, &inner)
        }
        if isNegated, status != .skip { status = status == .pass ? .fail : .pass }
        guard status == .fail else { return status }
        if isNegated {
            let expected = "the rule \(name) fails"
            failures.append(
                Failure(
                    rule: current, path: Path(), mark: nil, expected: expected, actual: "it passes", message: message,
                    ruleLine: mark.line))
        }
        // The reasons are the other rule's; this one names them as its own.
        for var failure in inner where !isNegated {
            failure.rule = current
            failure.message = failure.message ?? message
            failures.append(failure)
        }
        return status
    }
}
