internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Vault

/// What git shows a host of repositories. One for each kind of host; its token is sealed.
struct SourceCredential: Codable, Sendable {
    var arn: String
    var serverType: String
    var authType: String
    var username: String?
    /// Sealed; or, for CODECONNECTIONS and SECRETS_MANAGER, the ARN of what it stands for.
    var token: String
    var resource: String?

    static let collection = Collection<SourceCredential>("codebuild.sourceCredential")

    /// `Authorization` for a source: what its project names, else what was imported for its kind of host.
    ///
    /// - Returns: Nil when there is nothing to show: then the repository has to be public.
    /// - Throws: ``StepFailure`` when what is named cannot be had.
    static func header(for source: SourceSettings, site: BuildSite, workshop: Workshop) async throws -> String? {
        if let auth = source.auth, let resource = auth.resource {
            switch auth.type {
            case "SECRETS_MANAGER": return basic("x-access-token", try await secret(resource, site))
            case "CODECONNECTIONS": return try await connection(resource, source, site)
            default: break
            }
        }
        let owner = site.order.owner
        guard let known = try await workshop.ledger.get(collection, owner.key(source.type))?.value else { return nil }
        switch known.authType {
        case "SECRETS_MANAGER": return basic("x-access-token", try await secret(known.token, site))
        case "CODECONNECTIONS": return try await connection(known.token, source, site)
        default:
            let token = try workshop.vault.open(known.token, name: owner.key(known.serverType))
            return basic(known.username ?? "x-access-token", token)
        }
    }

    private static func basic(_ name: String, _ password: String) -> String {
        "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()
    }

    /// `Authorization` out of what a connection answered; nil when its repositories are open to everybody.
    static func header(of answer: JSON) -> String? {
        answer["token"]?.string.map { basic(answer["username"]?.string ?? "x-access-token", $0) }
    }

    private static func secret(_ arn: String, _ site: BuildSite) async throws -> String {
        do {
            let answer = try await site.keys.call("secretsmanager", "GetSecretValue", ["SecretId": .string(arn)])
            let text = answer["SecretString"]?.string ?? ""
            // Either the token itself, or an object that has it (User Guide, "Secrets Manager secret and token").
            return (try? JSON(parsing: text))?["Token"]?.string ?? text
        } catch let error as AWSError {
            throw StepFailure("CLIENT_ERROR", "The source's secret \(arn) cannot be read: \(error.description)")
        }
    }

    private static func connection(_ arn: String, _ source: SourceSettings, _ site: BuildSite) async throws -> String? {
        let path = (source.location ?? "").drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }.dropFirst()
        let name = path.hasSuffix(".git") ? path.dropLast(4) : path
        do {
            let answer = try await site.keys.call(
                "slipway-codeconnections", "CloneSource",
                ["connectionArn": .string(arn), "fullRepositoryId": .string(String(name))])
            return header(of: answer)
        } catch let error as AWSError {
            throw StepFailure("CLIENT_ERROR", "The connection \(arn) cannot be used: \(error.description)")
        }
    }
}
