/// What an AppSpec file asks for: what is moved to which version, and the functions that judge it on the way.
///
/// Source: CodeDeploy User Guide, "AppSpec file reference".
struct AppSpec: Sendable, Hashable, Codable {
    /// The one resource, by compute platform.
    enum Resource: Sendable, Hashable, Codable {
        case lambda(LambdaTarget)
        case ecs(ECSTarget)
    }

    /// What is deployed.
    var resource: Resource
    /// The hook functions, by lifecycle event.
    var hooks: [String: String] = [:]

    /// The Lambda function it moves; nil when it is about something else.
    var lambda: LambdaTarget? { if case .lambda(let target) = resource { target } else { nil } }
}

/// An alias of a function, the version it stands at, and the one it is to go to.
package struct LambdaTarget: Sendable, Hashable, Codable {
    /// The function's name or ARN.
    package var function: String
    /// The alias's name.
    package var alias: String
    /// The version it stands at.
    package var current: String
    /// The version it is to go to.
    package var target: String

    /// A target of these parts.
    package init(function: String, alias: String, current: String, target: String) {
        self.function = function
        self.alias = alias
        self.current = current
        self.target = target
    }

    /// The same target, looked at from the other end.
    var reversed: LambdaTarget { LambdaTarget(function: function, alias: alias, current: target, target: current) }

    /// The command that gives the old version everything and ends a split.
    var clearingCommand: String {
        "aws lambda update-alias --function-name \(functionName) --name \(alias) --function-version \(current) "
            + "--routing-config AdditionalVersionWeights={}"
    }

    /// The function's bare name, for log groups and metrics, whatever form `function` has.
    var functionName: String {
        guard function.hasPrefix("arn:") else { return String(function.prefix { $0 != ":" }) }
        let parts = function.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 6 ? String(parts[6]) : function
    }
}

/// A container service, and the task definition it is to run.
struct ECSTarget: Sendable, Hashable, Codable {
    /// The ARN of the task definition, revision included.
    var taskDefinition: String
    /// The container that the load balancer sends traffic to, and its port.
    var containerName: String
    var containerPort: Int
    /// The Fargate platform version; nil for the newest.
    var platformVersion: String?
}
