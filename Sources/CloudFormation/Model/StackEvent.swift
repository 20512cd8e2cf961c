package import Notation

/// Something that happened to a stack or to one of its resources.
package struct StackEvent: Codable, Sendable, Hashable {
    /// Its id, unique in the stack.
    package var id: String
    /// When it happened.
    package var time: Timestamp
    /// The logical id: the stack's name for the stack itself.
    package var logicalID: String
    /// The physical id; empty before there is one.
    package var physicalID: String
    /// The type.
    package var type: String
    /// The status it led to, in CloudFormation's words.
    package var status: String
    /// Why: first cause and evidence.
    package var reason: String?
    /// The properties that were asked for, as JSON text; secrets masked.
    package var properties: String?
    /// The operation it belongs to.
    package var operationID: String
    /// The token that came with the call.
    package var token: String?
    /// What a hook said, where the event is about that.
    package var hook: HookNote?

    /// What a validation before a deployment found, where the event is about that.
    package var validation: ValidationNote?
    /// When what the event tells the end of began; nil where other events tell of its beginning.
    package var began: Timestamp?

    /// What a validation before a deployment found.
    package struct ValidationNote: Codable, Sendable, Hashable {
        /// The validation, in CloudFormation's words.
        package var name: String
        /// What is wrong.
        package var reason: String
        /// Where in the template.
        package var path: String
        /// `FAIL` or `WARN`.
        package var mode: String
    }

    /// What a hook said.
    package struct HookNote: Codable, Sendable, Hashable {
        /// The hook's name.
        package var type: String
        /// Its status, in CloudFormation's words.
        package var status: String
        /// Why.
        package var reason: String
        /// `FAIL` or `WARN`.
        package var mode: String
    }

    /// The key under which it is stored: the newest comes first in a listing.
    func key(stackID: String, number: Int) -> String {
        let inverted = Int64.max - time.microseconds
        let digits = String(999_999_999 - number)
        return "\(stackID)|\(inverted)|" + String(repeating: "0", count: 9 - digits.count) + digits
    }
}
