internal import EventBridge
internal import IAM
internal import Lambda
internal import S3
internal import SNS
internal import SQS
internal import SecretsManager

/// The policies of whatever has one, for whoever decides about access to it: buckets, functions, topics, queues, event
/// buses and secrets.
struct HouseResourcePolicies: ResourcePolicies {
    let buckets: S3Service
    let functions: LambdaService
    let topics: SNSService
    let queues: SQSService
    let buses: EventBridgeService
    let secrets: SecretsManagerService

    func policy(ofResource arn: String) async throws -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        switch parts[2] {
        case "s3": return try await buckets.policy(ofBucket: String(parts[5].prefix { $0 != "/" }))
        case "lambda": return try await functions.policy(ofFunction: arn)
        case "sns": return try await topics.policy(ofTopic: arn)
        case "sqs": return try await queues.policy(ofQueueARN: arn)
        case "events": return try await buses.policy(ofBus: arn)
        case "secretsmanager":
            // Whoever asks by name alone does not know the six characters that the ARN ends in.
            let unknown = "-??????"
            return try await secrets.policy(
                ofSecretARN: arn.hasSuffix(unknown) ? String(arn.dropLast(unknown.count)) : arn)
        default: return nil
        }
    }
}
