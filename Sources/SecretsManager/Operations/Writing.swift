import Cloud
import Ledger
import Notation
import Vault

/// Source: Secrets Manager API Reference, CreateSecret.
struct CreateSecretInput: Decodable, Sendable {
    let Name: String, ClientRequestToken: String?, Description: String?, KmsKeyId: String?
    let SecretString: String?, SecretBinary: String?, Tags: [Tag]?
}

extension SecretsManagerService {
    struct Identity: Encodable {
        let ARN: String, Name: String, VersionId: String?, VersionStages: [String]?

        init(ARN: String, Name: String, VersionId: String? = nil, VersionStages: [String]? = nil) {
            self.ARN = ARN
            self.Name = Name
            self.VersionId = VersionId
            self.VersionStages = VersionStages
        }
    }
    struct PutInput: Decodable, Sendable {
        let SecretId: String, ClientRequestToken: String?, SecretString: String?, SecretBinary: String?
        let VersionStages: [String]?
    }
    struct UpdateInput: Decodable, Sendable {
        let SecretId: String, ClientRequestToken: String?, SecretString: String?, SecretBinary: String?
        let Description: String?, KmsKeyId: String?
    }
    struct StageInput: Decodable, Sendable {
        let SecretId: String, VersionStage: String, RemoveFromVersionId: String?, MoveToVersionId: String?
    }

    var writing: [Operation] {
        [
            Operation(
                "CreateSecret", enforces: "Name ClientRequestToken SecretString SecretBinary Tags Description",
                stores: "KmsKeyId"
            ) { (input: CreateSecretInput, call) in try await create(input, call) },
            Operation(
                "PutSecretValue",
                enforces: "SecretId ClientRequestToken SecretString SecretBinary VersionStages", stores: "RotationToken"
            ) { (input: PutInput, call) in try await put(input, call) },
            Operation(
                "UpdateSecret", enforces: "SecretId ClientRequestToken SecretString SecretBinary Description",
                stores: "KmsKeyId"
            ) { (input: UpdateInput, call) in try await update(input, call) },
            Operation(
                "UpdateSecretVersionStage", enforces: "SecretId VersionStage RemoveFromVersionId MoveToVersionId"
            ) { (input: StageInput, call) in try await moveStage(input, call) },
        ]
    }

    /// A value as a request brings it: a text, bytes, or neither.
    struct Value: Sendable {
        let text: String?
        let binary: String?
        var isEmpty: Bool { text == nil && binary == nil }

        init(_ text: String?, _ binary: String?) throws {
            guard text == nil || binary == nil else {
                throw AWSError.parameter(
                    "You can't specify both a binary secret value and a string secret value in the same secret.")
            }
            self.text = text
            self.binary = binary
        }
    }

    private func create(_ input: CreateSecretInput, _ call: Call) async throws -> Identity {
        try Self.checkName(input.Name)
        let value = try Value(input.SecretString, input.SecretBinary)
        let token = input.ClientRequestToken ?? cloud.surroundings.chance.uuid()
        let caller = call.caller
        return try await ledger.write { write in
            if let known = try write.get(Secret.all, caller.key(input.Name))?.value {
                return try repeated(known, token, value, caller)
            }
            var secret = Secret(
                name: input.Name, suffix: write.surroundings.chance.text(6, of: Self.letters), created: write.now,
                lastChanged: write.now)
            secret.description = input.Description
            secret.keyID = input.KmsKeyId
            try Self.add(input.Tags ?? [], to: &secret)
            if !value.isEmpty { try add(value, token, [Stage.current], to: &secret, write.now) }
            try write.put(secret, caller)
            try write.note(call, secret, caller)
            let version = value.isEmpty ? nil : token
            return Identity(ARN: secret.arn(caller), Name: secret.name, VersionId: version)
        }
    }

    static let letters: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    /// A second CreateSecret of a name is answered like the first if it is the same request.
    private func repeated(_ known: Secret, _ token: String, _ value: Value, _ caller: Caller) throws -> Identity {
        guard known.deleted == nil else {
            throw AWSError.request(
                "You can't create this secret because a secret with this name is already scheduled for deletion.")
        }
        guard let version = known.version(id: token), try isSame(version, value, of: known) else {
            throw AWSError(
                "ResourceExistsException", "The operation failed because the secret \(known.name) already exists.")
        }
        return Identity(ARN: known.arn(caller), Name: known.name, VersionId: token)
    }

    private static func checkName(_ name: String) throws {
        let isGood = name.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "/_+=.@-!".unicodeScalars.contains($0))
        }
        guard isGood else {
            throw AWSError(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
            )
        }
    }

    private func put(_ input: PutInput, _ call: Call) async throws -> Identity {
        let value = try Value(input.SecretString, input.SecretBinary)
        guard !value.isEmpty else { throw AWSError.request("You must provide either SecretString or SecretBinary.") }
        let token = input.ClientRequestToken ?? cloud.surroundings.chance.uuid()
        let stages = input.VersionStages ?? [Stage.current]
        return try await change(input.SecretId, call) { secret, write in
            try store(value, token, stages, in: &secret, write.now, call.caller)
            return Identity(
                ARN: secret.arn(call.caller), Name: secret.name, VersionId: token,
                VersionStages: secret.version(id: token)?.stages)
        }
    }

    private func update(_ input: UpdateInput, _ call: Call) async throws -> Identity {
        let value = try Value(input.SecretString, input.SecretBinary)
        let token = input.ClientRequestToken ?? cloud.surroundings.chance.uuid()
        return try await change(input.SecretId, call) { secret, write in
            if let text = input.Description { secret.description = text }
            // An empty one is the service's own key again (API Reference, UpdateSecret).
            if let key = input.KmsKeyId { secret.keyID = key.isEmpty ? nil : key }
            if !value.isEmpty { try store(value, token, [Stage.current], in: &secret, write.now, call.caller) }
            return Identity(
                ARN: secret.arn(call.caller), Name: secret.name, VersionId: value.isEmpty ? nil : token)
        }
    }

    /// Adds the version, or fills the one that a rotation began. A repeat of the same request changes nothing.
    private func store(
        _ value: Value, _ token: String, _ stages: [String], in secret: inout Secret, _ now: Timestamp, _ caller: Caller
    ) throws {
        if let known = secret.version(id: token), !known.isEmpty {
            guard try isSame(known, value, of: secret) else {
                throw AWSError(
                    "ResourceExistsException",
                    "You can't use ClientRequestToken \(token) because that value is already in use for a version of "
                        + "secret \(secret.arn(caller)).")
            }
            return
        }
        // The first value of a secret is current, whatever else it is.
        let isFirst = secret.version(stage: Stage.current) == nil
        try add(
            value, token, stages + (isFirst && !stages.contains(Stage.current) ? [Stage.current] : []), to: &secret, now
        )
    }

    private func add(
        _ value: Value, _ token: String, _ stages: [String], to secret: inout Secret, _ now: Timestamp
    ) throws {
        let place = Self.place(secret, token)
        let text = try value.text.map { try vault.seal($0, name: place) }
        let binary = try value.binary.map { try vault.seal($0, name: place) }
        if let index = secret.versions.firstIndex(where: { $0.id == token }) {
            secret.versions[index].text = text
            secret.versions[index].binary = binary
        } else {
            secret.versions.append(.init(id: token, text: text, binary: binary, stages: [], created: now))
        }
        secret.label(token, with: stages)
        secret.lastChanged = now
    }

    /// What a value is sealed for: it opens only where it belongs.
    static func place(_ secret: Secret, _ version: String) -> String { "\(secret.name)-\(secret.suffix)/\(version)" }

    private func isSame(_ version: Secret.Version, _ value: Value, of secret: Secret) throws -> Bool {
        let place = Self.place(secret, version.id)
        return try version.text.map { try vault.open($0, name: place) } == value.text
            && version.binary.map { try vault.open($0, name: place) } == value.binary
    }

    private func moveStage(_ input: StageInput, _ call: Call) async throws -> Identity {
        try await change(input.SecretId, call) { secret, _ in
            let holder = secret.version(stage: input.VersionStage)
            try Self.checkMove(input, holder, of: secret)
            if let target = input.MoveToVersionId {
                secret.label(target, with: [input.VersionStage])
            } else if let holder {
                secret.unlabel(holder.id, input.VersionStage)
            }
            return Identity(ARN: secret.arn(call.caller), Name: secret.name)
        }
    }

    private static func checkMove(_ input: StageInput, _ holder: Secret.Version?, of secret: Secret) throws {
        for id in [input.RemoveFromVersionId, input.MoveToVersionId].compactMap(\.self)
        where secret.version(id: id) == nil {
            throw AWSError(
                "ResourceNotFoundException", "Secrets Manager can't find the specified secret version: \(id).")
        }
        guard input.MoveToVersionId != nil || input.RemoveFromVersionId != nil else {
            throw AWSError.parameter("You must specify MoveToVersionId, RemoveFromVersionId or both.")
        }
        if input.VersionStage == Stage.current, input.MoveToVersionId == nil {
            throw AWSError.parameter(
                "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
            )
        }
        if let holder, holder.id != input.RemoveFromVersionId, holder.id != input.MoveToVersionId {
            throw AWSError.parameter(
                "The parameter RemoveFromVersionId can't be empty. Staging label \(input.VersionStage) is currently "
                    + "attached to version \(holder.id), so you must explicitly reference that version in RemoveFromVersionId."
            )
        }
        if let from = input.RemoveFromVersionId, holder?.id != from {
            throw AWSError.parameter(
                "Staging label \(input.VersionStage) isn't attached to version \(from).")
        }
    }

    /// Changes a secret that is not marked for deletion, in one write with its event.
    func change<Result: Sendable>(
        _ id: String, _ call: Call, _ body: @escaping @Sendable (inout Secret, Transaction) throws -> Result
    ) async throws -> Result {
        try await ledger.write { write in
            var secret = try write.secret(id, call.caller)
            try secret.checkAlive()
            let result = try body(&secret, write)
            try write.put(secret, call.caller)
            try setClock(secret, call.caller, write)
            try write.note(call, secret, call.caller)
            return result
        }
    }
}
