import Ledger
import Notation

/// One rotation of a secret: its function is called for each of four steps, in order; the first that fails ends it.
///
/// Source: Secrets Manager User Guide, "Rotation by Lambda function".
struct SecretRotation: Machine {
    /// What the function is asked to do.
    enum Step: String, Codable, Sendable, CaseIterable {
        case create = "createSecret"
        case set = "setSecret"
        case test = "testSecret"
        case finish = "finishSecret"

        var next: Step? {
            switch self {
            case .create: .set
            case .set: .test
            case .test: .finish
            case .finish: nil
            }
        }
    }

    enum Event: Codable, Sendable {
        case begun
        /// The function answered; `error` is what it failed with.
        case answered(Step, error: String?)
        case woken
    }

    enum Command: Codable, Sendable, Hashable {
        case invoke(Step)
        /// Notes the end at the secret.
        case close(error: String?)
    }

    static let kind = "secretsmanager.rotation"
    static let woken = Event.woken

    let account: String
    let region: String
    /// The secret's name and ARN.
    let secret: String
    let arn: String
    let function: String
    /// The version that it makes.
    let token: String
    private(set) var step: Step?
    private(set) var isOver = false

    init(account: String, region: String, secret: String, arn: String, function: String, token: String) {
        self.account = account
        self.region = region
        self.secret = secret
        self.arn = arn
        self.function = function
        self.token = token
    }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .begun where step == nil && !isOver:
            step = .create
            var reaction = Reaction([Command.invoke(.create)])
            reaction.events = [told("RotationStarted", nil, now)]
            return reaction
        case .answered(let answered, let error) where answered == step:
            guard error == nil, let next = answered.next else { return end(error, now) }
            step = next
            return Reaction([.invoke(next)])
        default: return Reaction()
        }
    }

    private mutating func end(_ error: String?, _ now: Timestamp) -> Reaction<Command> {
        step = nil
        isOver = true
        var reaction = Reaction([Command.close(error: error)])
        reaction.events = [told(error == nil ? "RotationSucceeded" : "RotationFailed", error, now)]
        return reaction
    }

    /// Source: Secrets Manager User Guide, "Secrets Manager non-API service events in CloudTrail".
    private func told(_ name: String, _ error: String?, _ now: Timestamp) -> LedgerEvent {
        var data: JSON = ["SecretId": .string(arn), "VersionId": .string(token)]
        if let error { data["Error"] = .string(error) }
        return LedgerEvent(
            time: now, source: "aws.secretsmanager", detailType: "AWS Service Event via CloudTrail", account: account,
            region: region, resources: [arn],
            detail: [
                "eventSource": "secretsmanager.amazonaws.com", "eventName": .string(name),
                "eventType": "AwsServiceEvent", "awsRegion": .string(region), "eventTime": .string(now.iso8601()),
                "additionalEventData": data,
            ])
    }
}
