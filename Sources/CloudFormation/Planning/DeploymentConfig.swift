internal import Cloud
internal import Notation

/// How an operation is carried out: `DeploymentConfig` of a request, kept with the stack.
///
/// Under `EXPRESS` a resource counts as done as soon as its configuration is applied, and nothing is taken back after
/// a failure unless that is asked for. Source: DeploymentConfig in the API Reference, "Deploy AWS CloudFormation
/// stacks faster with express mode" in the User Guide.
package struct DeploymentConfig: Codable, Sendable, Hashable {
    /// `STANDARD` or `EXPRESS`; nil is the first.
    package var Mode: String?
    /// Whether nothing is taken back after a failure.
    package var DisableRollback: Bool?

    /// Whether resources need not have come to rest.
    var isExpress: Bool { Mode == "EXPRESS" }

    /// As DescribeStacks and DescribeChangeSet show it.
    var view: JSON {
        var view: JSON = ["Mode": .string(Mode ?? "STANDARD")]
        view["DisableRollback"] = DisableRollback.map(JSON.bool)
        return view
    }

    /// Whether nothing is taken back after a failure; nil when neither place says so and the mode does not decide.
    ///
    /// - Parameter other: what the request says beside it, in `DisableRollback` or `OnFailure`.
    /// - Throws: ``AWSError`` `ValidationError` when the two places contradict each other.
    static func disablesRollback(_ config: DeploymentConfig?, _ other: Bool?) throws -> Bool? {
        if let other, let own = config?.DisableRollback, other != own {
            throw AWSError(
                "ValidationError",
                "DisableRollback of DeploymentConfig contradicts what the request says beside it about rollbacks.")
        }
        return other ?? config?.DisableRollback ?? (config?.isExpress == true ? true : nil)
    }
}
