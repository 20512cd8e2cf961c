internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Triggers.
    var triggerOperations: [Operation] {
        [
            Operation("PutRepositoryTriggers", enforces: "repositoryName triggers") { call in
                let triggers = try Self.triggers(call)
                let id = ledger.surroundings.chance.uuid()
                try await change(call, "repositoryTriggersChanged") { repository in
                    repository.triggers = triggers
                    repository.triggersID = id
                }
                return Reply(["configurationId": .string(id)])
            },
            Operation("GetRepositoryTriggers", enforces: "repositoryName") { call in
                let repository = try await repository(call)
                var output: JSON = ["triggers": .array(repository.triggers.map(\.shown))]
                if let id = repository.triggersID { output["configurationId"] = .string(id) }
                return Reply(output)
            },
            Operation("TestRepositoryTriggers", enforces: "repositoryName triggers", raw: testTriggers),
        ]
    }

    /// Runs each trigger once with what would be told of the default branch. Nothing is stored.
    private func testTriggers(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let triggers = try Self.triggers(call)
        let branch = repository.defaultBranch.flatMap { RefName(branch: $0) } ?? RefName(branch: "main")
        guard let branch else { throw Refusal.noBranch("main") }
        let record = try await book.record(branch, in: repository)
        let zero = ObjectID(String(repeating: "0", count: 40)).map { RefRecord(object: $0, commit: $0) }
        guard let change = RefChange(branch, from: nil, to: record ?? zero) else { return Reply() }
        var done: [JSON] = []
        var failed: [JSON] = []
        for trigger in triggers {
            let message = trigger.message(
                change, repository, by: call.caller.principal, id: ledger.surroundings.chance.uuid(),
                now: ledger.surroundings.now)
            do {
                try await TriggerPerformer.deliver(message, to: trigger, for: repository.arn, cloud)
                done.append(.string(trigger.name))
            } catch let error as AWSError {
                failed.append(["trigger": .string(trigger.name), "failureMessage": .string(error.message)])
            }
        }
        return Reply(["successfulExecutions": .array(done), "failedExecutions": .array(failed)])
    }

    /// The triggers in an input.
    ///
    /// - Throws: what is wrong with one of them.
    static func triggers(_ call: Call) throws -> [Trigger] {
        guard let list = call.input["triggers"]?.array else {
            throw Refusal.required("RepositoryTriggersList", "A list of triggers is required.")
        }
        guard list.count <= 10 else {
            throw AWSError("MaximumRepositoryTriggersExceededException", "A repository may have at most 10 triggers.")
        }
        let triggers = try list.map { try trigger($0, call.caller) }
        guard Set(triggers.map(\.name)).count == triggers.count else {
            throw Refusal.invalid("RepositoryTriggerName", "Two triggers have the same name.")
        }
        return triggers
    }

    /// - Throws: `RepositoryTriggerNameRequiredException` and the other codes for what is missing or not as it must be.
    private static func trigger(_ tree: JSON, _ caller: Caller) throws -> Trigger {
        guard let name = tree["name"]?.string else {
            throw Refusal.required("RepositoryTriggerName", "A trigger has a name.")
        }
        guard (1...100).contains(name.count),
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
        else {
            throw Refusal.invalid("RepositoryTriggerName", "The trigger name '\(name.prefix(100))' is not valid.")
        }
        guard let arn = tree["destinationArn"]?.string else {
            throw Refusal.required("RepositoryTriggerDestinationArn", "The trigger \(name) has no destination.")
        }
        let events = (tree["events"]?.array ?? []).compactMap(\.string)
        guard !events.isEmpty else {
            throw Refusal.required("RepositoryTriggerEventsList", "The trigger \(name) is for no event.")
        }
        guard !events.contains("all") || events.count == 1 else {
            throw Refusal.invalid(
                "RepositoryTriggerEvents", "The trigger \(name) is for all events and for single ones too.")
        }
        let branches = (tree["branches"]?.array ?? []).compactMap(\.string)
        guard branches.count <= 10 else {
            throw AWSError("MaximumBranchesExceededException", "A trigger may name at most 10 branches.")
        }
        for branch in branches where RefName(branch: branch) == nil {
            throw Refusal.invalid(
                "RepositoryTriggerBranchName", "The branch name '\(branch.prefix(256))' is not valid.")
        }
        let data = tree["customData"]?.string
        guard (data ?? "").count <= 1000 else {
            throw Refusal.invalid("RepositoryTriggerCustomData", "The custom data has more than 1000 characters.")
        }
        let trigger = Trigger(name: name, destinationArn: arn, customData: data, branches: branches, events: events)
        guard trigger.destination != nil else {
            throw Refusal.invalid(
                "RepositoryTriggerDestinationArn", "\(arn.prefix(200)) is neither a topic's nor a function's ARN.")
        }
        guard trigger.region == caller.region else {
            throw Refusal.invalid(
                "RepositoryTriggerRegion",
                "The destination of \(name) is in \(trigger.region), not in \(caller.region).")
        }
        return trigger
    }
}
