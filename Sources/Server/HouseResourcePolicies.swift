internal import Cloud
internal import EventBridge
internal import IAM
internal import Lambda
internal import Ledger
internal import Notation
internal import S3
internal import SNS

/// The policies of whatever has one, for whoever decides about access to it: buckets, functions, topics, queues, event
/// buses and secrets.
struct HouseResourcePolicies: ResourcePolicies {
    let cloud: Cloud
    let buckets: S3Service
    let functions: LambdaService
    let topics: SNSService
    let buses: EventBridgeService

    func policy(ofResource arn: String) async throws -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        switch parts[2] {
        case "s3": return try await buckets.policy(ofBucket: String(parts[5].prefix { $0 != "/" }))
        case "lambda": return try await functions.policy(ofFunction: arn)
        case "sns": return try await topics.policy(ofTopic: arn)
        case "events": return try await buses.policy(ofBus: arn)
        case "sqs":
            let input: JSON = [
                "QueueUrl": .string("\(cloud.endpoint)/\(parts[4])/\(parts[5])"), "AttributeNames": ["Policy"],
            ]
            return try await asked("sqs", "GetQueueAttributes", input, parts)?["Attributes"]?["Policy"]?.string
        case "secretsmanager":
            // Whoever asks by name alone does not know the six letters that the ARN ends in.
            let unknown = "-??????"
            let name =
                parts[5].hasSuffix(unknown) ? String(parts[5].dropFirst("secret:".count).dropLast(unknown.count)) : arn
            return try await asked("secretsmanager", "GetResourcePolicy", ["SecretId": .string(name)], parts)?[
                "ResourcePolicy"]?.string
        default: return nil
        }
    }

    /// What the service says of its own, asked as the resource's owner; nil when there is no such thing.
    private func asked(_ service: String, _ operation: String, _ input: JSON, _ arn: [String]) async throws -> JSON? {
        do {
            return try await cloud.call(service, operation, input, as: .root(account: arn[4], region: arn[3]))
        } catch let error as AWSError where error.isSender || error.status == 501 { return nil }
    }
}
