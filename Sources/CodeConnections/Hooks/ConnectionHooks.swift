import Cloud
import Crypto
import Foundation
import GitHooks
import HTTP
import Ledger
import Logging
import Notation
import Vault

/// Takes webhooks of connections' hosts in: verified by the connection's secret, each delivery once, into the one log.
struct ConnectionHooks: Sendable {
    static let prefix = "/_slipway/hooks/connections/"
    /// GitHub sends no more than this (GitHub Docs, "Webhook events and payloads").
    private static let bodyLimit = 25 << 20

    let service: CodeConnectionsService
    private let log = Logger(label: "connections")

    init(service: CodeConnectionsService) { self.service = service }

    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        guard request.path.hasPrefix(Self.prefix) else { return nil }
        guard request.method == "POST" else { return Self.refusal(405, "Webhooks are posted.") }
        do {
            return try await take(request, id: String(request.path.dropFirst(Self.prefix.count)))
        } catch HTTPBodyError.tooLarge(let limit) {
            return Self.refusal(413, "The payload is larger than \(limit) bytes.")
        } catch let unreadable as Webhook.Unreadable {
            return Self.refusal(400, unreadable.description)
        } catch let error as AWSError {
            return Self.refusal(error.status, error.message)
        } catch {
            log.error("a webhook failed", metadata: ["error": "\(error)"])
            return Self.refusal(500, "Slipway failed to take the webhook in; its log has the cause.")
        }
    }

    private func take(_ request: HTTPRequest, id: String) async throws -> HTTPResponse {
        guard let connection = try await service.ledger.find(Connection.all, "id", id, limit: 1).first?.value,
            let access = connection.access, !access.isFolder
        else { return Self.refusal(404, "There is no such connection, or it is not authorised yet.") }
        let body = try await request.body.collected(limit: Self.bodyLimit)
        let hook = try Webhook(field: { request.fields[$0] }, body: body)
        let secret = try service.vault.open(access.secret, name: connection.id + "/secret")
        let isProven = hook.proofs.contains { $0.holds(secret: secret) { Self.hmac($0, secret, body) } }
        guard isProven else {
            return Self.refusal(401, "The signature does not fit the connection's webhook secret.")
        }
        for event in hook.events { _ = try RepositoryID(event.repository.fullName) }
        // A delivery without an id is told from others by what it says.
        let delivery = hook.deliveryID.isEmpty ? Self.digest(Data(body)) : hook.deliveryID
        try await service.ledger.write { write in
            for (place, event) in hook.events.enumerated() {
                let id = Self.digest(Data("\(connection.id)/\(delivery)/\(place)".utf8))
                try write.append(ConnectionEvent.make(event, of: connection, id: Self.uuid(id), now: write.now))
            }
        }
        let answer: JSON = ["events": .int(hook.events.count)]
        return .text(200, answer.text() + "\n", type: "application/json")
    }

    private static func hmac(_ algorithm: WebhookProof.Algorithm, _ secret: String, _ body: [UInt8]) -> [UInt8] {
        let key = SymmetricKey(data: Data(secret.utf8))
        return switch algorithm {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: body, using: key))
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: body, using: key))
        }
    }

    static func digest(_ data: Data) -> String {
        SHA256.hash(data: data).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// The beginning of a digest as the UUID that an event's id is.
    static func uuid(_ digest: String) -> String {
        let digits = Array(digest.prefix(32))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func refusal(_ status: Int, _ message: String) -> HTTPResponse {
        let answer: JSON = ["message": .string(message)]
        return .text(status, answer.text() + "\n", type: "application/json")
    }
}
