package import Notation

/// An error as AWS answers it. Services throw it; ``WireRouter/answer(_:to:requestID:hostID:)`` writes it.
package struct Fault: Error, Sendable, Hashable {
    /// The exception's name in the service's model, or the code on the wire: either finds the other.
    package var code: String
    /// The text for people.
    package var message: String
    /// The HTTP status; nil takes the one in the model, or else 400 for a caller's and 500 for a server's fault.
    package var status: Int?
    /// Whether the caller is to blame.
    package var isSender: Bool
    /// Further members of the exception, by their names in the model.
    package var members: JSONObject
    /// The code of the older Query protocol, where it is neither in the model nor the same.
    package var queryCode: String?

    /// A fault of that code. Unless stated otherwise, the caller's.
    package init(
        _ code: String, _ message: String, status: Int? = nil, isSender: Bool? = nil,
        members: JSONObject = JSONObject(),
        queryCode: String? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.isSender = isSender ?? ((status ?? 400) < 500)
        self.members = members
        self.queryCode = queryCode
    }

    /// A mistake of the server itself: nothing of it is told to the caller.
    package static func internalFailure(_ message: String = "An internal error occurred.") -> Fault {
        Fault("InternalFailure", message, status: 500)
    }

    /// An operation, member or value that AWS has and Slipway does not offer.
    package static func notImplemented(_ what: String) -> Fault {
        Fault("NotImplemented", "\(what) is not supported by Slipway.", status: 501, isSender: true)
    }
}

/// A request that was refused before its operation saw it, and how to answer it.
package struct Rejection: Error, Sendable {
    /// What is wrong with it.
    package var fault: Fault
    /// How its caller understands answers.
    package var format: AnswerFormat

    /// This fault, answered like that.
    package init(_ fault: Fault, _ format: AnswerFormat) {
        self.fault = fault
        self.format = format
    }
}
