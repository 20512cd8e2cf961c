internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Pull requests, made and changed.
    var pullRequestOperations: [Operation] {
        [
            Operation(
                "CreatePullRequest", enforces: "title description targets clientRequestToken", raw: createPullRequest),
            Operation("UpdatePullRequestTitle", enforces: "pullRequestId title") { call in
                let title = call.text("title") ?? ""
                guard !title.isEmpty else { throw Refusal.required("Title", "A title is required.") }
                return try await change(call) { request, _ in request.title = title }
            },
            Operation("UpdatePullRequestDescription", enforces: "pullRequestId description") { call in
                try await change(call) { request, _ in request.description = call.text("description") }
            },
            Operation("UpdatePullRequestStatus", enforces: "pullRequestId pullRequestStatus", raw: updateStatus),
        ]
    }

    /// Open pull requests a repository may have (CodeCommit User Guide, "Quotas").
    private static let openLimit = 1000

    /// Opens a request between two branches, under the lock: a push to either comes before or after it, not in between.
    ///
    /// - Throws: `SourceAndDestinationAreSameException`, `ReferenceDoesNotExistException`,
    ///   `IdempotencyParameterMismatchException`.
    private func createPullRequest(_ call: Call) async throws -> Reply {
        guard let title = call.text("title"), !title.isEmpty else {
            throw Refusal.required("Title", "A title is required.")
        }
        let targets = call.input["targets"]?.array ?? []
        guard let target = targets.first else { throw Refusal.required("Targets", "A target is required.") }
        guard targets.count == 1 else {
            throw AWSError("MultipleRepositoriesInPullRequestException", "A pull request has exactly one target.")
        }
        let repository = try await repository(named: target["repositoryName"]?.string ?? "", call.caller)
        let source = try Self.reference(target["sourceReference"]?.string)
        let destination = try Self.reference(target["destinationReference"]?.string ?? repository.defaultBranch)
        guard source != destination else {
            throw AWSError(
                "SourceAndDestinationAreSameException", "Source and destination are the same branch, \(source.short).")
        }
        let token = call.text("clientRequestToken")
        let request = try await store.locks.hold(repository.id) { () -> PullRequest in
            let from = try await existing(source, in: repository)
            let to = try await existing(destination, in: repository)
            let base = try await objects(repository).mergeBase(to, from)
            let draft = PullRequest(
                id: "", account: repository.account, region: repository.region, title: title,
                description: call.text("description"), author: call.caller.principal, created: ledger.surroundings.now,
                activity: ledger.surroundings.now, repositoryID: repository.id, repositoryName: repository.name,
                source: source,
                destination: destination, sourceCommit: from, destinationCommit: to, mergeBase: base,
                revision: ledger.surroundings.chance.hexadecimal(64), token: token)
            return try await ledger.write { write in try Self.store(draft, call, in: write) }
        }
        return Reply(["pullRequest": request.shown()])
    }

    /// The branch in an input member.
    private static func reference(_ text: String?) throws -> RefName {
        guard let text, !text.isEmpty else { throw Refusal.required("ReferenceName", "A reference is required.") }
        guard !text.hasPrefix("refs/tags/") else {
            throw AWSError(
                "ReferenceTypeNotSupportedException", "\(text) is a tag. Pull requests are between branches.")
        }
        guard let name = RefName(branch: text.hasPrefix("refs/heads/") ? String(text.dropFirst(11)) : text) else {
            throw Refusal.invalid("ReferenceName", "The reference '\(text.prefix(256))' is not valid.")
        }
        return name
    }

    /// Where a branch stands.
    ///
    /// - Throws: `ReferenceDoesNotExistException`.
    func existing(_ name: RefName, in repository: Repository) async throws -> ObjectID {
        guard let record = try await book.record(name, in: repository) else {
            throw AWSError(
                "ReferenceDoesNotExistException", "The reference \(name) does not exist in \(repository.name)")
        }
        return record.commit
    }

    /// Stores a new request, with a number and the rules of the templates that cover it. The same client's token gives
    /// the same request.
    private static func store(_ draft: PullRequest, _ call: Call, in write: Transaction) throws -> PullRequest {
        var input = call.input
        input["clientRequestToken"] = nil
        if let known = try write.known(draft.token, input, "pullRequest", call.caller) {
            return try write.pullRequest(known, call.caller)
        }
        let open = try write.find(Shelf.pullRequests, "repository", draft.repositoryID).count { $0.value.isOpen }
        guard open < openLimit else {
            throw AWSError(
                "MaximumOpenPullRequestsExceededException",
                "The repository has \(openLimit) open pull requests already.")
        }
        var request = draft
        request.id = String(try write.next(call.caller.scope + "pullRequest"))
        for document in try write.find(Shelf.templates, "repository", draft.repositoryID) {
            let template = document.value
            guard let content = try? RuleContent(parsing: template.content), content.covers(draft.destination) else {
                continue
            }
            request.rules.append(
                ApprovalRule(
                    id: write.surroundings.chance.uuid(), name: template.name, content: template.content,
                    created: write.now,
                    modified: write.now, user: template.user, template: .init(id: template.id, name: template.name)))
        }
        try write.remember(draft.token, input, "pullRequest", request.id, call.caller)
        var metadata: JSON = [
            "repositoryName": .string(request.repositoryName), "sourceCommitId": .string(request.sourceCommit.hex),
            "destinationCommitId": .string(request.destinationCommit.hex),
        ]
        if let base = request.mergeBase { metadata["mergeBase"] = .string(base.hex) }
        let event = PullRequestEvent(
            time: write.now, type: "PULL_REQUEST_CREATED", actor: call.caller.principal,
            member: "pullRequestCreatedEventMetadata", metadata: metadata)
        try write.note(event, of: &request)
        try write.append(request.notice("pullRequestCreated", by: call.caller.principal, now: write.now))
        return request
    }

    /// Changes an open pull request and answers it.
    private func change(
        _ call: Call, _ body: @escaping @Sendable (inout PullRequest, Transaction) throws -> Void
    ) async throws -> Reply {
        let id = try pullRequestID(call)
        let request = try await ledger.write { write in
            var request = try write.openPullRequest(id, call.caller)
            try body(&request, write)
            request.activity = write.now
            try write.put(Shelf.pullRequests, request.key, request)
            // AWS tells of these changes through CloudTrail alone.
            var event = request.notice("pullRequestUpdated", by: call.caller.principal, now: write.now)
            event.source = "slipway.codecommit"
            try write.append(event)
            return request
        }
        return Reply(["pullRequest": try await shown(request)])
    }

    /// Closes a request. Nothing opens it again.
    ///
    /// - Throws: `InvalidPullRequestStatusUpdateException` for anything else.
    private func updateStatus(_ call: Call) async throws -> Reply {
        let id = try pullRequestID(call)
        let status = call.text("pullRequestStatus") ?? ""
        let request = try await ledger.write { write in
            var request = try write.pullRequest(id, call.caller)
            guard status == "CLOSED", request.isOpen else {
                let current = request.isOpen ? "OPEN" : "CLOSED"
                throw Refusal.invalid(
                    "PullRequestStatusUpdate",
                    "The status of pull request \(id) cannot be changed from \(current) to \(status)")
            }
            request.isOpen = false
            let event = PullRequestEvent(
                time: write.now, type: "PULL_REQUEST_STATUS_CHANGED", actor: call.caller.principal,
                member: "pullRequestStatusChangedEventMetadata", metadata: ["pullRequestStatus": "CLOSED"])
            try write.note(event, of: &request)
            try write.append(request.notice("pullRequestStatusChanged", by: call.caller.principal, now: write.now))
            return request
        }
        return Reply(["pullRequest": request.shown()])
    }

    /// The id in the input.
    ///
    /// - Throws: `InvalidPullRequestIdException`.
    func pullRequestID(_ call: Call) throws -> String {
        guard let id = call.text("pullRequestId"), !id.isEmpty else {
            throw Refusal.required("PullRequestId", "A pull request id is required.")
        }
        guard id.utf8.count <= 12, id.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw Refusal.invalid(
                "PullRequestId", "The pull request id '\(id.prefix(100))' is not valid. It is a number.")
        }
        return id
    }

    /// The request as it stands, its destination's tip looked up.
    func shown(_ request: PullRequest) async throws -> JSON {
        guard request.isOpen else { return request.shown() }
        let key = request.repositoryID + "/" + request.destination.full
        return request.shown(tip: try await ledger.get(Shelf.references, key)?.value.commit)
    }
}

extension Transaction {
    /// What a request with that token made before; nil when it is the first, or has no token.
    ///
    /// - Throws: `IdempotencyParameterMismatchException` when that request asked for something else.
    func known(_ token: String?, _ input: JSON, _ kind: String, _ caller: Caller) throws -> String? {
        guard let token, let record = try get(Shelf.tokens, caller.key("\(kind)/\(token)"))?.value else { return nil }
        guard record.input == input.text() else {
            throw AWSError(
                "IdempotencyParameterMismatchException", "The client request token was used with other parameters.")
        }
        return record.result
    }

    /// Remembers what a request with that token made.
    func remember(_ token: String?, _ input: JSON, _ kind: String, _ result: String, _ caller: Caller) throws {
        guard let token else { return }
        try put(Shelf.tokens, caller.key("\(kind)/\(token)"), TokenRecord(input: input.text(), result: result))
    }
}
