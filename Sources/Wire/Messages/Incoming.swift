package import HTTP
package import Notation

/// A request understood: which operation is called, with what.
package struct Incoming: Sendable {
    /// The id of the service, such as `lambda`.
    package var service: String
    /// The operation's name. It is one that the service's model offers.
    package var operation: String
    /// The input by the names of the model, always an object. Blobs are base64 text, times are seconds since 1970.
    /// Types fit the model; constraints are checked by ``OperationModel/validate(_:)``.
    package var input: JSON
    /// The raw body, where the model makes it a streaming or blob member: that member is then not in `input`.
    package var payload: HTTPBody?
    /// How to answer.
    package var format: AnswerFormat

    /// A call of that operation.
    package init(
        service: String, operation: String, input: JSON = [:], payload: HTTPBody? = nil, format: AnswerFormat
    ) {
        self.service = service
        self.operation = operation
        self.input = input
        self.payload = payload
        self.format = format
    }
}
