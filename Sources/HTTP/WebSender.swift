/// Sends requests to addresses out in the world: webhooks, endpoints of users, token servers. Made by the composition
/// root.
package protocol WebSender: Sendable {
    /// Sends the request to that address and returns the whole answer.
    ///
    /// Redirects are not followed. A repeat sends again. The request's target is taken from the address; its secrets
    /// reach no other program's view.
    ///
    /// - Parameters:
    ///   - url: `http://…` or `https://…`; with HTTPS the certificate is checked.
    ///   - limit: How long all of it may take.
    /// - Throws: ``WebError`` when there was no answer.
    func send(_ request: HTTPRequest, to url: String, within limit: Duration) async throws -> WebAnswer
}

/// What came back.
package struct WebAnswer: Sendable {
    /// The status code.
    package let status: Int
    /// The body, or as much of it as is of use: 64 KiB.
    package let body: [UInt8]

    /// An answer.
    package init(status: Int, body: [UInt8] = []) {
        self.status = status
        self.body = body
    }
}

/// Why a request to the outside got no answer.
package struct WebError: Error, Sendable, CustomStringConvertible {
    /// The cause, without addresses that may carry secrets.
    package let description: String

    /// An error of that description.
    package init(_ description: String) { self.description = description }
}
