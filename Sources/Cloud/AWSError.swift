internal import Ledger
package import Notation

/// A refusal in AWS's words: what a service answers instead of a result.
package struct AWSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// AWS's code, such as `ResourceNotFoundException`.
    package let code: String
    /// AWS's wording where there is one; else what failed, the first cause, and the next step.
    package let message: String
    /// The HTTP status.
    package let status: Int
    /// Further members of the error's shape.
    package let members: JSONObject

    /// A refusal; 400 unless told otherwise.
    package init(_ code: String, _ message: String, status: Int = 400, members: JSONObject = [:]) {
        self.code = code
        self.message = message
        self.status = status
        self.members = members
    }

    /// Whether the caller is to blame, rather than Slipway.
    package var isSender: Bool { status < 500 }

    package var description: String { "\(code): \(message)" }

    /// Something that Slipway does not do: named, never passed over in silence.
    package static func notImplemented(_ what: String) -> AWSError {
        AWSError("NotImplemented", "Slipway does not implement \(what). See 'slipway support'.", status: 501)
    }

    /// A failure inside Slipway. The detail is for the log, which has it under the same request id.
    package static func internalFailure(_ requestID: String) -> AWSError {
        AWSError(
            "InternalFailure",
            "Slipway failed to carry out the request. Its log has the cause under request \(requestID).",
            status: 500)
    }

    /// The refusal when there is no room on the disk: its owner can do something about it. Nil for all other failures.
    static func fullDisk(_ error: any Error) -> AWSError? {
        let isFull =
            switch error {
            case let error as LedgerError: error.code == .full
            case let error as BlobError: error.code == .outOfSpace
            case let error as DiskError: error.isFull
            default: false
            }
        return isFull ? AWSError("InsufficientStorage", "\(error)", status: 507) : nil
    }
}
