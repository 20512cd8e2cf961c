import Cloud
import HTTP
import Ledger
import Notation

/// Calls a rotation's function, and tidies up behind it.
struct RotationPerformer: Performer {
    typealias Engine = SecretRotation

    /// A function's report beyond so many characters is cut: it stands in an event.
    private static let wordLimit = 500

    let cloud: Cloud
    let ledger: Ledger
    let service: SecretsManagerService

    func perform(
        _ command: SecretRotation.Command, of id: String, key: String
    ) async throws -> SecretRotation.Event? {
        guard let machine = try await service.rotations.machine(id) else { return nil }
        let owner = Caller.root(account: machine.account, region: machine.region)
        switch command {
        case .invoke(let step):
            return .answered(step, error: try await invoke(step, machine, Self.caller(for: machine.arn, owner)))
        case .close(let error):
            try await close(machine, error, owner)
            return nil
        }
    }

    /// Who calls: Secrets Manager itself, for the secret. The function's policy must let it.
    static func caller(for secret: String, _ owner: Caller) -> Caller {
        .service("secretsmanager.amazonaws.com", for: secret, account: owner.account, region: owner.region)
    }

    /// What the function failed with; nil when it did what the step wants.
    private func invoke(_ step: SecretRotation.Step, _ machine: SecretRotation, _ caller: Caller) async throws
        -> String?
    {
        let event: JSON = [
            "SecretId": .string(machine.arn), "ClientRequestToken": .string(machine.token),
            "Step": .string(step.rawValue), "RotationToken": .string(machine.token),
        ]
        do {
            let reply = try await cloud.call(
                "lambda", "Invoke", ["FunctionName": .string(machine.function)], payload: .bytes(event.bytes()),
                as: caller)
            guard reply.output["FunctionError"] != nil else { return nil }
            let report = try? JSON(parsing: try await reply.payload?.collected(limit: 64 << 10) ?? [])
            let words = [report?["errorType"]?.string, report?["errorMessage"]?.string].compactMap(\.self)
            return "\(step.rawValue): " + String(words.joined(separator: ": ").prefix(Self.wordLimit))
        } catch let error as AWSError where error.code == "TooManyRequestsException" || error.status >= 500 {
            throw error  // The runner tries again, slower each time.
        } catch let error as AWSError {
            return "\(step.rawValue): \(error.message)"
        }
    }

    /// After success the secret was rotated now, and the label of the version in the making goes.
    private func close(_ machine: SecretRotation, _ error: String?, _ owner: Caller) async throws {
        try await ledger.write { write in
            guard var secret = try write.get(Secret.all, owner.key(machine.secret))?.value,
                secret.arn(owner) == machine.arn
            else { return }
            if error == nil {
                secret.lastRotated = write.now
                secret.unlabel(machine.token, Stage.pending)
            }
            if secret.rotation?.isEnabled == true { secret.scheduleRotation(after: write.now) }
            try write.put(secret, owner)
            try service.setClock(secret, owner, write)
        }
    }
}
