import HTTP
import Notation

/// What AWS says to requests that no operation answers.
enum Refusals {
    static func unknownOperation(_ format: AnswerFormat, version: String? = nil) -> Fault {
        let name = format.operation ?? ""
        switch format.wireProtocol {
        case .query:
            let of = version.map { " for version \($0)" } ?? ""
            return Fault("InvalidAction", "Could not find operation \(name)\(of)")
        case .json10, .json11, .cbor, .restJSON:
            let status = format.wireProtocol == .cbor || format.wireProtocol == .restJSON ? 404 : 400
            let what = name.isEmpty ? "The request names no operation." : "The operation \(name) is not recognized."
            return Fault("UnknownOperationException", what, status: status)
        case .restXML: return unknownPath(format)
        }
    }

    static func unknownPath(_ format: AnswerFormat) -> Fault {
        guard format.wireProtocol == .restXML else { return unknownOperation(format) }
        return Fault("MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405)
    }

    static func missingAction() -> Fault { Fault("MissingAction", "The request must contain the parameter Action") }

    static func tooLarge(limit: Int, _ format: AnswerFormat) -> Fault {
        switch format.wireProtocol {
        case .restXML: Fault("MaxMessageLengthExceeded", "Your request was too big.")
        case .restJSON:
            Fault(
                "RequestTooLargeException",
                "Request must be smaller than \(limit) bytes for the \(format.operation ?? "") operation", status: 413)
        case .query, .json10, .json11, .cbor:
            Fault(
                "RequestEntityTooLargeException", "The request is larger than the limit of \(limit) bytes.", status: 413
            )
        }
    }

    static func incompleteBody() -> Fault {
        Fault("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
    }
}

extension Refusals {
    static func missingLength() -> Fault {
        Fault("MissingContentLength", "You must provide the Content-Length HTTP header.", status: 411)
    }
}
