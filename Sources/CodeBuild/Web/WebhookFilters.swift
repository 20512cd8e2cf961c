internal import GitHooks

/// Whether an event of a host is one that a project's webhook builds for. Pure.
///
/// Source: AWS CodeBuild User Guide, "GitHub webhook events": filters of a group count together, one group is enough.
enum WebhookFilters {
    /// The events that can be heard of.
    static let events: Set = [
        "PUSH", "PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_REOPENED", "PULL_REQUEST_MERGED",
        "PULL_REQUEST_CLOSED", "RELEASED", "PRERELEASED",
    ]
    /// Longer texts are cut before a pattern looks at them: its time must stay bounded.
    private static let textLimit = 2_000

    static func accept(_ event: GitEvent, _ webhook: ProjectWebhook) -> Bool {
        guard !event.isDeletion else { return false }
        if let groups = webhook.filterGroups, !groups.isEmpty {
            return groups.contains { group in group.allSatisfy { accepts(event, $0) } }
        }
        // Without filters: pushes, and what is new in a pull request.
        guard
            ["PUSH", "PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_REOPENED"].contains(
                event.codeBuildName)
        else { return false }
        guard let filter = webhook.branchFilter else { return true }
        return event.branch.map { matches(filter, $0) } ?? false
    }

    private static func accepts(_ event: GitEvent, _ filter: ProjectWebhook.Filter) -> Bool {
        if filter.type == "EVENT" {
            return filter.pattern.split(separator: ",").contains { $0.filter { $0 != " " } == event.codeBuildName }
        }
        let isMatch = texts(of: event, filter.type).contains { matches(filter.pattern, $0) }
        return isMatch != (filter.excludeMatchedPattern ?? false)
    }

    private static func texts(of event: GitEvent, _ type: String) -> [String] {
        switch type {
        case "HEAD_REF": return [event.ref]
        case "BASE_REF": return event.pullRequest.map { ["refs/heads/\($0.baseBranch)"] } ?? []
        case "ACTOR_ACCOUNT_ID": return [event.actor.id]
        case "FILE_PATH": return event.changedFiles
        case "COMMIT_MESSAGE": return [event.commitMessage]
        case "TAG_NAME": return [event.release?.tag ?? event.tag].compactMap { $0 }
        case "RELEASE_NAME": return [event.release?.name].compactMap { $0 }
        case "REPOSITORY_NAME": return [event.repository.name]
        case "ORGANIZATION_NAME": return [event.repository.owner]
        default: return []
        }
    }

    private static func matches(_ pattern: String, _ text: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return (try? regex.firstMatch(in: String(text.prefix(textLimit)))) != nil
    }

    /// What the build is told of the event.
    static func variables(_ event: GitEvent) -> [String: String] {
        var variables = [
            "CODEBUILD_WEBHOOK_EVENT": event.codeBuildName, "CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID": event.actor.id,
            "CODEBUILD_WEBHOOK_HEAD_REF": event.ref, "CODEBUILD_WEBHOOK_TRIGGER": trigger(event),
        ]
        if !event.previousCommitID.isEmpty { variables["CODEBUILD_WEBHOOK_PREV_COMMIT"] = event.previousCommitID }
        guard let request = event.pullRequest else { return variables }
        variables["CODEBUILD_WEBHOOK_BASE_REF"] = "refs/heads/\(request.baseBranch)"
        if !request.mergeCommitID.isEmpty { variables["CODEBUILD_WEBHOOK_MERGE_COMMIT"] = request.mergeCommitID }
        return variables
    }

    private static func trigger(_ event: GitEvent) -> String {
        if let request = event.pullRequest { return "pr/\(request.number)" }
        if let tag = event.release?.tag ?? event.tag { return "tag/\(tag)" }
        return "branch/\(event.branch ?? event.ref)"
    }

    /// The version that the build is to take.
    static func version(_ event: GitEvent) -> String {
        if let request = event.pullRequest {
            return event.codeBuildName == "PULL_REQUEST_MERGED" ? request.baseBranch : "pr/\(request.number)"
        }
        if let release = event.release { return release.tag }
        return event.commitID
    }
}
