import Cloud
import Notation

/// A secret in the clear, as GetSecretValue answers it. Never written anywhere else.
struct SecretValue: Encodable {
    let ARN: String, Name: String, VersionId: String, SecretString: String?, SecretBinary: String?
    let VersionStages: [String], CreatedDate: Double
}

/// A version as ListSecretVersionIds answers it.
struct VersionEntry: Encodable {
    let VersionId: String, VersionStages: [String]?, LastAccessedDate: Double?, CreatedDate: Double
    let KmsKeyIds: [String]

    init(_ version: Secret.Version, keyID: String?) {
        VersionId = version.id
        VersionStages = version.stages.isEmpty ? nil : version.stages
        LastAccessedDate = version.lastAccessed?.seconds
        CreatedDate = version.created.seconds
        KmsKeyIds = [keyID ?? "DefaultEncryptionKey"]
    }
}

/// A secret without its value, as DescribeSecret and ListSecrets answer it.
struct SecretDescription: Encodable {
    let ARN: String, Name: String, Description: String?, KmsKeyId: String?
    let RotationEnabled: Bool?, RotationLambdaARN: String?, RotationRules: RotationRules?
    let CreatedDate: Double, LastChangedDate: Double, LastRotatedDate: Double?, LastAccessedDate: Double?
    let NextRotationDate: Double?, DeletedDate: Double?
    let Tags: [Tag]
    let VersionIdsToStages: [String: [String]]?
    let SecretVersionsToStages: [String: [String]]?

    init(_ secret: Secret, _ caller: Caller, inList: Bool) {
        ARN = secret.arn(caller)
        Name = secret.name
        Description = secret.description
        KmsKeyId = secret.keyID
        RotationEnabled = secret.rotation?.isEnabled
        RotationLambdaARN = secret.rotation?.function
        RotationRules = secret.rotation?.rules
        CreatedDate = secret.created.seconds
        LastChangedDate = secret.lastChanged.seconds
        LastRotatedDate = secret.lastRotated?.seconds
        LastAccessedDate = secret.lastAccessed?.seconds
        NextRotationDate = secret.rotation?.next?.seconds
        DeletedDate = secret.deleted?.seconds
        Tags = secret.tags
        let labelled = secret.versions.filter { !$0.stages.isEmpty }.map { ($0.id, $0.stages) }
        let stages = Dictionary(labelled) { first, _ in first }
        VersionIdsToStages = inList || stages.isEmpty ? nil : stages
        SecretVersionsToStages = inList && !stages.isEmpty ? stages : nil
    }
}

/// Source: Secrets Manager API Reference, Filter; User Guide, "Find secrets".
struct SecretFilter: Decodable, Sendable {
    let Key: String?
    let Values: [String]?

    /// Whether the secret passes: any of the values, or, behind `!`, none of them.
    func matches(_ secret: Secret, region: String) -> Bool {
        let values = Values ?? []
        let wanted = values.filter { !$0.hasPrefix("!") }
        let unwanted = values.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
        return (wanted.isEmpty || wanted.contains { has(secret, $0, region) })
            && !unwanted.contains { has(secret, $0, region) }
    }

    private func has(_ secret: Secret, _ value: String, _ region: String) -> Bool {
        switch Key {
        case "name": return secret.name.hasPrefix(value)
        case "description": return (secret.description ?? "").lowercased().hasPrefix(value.lowercased())
        case "tag-key": return secret.tags.contains { $0.Key.hasPrefix(value) }
        case "tag-value": return secret.tags.contains { ($0.Value ?? "").hasPrefix(value) }
        case "primary-region": return region == value
        case "owning-service": return false
        default:
            let words = [secret.name, secret.description ?? ""] + secret.tags.flatMap { [$0.Key, $0.Value ?? ""] }
            return words.contains { $0.lowercased().contains(value.lowercased()) }
        }
    }
}
