internal import CloudFormationTemplate
package import Notation

/// How a resource differs from what its stack says, when that was looked at last.
package struct ResourceDrift: Codable, Sendable, Hashable {
    /// Whether it differs.
    package enum Status: String, Codable, Sendable {
        case inSync = "IN_SYNC"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case notChecked = "NOT_CHECKED"
    }

    /// A property that differs.
    package struct Difference: Codable, Sendable, Hashable {
        /// Its place, with slashes.
        package var path: String
        /// `ADD`, `REMOVE` or `NOT_EQUAL`.
        package var kind: String
        /// What the stack says.
        package var expected: String
        /// What is.
        package var actual: String
    }

    /// Whether it differs.
    package var status: Status
    /// When that was looked at.
    package var time: Timestamp
    /// What the stack says.
    package var expected: JSON
    /// What is; nil when nothing is.
    package var actual: JSON?
    /// Where they differ.
    package var differences: [Difference] = []

    /// Compares what a stack says with what its type reads. Only what the stack says counts: what the service adds by
    /// itself is no drift, at no depth. What the type does not read back, such as secrets and code, is not compared.
    ///
    /// - Parameter schema: the type's published schema, which says what documents and lists mean; nil when there is none.
    init(expected: JSON, actual: JSON?, schema: ResourceSchema?, time: Timestamp) {
        self.expected = expected
        self.time = time
        guard let actual = actual.map(Self.plain) else {
            status = .deleted
            return
        }
        let known = JSON.object((Self.plain(expected).object ?? [:]).filter { name, _ in actual[name] != nil })
        let seen = (schema ?? ResourceSchema(type: "", properties: .init([:]))).aligned(actual, to: known)
        self.actual = seen
        differences = PropertyDifference.all(from: known, to: seen).map { difference in
            Difference(
                path: "/" + difference.steps.joined(separator: "/"),
                kind: difference.kind == .add ? "ADD" : difference.kind == .remove ? "REMOVE" : "NOT_EQUAL",
                expected: Self.shown(difference.before), actual: Self.shown(difference.after))
        }
        status = differences.isEmpty ? .inSync : .modified
    }

    /// Whole numbers alike, however they are kept: 2.0 is 2.
    private static func plain(_ value: JSON) -> JSON {
        switch value {
        case .double(let number): Int(exactly: number).map(JSON.int) ?? value
        case .array(let elements): .array(elements.map(plain))
        case .object(let members): .object(members.mapValues(plain))
        default: value
        }
    }

    private static func shown(_ value: JSON?) -> String { value.map { $0.loose.string ?? $0.loose.text() } ?? "null" }
}

/// One look at a stack for drift.
package struct DriftDetection: Codable, Sendable {
    /// Its id.
    package var id: String
    /// The stack.
    package var stackID: String
    /// `DRIFTED` or `IN_SYNC`.
    package var status: String
    /// How many resources differ.
    package var count: Int
    /// When it was.
    package var time: Timestamp
    /// What could not be looked at; nil when everything could.
    package var trouble: String?
}
