internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Merges of pull requests.
    var pullRequestMerges: [Operation] {
        let members = "pullRequestId repositoryName sourceCommitId "
        return [
            Operation("MergePullRequestByFastForward", enforces: members) { call in
                try await mergePullRequest(call, .fastForward)
            },
            Operation("MergePullRequestBySquash", enforces: members + Self.commitMembers) { call in
                try await mergePullRequest(call, .squash)
            },
            Operation("MergePullRequestByThreeWay", enforces: members + Self.commitMembers) { call in
                try await mergePullRequest(call, .threeWay)
            },
        ]
    }

    /// Merges a pull request: the destination moves, and with the same write the request is closed.
    private func mergePullRequest(_ call: Call, _ option: MergeOption) async throws -> Reply {
        let repository = try await repository(call)
        let request = try await mergeable(call, repository)
        try await authorize(call, moving: request.destination)
        let source = try await existing(request.source, in: repository)
        if let guarded = call.text("sourceCommitId") {
            guard try objectID(guarded, "CommitId") == source else {
                throw AWSError(
                    "TipOfSourceReferenceIsDifferentException",
                    "The tip of \(request.source) is \(source), not \(guarded).")
            }
        }
        let destination = try await existing(request.destination, in: repository)
        let merger = try await Merger(
            objects(repository), source: source, destination: destination, rules: try MergeRules(call))
        let message = "Merged \(request.source.short) into \(request.destination.short) (pull request \(request.id))"
        let (commit, _) = try await commit(merger, option, call, message: message)
        let intent = PullRequest.Intent(
            merge: .init(user: call.caller.principal, commit: commit, option: option), source: source,
            destination: destination,
            base: merger.base)
        try await store.locks.hold(repository.id) {
            try await begin(intent, request, call)
            guard commit != destination else { return try await finish(intent, request, repository) }
            let mover = ReferenceBook.Mover(principal: call.caller.principal, merge: merger.told(option))
            try await book.move(request.destination, in: repository, from: destination, to: commit, by: mover)
        }
        maintenance.changed(repository)
        return Reply(["pullRequest": try await shown(try await pullRequest(call))])
    }

    /// Asks the policies about the branch that a merge moves: at the door it was not known yet.
    ///
    /// - Throws: ``AWSError`` when a policy protects it.
    private func authorize(_ call: Call, moving branch: RefName) async throws {
        var input = call.input
        input["references"] = [.string(branch.full)]
        try await guests?.authorize(
            Call(
                service: call.service, operation: call.operation, caller: call.caller, requestID: call.requestID,
                time: call.time, input: input, endpoint: call.endpoint, peer: call.peer))
    }

    /// The request, if nothing but its files can stand in the way of a merge.
    private func mergeable(_ call: Call, _ repository: Repository) async throws -> PullRequest {
        let request = try await pullRequest(call)
        guard request.isOpen else { throw Refusal.closed(request.id) }
        guard request.repositoryID == repository.id else {
            throw AWSError(
                "RepositoryNotAssociatedWithPullRequestException",
                "Pull request \(request.id) is not about \(repository.name).")
        }
        let verdict = request.evaluate(request.revision)
        guard verdict.approved else {
            throw AWSError(
                "PullRequestApprovalRulesNotSatisfiedException",
                "Pull request \(request.id) cannot be merged: these approval rules are not satisfied: "
                    + verdict.unmet.joined(separator: ", "))
        }
        return request
    }

    /// Notes what is about to happen, unless somebody closed the request or pushed to it while its files were compared.
    private func begin(_ intent: PullRequest.Intent, _ seen: PullRequest, _ call: Call) async throws {
        try await ledger.write { write in
            var request = try write.openPullRequest(seen.id, call.caller)
            guard request.revision == seen.revision, request.evaluate(request.revision).approved else {
                throw Refusal.concurrentUpdate(request.source.full)
            }
            request.intent = intent
            try write.put(Shelf.pullRequests, request.key, request)
        }
    }

    /// The destination has everything already: nothing moves, and so nothing would close the request.
    private func finish(_ intent: PullRequest.Intent, _ seen: PullRequest, _ repository: Repository) async throws {
        try await ledger.write { write in
            try write.finishMerges(into: seen.destination, at: intent.merge.commit, in: repository)
        }
    }
}

extension Transaction {
    /// Closes the pull requests whose merge that move of a branch was. Part of the write that notes the move, so that a
    /// crash between the two loses neither.
    func finishMerges(into branch: RefName, at commit: ObjectID, in repository: Repository) throws {
        for document in try find(Shelf.pullRequests, "merging", repository.id + "/" + commit.hex) {
            var request = document.value
            guard request.isOpen, request.destination == branch, let intent = request.intent else { continue }
            request.isOpen = false
            request.merge = intent.merge
            request.sourceCommit = intent.source
            request.destinationCommit = intent.destination
            request.mergeBase = intent.base
            request.intent = nil
            let metadata: JSON = [
                "repositoryName": .string(request.repositoryName),
                "destinationReference": .string(request.destination.full),
                "mergeMetadata": request.mergeMetadata,
            ]
            let event = PullRequestEvent(
                time: now, type: "PULL_REQUEST_MERGE_STATE_CHANGED", actor: intent.merge.user,
                member: "pullRequestMergedStateChangedEventMetadata", metadata: metadata)
            try note(event, of: &request)
            try append(
                request.notice(
                    "pullRequestMergeStatusUpdated", by: intent.merge.user, now: now,
                    adding: ["mergeCommitId": .string(intent.merge.commit.hex)]))
        }
    }
}
