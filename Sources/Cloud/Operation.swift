internal import Notation

/// An operation that a service offers: its name in AWS's model, what becomes of each input member, and the handler.
///
/// Members of the model that are neither enforced nor stored are refused at the door with an error naming them, so that
/// nothing is ever silently ignored. The lists are also what `slipway support` prints.
package struct Operation: Sendable {
    /// The name in AWS's model.
    package let name: String
    /// The input members that have their effect. `A` stands for all of A; `A.B` for its member B alone (lists are passed through: `Tags.Key`).
    package let enforced: Set<String>
    /// The input members that are kept and shown again but change nothing else.
    package let stored: Set<String>
    /// Whether it is there only to refuse in AWS's own words. Counted as not offered.
    package let isRefusal: Bool
    /// Carries the call out.
    package let handle: @Sendable (Call) async throws -> Reply

    /// An operation on the tree itself, for inputs and outputs with raw bodies or open shapes.
    ///
    /// - Parameters:
    ///   - enforces: Names of input members with spaces between.
    ///   - stores: The same, for members that are only kept.
    package init(
        _ name: String, enforces: String = "", stores: String = "",
        raw handle: @escaping @Sendable (Call) async throws -> Reply
    ) {
        self.name = name
        enforced = Set(enforces.split(separator: " ").map(String.init))
        stored = Set(stores.split(separator: " ").map(String.init))
        isRefusal = false
        self.handle = handle
    }

    /// An operation that is known and refused, whatever its input says.
    ///
    /// - Parameter refusal: What to answer; may itself throw, for what AWS checks first.
    package init(refusing name: String, with refusal: @escaping @Sendable (Call) async throws -> AWSError) {
        self.name = name
        enforced = []
        stored = []
        isRefusal = true
        handle = { call in throw try await refusal(call) }
    }

    /// An operation on values: `Input` holds what is really used, `Output` what is answered. Nil members are left out.
    package init<Input: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        _ name: String, enforces: String = "", stores: String = "",
        _ handle: @escaping @Sendable (Input, Call) async throws -> Output
    ) {
        self.init(name, enforces: enforces, stores: stores) { call in
            let input: Input
            do {
                input = try call.input.decode(Input.self)
            } catch let error as DecodingError {
                throw AWSError("SerializationException", Operation.describe(error))
            }
            return Reply(try JSON(encoding: try await handle(input, call)))
        }
    }

    /// The first input member that is neither enforced nor stored, dotted; nil when all are covered.
    func uncovered(in input: JSON) -> String? { isRefusal ? nil : uncovered(input, "") }

    private func uncovered(_ value: JSON, _ place: String) -> String? {
        switch value {
        case .object(let object):
            for (key, value) in object {
                let path = place.isEmpty ? key : place + "." + key
                if enforced.contains(path) || stored.contains(path) || value.isNull { continue }
                guard isPartlyCovered(path) else { return path }
                if let found = uncovered(value, path) { return found }
            }
            return nil
        case .array(let elements):
            for element in elements { if let found = uncovered(element, place) { return found } }
            return nil
        default:
            return isPartlyCovered(place) ? place : nil
        }
    }

    private func isPartlyCovered(_ path: String) -> Bool {
        let prefix = path + "."
        return enforced.contains { $0.hasPrefix(prefix) } || stored.contains { $0.hasPrefix(prefix) }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): return "The member '\(key.stringValue)' is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "The member '\(path)' cannot be read. \(context.debugDescription)"
        @unknown default: return "The input cannot be read."
        }
    }
}

/// The input or output of an operation that has none.
package struct Nothing: Codable, Sendable {
    /// It.
    package init() {}
}
