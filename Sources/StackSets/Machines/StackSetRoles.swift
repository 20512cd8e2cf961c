internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Notation

/// On whose behalf a stack set acts in an account: the execution role there, assumed by the administration role.
///
/// All accounts of a Slipway are its owner's, so the administrator account's root needs no roles when it names none.
/// Source: "Grant self-managed permissions" in the User Guide.
struct StackSetRoles {
    let cloud: Cloud

    /// Who acts at that target.
    ///
    /// - Throws: ``AWSError`` in CloudFormation's words when a role is missing or does not trust the other.
    func caller(_ subject: StackSetOperation.Subject, _ target: StackSetOperation.Target) async throws -> Caller {
        let owner = Caller(account: subject.account, region: target.region, principal: subject.principal)
        let names = subject.administrationRoleARN != nil || subject.executionRoleName != nil
        guard names || !subject.principal.hasSuffix(":root") else {
            return .root(account: target.account, region: target.region)
        }
        let administration =
            subject.administrationRoleARN
            ?? "arn:aws:iam::\(subject.account):role/\(StackSet.administrationRole)"
        let execution = subject.executionRoleName ?? StackSet.executionRole
        do {
            let session = try await cloud.assume(
                administration, session: subject.setName, for: ActingCaller.service, as: owner)
            let answer = try await cloud.call(
                "sts", "AssumeRole",
                [
                    "RoleArn": .string("arn:aws:iam::\(target.account):role/\(execution)"),
                    "RoleSessionName": .string("StackSet-" + subject.operationID.prefix(36)),
                ], as: trusted(session))
            return Caller(
                account: target.account, region: target.region,
                principal: answer["AssumedRoleUser"]?["Arn"]?.string ?? "",
                accessKeyID: answer["Credentials"]?["AccessKeyId"]?.string ?? "", invokedBy: ActingCaller.service)
        } catch let error as AWSError where error.code == "AccessDenied" {
            let name = administration.split(separator: "/").last ?? ""
            throw AWSError(
                "ValidationError",
                "Account \(target.account) should have '\(execution)' role with trust relationship to Role '\(name)'.")
        }
    }

    /// The administration role itself assumes the other, no service for it: that is what the other's trust policy
    /// names.
    private func trusted(_ session: RoleSession) -> Caller {
        var caller = session.caller
        caller.invokedBy = nil
        return caller
    }
}
