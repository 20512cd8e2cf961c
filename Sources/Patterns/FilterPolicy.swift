internal import Notation

/// An SNS subscription's filter policy, compiled once and then asked of every message.
///
/// Source: SNS Developer Guide, "Subscription filter policies" and "Filter policy constraints".
package struct FilterPolicy: Sendable, Hashable {
    /// What a policy looks at.
    package enum Scope: String, Sendable, Hashable, Codable {
        /// The message's attributes.
        case attributes = "MessageAttributes"
        /// The message itself, which must be JSON.
        case body = "MessageBody"
    }

    /// An attribute of a message, as far as policies look at it.
    package struct Attribute: Sendable, Hashable {
        /// `String`, `Number` or `String.Array`; others are never matched.
        package var type: String
        /// The value as text; of binary attributes there is none.
        package var value: String

        /// An attribute of that type.
        package init(type: String, value: String) {
            self.type = type
            self.value = value
        }
    }

    /// A policy names at most so many members.
    package static let keyLimit = 5
    /// The product of the members' numbers of values (times their depth, in a message's body) is at most this.
    package static let combinationLimit = 150
    /// A policy's text has at most so many bytes.
    package static let textLimit = 262_144

    /// What the policy looks at.
    package let scope: Scope
    /// Nil for a policy without members, which lets everything pass.
    private let pattern: EventPattern?

    /// Compiles a policy's text.
    ///
    /// - Throws: ``FilterPolicyError`` with SNS's reason.
    package init(_ text: String, scope: Scope) throws(FilterPolicyError) {
        self.scope = scope
        guard text.utf8.count <= Self.textLimit else {
            throw FilterPolicyError("FilterPolicy: Filter policy is larger than \(Self.textLimit) bytes")
        }
        guard let tree = try? JSON(parsing: text), let members = tree.object else {
            throw FilterPolicyError("FilterPolicy: failed to parse JSON.")
        }
        guard !members.isEmpty else {
            pattern = nil
            return
        }
        if scope == .attributes { try Self.refuseNesting(members) }
        do {
            pattern = try EventPattern(text)
        } catch {
            throw FilterPolicyError("FilterPolicy: \(error.located)")
        }
        try Self.checkSize(tree, scope)
    }

    /// Whether a message with those attributes and that body is to be delivered.
    package func accepts(attributes: [String: Attribute], body: String) -> Bool {
        guard let pattern else { return true }
        switch scope {
        case .attributes: return pattern.matches(Self.tree(attributes))
        case .body:
            guard let tree = try? JSON(parsing: body), tree.object != nil else { return false }
            return pattern.matches(tree)
        }
    }

    /// The attributes as a tree, each as the type says. A number that is none, and a list that is none, match nothing.
    private static func tree(_ attributes: [String: Attribute]) -> JSON {
        var members = JSONObject()
        for (name, attribute) in attributes {
            switch attribute.type {
            case "String": members[name] = .string(attribute.value)
            case "Number":
                guard let number = Double(attribute.value), number.isFinite else { continue }
                members[name] = .double(number)
            case "String.Array":
                guard let list = try? JSON(parsing: attribute.value), list.array != nil else { continue }
                members[name] = list
            default: continue
            }
        }
        return .object(members)
    }

    private static func refuseNesting(_ members: JSONObject) throws(FilterPolicyError) {
        for (name, value) in members {
            if name == "$or", let branches = value.array {
                for case .object(let inner) in branches { try refuseNesting(inner) }
            } else if value.object != nil {
                throw FilterPolicyError(
                    "Filter policy scope MessageAttributes does not support nested filter policy")
            }
        }
    }

    private static func checkSize(_ tree: JSON, _ scope: Scope) throws(FilterPolicyError) {
        let combinations = (try? PatternCompiler.combinations(tree)) ?? []
        guard Set(combinations.flatMap(\.keys)).count <= keyLimit else {
            throw FilterPolicyError("FilterPolicy: Filter policy can not have more than \(keyLimit) keys")
        }
        let total = combinations.reduce(0) { total, combination in
            total + combination.reduce(1) { min($0 * $1.value.count * (scope == .body ? $1.key.count : 1), 1 << 20) }
        }
        guard total <= combinationLimit else { throw FilterPolicyError("FilterPolicy: Filter policy is too complex") }
    }
}

/// Why a text is no filter policy: what SNS says behind `Invalid parameter: ` (and, when subscribing, behind
/// `Attributes Reason: ` after it).
package struct FilterPolicyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason, such as `FilterPolicy: Filter policy is too complex`.
    package let reason: String
    package var description: String { reason }

    init(_ reason: String) { self.reason = reason }
}
