internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Requests that change resources: made, asked about, cancelled.
extension CloudControlService {
    var requestOperations: [Operation] {
        [
            Operation("CreateResource", enforces: "TypeName RoleArn ClientToken DesiredState", raw: createResource),
            Operation(
                "UpdateResource", enforces: "TypeName RoleArn ClientToken Identifier PatchDocument",
                raw: updateResource),
            Operation("DeleteResource", enforces: "TypeName RoleArn ClientToken Identifier", raw: deleteResource),
            Operation("GetResourceRequestStatus", enforces: "RequestToken", raw: requestStatus),
            Operation(
                "ListResourceRequests", enforces: "MaxResults NextToken ResourceRequestStatusFilter",
                raw: listRequests),
            Operation("CancelResourceRequest", enforces: "RequestToken", raw: cancelRequest),
        ]
    }

    // MARK: Asking for a change

    private func createResource(_ call: Call) async throws -> Reply {
        let type = try type(call)
        guard let desired = try? JSON(parsing: call.input["DesiredState"]?.string ?? ""), desired.object != nil else {
            throw AWSError("InvalidRequestException", "DesiredState must be a JSON object.")
        }
        return try await once(call, type) {
            try check(desired, type, known: nil)
            return subject(.create, type, call, properties: desired)
        }
    }

    private func updateResource(_ call: Call) async throws -> Reply {
        let type = try type(call)
        let identifier = call.input["Identifier"]?.string ?? ""
        let patch: JSONPatch
        do { patch = try JSONPatch(parsing: call.input["PatchDocument"]?.string ?? "") } catch {
            throw AWSError("InvalidRequestException", (error as? JSONPatch.Failure)?.message ?? "\(error)")
        }
        return try await once(call, type) {
            guard type.actions.update != nil else { throw ResourceRefusal.unsupported(type, "UPDATE") }
            let model = try await model(type, identifier, actor(call))
            let wanted: JSON
            do { wanted = try patch.apply(to: model) } catch {
                throw AWSError("InvalidRequestException", (error as? JSONPatch.Failure)?.message ?? "\(error)")
            }
            try checkUpdate(from: model, to: wanted, type)
            let (before, after) = (writable(model, type), writable(wanted, type))
            try check(after, type, known: before)
            var subject = subject(.update, type, call, properties: after)
            subject.previous = before
            return subject
        }
    }

    private func deleteResource(_ call: Call) async throws -> Reply {
        let type = try type(call)
        let identifier = call.input["Identifier"]?.string ?? ""
        return try await once(call, type) {
            let parts = JSON.object(ResourceIdentity(type).parts(of: identifier))
            // A type that cannot be read is deleted by what its identifier says alone.
            let model = type.actions.read == nil ? parts : try await model(type, identifier, actor(call))
            return subject(.delete, type, call, properties: model)
        }
    }

    private func subject(
        _ kind: ResourceRequestMachine.Kind, _ type: ResourceType, _ call: Call, properties: JSON
    ) -> ResourceRequestMachine.Subject {
        let identifier = call.input["Identifier"]?.string
        return ResourceRequestMachine.Subject(
            token: cloud.surroundings.chance.uuid(), kind: kind, type: type.name, account: call.caller.account,
            region: call.caller.region, principal: call.caller.principal, roleARN: call.input["RoleArn"]?.string,
            properties: properties, physicalID: identifier.map(ResourceIdentity(type).physicalID),
            identifier: identifier, clientToken: call.input["ClientToken"]?.string)
    }

    /// Begins what is asked for, unless it was begun under the client's token before.
    ///
    /// - Throws: ``AWSError`` `ClientTokenConflictException` when the token came with something else before,
    ///   `ConcurrentOperationException` when the resource is being changed already.
    private func once(
        _ call: Call, _ type: ResourceType,
        _ make: () async throws -> ResourceRequestMachine.Subject
    ) async throws -> Reply {
        let client = call.input["ClientToken"]?.string
        let digest = StableID.uuid(call.operation, call.input.text(.canonical))
        if let client, let use = try await ledger.get(ResourceRequestStore.uses, call.caller.scope + client)?.value {
            return try await repeated(use, digest, client, call.caller)
        }
        let subject = try await make()
        try await acting.check(subject.roleARN, call.caller)
        let progress: JSON = try await ledger.write { [runner] transaction in
            if let lock = ResourceRequestStore.lock(subject) {
                guard try transaction.get(ResourceRequestStore.locks, lock) == nil else {
                    throw AWSError(
                        "ConcurrentOperationException",
                        "Resource of type '\(subject.type)' with identifier '\(subject.identifier ?? "")' is being "
                            + "changed by another request. Wait for it, or cancel it.")
                }
                try transaction.put(ResourceRequestStore.locks, lock, subject.token)
            }
            if let client {
                let use = ResourceRequestStore.Use(token: subject.token, digest: digest)
                try transaction.put(ResourceRequestStore.uses, call.caller.scope + client, use)
            }
            let id = "\(call.caller.scope)\(subject.token)"
            return try runner.begin(id, ResourceRequestMachine(subject), with: .start, in: transaction).progress
        }
        return Reply(["ProgressEvent": progress])
    }

    private func repeated(
        _ use: ResourceRequestStore.Use, _ digest: String, _ client: String, _ caller: Caller
    ) async throws -> Reply {
        guard use.digest == digest else {
            throw AWSError(
                "ClientTokenConflictException",
                "The client token \(client) was used for another request before. Choose another.")
        }
        return Reply(["ProgressEvent": try await record(use.token, caller).progress])
    }

    // MARK: Judging what is wanted

    /// Holds the properties to the type's schema, as a template's are.
    ///
    /// - Parameter known: what the resource has: what its type does not read back, such as code, may be missing.
    private func check(_ properties: JSON, _ type: ResourceType, known: JSON?) throws {
        let body: JSON = ["Resources": ["Resource": ["Type": .string(type.name), "Properties": properties]]]
        do {
            let (template, report) = Template.read(body)
            guard report.isValid else { throw TemplateError(report) }
            let context = StackContext(accountID: "000000000000", region: "us-east-1")
            let findings = try template.resolve(context).check(schema: catalogue.schema, offer: catalogue.offer)
            let serious = findings.errors.filter { finding in
                known == nil || !(finding.message.hasSuffix("cannot be empty.") && finding.path.steps.count == 3)
            }
            guard let first = serious.first else { return }
            throw AWSError(
                "InvalidRequestException", first.message + (first.fix.map { " " + $0 } ?? "") + " (#\(first.path))")
        } catch let error as TemplateError {
            throw AWSError("InvalidRequestException", error.message)
        }
    }

    /// The properties that may be written.
    private func writable(_ model: JSON, _ type: ResourceType) -> JSON {
        guard let schema = catalogue.schema(type.name) else { return model }
        return .object(
            (model.object ?? [:]).filter { name, _ in
                schema.properties.shapes[name] != nil && !schema.readOnly.contains(name)
            })
    }

    /// - Throws: ``AWSError`` `NotUpdatableException` when something changes that can only be set at the beginning, or
    ///   never.
    private func checkUpdate(from before: JSON, to after: JSON, _ type: ResourceType) throws {
        let differences = PropertyDifference.all(from: before, to: after)
        let readOnly = catalogue.schema(type.name)?.readOnly ?? []
        let fixed = differences.map(\.steps).filter { readOnly.contains($0.first ?? "") }
        guard fixed.isEmpty else { throw Self.notUpdatable("readOnlyProperties", fixed) }
        let rules = catalogue.rules(type.name)
        let replacing = differences.filter { rules?.effect(of: [$0]) == .replace }.map(\.steps)
        guard replacing.isEmpty else { throw Self.notUpdatable("createOnlyProperties", replacing) }
    }

    private static func notUpdatable(_ kind: String, _ paths: [[String]]) -> AWSError {
        let shown = Set(paths.map { "/properties/" + $0.joined(separator: "/") }).sorted().joined(separator: ", ")
        return AWSError("NotUpdatableException", "Invalid patch update: \(kind) [\(shown)] cannot be updated")
    }

    // MARK: Requests

    private func record(_ token: String, _ caller: Caller) async throws -> ResourceRequestStore.Record {
        guard let record = try await ledger.get(ResourceRequestStore.requests, caller.scope + token)?.value else {
            throw AWSError("RequestTokenNotFoundException", "Request token '\(token)' was not found.", status: 404)
        }
        return record
    }

    private func requestStatus(_ call: Call) async throws -> Reply {
        let record = try await record(call.input["RequestToken"]?.string ?? "", call.caller)
        return Reply(["ProgressEvent": record.progress])
    }

    private func listRequests(_ call: Call) async throws -> Reply {
        let filter = call.input["ResourceRequestStatusFilter"]
        let kinds = Set(filter?["Operations"]?.array?.compactMap(\.string) ?? [])
        let statuses = Set(filter?["OperationStatuses"]?.array?.compactMap(\.string) ?? [])
        let all = try await ledger.list(ResourceRequestStore.requests, prefix: call.caller.scope).map(\.value)
            .filter { kinds.isEmpty || kinds.contains($0.kind) }
            .filter { statuses.isEmpty || statuses.contains($0.status) }
            .sorted { $0.asked > $1.asked }
        let page = try Page(all, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 20)
        return Reply(page.answer("ResourceRequestStatusSummaries", \.progress))
    }

    private func cancelRequest(_ call: Call) async throws -> Reply {
        let token = call.input["RequestToken"]?.string ?? ""
        _ = try await record(token, call.caller)
        let progress: JSON = try await ledger.write { [runner] transaction in
            let id = "\(call.caller.scope)\(token)"
            guard let machine = try runner.machine(id, in: transaction), !machine.status.isOver else {
                throw AWSError(
                    "InvalidRequestException", "The request has come to its end and can not be cancelled any more.")
            }
            return try runner.send(.cancel, to: id, in: transaction)?.progress ?? machine.progress
        }
        return Reply(["ProgressEvent": progress])
    }
}
