internal import CloudFormationTemplate
internal import Notation

/// What a caller submits for a stack, in CreateStack, UpdateStack or CreateChangeSet.
package struct Submission: Codable, Sendable {
    /// A parameter with its value, or that it keeps the one it has.
    package struct Parameter: Codable, Sendable {
        var ParameterKey: String?
        var ParameterValue: String?
        var UsePreviousValue: Bool?

        /// That parameter with that value, or with the one it has.
        package init(ParameterKey: String?, ParameterValue: String? = nil, UsePreviousValue: Bool? = nil) {
            self.ParameterKey = ParameterKey
            self.ParameterValue = ParameterValue
            self.UsePreviousValue = UsePreviousValue
        }
    }

    struct Tag: Codable, Sendable {
        var Key: String
        var Value: String
    }

    var StackName: String
    /// The template, as text.
    package var TemplateBody: String?
    /// Where the template is.
    package var TemplateURL: String?
    /// Whether the template stays.
    package var UsePreviousTemplate: Bool?
    /// The values of parameters.
    package var Parameters: [Parameter]?
    /// What the caller acknowledges.
    package var Capabilities: [String]?
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
    package var tags: [Stack.Tag]? { Tags.map { $0.map { Stack.Tag(key: $0.Key, value: $0.Value) } } }
}
