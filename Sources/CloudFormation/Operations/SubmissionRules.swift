internal import Cloud
internal import Notation

/// What a submission's members must be, beyond what AWS's model says of each.
package enum SubmissionRules {
    /// - Throws: ``AWSError`` `ValidationError` in CloudFormation's words, where it has some.
    package static func check(_ submission: Submission) throws {
        try checkTags(submission.tags ?? [])
        for topic in submission.NotificationARNs ?? [] where NoticeTarget(topic) == nil {
            throw AWSError("ValidationError", "Notification ARN \(topic) is not valid: it must be the ARN of a topic.")
        }
        for trigger in submission.RollbackConfiguration?.RollbackTriggers ?? [] {
            guard StackOperation.Monitor.types.contains(trigger.Type ?? "") else {
                throw AWSError(
                    "ValidationError",
                    "Rollback trigger \(trigger.Arn) must be of type "
                        + StackOperation.Monitor.types.joined(separator: " or ") + ".")
            }
        }
        for parameter in submission.Parameters ?? [] {
            guard parameter.UsePreviousValue == true, parameter.ParameterValue != nil else { continue }
            throw AWSError(
                "ValidationError",
                "Invalid input for parameter key \(parameter.ParameterKey ?? ""). Cannot specify usePreviousValue as true "
                    + "and a parameter value.")
        }
    }

    /// Keys are unique, and none is AWS's own. Source: the Tag type in the API Reference.
    static func checkTags(_ tags: [Stack.Tag]) throws {
        guard !tags.contains(where: { $0.key.lowercased().hasPrefix("aws:") }) else {
            throw AWSError("ValidationError", "aws: prefixed tag key names are not allowed for external use.")
        }
        guard Set(tags.map(\.key)).count == tags.count else {
            throw AWSError("ValidationError", "Tags contain duplicate keys; tag keys must be unique")
        }
    }
}
