internal import Cloud
internal import Crypto
package import HTTP
internal import Ledger
internal import Notation
internal import Patterns

/// Where repositories' hosts call.
enum WebhookInbox {
    static let path = "/_slipway/webhooks/codepipeline/"
    /// The largest payload hosts send.
    static let limit = 25 << 20
}

extension CodePipelineService {
    /// Answers the calls of webhooks; nil for every other request.
    ///
    /// Accepted is what proves itself and passes all filters; it starts the target pipeline. A delivery that comes
    /// again starts it again, as on AWS.
    package func http(_ request: HTTPRequest) async -> HTTPResponse? {
        guard request.path.hasPrefix(WebhookInbox.path) else { return nil }
        guard request.method == "POST" else { return .text(405, "Webhooks are called with POST.\n") }
        do {
            let address = String(request.path.dropFirst(WebhookInbox.path.count))
            guard let webhook = try await ledger.find(Webhook.collection, "address", address, limit: 1).first?.value
            else {
                return .text(404, "There is no such webhook.\n")
            }
            let body = try await request.body.collected(limit: WebhookInbox.limit)
            guard Self.isGenuine(request, body, webhook) else {
                try await note(webhook, "AuthenticationFailed", "A call did not prove that it comes from the host.")
                return .text(403, "The call does not prove itself.\n")
            }
            return try await receive(body, webhook)
        } catch let error as AWSError {
            return .text(error.status, error.message + "\n")
        } catch HTTPBodyError.tooLarge(let limit) {
            return .text(413, "The payload is larger than \(limit) bytes.\n")
        } catch {
            return .text(500, "The webhook could not be taken in.\n")
        }
    }

    private func receive(_ body: [UInt8], _ webhook: Webhook) async throws -> HTTPResponse {
        guard let payload = try? JSON(parsing: body) else { return .text(400, "The payload is no JSON.\n") }
        let name = webhook.definition["targetPipeline"]?.string ?? ""
        let owner = Caller.root(account: webhook.account, region: webhook.region)
        let pipeline = try await pipeline(name, owner)
        let action = try pipeline.definition().sources.first { $0.name == webhook.definition["targetAction"]?.string }
        let configuration = action?.configuration ?? [:]
        for filter in webhook.definition["filters"]?.array ?? [] {
            guard Self.passes(payload, filter, configuration) else {
                return .text(200, "The payload does not pass the filter \(filter["jsonPath"]?.string ?? "").\n")
            }
        }
        let id = try await ledger.write { transaction -> String in
            guard let machine = try runner.machine(pipeline.machine, in: transaction) else {
                throw Pipeline.missing(name, owner)
            }
            let order = PipelineMachine.Order(
                execution: transaction.surroundings.chance.uuid(),
                seed: transaction.surroundings.chance.hexadecimal(32),
                trigger: .init(type: "Webhook", detail: webhook.arn))
            let begun = try Starting.begin(order, variables: [:], pipeline, machine, runner, transaction)
            var called = webhook
            called.lastTriggered = transaction.now
            called.errorCode = nil
            called.errorMessage = nil
            try transaction.put(Webhook.collection, owner.key(webhook.name), called)
            return begun ?? order.execution
        }
        return .text(200, JSON.object(["pipelineExecutionId": .string(id)]).text() + "\n", type: "application/json")
    }

    private func note(_ webhook: Webhook, _ code: String, _ message: String) async throws {
        try await ledger.write { transaction in
            let key = "\(webhook.account)/\(webhook.region)/\(webhook.name)"
            guard var known = try transaction.get(Webhook.collection, key)?.value else { return }
            known.errorCode = code
            known.errorMessage = message
            try transaction.put(Webhook.collection, key, known)
        }
    }

    private static func passes(_ payload: JSON, _ filter: JSON, _ configuration: [String: String]) -> Bool {
        guard let path = EventPath(filter["jsonPath"]?.string ?? ""), let found = path.value(in: payload) else {
            return false
        }
        guard var wanted = filter["matchEquals"]?.string else { return true }
        for (name, value) in configuration { wanted = wanted.replacing("{\(name)}", with: value) }
        let values = found.array ?? [found]
        return values.contains { ($0.string ?? $0.text()) == wanted }
    }

    // MARK: Proof

    private static func isGenuine(_ request: HTTPRequest, _ body: [UInt8], _ webhook: Webhook) -> Bool {
        let configuration = webhook.definition["authenticationConfiguration"]
        switch webhook.definition["authentication"]?.string {
        case "UNAUTHENTICATED": return true
        case "IP":
            return configuration?["AllowedIPRange"]?.string.flatMap(AddressRange.init)?.contains(request.peer) ?? false
        case "GITHUB_HMAC":
            let key = SymmetricKey(data: Array((configuration?["SecretToken"]?.string ?? "").utf8))
            if let sent = request.fields["X-Hub-Signature-256"], let code = bytes(sent, after: "sha256=") {
                return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key)
            }
            guard let sent = request.fields["X-Hub-Signature"], let code = bytes(sent, after: "sha1=") else {
                return false
            }
            return HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: body, using: key)
        default: return false
        }
    }

    private static func bytes(_ text: String, after prefix: String) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        return Hexadecimal.decode(text.dropFirst(prefix.count))
    }
}
