package import Cloud
package import HTTP
package import Ledger
internal import Logging
internal import Notation
package import ServiceLifecycle

/// Amazon SNS: topics, and messages to queues, functions and endpoints.
package struct SNSService: CloudService {
    package let id = "sns"
    let cloud: Cloud
    let ledger: Ledger
    let deliveries: Deliveries
    let signer: MessageSigner
    let figures: any TopicFigures

    /// The service behind that door. Makes the key that messages are signed with at first start.
    ///
    /// - Parameters:
    ///   - web: Sends what HTTP endpoints are told.
    ///   - figures: Counts messages, for CloudWatch.
    /// - Throws: `LedgerError` when the key cannot be read or made.
    package init(cloud: Cloud, ledger: Ledger, web: any WebSender, figures: any TopicFigures = NoFigures()) throws {
        self.cloud = cloud
        self.ledger = ledger
        self.figures = figures
        signer = try MessageSigner(ledger: ledger)
        deliveries = Deliveries(ledger: ledger)
        let sender = MessageSender(cloud: cloud, web: web, signer: signer)
        deliveries.runner.use(
            DeliveryPerformer(ledger: ledger, runner: deliveries.runner, sender: sender, figures: figures))
    }

    package var operations: [Operation] { topicOperations + subscriptionOperations + publishOperations }

    package var resourceTypes: [ResourceType] {
        [Self.topicType, Self.subscriptionType, Self.topicPolicyType, Self.inlinePolicyType]
    }

    /// What runs for as long as the house is open. Each can stop at any moment: what is not done then is taken up by
    /// the next start.
    package var services: [any Service] { [deliveries.runner, MemorySweep(ledger: ledger)] }

    // MARK: Requests without a signature

    /// Answers what receivers ask without keys of their own: the certificate, the confirmation of a subscription, and
    /// its end. Nil for all other requests.
    ///
    /// Source: Amazon SNS API Reference, ConfirmSubscription and Unsubscribe, which need no signature.
    package func http(_ request: HTTPRequest) async -> HTTPResponse? {
        if request.method == "GET", request.target == signer.certificatePath {
            return .text(200, signer.certificate, type: "application/x-pem-file")
        }
        guard request.method == "GET", request.path == "/", request.fields["Authorization"] == nil,
            request.query.contains("Action="), !request.query.contains("X-Amz-Signature=")
        else { return nil }
        let query = Self.query(request)
        do {
            switch query["Action"] {
            case "ConfirmSubscription":
                let arn = try await confirm(
                    query["TopicArn"] ?? "", query["Token"] ?? "", isSigned: false, needsSignature: false)
                return Self.answer("ConfirmSubscription", "<SubscriptionArn>\(Self.escaped(arn))</SubscriptionArn>")
            case "Unsubscribe":
                try await unsubscribe(query["SubscriptionArn"] ?? "", isSigned: false)
                return Self.answer("Unsubscribe", nil)
            default: return nil
            }
        } catch let error as AWSError {
            return Self.refusal(error)
        } catch {
            return Self.refusal(AWSError("InternalError", "The request could not be carried out.", status: 500))
        }
    }

    private static func query(_ request: HTTPRequest) -> [String: String] {
        var members: [String: String] = [:]
        for (name, value) in PercentEncoding.pairs(request.query) { members[name] = value }
        return members
    }

    private static func answer(_ operation: String, _ result: String?) -> HTTPResponse {
        let inner = result.map { "<\(operation)Result>\($0)</\(operation)Result>" } ?? ""
        return .text(
            200,
            "<\(operation)Response "
                + "xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\(inner)</\(operation)Response>\n",
            type: "text/xml")
    }

    private static func refusal(_ error: AWSError) -> HTTPResponse {
        .text(
            error.status,
            "<ErrorResponse "
                + "xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Code>\(escaped(error.code))</Code>"
                + "<Message>\(escaped(error.message))</Message></Error></ErrorResponse>\n", type: "text/xml")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

/// Forgets the deduplication ids that no longer count, and the ended subscriptions that nobody wanted back.
struct MemorySweep: Service {
    let ledger: Ledger

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await sweep() } } catch is CancellationError {}
    }

    private func sweep() async throws {
        while !Task.isCancelled {
            try await ledger.surroundings.time.sleep(until: ledger.surroundings.now + SNSService.memory)
            let now = ledger.surroundings.now
            let old = try await ledger.list(SNSStore.recent).filter { $0.value.until <= now }.map(\.key)
            let ended = try await ledger.list(SNSStore.ended).filter { ($0.value.tokenEnds ?? now) <= now }.map(\.key)
            guard !old.isEmpty || !ended.isEmpty else { continue }
            try await ledger.write { write in
                for key in old { try write.delete(SNSStore.recent, key) }
                for key in ended { try write.delete(SNSStore.ended, key) }
            }
        }
    }
}
