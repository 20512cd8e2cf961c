import Cloud
import Crypto
import Foundation
import Ledger
import Notation

struct Tag: Codable, Sendable, Hashable {
    let Key: String
    let Value: String?
}

/// A secret with its versions, oldest first.
struct Secret: Codable, Sendable {
    /// One value it had, has, or is about to have.
    struct Version: Codable, Sendable, Hashable {
        /// The token of the request that made it.
        var id: String
        /// Sealed; nil for a version that a rotation has begun and not filled yet.
        var text: String?
        /// The same for binary values, which are base64 before they are sealed.
        var binary: String?
        var stages: [String]
        var created: Timestamp
        var lastAccessed: Timestamp?

        var isEmpty: Bool { text == nil && binary == nil }
    }

    /// How it is rotated.
    struct Rotation: Codable, Sendable, Hashable {
        var function: String
        var rules: RotationRules?
        var isEnabled = true
        /// When the schedule wants it next.
        var next: Timestamp?
    }

    /// Versions without a label beyond so many make room, oldest first (Secrets Manager quotas: "Versions per secret").
    static let versionLimit = 100

    var name: String
    /// The six characters that end its ARN, so that a secret made anew under the name is another one.
    var suffix: String
    var description: String?
    var keyID: String?
    var tags: [Tag] = []
    var versions: [Version] = []
    var policy: String?
    var rotation: Rotation?
    var created: Timestamp
    var lastChanged: Timestamp
    var lastRotated: Timestamp?
    var lastAccessed: Timestamp?
    /// When it was marked for deletion, and when it goes for good.
    var deleted: Timestamp?
    var removal: Timestamp?

    static let all = Collection<Secret>("secretsmanager.secret")

    /// Takes the label off the version. Does nothing when it has it not.
    mutating func unlabel(_ id: String, _ stage: String) {
        guard let index = versions.firstIndex(where: { $0.id == id }) else { return }
        versions[index].stages.removeAll { $0 == stage }
    }

    /// Sets when the schedule wants the next rotation.
    mutating func scheduleRotation(after moment: Timestamp) {
        let schedule = rotation?.rules.flatMap { RotationSchedule($0) }
        rotation?.next = schedule?.next(after: moment)
    }

    /// The id of a version that is made once however often it is asked for under that key: 64 hexadecimal digits.
    static func token(for key: String) -> String {
        Hexadecimal.encode(SHA256.hash(data: Data(key.utf8)))
    }

    func arn(_ caller: Caller) -> String { caller.arn("secretsmanager", "secret:\(name)-\(suffix)") }

    func version(id: String) -> Version? { versions.first { $0.id == id } }

    func version(stage: String) -> Version? { versions.first { $0.stages.contains(stage) } }

    /// Refuses what cannot be done to a secret that is marked for deletion.
    func checkAlive() throws {
        guard deleted == nil else {
            throw AWSError(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.")
        }
    }

    /// Gives the version the labels. Each leaves the version that had it; the one that was current becomes the
    /// previous one.
    ///
    /// Source: Secrets Manager User Guide, "Secret versions".
    mutating func label(_ id: String, with stages: [String]) {
        for stage in stages {
            let holder = versions.firstIndex { $0.stages.contains(stage) }
            if let holder, versions[holder].id == id { continue }
            if let holder { versions[holder].stages.removeAll { $0 == stage } }
            if stage == Stage.current, let holder {
                for other in versions.indices { versions[other].stages.removeAll { $0 == Stage.previous } }
                versions[holder].stages.append(Stage.previous)
            }
            guard let index = versions.firstIndex(where: { $0.id == id }) else { continue }
            if stage == Stage.current { versions[index].stages.removeAll { $0 == Stage.previous } }
            versions[index].stages.append(stage)
        }
        let surplus = versions.count - Self.versionLimit
        guard surplus > 0 else { return }
        let spare = versions.filter { $0.stages.isEmpty }.prefix(surplus).map(\.id)
        versions.removeAll { spare.contains($0.id) }
    }
}

/// The labels that have a meaning of their own.
enum Stage {
    static let current = "AWSCURRENT"
    static let previous = "AWSPREVIOUS"
    static let pending = "AWSPENDING"
}

/// Source: Secrets Manager API Reference, RotationRulesType.
struct RotationRules: Codable, Sendable, Hashable {
    var AutomaticallyAfterDays: Int?
    var Duration: String?
    var ScheduleExpression: String?
}

/// A secret as requests name it: by name, by its ARN, or by its ARN without the six characters.
struct SecretID: Sendable {
    private let text: String
    private let caller: Caller

    init(_ text: String, _ caller: Caller) {
        self.text = text
        self.caller = caller
    }

    /// Finds the secret by the closure, which reads a key.
    ///
    /// - Throws: ``AWSError`` with `ResourceNotFoundException`.
    func find(_ get: (_ key: String) throws -> Secret?) throws -> Secret {
        for (name, suffix) in candidates {
            if let secret = try get(caller.key(name)), suffix == nil || secret.suffix == suffix { return secret }
        }
        throw AWSError.secretNotFound()
    }

    /// The same for a reader that has to wait.
    func find(_ ledger: Ledger) async throws -> Secret {
        for (name, suffix) in candidates {
            let found = try await ledger.get(Secret.all, caller.key(name))?.value
            if let found, suffix == nil || found.suffix == suffix { return found }
        }
        throw AWSError.secretNotFound()
    }

    /// Names it may mean, with the suffix that the secret must then have. A name may itself end like a suffix.
    private var candidates: [(name: String, suffix: String?)] {
        guard text.hasPrefix("arn:") else { return [(text, nil)] }
        let prefix = caller.arn("secretsmanager", "secret:")
        guard text.hasPrefix(prefix) else { return [] }
        let name = String(text.dropFirst(prefix.count))
        var found: [(String, String?)] = []
        if name.count > 7, name.dropLast(6).last == "-" {
            found.append((String(name.dropLast(7)), String(name.suffix(6))))
        }
        return found + [(name, nil)]
    }
}

extension AWSError {
    static func secretNotFound() -> AWSError {
        AWSError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    }

    static func parameter(_ message: String) -> AWSError { AWSError("InvalidParameterException", message) }

    static func request(_ message: String) -> AWSError { AWSError("InvalidRequestException", message) }
}

extension Transaction {
    /// The secret inside this write.
    func secret(_ id: String, _ caller: Caller) throws -> Secret {
        try SecretID(id, caller).find { try get(Secret.all, $0)?.value }
    }

    func put(_ secret: Secret, _ caller: Caller) throws { try put(Secret.all, caller.key(secret.name), secret) }

    /// Notes a call in the one log, as CloudTrail shows it. Never its values.
    ///
    /// Source: Secrets Manager User Guide, "Log Secrets Manager events with AWS CloudTrail".
    func note(_ call: Call, _ secret: Secret, _ caller: Caller) throws {
        try append(
            LedgerEvent(
                time: now, source: "aws.secretsmanager", detailType: "AWS API Call via CloudTrail",
                account: caller.account, region: caller.region, resources: [secret.arn(caller)],
                detail: [
                    "eventSource": "secretsmanager.amazonaws.com", "eventName": .string(call.operation),
                    "eventType": "AwsApiCall", "awsRegion": .string(caller.region),
                    "eventTime": .string(now.iso8601()), "requestID": .string(call.requestID),
                    "userIdentity": ["arn": .string(caller.principal), "accountId": .string(caller.account)],
                    "requestParameters": ["secretId": .string(secret.arn(caller))],
                ]))
    }
}
