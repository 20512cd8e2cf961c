/// A way in which AWS's APIs put an operation on HTTP.
package enum WireProtocol: String, Sendable, Hashable {
    /// Form fields in, XML out.
    case query
    /// JSON, the operation in `X-Amz-Target`, `application/x-amz-json-1.0`.
    case json10
    /// The same with `application/x-amz-json-1.1`.
    case json11
    /// Paths, headers and JSON bodies.
    case restJSON
    /// Paths, headers and XML bodies (S3).
    case restXML
    /// Smithy's RPC v2 with CBOR bodies.
    case cbor

    /// The protocol of that name in AWS's models.
    init?(model name: String, json version: String?) {
        switch name {
        case "query": self = .query
        case "json": self = version == "1.0" ? .json10 : .json11
        case "rest-json": self = .restJSON
        case "rest-xml": self = .restXML
        case "smithy-rpc-v2-cbor": self = .cbor
        default: return nil
        }
    }
}

/// How the caller of a request wants to be answered.
package struct AnswerFormat: Sendable {
    /// The protocol of the request, and so of its answer.
    package var wireProtocol: WireProtocol
    /// The id of the service asked for; nil when the request names none that Slipway knows.
    package var service: String?
    /// The operation asked for, offered or not; nil when that could not be told.
    package var operation: String?
    /// Whether the answer has no body because the request was a `HEAD`.
    package var isHead: Bool

    /// An answer in that protocol.
    package init(_ wireProtocol: WireProtocol, service: String? = nil, operation: String? = nil, isHead: Bool = false) {
        self.wireProtocol = wireProtocol
        self.service = service
        self.operation = operation
        self.isHead = isHead
    }
}
