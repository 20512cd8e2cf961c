internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Refactoring: resources move between stacks while they stand.
///
/// Nothing is asked of any service, so the whole is carried out in one write: it is done, or nothing is, whatever
/// happens. Source: "Stack refactoring" in the User Guide.
extension CloudFormationService {
    var refactorOperations: [Operation] {
        [
            Operation(
                "CreateStackRefactor", enforces: "Description EnableStackCreation ResourceMappings StackDefinitions",
                raw: createRefactor),
            Operation("DescribeStackRefactor", enforces: "StackRefactorId", raw: describeRefactor),
            Operation("ListStackRefactorActions", enforces: "StackRefactorId NextToken MaxResults", raw: listActions),
            Operation("ListStackRefactors", enforces: "ExecutionStatusFilter NextToken MaxResults", raw: listRefactors),
            Operation("ExecuteStackRefactor", enforces: "StackRefactorId", raw: executeRefactor),
        ]
    }

    // MARK: Working out

    private func createRefactor(_ call: Call) async throws -> Reply {
        let id = cloud.surroundings.chance.uuid()
        var refactor = StackRefactor(
            id: id, description: call.input["Description"]?.string, created: call.time, status: "CREATE_COMPLETE",
            executionStatus: "AVAILABLE")
        let parts = try await refactorParts(call)
        let given = (call.input["ResourceMappings"]?.array ?? []).map { mapping in
            (from: Self.place(mapping["Source"]), to: Self.place(mapping["Destination"]))
        }
        var working = RefactorWorking(intake: intake, caller: call.caller, parts: parts)
        do {
            (refactor.definitions, refactor.moves) = try await working.result(id, given: given)
        } catch {
            let reason = (error as? RefactorPlan.Failure)?.message ?? (error as? AWSError)?.message
            guard let reason = reason ?? (error as? TemplateError)?.message else { throw error }
            refactor.status = "CREATE_FAILED"
            refactor.reason = reason
            refactor.executionStatus = "UNAVAILABLE"
        }
        let made = refactor
        try await ledger.write { try $0.put(StackRefactor.collection, call.caller.scope + id, made) }
        return Reply(["StackRefactorId": .string(id)])
    }

    private static func place(_ location: JSON?) -> StackRefactor.Place {
        .init(
            stack: location?["StackName"]?.string ?? "", logicalID: location?["LogicalResourceId"]?.string ?? "")
    }

    private func refactorParts(_ call: Call) async throws -> [RefactorWorking.Part] {
        var parts: [RefactorWorking.Part] = []
        for definition in call.input["StackDefinitions"]?.array ?? [] {
            let name = definition["StackName"]?.string ?? ""
            let text = try await intake.text(
                body: definition["TemplateBody"]?.string, url: definition["TemplateURL"]?.string, caller: call.caller)
            guard let text else {
                throw AWSError("ValidationError", "Either Template URL or Template Body must be specified.")
            }
            let known = try? await stack(name, call.caller)
            guard known != nil || call.input["EnableStackCreation"]?.bool == true else {
                throw AWSError(
                    "ValidationError", "Stack [\(name)] does not exist. With EnableStackCreation it would be made.")
            }
            if let known { try StackRules.checkUpdatable(known) } else { try StackName.check(name) }
            let stack = known ?? newStack(name, call)
            let standing = try await resources(of: stack.id).compactMap { resource in
                resource.current.map { (resource.logicalID, $0) }
            }
            parts.append(
                .init(
                    stack: stack, isNew: known == nil, text: text,
                    standing: Dictionary(standing) { first, _ in first }))
        }
        guard Set(parts.map(\.stack.name)).count == parts.count else {
            throw AWSError("ValidationError", "Each stack may be defined once.")
        }
        return parts
    }

    private func newStack(_ name: String, _ call: Call) -> Stack {
        let id = newStackID(name, call.caller)
        return Stack(
            id: id, name: name, account: call.caller.account, region: call.caller.region, created: call.time,
            revision: Stack.Revision(templateKey: "\(id)|none"))
    }

    // MARK: Asking

    private func refactor(_ call: Call) async throws -> StackRefactor {
        let id = call.input["StackRefactorId"]?.string ?? ""
        guard let found = try await ledger.get(StackRefactor.collection, call.caller.scope + id)?.value else {
            throw Self.missingRefactor(id)
        }
        return found
    }

    private static func missingRefactor(_ id: String) -> AWSError {
        AWSError("StackRefactorNotFoundException", "Stack refactor \(id) does not exist.", status: 404)
    }

    private func describeRefactor(_ call: Call) async throws -> Reply {
        let refactor = try await refactor(call)
        var view = refactor.view
        view["StackIds"] = .array(refactor.definitions.map { .string($0.stackID) })
        return Reply(view)
    }

    private func listActions(_ call: Call) async throws -> Reply {
        let actions = try await refactor(call).actions
        let page = try Page(actions, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        return Reply(page.answer("StackRefactorActions") { $0 })
    }

    private func listRefactors(_ call: Call) async throws -> Reply {
        let filter = Set(call.input["ExecutionStatusFilter"]?.array?.compactMap(\.string) ?? [])
        let all = try await ledger.list(StackRefactor.collection, prefix: call.caller.scope).map(\.value)
            .filter { filter.isEmpty || filter.contains($0.executionStatus) }.sorted { $0.created > $1.created }
        let page = try Page(all, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        return Reply(page.answer("StackRefactorSummaries", \.view))
    }

    // MARK: Carrying out

    private func executeRefactor(_ call: Call) async throws -> Reply {
        let id = call.input["StackRefactorId"]?.string ?? ""
        let key = call.caller.scope + id
        let isObsolete = try await ledger.write { transaction in
            guard var refactor = try transaction.get(StackRefactor.collection, key)?.value else {
                throw Self.missingRefactor(id)
            }
            guard refactor.executionStatus == "AVAILABLE" else {
                throw AWSError(
                    "ValidationError", "Stack refactor \(id) cannot be executed: it is \(refactor.executionStatus).")
            }
            if let reason = try RefactorExecution(refactor, call.caller).obstacle(transaction) {
                refactor.executionStatus = "OBSOLETE"
                refactor.executionReason = reason
            } else {
                try RefactorExecution(refactor, call.caller).carryOut(transaction)
                refactor.executionStatus = "EXECUTE_COMPLETE"
            }
            try transaction.put(StackRefactor.collection, key, refactor)
            return refactor.executionStatus == "OBSOLETE" ? refactor.executionReason : nil
        }
        if let isObsolete {
            throw AWSError("ValidationError", "Stack refactor \(id) cannot be executed: \(isObsolete)")
        }
        return Reply()
    }
}
