import Cloud
import Ledger
import Notation

extension SecretsManagerService {
    struct RotateInput: Decodable, Sendable {
        let SecretId: String, ClientRequestToken: String?, RotationLambdaARN: String?, RotationRules: RotationRules?
        let RotateImmediately: Bool?
    }

    var rotating: [Operation] {
        [
            Operation(
                "RotateSecret",
                enforces: "SecretId ClientRequestToken RotationLambdaARN RotationRules.AutomaticallyAfterDays "
                    + "RotationRules.ScheduleExpression RotateImmediately", stores: "RotationRules.Duration"
            ) { (input: RotateInput, call) in try await rotate(input, call) },
            Operation("CancelRotateSecret", enforces: "SecretId") { (input: IDInput, call) in
                try await change(input.SecretId, call) { secret, _ in
                    secret.rotation?.isEnabled = false
                    secret.rotation?.next = nil
                    return Identity(
                        ARN: secret.arn(call.caller), Name: secret.name,
                        VersionId: secret.version(stage: Stage.pending)?.id)
                }
            },
        ]
    }

    /// Turns rotation on, and begins one at once unless the schedule alone is to decide.
    ///
    /// A second call with the same token finds the rotation begun and changes nothing.
    private func rotate(_ input: RotateInput, _ call: Call) async throws -> Identity {
        if let rules = input.RotationRules { try RotationSchedule.check(rules, now: call.time) }
        let token = input.ClientRequestToken ?? cloud.surroundings.chance.uuid()
        let isNow = input.RotateImmediately ?? true
        try await checkFunction(input, call)
        return try await change(input.SecretId, call) { secret, write in
            guard let function = input.RotationLambdaARN ?? secret.rotation?.function else {
                throw AWSError.request("No Lambda rotation function ARN is associated with this secret.")
            }
            var rotation = secret.rotation ?? .init(function: function)
            rotation.function = function
            rotation.isEnabled = true
            if let rules = input.RotationRules { rotation.rules = rules }
            rotation.next = rotation.rules.flatMap { RotationSchedule($0)?.next(after: write.now) }
            secret.rotation = rotation
            if isNow { try begin(&secret, token, call.caller, write) }
            return Identity(ARN: secret.arn(call.caller), Name: secret.name, VersionId: isNow ? token : nil)
        }
    }

    /// Asks the function's policy before anything is changed, as AWS does.
    ///
    /// - Throws: `AccessDeniedException` when it does not let Secrets Manager in.
    private func checkFunction(_ input: RotateInput, _ call: Call) async throws {
        let secret = try await SecretID(input.SecretId, call.caller).find(ledger)
        try secret.checkAlive()
        guard let function = input.RotationLambdaARN ?? secret.rotation?.function else { return }
        let caller = RotationPerformer.caller(for: secret.arn(call.caller), call.caller)
        do {
            _ = try await cloud.call(
                "lambda", "Invoke", ["FunctionName": .string(function), "InvocationType": "DryRun"], payload: nil,
                as: caller)
        } catch let error as AWSError where error.code.hasPrefix("AccessDenied") {
            throw AWSError(
                "AccessDeniedException",
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
                    + "access to the principal secretsmanager.amazonaws.com.")
        }
    }

    /// Begins a rotation: an empty version in the making, and the machine that has it filled.
    func begin(_ secret: inout Secret, _ token: String, _ owner: Caller, _ write: Transaction) throws {
        guard let function = secret.rotation?.function, secret.version(id: token) == nil else { return }
        let pending = secret.version(stage: Stage.pending)
        if let pending, !pending.stages.contains(Stage.current), try isUnderWay(secret, pending.id, owner, write) {
            throw AWSError.request("A previous rotation isn't complete. That rotation will be reattempted.")
        }
        secret.versions.removeAll { $0.isEmpty }
        secret.versions.append(.init(id: token, stages: [], created: write.now))
        secret.label(token, with: [Stage.pending])
        let machine = SecretRotation(
            account: owner.account, region: owner.region, secret: secret.name, arn: secret.arn(owner),
            function: function, token: token)
        try rotations.begin(Self.rotationID(secret, token, owner), machine, with: .begun, in: write)
    }

    private func isUnderWay(_ secret: Secret, _ token: String, _ owner: Caller, _ write: Transaction) throws -> Bool {
        try rotations.machine(Self.rotationID(secret, token, owner), in: write)?.isOver == false
    }

    private static func rotationID(_ secret: Secret, _ token: String, _ owner: Caller) -> String {
        owner.key("\(secret.name)-\(secret.suffix)/\(token)")
    }
}
