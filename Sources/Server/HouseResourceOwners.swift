internal import Cloud
internal import IAM
internal import Notation

/// Asks the services what a thing belongs to, as the account itself.
struct HouseResourceOwners: ResourceOwners {
    let cloud: Cloud

    func owner(of thing: OwnedThing, for caller: Caller) async throws -> String? {
        let asking = Caller.root(account: caller.account, region: caller.region).through("iam.amazonaws.com")
        do {
            switch thing {
            case .pullRequest(let id):
                let found = try await cloud.call(
                    "codecommit", "GetPullRequest", ["pullRequestId": .string(id)], as: asking)
                let targets = found["pullRequest"]?["pullRequestTargets"]
                return targets?[0]?["repositoryName"]?.string.map { caller.arn("codecommit", $0) }
            case .changeSet(let arn):
                let input: JSON = ["ChangeSetName": .string(arn)]
                return try await cloud.call("cloudformation", "DescribeChangeSet", input, as: asking)["StackId"]?.string
            case .deployment(let id):
                let input: JSON = ["deploymentId": .string(id)]
                let found = try await cloud.call("codedeploy", "GetDeployment", input, as: asking)["deploymentInfo"]
                guard let application = found?["applicationName"]?.string,
                    let group = found?["deploymentGroupName"]?.string
                else { return nil }
                return caller.arn("codedeploy", "deploymentgroup:\(application)/\(group)")
            }
        } catch let error as AWSError where error.status < 500 {
            return nil  // There is none: the service says so itself.
        }
    }
}
