internal import CloudFormationTemplate
internal import Notation

/// What a caller submits for a stack, in CreateStack, UpdateStack or CreateChangeSet.
struct Submission: Codable, Sendable {
    struct Parameter: Codable, Sendable {
        var ParameterKey: String?
        var ParameterValue: String?
        var UsePreviousValue: Bool?
    }

    struct Tag: Codable, Sendable {
        var Key: String
        var Value: String
    }

    var StackName: String
    var TemplateBody: String?
    var TemplateURL: String?
    var UsePreviousTemplate: Bool?
    var Parameters: [Parameter]?
    var Capabilities: [String]?
    var ResourceTypes: [String]?
    var RoleARN: String?
    var NotificationARNs: [String]?
    var Tags: [Tag]?
    var ClientRequestToken: String?
    var RollbackConfiguration: Triggers?
    var DeploymentConfig: DeploymentConfig?
    var DisableValidation: Bool?

    struct Triggers: Codable, Sendable {
        struct Trigger: Codable, Sendable {
            var Arn: String
            var `Type`: String?
        }
        var RollbackTriggers: [Trigger]?
        var MonitoringTimeInMinutes: Int?
    }

    /// What is to be watched; nil when nothing was said of it, which keeps what there is.
    var monitor: StackOperation.Monitor? {
        guard let given = RollbackConfiguration else { return nil }
        return StackOperation.Monitor(
            alarms: (given.RollbackTriggers ?? []).map { $0.Arn }, minutes: given.MonitoringTimeInMinutes ?? 0,
            kinds: (given.RollbackTriggers ?? []).map { $0.Type ?? "" })
    }

    /// The parameters' values as given.
    var given: [ParameterValues.Given] {
        (Parameters ?? []).compactMap { parameter in
            parameter.ParameterKey.map {
                .init($0, parameter.ParameterValue, usesPrevious: parameter.UsePreviousValue ?? false)
            }
        }
    }

    /// The tags as given; nil when none were, which keeps those there are.
    var tags: [Stack.Tag]? { Tags.map { $0.map { Stack.Tag(key: $0.Key, value: $0.Value) } } }
}
