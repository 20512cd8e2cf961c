/// CodeCommit has an exception of its own for nearly every member: `<Thing>RequiredException` when it is missing,
/// `Invalid<Thing>Exception` when it is not as it must be.
///
/// Source: the errors that AWS's model lists for each operation; one is chosen only from there.
enum CodeCommitConstraints {
    /// What a member is called in the names of errors, where that is not its own name.
    private static let things: [String: [String]] = [
        "sourceCommitSpecifier": ["Commit"], "destinationCommitSpecifier": ["Commit"],
        "afterCommitSpecifier": ["Commit"],
        "beforeCommitSpecifier": ["Commit"], "commitSpecifier": ["Commit"], "commitIds": ["CommitIdsList", "CommitId"],
        "afterCommitId": ["CommitId"], "beforeCommitId": ["CommitId"], "sourceCommitId": ["CommitId"],
        "filePath": ["Path"],
        "folderPath": ["Path"], "sourceReference": ["ReferenceName"], "destinationReference": ["ReferenceName"],
        "content": ["CommentContent", "ReplacementContent"], "inReplyTo": ["CommentId"],
        "triggers": ["RepositoryTriggersList"], "name": ["RepositoryTriggerName"],
        "destinationArn": ["RepositoryTriggerDestinationArn"], "branches": ["RepositoryTriggerBranchName"],
        "events": ["RepositoryTriggerEventsList", "RepositoryTriggerEvents"], "tags": ["TagsMap"],
        "tagKeys": ["TagKeysList"],
        "newRuleContent": ["ApprovalRuleContent", "ApprovalRuleTemplateContent"],
        "oldApprovalRuleTemplateName": ["ApprovalRuleTemplateName"],
        "newApprovalRuleTemplateName": ["ApprovalRuleTemplateName"],
        "defaultBranchName": ["BranchName"], "kmsKeyId": ["EncryptionKey"], "oldName": ["RepositoryName"],
        "newName": ["RepositoryName"], "repositoryNames": ["RepositoryNames", "RepositoryName"],
        "relativeFileVersion": ["RelativeFileVersionEnum"],
    ]

    /// The error for a broken constraint; nil where the operation has none of its own.
    static func fault(_ breach: Constraints.Breach, _ operation: OperationModel) -> Fault? {
        let steps = breach.path.split(separator: ".").filter { $0 != "member" && Int($0) == nil }
        guard let member = steps.last.map(String.init) else { return nil }
        let own = member.prefix(1).uppercased() + member.dropFirst()
        let known = Set(operation.errors.map(\.name))
        for thing in [own] + (things[member] ?? []) {
            let names =
                breach.isMissing
                ? ["\(thing)RequiredException"]
                : ["Invalid\(thing)Exception", "\(thing)InvalidIdException", "\(thing)SizeLimitExceededException"]
            guard let name = names.first(where: known.contains) else { continue }
            return Fault(name, breach.isMissing ? "\(breach.path) is required." : breach.text)
        }
        return nil
    }
}
