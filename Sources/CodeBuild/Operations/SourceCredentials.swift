internal import Cloud
internal import Ledger
internal import Notation
internal import Vault

extension CodeBuildService {
    /// What git shows hosts of repositories.
    var credentialOperations: [Operation] {
        [
            Operation(
                "ImportSourceCredentials", enforces: "username token serverType authType shouldOverwrite"
            ) { (input: CredentialInput, call) in try await importCredential(input, call) },
            Operation("ListSourceCredentials") { (_: Nothing, call) in
                let all = try await ledger.list(SourceCredential.collection, prefix: call.caller.scope).map(\.value)
                let shown: [JSON] = all.map { one in
                    var view: JSON = [
                        "arn": .string(one.arn), "serverType": .string(one.serverType),
                        "authType": .string(one.authType),
                    ]
                    view["resource"] = one.resource.map(JSON.string)
                    return view
                }
                return ["sourceCredentialsInfos": .array(shown)] as JSON
            },
            Operation("DeleteSourceCredentials", enforces: "arn") { (input: CredentialInput, call) in
                let arn = input.arn ?? ""
                let key = call.caller.key(Self.serverType(arn))
                try await ledger.write { transaction in
                    guard try transaction.get(SourceCredential.collection, key)?.value.arn == arn else {
                        throw AWSError("ResourceNotFoundException", "Source credential \(arn) does not exist")
                    }
                    try transaction.delete(SourceCredential.collection, key)
                }
                return ["arn": .string(arn)] as JSON
            },
        ]
    }

    private static func serverType(_ arn: String) -> String {
        (arn.split(separator: "/").last.map(String.init) ?? "").uppercased().replacing("-", with: "_")
    }

    /// One of a kind of host: another one only takes its place when that is said (or nothing is, as on AWS).
    private func importCredential(_ input: CredentialInput, _ call: Call) async throws -> JSON {
        let type = input.serverType ?? ""
        let auth = input.authType ?? ""
        let token = input.token ?? ""
        guard auth != "BASIC_AUTH" || type == "BITBUCKET" && input.username?.isEmpty == false else {
            throw AWSError.invalidInput("BASIC_AUTH is for BITBUCKET, and needs a username")
        }
        let stands = ["CODECONNECTIONS", "SECRETS_MANAGER"].contains(auth)
        guard !stands || token.hasPrefix("arn:") else {
            throw AWSError.invalidInput("The token of the type \(auth) is the ARN of what it stands for")
        }
        let key = call.caller.key(type)
        let arn = call.caller.arn("codebuild", "token/" + type.lowercased().replacing("_", with: "-"))
        let kept = SourceCredential(
            arn: arn, serverType: type, authType: auth, username: input.username,
            token: stands ? token : try workshop.vault.seal(token, name: key), resource: stands ? token : nil)
        try await ledger.write { transaction in
            let known = try transaction.get(SourceCredential.collection, key)
            guard known == nil || input.shouldOverwrite != false else {
                throw AWSError("ResourceAlreadyExistsException", "There are source credentials for \(type) already")
            }
            try transaction.put(SourceCredential.collection, key, kept)
        }
        return ["arn": .string(arn)]
    }
}

private struct CredentialInput: Decodable, Sendable {
    var arn: String?
    var username: String?
    var token: String?
    var serverType: String?
    var authType: String?
    var shouldOverwrite: Bool?
}
