package import Notation

/// A file of rules in the language of AWS CloudFormation Guard: what a document must be like.
///
/// Read once, then asked of any number of documents. Source: the AWS CloudFormation Guard User Guide and the
/// documentation of `aws-cloudformation/cloudformation-guard`.
package struct GuardRules: Sendable {
    /// Steps of work after which rules are given up: a document and rules of any honest size need far fewer.
    package static let usualStepLimit = 5_000_000

    /// The file's name, for messages.
    package let name: String
    /// The names of its rules, in order. Clauses outside of rules make up one that is called `default`.
    package var ruleNames: [String] { rules.filter { $0.parameters.isEmpty }.map(\.name) }

    let variables: [GuardVariable]
    let rules: [GuardRule]

    /// Reads a file's text.
    ///
    /// - Throws: ``GuardSyntaxError`` with every mistake, each in another rule.
    package init(_ text: String, name: String) throws(GuardSyntaxError) {
        var parser = GuardParser(text)
        let (variables, rules) = parser.file()
        guard parser.mistakes.isEmpty else { throw GuardSyntaxError(file: name, mistakes: parser.mistakes) }
        self.name = name
        self.variables = variables
        self.rules = rules
    }

    /// Asks all rules of a document.
    ///
    /// - Throws: ``GuardFault`` when a rule cannot be asked: a name that is not known, rules that ask one another in a
    ///   circle, work without end.
    package func evaluate(
        _ document: JSON, marks: SourceMap? = nil, stepLimit: Int = usualStepLimit
    ) throws(GuardFault) -> GuardVerdict {
        var evaluator = GuardEvaluator(self, document, marks, stepLimit: stepLimit)
        return try evaluator.verdict()
    }
}

/// Why a text is no file of rules.
package struct GuardSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One mistake.
    package struct Mistake: Error, Sendable, Hashable {
        /// What is wrong, as a sentence without its full stop.
        package let message: String
        /// Where.
        package let mark: Mark
    }

    /// The file's name.
    package let file: String
    /// The mistakes, in their order; never empty.
    package let mistakes: [Mistake]

    package var description: String {
        mistakes.map { "\(file):\($0.mark.line):\($0.mark.column): \($0.message)." }.joined(separator: "\n")
    }
}

/// Why a rule could not be asked.
package struct GuardFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    package let message: String
    /// Where in the file of rules; nil when no single place is to blame.
    package let mark: Mark?

    package var description: String { mark.map { "line \($0.line): \(message)" } ?? message }
}

// MARK: The tree

/// A named rule, or one with parameters that other rules call.
struct GuardRule: Sendable {
    let name: String
    let parameters: [String]
    let condition: GuardClauses?
    let body: GuardBlock
    let mark: Mark
}

/// `let name = …`
struct GuardVariable: Sendable {
    let name: String
    let value: GuardOperand
    let mark: Mark
}

/// Clauses of which in each inner list one must hold, and that for every list.
typealias GuardClauses = [[GuardClause]]

/// Variables and clauses between braces.
struct GuardBlock: Sendable {
    var variables: [GuardVariable] = []
    var clauses: GuardClauses = []
}

/// Something that passes, fails or is passed over.
indirect enum GuardClause: Sendable {
    case check(GuardCheck)
    /// Each value of a query must fit the block; with `some`, one of them.
    case block(GuardQuery, GuardBlock, Mark)
    case when(GuardClauses, GuardBlock)
    /// All resources of a type must fit the block.
    case type(String, GuardClauses?, GuardBlock, Mark)
    /// Another rule, perhaps with arguments, perhaps negated.
    case rule(String, [GuardOperand], isNegated: Bool, message: String?, Mark)
}

/// A query and what is asked of its values.
struct GuardCheck: Sendable {
    enum Operator: String, Sendable {
        case equal = "==", greater = ">", greaterOrEqual = ">=", less = "<", lessOrEqual = "<=", isIn = "IN"
        case exists = "EXISTS", empty = "EMPTY", isString = "IS_STRING", isList = "IS_LIST", isStruct = "IS_STRUCT"
        case isInt = "IS_INT", isFloat = "IS_FLOAT", isBool = "IS_BOOL", isNull = "IS_NULL"

        static let unary: [Operator] = [
            .exists, .empty, .isString, .isList, .isStruct, .isInt, .isFloat, .isBool, .isNull,
        ]
    }

    let query: GuardQuery
    let operation: Operator
    let isNegated: Bool
    let operand: GuardOperand?
    let message: String?
    /// What is asked, as it is written: the operator and what follows.
    let expectation: String
    let mark: Mark
}

/// A way down a document. It may lead to no value, to one or to many.
struct GuardQuery: Sendable {
    enum Part: Sendable {
        /// The value at hand.
        case this
        case variable(String)
        /// A value written out in place of a query.
        case literal(GuardValue)
        case key(String)
        /// The members whose names a variable holds.
        case keys(of: String)
        case index(Int)
        /// `.*`: every value of an object or a list.
        case values
        /// `[*]`: every element; a value that is no list is its own only element.
        case elements
        case filter(GuardClauses)
        /// `[ keys == … ]`: the members whose names fit.
        case keyFilter(GuardCheck.Operator, isNegated: Bool, GuardOperand)
    }

    let isSome: Bool
    let parts: [Part]
}

/// What stands on the right of an operator or of `let`.
indirect enum GuardOperand: Sendable {
    case value(GuardValue)
    case query(GuardQuery)
    case call(String, [GuardOperand], Mark)
}

/// A value in a rule: one of a document, or one that only rules have.
indirect enum GuardValue: Sendable {
    case json(JSON)
    /// The pattern's text; it was read once, so it can be read.
    case regex(String)
    case range(low: Double, includesLow: Bool, high: Double, includesHigh: Bool)
    case list([GuardValue])
    case map([(name: String, value: GuardValue)])
}
