internal import Cloud
internal import Crypto
internal import Foundation
internal import GitHooks
internal import HTTP
internal import Ledger
internal import Notation

/// Takes the webhooks of hosts of repositories and starts builds for them. Whoever sends one proves that he knows the
/// project's secret; a delivery that comes twice starts one build, or one batch.
struct WebhookDesk: Sendable {
    static let path = "/_slipway/codebuild/webhook/"
    /// Hosts send no larger ones.
    private static let bodyLimit = 25 << 20
    let service: CodeBuildService

    /// The answer; nil when the request is no webhook for a project.
    func respond(_ request: HTTPRequest) async -> HTTPResponse? {
        guard request.path.hasPrefix(Self.path) else { return nil }
        guard request.method == "POST" else { return .text(405, "Write POST.\n") }
        let token = String(request.path.dropFirst(Self.path.count))
        do {
            let body = try await request.body.collected(limit: Self.bodyLimit)
            guard let project = try await project(token), let webhook = project.webhook else {
                return .text(404, "There is no such webhook.\n")
            }
            let hook = try Webhook(field: { request.fields[$0] }, body: body)
            let isProven = hook.proofs.contains { proof in
                proof.holds(secret: webhook.secret) { Self.hmac($0, webhook.secret, body) }
            }
            guard isProven else { return .text(403, "The request does not prove that its sender knows the secret.\n") }
            let count = try await start(hook, webhook, project)
            return .text(200, "{\"builds\":\(count)}\n", type: "application/json")
        } catch let error as Webhook.Unreadable {
            return .text(400, "\(error)\n")
        } catch let error as AWSError {
            return .text(error.status, "\(error.message)\n")
        } catch {
            return .text(400, "The request cannot be read.\n")
        }
    }

    private func project(_ token: String) async throws -> Project? {
        guard token.count == 40 else { return nil }
        return try await service.ledger.find(Project.collection, "webhook", token).first?.value
    }

    private static func hmac(_ algorithm: WebhookProof.Algorithm, _ secret: String, _ body: [UInt8]) -> [UInt8] {
        let key = SymmetricKey(data: Data(secret.utf8))
        switch algorithm {
        case .sha256: return Array(HMAC<SHA256>.authenticationCode(for: body, using: key))
        case .sha1: return Array(HMAC<Insecure.SHA1>.authenticationCode(for: body, using: key))
        }
    }

    private func start(_ hook: Webhook, _ webhook: ProjectWebhook, _ project: Project) async throws -> Int {
        let parts = project.arn.split(separator: ":").map(String.init)
        let owner = Caller.root(account: parts[4], region: parts[3])
        let wanted = hook.events.filter { WebhookFilters.accept($0, webhook) }
        let initiator = "\(hook.host.rawValue)-Hookshot/\(hook.deliveryID.prefix(8))"
        return try await service.ledger.write { transaction in
            for (index, event) in wanted.enumerated() {
                let version = WebhookFilters.version(event)
                let token =
                    hook.deliveryID.isEmpty
                    ? nil : "webhook/\(project.settings.name)/\(hook.deliveryID)/\(index)"
                if webhook.buildType == "BUILD_BATCH" {
                    try service.startBatch(
                        project, version: version, initiator: initiator, owner, token: token, in: transaction)
                    continue
                }
                var occasion = BuildStarter.Occasion(initiator: initiator, owner: owner, sourceVersion: version)
                occasion.triggerVariables = WebhookFilters.variables(event)
                occasion.token = token.map { ($0, $0, true) }
                _ = try service.starter.start(
                    project: project.settings.name, project.settings, occasion, in: transaction)
            }
            return wanted.count
        }
    }
}
