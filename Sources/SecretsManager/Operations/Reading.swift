import Cloud
import Ledger
import Notation
import Vault

extension SecretsManagerService {
    struct GetInput: Decodable, Sendable { let SecretId: String, VersionId: String?, VersionStage: String? }
    struct BatchInput: Decodable, Sendable {
        let SecretIdList: [String]?, Filters: [SecretFilter]?, MaxResults: Int?, NextToken: String?
    }
    struct BatchOutput: Encodable { let SecretValues: [SecretValue], Errors: [BatchError], NextToken: String? }
    struct BatchError: Encodable { let SecretId: String, ErrorCode: String, Message: String }
    struct IDInput: Decodable, Sendable { let SecretId: String }
    struct ListInput: Decodable, Sendable {
        let Filters: [SecretFilter]?, MaxResults: Int?, NextToken: String?, IncludePlannedDeletion: Bool?
        let SortOrder: String?, SortBy: String?
    }
    struct ListOutput: Encodable { let SecretList: [SecretDescription], NextToken: String? }
    struct VersionsInput: Decodable, Sendable {
        let SecretId: String, MaxResults: Int?, NextToken: String?, IncludeDeprecated: Bool?
    }
    struct VersionsOutput: Encodable { let ARN: String, Name: String, Versions: [VersionEntry], NextToken: String? }

    var reading: [Operation] {
        [
            Operation("GetSecretValue", enforces: "SecretId VersionId VersionStage") { (input: GetInput, call) in
                let secret = try await SecretID(input.SecretId, call.caller).find(ledger)
                let value = try value(of: secret, input.VersionId, input.VersionStage, call.caller)
                try await touch(secret, value.VersionId, call)
                return value
            },
            Operation("BatchGetSecretValue", enforces: "SecretIdList Filters MaxResults NextToken") {
                (input: BatchInput, call) in try await batch(input, call)
            },
            Operation("DescribeSecret", enforces: "SecretId") { (input: IDInput, call) in
                let secret = try await SecretID(input.SecretId, call.caller).find(ledger)
                return SecretDescription(secret, call.caller, inList: false)
            },
            Operation(
                "ListSecrets", enforces: "Filters MaxResults NextToken IncludePlannedDeletion SortOrder SortBy"
            ) { (input: ListInput, call) in try await list(input, call) },
            Operation("ListSecretVersionIds", enforces: "SecretId MaxResults NextToken IncludeDeprecated") {
                (input: VersionsInput, call) in try await versions(input, call)
            },
        ]
    }

    /// The value in the clear: the version of that id, of that label, or the current one.
    private func value(
        of secret: Secret, _ id: String?, _ stage: String?, _ caller: Caller
    ) throws -> SecretValue {
        try secret.checkAlive()
        let wanted = stage ?? (id == nil ? Stage.current : nil)
        guard let version = id.map({ secret.version(id: $0) }) ?? secret.version(stage: wanted ?? ""), !version.isEmpty
        else {
            let place = id.map { "VersionId: \($0)" } ?? "staging label: \(wanted ?? "")"
            throw AWSError(
                "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for \(place)")
        }
        if let stage, !version.stages.contains(stage) {
            throw AWSError.request("You provided a VersionStage that is not associated to the provided VersionId.")
        }
        let place = Self.place(secret, version.id)
        do {
            return SecretValue(
                ARN: secret.arn(caller), Name: secret.name, VersionId: version.id,
                SecretString: try version.text.map { try vault.open($0, name: place) },
                SecretBinary: try version.binary.map { try vault.open($0, name: place) },
                VersionStages: version.stages, CreatedDate: version.created.seconds)
        } catch {
            throw AWSError(
                "DecryptionFailure",
                "Secrets Manager can't decrypt the protected secret text: the key in the data folder is another one.")
        }
    }

    /// Notes the day on which the secret was read last. Once a day, so that reading stays reading.
    private func touch(_ secret: Secret, _ version: String, _ call: Call) async throws {
        let day = Timestamp(seconds: (call.time.seconds / 86400).rounded(.down) * 86400)
        guard secret.lastAccessed != day || secret.version(id: version)?.lastAccessed != day else { return }
        try await ledger.write { write in
            guard var secret = try write.get(Secret.all, call.caller.key(secret.name))?.value else { return }
            secret.lastAccessed = day
            if let index = secret.versions.firstIndex(where: { $0.id == version }) {
                secret.versions[index].lastAccessed = day
            }
            try write.put(secret, call.caller)
        }
    }

    private func batch(_ input: BatchInput, _ call: Call) async throws -> BatchOutput {
        guard (input.SecretIdList == nil) != (input.Filters == nil) else {
            throw AWSError.parameter("You must include Filters or SecretIdList, but not both.")
        }
        var values: [SecretValue] = []
        var errors: [BatchError] = []
        var next: String?
        if let ids = input.SecretIdList {
            guard input.MaxResults == nil else {
                throw AWSError.parameter("You can't use MaxResults with SecretIdList.")
            }
            for id in ids {
                do {
                    let secret = try await SecretID(id, call.caller).find(ledger)
                    values.append(try value(of: secret, nil, nil, call.caller))
                } catch let error as AWSError {
                    errors.append(BatchError(SecretId: id, ErrorCode: error.code, Message: error.message))
                }
            }
        } else {
            let found = try await secrets(call.caller, input.Filters ?? []).sorted { $0.name < $1.name }
            let page = try Self.page(found, size: input.MaxResults ?? 20, token: input.NextToken)
            for secret in page.items {
                do { values.append(try value(of: secret, nil, nil, call.caller)) } catch let error as AWSError {
                    errors.append(
                        BatchError(SecretId: secret.arn(call.caller), ErrorCode: error.code, Message: error.message))
                }
            }
            next = page.next
        }
        return BatchOutput(SecretValues: values, Errors: errors, NextToken: next)
    }

    private func list(_ input: ListInput, _ call: Call) async throws -> ListOutput {
        let isIncluded = input.IncludePlannedDeletion == true
        var found = try await secrets(call.caller, input.Filters ?? [], withDeleted: isIncluded)
        let by: (Secret) -> Timestamp =
            switch input.SortBy {
            case "last-changed-date": { $0.lastChanged }
            case "last-accessed-date": { $0.lastAccessed ?? $0.created }
            default: { $0.created }
            }
        found.sort { input.SortBy == "name" ? $0.name < $1.name : (by($0), $0.name) < (by($1), $1.name) }
        if input.SortOrder == "desc" || (input.SortOrder == nil && input.SortBy != "name") { found.reverse() }
        let page = try Self.page(found, size: input.MaxResults ?? 100, token: input.NextToken)
        return ListOutput(
            SecretList: page.items.map { SecretDescription($0, call.caller, inList: true) }, NextToken: page.next)
    }

    private func secrets(
        _ caller: Caller, _ filters: [SecretFilter], withDeleted: Bool = false
    ) async throws -> [Secret] {
        try await ledger.list(Secret.all, prefix: caller.scope).map(\.value).filter { secret in
            (withDeleted || secret.deleted == nil) && filters.allSatisfy { $0.matches(secret, region: caller.region) }
        }
    }

    private func versions(_ input: VersionsInput, _ call: Call) async throws -> VersionsOutput {
        let secret = try await SecretID(input.SecretId, call.caller).find(ledger)
        let shown = secret.versions.filter { input.IncludeDeprecated == true || !$0.stages.isEmpty }
        let page = try Self.page(shown, size: input.MaxResults ?? 100, token: input.NextToken)
        return VersionsOutput(
            ARN: secret.arn(call.caller), Name: secret.name,
            Versions: page.items.map { VersionEntry($0, keyID: secret.keyID) }, NextToken: page.next)
    }

    /// A page of a list; the token is how many were shown before.
    private static func page<Item>(
        _ items: [Item], size: Int, token: String?
    ) throws -> (items: [Item], next: String?) {
        guard let start = token.map({ Int($0) }) ?? 0, start >= 0 else {
            throw AWSError("InvalidNextTokenException", "The NextToken value is invalid.")
        }
        let rest = items.dropFirst(start)
        return (Array(rest.prefix(size)), rest.count > size ? String(start + size) : nil)
    }
}
