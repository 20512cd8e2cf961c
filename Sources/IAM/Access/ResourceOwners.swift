package import Cloud
internal import Notation

/// Something that policies do not name, but what it belongs to.
package enum OwnedThing: Sendable, Hashable {
    /// A pull request: policies name its repository.
    case pullRequest(id: String)
    /// A change set by its ARN: policies name its stack.
    case changeSet(arn: String)
    /// A deployment: policies name its deployment group.
    case deployment(id: String)
}

/// Finds what things belong to that a call names by their own ids alone. Owned by IAM, met by the composition root.
package protocol ResourceOwners: Sendable {
    /// The ARN of what the thing belongs to, in the caller's account and region; nil when there is no such thing.
    ///
    /// - Throws: ``AWSError`` when it cannot be found out: the call is refused then.
    func owner(of thing: OwnedThing, for caller: Caller) async throws -> String?
}

extension CallAccess {
    /// Operations on a deployment that AWS judges by its deployment group; the others of them it judges by `*`.
    private static let ofDeployments: Set<String> = [
        "GetDeployment", "BatchGetDeployments", "GetDeploymentInstance", "ListDeploymentInstances",
        "GetDeploymentTarget", "ListDeploymentTargets",
    ]

    /// The things the call is about whose owner is not in the call.
    static func owned(_ call: Call) -> [OwnedThing] {
        let input = call.input
        switch call.service {
        case "codecommit":
            guard input["repositoryName"] == nil, let id = input["pullRequestId"]?.string else { return [] }
            return [.pullRequest(id: id)]
        case "cloudformation":
            guard let name = input["ChangeSetName"]?.string, name.hasPrefix("arn:"), input["StackName"] == nil else {
                return []
            }
            return [.changeSet(arn: name)]
        case "codedeploy" where ofDeployments.contains(call.operation):
            let many = (input["deploymentIds"]?.array ?? []).compactMap(\.string)
            let ids = input["deploymentId"]?.string.map { [$0] } ?? many
            return ids.map { .deployment(id: $0) }
        default: return []
        }
    }
}
