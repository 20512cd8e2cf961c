import Cloud
import Ledger
import Notation

extension SecretsManagerService {
    struct PolicyInput: Decodable, Sendable { let SecretId: String?, ResourcePolicy: String, BlockPublicPolicy: Bool? }
    struct PolicyOutput: Encodable { let ARN: String, Name: String, ResourcePolicy: String? }
    struct ValidationOutput: Encodable { let PolicyValidationPassed: Bool, ValidationErrors: [ValidationEntry] }
    struct ValidationEntry: Encodable { let CheckName: String, ErrorMessage: String }

    var policies: [Operation] {
        [
            Operation("PutResourcePolicy", enforces: "SecretId ResourcePolicy BlockPublicPolicy") {
                (input: PolicyInput, call) in
                try Self.checkPolicy(input.ResourcePolicy)
                if input.BlockPublicPolicy == true, Self.isPublic(input.ResourcePolicy) {
                    throw AWSError(
                        "PublicPolicyException",
                        "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad "
                            + "access to the secret.")
                }
                return try await change(input.SecretId ?? "", call) { secret, _ in
                    secret.policy = input.ResourcePolicy
                    return Identity(ARN: secret.arn(call.caller), Name: secret.name)
                }
            },
            Operation("GetResourcePolicy", enforces: "SecretId") { (input: IDInput, call) in
                let secret = try await SecretID(input.SecretId, call.caller).find(ledger)
                return PolicyOutput(ARN: secret.arn(call.caller), Name: secret.name, ResourcePolicy: secret.policy)
            },
            Operation("DeleteResourcePolicy", enforces: "SecretId") { (input: IDInput, call) in
                try await change(input.SecretId, call) { secret, _ in
                    secret.policy = nil
                    return Identity(ARN: secret.arn(call.caller), Name: secret.name)
                }
            },
            Operation("ValidateResourcePolicy", enforces: "SecretId ResourcePolicy") { (input: PolicyInput, call) in
                if let id = input.SecretId { _ = try await SecretID(id, call.caller).find(ledger) }
                try Self.checkPolicy(input.ResourcePolicy)
                let isPublic = Self.isPublic(input.ResourcePolicy)
                let entry = ValidationEntry(
                    CheckName: "BLOCK_PUBLIC_POLICY", ErrorMessage: "The policy allows broad access to the secret.")
                return ValidationOutput(PolicyValidationPassed: !isPublic, ValidationErrors: isPublic ? [entry] : [])
            },
        ]
    }

    /// The policy of the secret with that ARN, for whoever decides about access; nil when it has none.
    package func policy(ofSecretARN arn: String) async throws -> String? {
        let parts = arn.split(separator: ":", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 7, parts[2] == "secretsmanager", parts[5] == "secret" else { return nil }
        let owner = Caller.root(account: parts[4], region: parts[3])
        return try? await SecretID(arn, owner).find(ledger).policy
    }

    private static func checkPolicy(_ text: String) throws {
        guard let policy = try? JSON(parsing: text), let statements = policy["Statement"],
            (statements.array ?? [statements]).allSatisfy({ $0["Effect"]?.string != nil && $0["Principal"] != nil })
        else {
            throw AWSError("MalformedPolicyDocumentException", "This resource policy contains a syntax error.")
        }
    }

    /// Whether a statement allows something to everybody under no condition.
    private static func isPublic(_ text: String) -> Bool {
        guard let statements = (try? JSON(parsing: text))?["Statement"] else { return false }
        return (statements.array ?? [statements]).contains { statement in
            let principal = statement["Principal"]
            let named = principal?["AWS"]
            let isEveryone = principal == "*" || named == "*" || named?.array?.contains("*") == true
            return statement["Effect"] == "Allow" && isEveryone && statement["Condition"] == nil
        }
    }
}
