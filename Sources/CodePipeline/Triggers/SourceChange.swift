internal import Ledger
internal import Notation
internal import Patterns

/// A change of a source, read from the log.
struct SourceChange {
    /// See ``SourceKey``.
    let key: String
    let triggerType: String
    let triggerDetail: String
    private let kind: Kind

    private enum Kind {
        case object(version: String?)
        case branch(commit: String)
        case push(Push)
        case pullRequest(Push, event: String)
    }

    /// A push to a connected repository, or a pull request in one.
    private struct Push {
        var branch: String?
        var tag: String?
        var commit: String
        /// The full name of what is to be checked out.
        var ref: String?
        /// Nil when not all of them are known.
        var files: [String]?
        var target: String?
    }

    /// The change the event tells of; nil when it tells of none.
    init?(_ event: LedgerEvent) {
        let detail = event.detail
        switch (event.source, event.detailType) {
        case ("aws.s3", "Object Created"):
            guard let bucket = detail["bucket"]?["name"]?.string, let object = detail["object"]?["key"]?.string else {
                return nil
            }
            key = SourceKey.object(bucket, object)
            kind = .object(version: detail["object"]?["version-id"]?.string)
            triggerType = "PollForSourceChanges"
            triggerDetail = ""
        case ("aws.codecommit", "CodeCommit Repository State Change"):
            guard detail["referenceType"]?.string == "branch", detail["event"]?.string != "referenceDeleted",
                let repository = detail["repositoryName"]?.string, let branch = detail["referenceName"]?.string,
                let commit = detail["commitId"]?.string
            else { return nil }
            key = SourceKey.branch(event.account, event.region, repository, branch)
            kind = .branch(commit: commit)
            triggerType = "PollForSourceChanges"
            triggerDetail = detail["callerUserArn"]?.string ?? ""
        case ("slipway.codeconnections", "Repository Push"), ("slipway.codeconnections", "Repository Pull Request"):
            guard let arn = detail["connectionArn"]?.string, let repository = detail["fullRepositoryId"]?.string,
                let push = Self.push(detail)
            else { return nil }
            key = SourceKey.connection(arn, repository)
            triggerType = "WebhookV2"
            triggerDetail = arn
            if event.detailType == "Repository Push" {
                kind = .push(push)
            } else {
                let request = detail["pullRequest"]
                kind = .pullRequest(
                    push, event: Self.word(request?["event"]?.string ?? ""))
            }
        default: return nil
        }
    }

    private static func push(_ detail: JSON) -> Push? {
        let request = detail["pullRequest"]
        guard let commit = detail["commitId"]?.string, commit.contains(where: { $0 != "0" }) else { return nil }
        // A deleted branch has nothing to check out.
        if request == nil, detail["isDeleted"]?.bool == true { return nil }
        let knowsFiles = detail["changedFilesComplete"]?.bool ?? true
        return Push(
            branch: request?["sourceBranch"]?.string ?? detail["branch"]?.string, tag: detail["tag"]?.string,
            commit: commit, ref: ref(detail),
            files: knowsFiles ? detail["changedFiles"]?.array?.compactMap(\.string) : nil,
            target: request?["destinationBranch"]?.string)
    }

    /// A pull request out of a fork has its commits under a name of its own in the repository it goes into.
    private static func ref(_ detail: JSON) -> String? {
        guard let request = detail["pullRequest"], let number = request["number"]?.int,
            let source = request["sourceRepository"]?.string, !source.isEmpty,
            source.lowercased() != detail["fullRepositoryId"]?.string?.lowercased()
        else { return detail["ref"]?.string }
        let isGitLab = detail["providerType"]?.string?.hasPrefix("GitLab") == true
        return isGitLab ? "refs/merge-requests/\(number)/head" : "refs/pull/\(number)/head"
    }

    /// The hosts' words for what happens to a pull request, as triggers name them.
    private static func word(_ event: String) -> String {
        switch event.uppercased() {
        case "OPEN", "OPENED", "REOPENED", "CREATED": "OPEN"
        case "UPDATE", "UPDATED", "SYNCHRONIZE", "SYNCHRONIZED", "EDITED": "UPDATED"
        case "CLOSE", "CLOSED", "MERGED", "MERGE", "FULFILLED", "REJECTED": "CLOSED"
        default: event.uppercased()
        }
    }

    /// What the source actions that watch this are to take; empty when the pipeline is not to start.
    func overrides(for definition: PipelineDefinition, in pipeline: Pipeline) -> [Execution.Override] {
        definition.sources.flatMap { action -> [Execution.Override] in
            let only = PipelineDefinition.Watching(definition, action)
            guard SourceKey.all(only.definition, account: pipeline.account, region: pipeline.region).contains(key)
            else {
                return []
            }
            switch kind {
            case .object(let version):
                // Without a version the action will say that the bucket has to be versioned.
                return [
                    .init(actionName: action.name, revisionType: "S3_OBJECT_VERSION_ID", revisionValue: version ?? "")
                ]
            case .branch(let commit):
                return [.init(actionName: action.name, revisionType: "COMMIT_ID", revisionValue: commit)]
            case .push(let push):
                return starts(push, nil, definition, action) ? overrides(push, action) : []
            case .pullRequest(let push, let event):
                return starts(push, event, definition, action) ? overrides(push, action) : []
            }
        }
    }

    private func overrides(_ push: Push, _ action: PipelineDefinition.Action) -> [Execution.Override] {
        var overrides = [
            Execution.Override(actionName: action.name, revisionType: "COMMIT_ID", revisionValue: push.commit)
        ]
        if let branch = push.branch ?? push.tag {
            overrides.append(.init(actionName: action.name, revisionType: "BRANCH", revisionValue: branch))
        }
        if let ref = push.ref, !ref.isEmpty {
            overrides.append(.init(actionName: action.name, revisionType: "REF", revisionValue: ref))
        }
        return overrides
    }

    /// Filters of an array are alternatives; without triggers only pushes to the declared branch count.
    private func starts(
        _ push: Push, _ event: String?, _ definition: PipelineDefinition, _ action: PipelineDefinition.Action
    ) -> Bool {
        let branch = action.configuration?["BranchName"]
        guard let triggers = definition.triggers else {
            return event == nil && push.tag == nil && push.branch == branch
        }
        guard let git = triggers.first(where: { $0.gitConfiguration.sourceActionName == action.name })?.gitConfiguration
        else {
            return false
        }
        if let event {
            return (git.pullRequest ?? []).contains { filter in
                (filter.events ?? ["OPEN", "UPDATED", "CLOSED"]).contains(event)
                    && TriggerFilter.matches(filter.branches, [push.target ?? ""])
                    && TriggerFilter.matches(filter.filePaths, push.files)
            }
        }
        guard let filters = git.push else {
            return git.pullRequest == nil && push.tag == nil && push.branch == branch
        }
        return filters.contains { filter in
            if let tags = filter.tags { return push.tag.map { TriggerFilter.matches(tags, [$0]) } ?? false }
            guard let name = push.branch, push.tag == nil else { return false }
            return TriggerFilter.matches(filter.branches, [name]) && TriggerFilter.matches(filter.filePaths, push.files)
        }
    }
}

extension PipelineDefinition {
    /// The same definition with one source action alone: to ask what that one watches.
    struct Watching {
        let definition: PipelineDefinition

        init(_ whole: PipelineDefinition, _ action: Action) {
            var definition = whole
            definition.stages[0].actions = [action]
            self.definition = definition
        }
    }
}

/// Whether names pass a trigger's patterns.
///
/// Source: CodePipeline User Guide, "Filter triggers on code push or pull requests": excludes beat includes; only
/// excludes means everything else; a list of changed files passes when any of them does.
enum TriggerFilter {
    /// - Parameter names: Nil when they are not known, as some hosts do not tell which files changed: that starts the
    ///   pipeline.
    static func matches(_ patterns: PipelineDefinition.Trigger.Patterns?, _ names: [String]?) -> Bool {
        guard let patterns, let names else { return true }
        return names.contains { name in
            if contains(patterns.excludes ?? [], name) { return false }
            return patterns.includes.map { contains($0, name) } ?? true
        }
    }

    /// Patterns that are none were refused at declaration.
    private static func contains(_ patterns: [String], _ name: String) -> Bool {
        patterns.contains { (try? GitGlob($0))?.matches(name) ?? false }
    }
}
