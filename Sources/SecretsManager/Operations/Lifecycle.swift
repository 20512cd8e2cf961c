import Cloud
import Ledger
import Notation

extension SecretsManagerService {
    struct DeleteInput: Decodable, Sendable {
        let SecretId: String, RecoveryWindowInDays: Int?, ForceDeleteWithoutRecovery: Bool?
    }
    struct DeleteOutput: Encodable { let ARN: String?, Name: String, DeletionDate: Double }
    struct TagInput: Decodable, Sendable { let SecretId: String, Tags: [Tag] }
    struct UntagInput: Decodable, Sendable { let SecretId: String, TagKeys: [String] }

    /// Secrets Manager API Reference, TagResource: "Maximum number of tags per secret".
    private static let tagLimit = 50

    var lifecycle: [Operation] {
        [
            Operation("DeleteSecret", enforces: "SecretId RecoveryWindowInDays ForceDeleteWithoutRecovery") {
                (input: DeleteInput, call) in try await delete(input, call)
            },
            Operation("RestoreSecret", enforces: "SecretId") { (input: IDInput, call) in
                try await ledger.write { write in
                    var secret = try write.secret(input.SecretId, call.caller)
                    secret.deleted = nil
                    secret.removal = nil
                    try write.put(secret, call.caller)
                    try setClock(secret, call.caller, write)
                    try write.note(call, secret, call.caller)
                    return Identity(ARN: secret.arn(call.caller), Name: secret.name)
                }
            },
            Operation("TagResource", enforces: "SecretId Tags") { (input: TagInput, call) in
                try await change(input.SecretId, call) { secret, _ in try Self.add(input.Tags, to: &secret) }
                return Nothing()
            },
            Operation("UntagResource", enforces: "SecretId TagKeys") { (input: UntagInput, call) in
                try await change(input.SecretId, call) { secret, _ in
                    secret.tags.removeAll { input.TagKeys.contains($0.Key) }
                }
                return Nothing()
            },
        ]
    }

    static func add(_ tags: [Tag], to secret: inout Secret) throws {
        for tag in tags {
            secret.tags.removeAll { $0.Key == tag.Key }
            secret.tags.append(tag)
        }
        guard secret.tags.count <= tagLimit else {
            throw AWSError.parameter("A secret can have up to \(tagLimit) tags.")
        }
    }

    /// Marks a secret for deletion, or removes it at once when that is forced.
    private func delete(_ input: DeleteInput, _ call: Call) async throws -> DeleteOutput {
        let isForced = input.ForceDeleteWithoutRecovery == true
        guard !isForced || input.RecoveryWindowInDays == nil else {
            throw AWSError.parameter(
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
        }
        let days = input.RecoveryWindowInDays ?? 30
        guard (7...30).contains(days) else {
            throw AWSError.parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
        }
        return try await ledger.write { write in
            let now = write.now
            guard var secret = try? write.secret(input.SecretId, call.caller) else {
                guard isForced else { throw AWSError.secretNotFound() }
                // AWS answers success for a forced deletion of what is not there.
                return DeleteOutput(ARN: nil, Name: input.SecretId, DeletionDate: now.seconds)
            }
            if !isForced { try secret.checkAlive() }
            let removal = isForced ? now : now + .seconds(days * 86400)
            secret.deleted = now
            secret.removal = removal
            if isForced {
                try write.delete(Secret.all, call.caller.key(secret.name))
                try clocks.remove(call.caller.key("\(secret.name)-\(secret.suffix)"), in: write)
            } else {
                try write.put(secret, call.caller)
                try setClock(secret, call.caller, write)
            }
            try write.note(call, secret, call.caller)
            return DeleteOutput(ARN: secret.arn(call.caller), Name: secret.name, DeletionDate: removal.seconds)
        }
    }
}
