internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// `AWS::CloudFormation::Stack`: a stack inside a stack.
///
/// Its name follows from its place, and the call that makes it carries a token that stays the same, so a repeat after a
/// crash finds the stack instead of making a second one.
struct NestedStack: Sendable {
    /// The type's name.
    static let typeName = "AWS::CloudFormation::Stack"

    private let ledger: Ledger
    private let watch: StackWatch
    private let templates: NestedTemplates

    init(ledger: Ledger, watch: StackWatch) {
        self.ledger = ledger
        self.watch = watch
        templates = NestedTemplates(ledger: ledger)
    }

    /// The declaration.
    var type: ResourceType {
        ResourceType(
            Self.typeName, enforces: "TemplateURL Parameters Tags TimeoutInMinutes NotificationARNs",
            requires: "TemplateURL", attributes: "*",
            .init(create: create, update: update, delete: delete))
    }

    private func create(_ request: ResourceRequest) async throws -> ResourceState {
        var input = try await submission(request)
        input["StackName"] = .string(request.generatedName(limit: 128))
        input["OnFailure"] = "ROLLBACK"
        input["TimeoutInMinutes"] = request.properties["TimeoutInMinutes"].flatMap {
            ($0.int ?? $0.string.flatMap { Int($0) }).map(JSON.int)
        }
        let id = try await make(input, request)
        do {
            return try await settled(id, request, verb: "created", good: [.createComplete])
        } catch is CancellationError {
            // The rollback deletes it, in whatever state it is.
            throw AWSError("NotStabilized", "Resource creation cancelled", members: ["PhysicalResourceId": .string(id)])
        }
    }

    /// Makes the child. What it belongs to is written down first, so that it stands in the child's very first write.
    private func make(_ input: JSON, _ request: ResourceRequest) async throws -> String {
        let name = request.caller.scope + (input["StackName"]?.string ?? "")
        try await ledger.write { transaction in
            let nesting = try Nesting(of: request.properties, in: request.stackID, transaction)
            try transaction.put(Nesting.collection, name, nesting)
            try noteImport(name, request, transaction)
        }
        let answer: Result<JSON, any Error>
        do { answer = .success(try await request.call("cloudformation", "CreateStack", input)) } catch {
            answer = .failure(error)
        }
        try await ledger.write { transaction in
            try transaction.delete(Nesting.importing, name)
            guard try transaction.get(Nesting.collection, name) != nil else { return }
            try transaction.delete(Nesting.collection, name)  // refused, or a repeat of what was made already
        }
        guard let id = try answer.get()["StackId"]?.string else {
            throw AWSError("InternalFailure", "CreateStack answered without a StackId.")
        }
        return id
    }

    private func update(_ request: ResourceRequest) async throws -> ResourceState {
        let id = request.physicalID ?? ""
        if request.isRollback, try await isContinued(id, request) { return try await described(id, request) }
        var input = try await submission(request)
        input["StackName"] = .string(id)
        if request.isRollback {
            if let text = try await templates.text(id, request.properties) {
                input["TemplateURL"] = nil
                input["TemplateBody"] = .string(text)
            }
        } else if let previous = request.previous {
            try await templates.remember(id, previous, before: request)
        }
        do {
            try await call("UpdateStack", input, on: id, request)
        } catch let error as AWSError where error.message.hasPrefix("No updates are to be performed") {
            return try await described(id, request)
        }
        do {
            return try await settled(id, request, verb: "updated", good: [.updateComplete, .createComplete])
        } catch is CancellationError {
            try await cancel(id, request)
            throw CancellationError()
        }
    }

    /// Goes on with the child's own way back, when that failed: its last good state is the one wanted.
    ///
    /// - Returns: whether there was one to go on with.
    private func isContinued(_ id: String, _ request: ResourceRequest) async throws -> Bool {
        guard let child = try await ledger.get(StackStore.stacks, id)?.value, child.status == .updateRollbackFailed
        else { return false }
        let parent = try await ledger.get(StackStore.stacks, request.stackID)?.value
        let skipped = parent?.skipped(in: child) ?? []
        var input: JSON = ["StackName": .string(id)]
        if !skipped.isEmpty { input["ResourcesToSkip"] = .array(skipped) }
        try await request.call("cloudformation", "ContinueUpdateRollback", input)
        _ = try await settled(id, request, verb: "rolled back", good: [.updateRollbackComplete])
        return true
    }

    /// Notes that the child takes over what stands already, when the parent's operation does ("Import AWS resources into a
    /// CloudFormation stack automatically" in the User Guide).
    private func noteImport(_ key: String, _ request: ResourceRequest, _ transaction: Transaction) throws {
        let parent = try transaction.get(StackStore.stacks, request.stackID)?.value
        guard parent?.importsExisting == true, !request.isRollback else { return }
        try transaction.put(Nesting.importing, key, true)
    }

    /// Makes the call. On the parent's way back it is noted first that this is one: then no hook is asked.
    private func call(_ operation: String, _ input: JSON, on id: String, _ request: ResourceRequest) async throws {
        try await ledger.write { transaction in
            if request.isRollback { try transaction.put(Nesting.wayBack, id, true) }
            if operation == "UpdateStack" { try noteImport(id, request, transaction) }
        }
        let answer: Result<JSON, any Error>
        do { answer = .success(try await request.call("cloudformation", operation, input)) } catch {
            answer = .failure(error)
        }
        try await ledger.write { transaction in
            try transaction.delete(Nesting.importing, id)
            _ = try Nesting.isWayBack(id, transaction)
        }
        _ = try answer.get()
    }

    /// Takes the child's update back, although this action itself is being broken off.
    private func cancel(_ id: String, _ request: ResourceRequest) async throws {
        // Waited for right here: the clean-up must not be cut short by the cancellation it follows from.
        let cleanup = Task {
            _ = try? await request.call("cloudformation", "CancelUpdateStack", ["StackName": .string(id)])
            _ = try? await settled(id, request, verb: "updated", good: [])
        }
        await cleanup.value
    }

    private func delete(_ request: ResourceRequest) async throws {
        guard let id = request.physicalID, try await ledger.get(StackStore.stacks, id) != nil else { return }
        var input: JSON = ["StackName": .string(id)]
        if request.isExpress { input["DeploymentConfig"] = ["Mode": "EXPRESS"] }
        try await call("DeleteStack", input, on: id, request)
        _ = try await settled(id, request, verb: "deleted", good: [.deleteComplete])
        try await templates.forget(id)
    }

    private func submission(_ request: ResourceRequest) async throws -> JSON {
        var input: JSON = ["ClientRequestToken": .string(StableID.uuid(request.key))]
        // A child acts as its parent does.
        let parent = try await ledger.get(StackStore.stacks, request.stackID)?.value
        input["RoleARN"] = parent?.revision.roleARN.map(JSON.string)
        // Express mode holds for all that lies below ("Express mode and nested stacks" in the User Guide). What is
        // done after a failure is the parent's: a child goes back to its last good state.
        if request.isExpress { input["DeploymentConfig"] = ["Mode": "EXPRESS", "DisableRollback": false] }
        input["TemplateURL"] = request.properties["TemplateURL"]
        input["Capabilities"] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
        input["NotificationARNs"] = request.properties["NotificationARNs"]
        let parameters = (request.properties["Parameters"]?.object ?? [:]).map { name, value -> JSON in
            let text =
                value.array.map { $0.compactMap(\.loose.string).joined(separator: ",") } ?? value.loose.string ?? ""
            return ["ParameterKey": .string(name), "ParameterValue": .string(text)]
        }
        input["Parameters"] = .array(parameters)
        let tags = request.allTags.filter { !$0.key.hasPrefix("aws:") }.sorted { $0.key < $1.key }
        input["Tags"] = .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
        return input
    }

    /// Waits until the child is in no operation, and judges how that ended.
    private func settled(
        _ id: String, _ request: ResourceRequest, verb: String, good: Set<StackStatus>
    ) async throws -> ResourceState {
        guard let stack = try await watch.settled(id) else {
            throw AWSError("NotFound", "Stack with id \(id) does not exist")
        }
        guard good.contains(stack.status) else {
            let story = try await FailureStory(of: stack, ledger)
            var members: JSONObject = ["PhysicalResourceId": .string(id)]
            members["Evidence"] = story.firstCause.map { .string("First cause: \($0)") }
            throw AWSError(
                "NotStabilized",
                "Embedded stack \(id) was not successfully \(verb): "
                    + (story.summary ?? stack.reason ?? stack.status.rawValue), members: members)
        }
        return try await described(id, request)
    }

    private func described(_ id: String, _ request: ResourceRequest) async throws -> ResourceState {
        guard let stack = try await ledger.get(StackStore.stacks, id)?.value else {
            throw AWSError("NotFound", "Stack with id \(id) does not exist")
        }
        let outputs = stack.revision.outputs.map { ("Outputs.\($0.name)", JSON.string($0.value)) }
        return ResourceState(id, attributes: JSONObject(outputs))
    }
}
