package import Cloud
package import HTTP
package import Ledger
package import Notation

/// What comes back from outside to stacks that wait: answers of custom resources, signals of wait conditions.
///
/// Answers are stored before the sender is told, so that none is lost when the server dies; a second answer under the
/// same token changes nothing.
package struct ResponseInbox: Sendable {
    /// The path below which the server hands requests to ``receive(_:)``.
    package static let path = "/_slipway/cloudformation/"
    /// The most bytes of a message.
    private static let limit = 256 * 1024
    /// The most messages under one address, and the most bytes of all of them. More are refused.
    private static let (messageLimit, byteLimit) = (1_000, 1 << 20)

    /// What came under one token.
    package struct Mail: Codable, Sendable {
        /// The messages, by the sender's id for each.
        package var messages: [String: JSON] = [:]
        /// When the address was handed out; nil in those of an older Slipway.
        var opened: Timestamp?
        /// About how many bytes the messages have.
        var bytes: Int?
    }

    static let mail = Collection<Mail>("cloudformation mail")

    private let cloud: Cloud
    private let ledger: Ledger

    /// An inbox on that ledger.
    package init(cloud: Cloud, ledger: Ledger) {
        self.cloud = cloud
        self.ledger = ledger
    }

    /// Has messages taken in under that token from now on; again, it changes nothing.
    ///
    /// - Returns: The address that they are to be sent to.
    func open(_ token: String) async throws -> String {
        if try await ledger.get(Self.mail, token) == nil {
            try await ledger.write { transaction in
                guard try transaction.get(Self.mail, token) == nil else { return }
                try transaction.put(Self.mail, token, Mail(opened: transaction.now))
            }
        }
        return address(of: token)
    }

    /// Forgets what came under the token, and takes nothing more in.
    func close(_ token: String) async throws {
        guard try await ledger.get(Self.mail, token) != nil else { return }
        try await ledger.write { _ = try $0.delete(Self.mail, token) }
    }

    private func address(of token: String) -> String { cloud.endpoint + Self.path + token }

    /// Takes a message in: a PUT of a JSON document to an address that was handed out.
    ///
    /// - Returns: 200 when it is stored, 400 when it is no JSON object, 404 for other addresses, 413 when it is too
    ///   large, or one too many.
    package func receive(_ request: HTTPRequest) async -> HTTPResponse {
        let token = String(request.path.dropFirst(Self.path.count))
        guard request.path.hasPrefix(Self.path), !token.isEmpty, !token.contains("/") else {
            return .text(404, "There is no such address.")
        }
        if request.method == "GET" { return await fetch(token) }
        guard request.method == "PUT" || request.method == "POST" else { return .text(405, "Use PUT.") }
        do {
            let bytes = try await request.body.collected(limit: Self.limit)
            guard let message = try? JSON(parsing: bytes), message.object != nil else {
                return .text(400, "The body must be a JSON object.")
            }
            try await put(message, token, ifOpen: true)
            return .text(200, "")
        } catch let refusal as AWSError {
            return .text(refusal.status, refusal.message)
        } catch HTTPBodyError.tooLarge(let limit) {
            return .text(413, "The body may have at most \(limit) bytes.")
        } catch {
            return .text(500, "The message could not be stored. Send it again.")
        }
    }

    /// Lays a document out under that token, and returns the address that it can be fetched from: for what is larger
    /// than a function's input. Laid out again it takes the place of the first.
    func offer(_ document: JSON, _ token: String) async throws -> String {
        try await ledger.write { try $0.put(Self.offers, token, document) }
        return address(of: token)
    }

    /// Takes the document away again. What cannot be taken away stays; its address is nobody's to guess.
    func withdraw(_ token: String) async {
        guard (try? await ledger.get(Self.offers, token)) ?? nil != nil else { return }
        _ = try? await ledger.write { try $0.delete(Self.offers, token) }
    }

    static let offers = Collection<JSON>("cloudformation offer")

    private func fetch(_ token: String) async -> HTTPResponse {
        guard let document = try? await ledger.get(Self.offers, token)?.value else {
            return .text(404, "There is no such address.")
        }
        return .text(200, document.text(), type: "application/json")
    }

    /// Stores a message under that token.
    ///
    /// - Parameter ifOpen: Only when the token's address was handed out.
    /// - Throws: ``AWSError`` `NotFound` when it was not, `LimitExceeded` when there are too many already.
    func put(_ message: JSON, _ token: String, ifOpen: Bool = false) async throws {
        let id = message["UniqueId"]?.string ?? "answer"
        let size = id.utf8.count + message.text().utf8.count
        try await ledger.write { transaction in
            let known = try transaction.get(Self.mail, token)?.value
            guard known != nil || !ifOpen else {
                throw AWSError("NotFound", "There is no such address.", status: 404)
            }
            var mail = known ?? Mail(opened: transaction.now)
            guard mail.messages[id] == nil else { return }
            let bytes = (mail.bytes ?? 0) + size
            guard mail.messages.count < Self.messageLimit, bytes <= Self.byteLimit else {
                throw AWSError(
                    "LimitExceeded",
                    "At most \(Self.messageLimit) messages of \(Self.byteLimit) bytes in all are taken at one address.",
                    status: 413)
            }
            mail.messages[id] = message
            mail.bytes = bytes
            try transaction.put(Self.mail, token, mail)
        }
    }

    /// What signals to a resource come under, in the operation that is under way on its stack.
    func signalToken(_ logicalID: String, in stackID: String) async throws -> String {
        let operation = try await ledger.get(StackStore.stacks, stackID)?.value.operationID
        return StableID.uuid("signal", stackID, logicalID, operation ?? "")
    }

    /// What came under that token so far.
    func messages(_ token: String) async throws -> [String: JSON] {
        try await ledger.get(Self.mail, token)?.value.messages ?? [:]
    }

    /// The one answer under that token; nil when there is none yet.
    func response(_ token: String) async throws -> JSON? { try await messages(token)["answer"] }

    /// The type that the stack gives the resource, such as `Custom::Thing`; nil when the stack has no such resource.
    func type(ofResource logicalID: String, in stackID: String) async throws -> String? {
        try await ledger.get(StackStore.resources, StackStore.key(stackID, logicalID))?.value.type
    }

    /// Waits for the answer under that token, at most that long; nil when none came.
    ///
    /// - Throws: `CancellationError` when the waiting is broken off.
    func wait(for token: String, atMost limit: Duration) async throws -> JSON? {
        let time = ledger.surroundings.time
        let end = time.now + limit
        var pause = Duration.milliseconds(10)
        while true {
            if let answer = try await response(token) { return answer }
            guard time.now < end else { return nil }
            try await time.sleep(until: min(time.now + pause, end))
            pause = min(pause * 2, .seconds(1))
        }
    }

    /// The present moment.
    var now: Timestamp { ledger.surroundings.now }

    /// Returns after that long.
    func pause(_ duration: Duration) async throws {
        try await ledger.surroundings.time.sleep(until: ledger.surroundings.now + duration)
    }
}
