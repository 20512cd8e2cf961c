package import Notation

/// What rules say about a document.
package struct GuardVerdict: Sendable, Hashable {
    /// How a rule ended.
    package enum Status: String, Sendable, Hashable, Codable {
        /// It holds.
        case pass = "PASS"
        /// It does not.
        case fail = "FAIL"
        /// Nothing in the document is meant by it.
        case skip = "SKIP"
    }

    /// A value that is not as a rule wants it.
    package struct Failure: Sendable, Hashable {
        /// The rule's name.
        package var rule: String
        /// Where the value stands, or the last place on the way to it that is there.
        package var path: Path
        /// Where that is in the document's text, if known.
        package var mark: Mark?
        /// What the rule asks, such as `== true`.
        package var expected: String
        /// The value, as JSON; for one that is missing, what is missing.
        package var actual: String
        /// What the rule's author says about it, if anything: its reason or its remedy.
        package var message: String?
        /// The line of the rules' file.
        package var ruleLine: Int
    }

    /// One rule.
    package struct Rule: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// How it ended.
        package var status: Status
        /// What is wrong, each thing once; empty unless it failed.
        package var failures: [Failure]
    }

    /// The rules, in their order.
    package var rules: [Rule]

    /// `FAIL` when one failed, `PASS` when one holds, otherwise `SKIP`.
    package var status: Status {
        if rules.contains(where: { $0.status == .fail }) { return .fail }
        return rules.contains { $0.status == .pass } ? .pass : .skip
    }
}

extension GuardVerdict.Status {
    /// What several that must all hold come to.
    static func all(_ statuses: some Sequence<Self>) -> Self {
        var result = Self.skip
        for status in statuses {
            if status == .fail { return .fail }
            if status == .pass { result = .pass }
        }
        return result
    }

    /// What several of which one must hold come to.
    static func any(_ statuses: some Sequence<Self>) -> Self {
        var result = Self.skip
        for status in statuses {
            if status == .pass { return .pass }
            if status == .fail { result = .fail }
        }
        return result
    }
}
