package import Cloud
package import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation
package import ServiceLifecycle

/// Cloud Control: the same resource types as in templates, one resource at a time and without a stack.
///
/// Source: Cloud Control API User Guide and API Reference.
package struct CloudControlService: CloudService {
    /// The id in AWS's models.
    package let id = "cloudcontrol"

    let cloud: Cloud
    let ledger: Ledger
    let catalogue: TypeCatalogue
    let runner: MachineRunner<ResourceRequestMachine>
    let acting: ActingCaller
    let sweep: RecordSweep

    /// The desk beside that of stacks.
    package init(_ stacks: CloudFormationService) {
        cloud = stacks.cloud
        ledger = stacks.ledger
        acting = stacks.acting
        catalogue = TypeCatalogue(cloud: cloud)
        runner = MachineRunner(ledger: ledger) { transaction, id, _, after in
            try ResourceRequestStore.project(transaction, id, after)
        }
        let requests = ResourceRequestSweep(runner: runner)
        sweep = RecordSweep(ledger: ledger) { broom, now in try await requests.sweep(broom, now) }
        runner.use(ResourceRequestPerformer(cloud: cloud, runner: runner, acting: acting, hooks: stacks.hooks))
    }

    /// What has to run for requests to move, and what forgets old ones: started by the composition root, after the
    /// services it calls.
    package var machines: [any Service] { [runner, sweep] }

    /// What the service offers at the door.
    package var operations: [Operation] {
        [
            Operation("GetResource", enforces: "TypeName Identifier RoleArn", raw: getResource),
            Operation(
                "ListResources", enforces: "TypeName RoleArn NextToken MaxResults ResourceModel", raw: listResources),
        ] + requestOperations
    }

    // MARK: Types

    /// The type of that name.
    ///
    /// - Throws: ``AWSError`` `TypeNotFoundException`, or `UnsupportedActionException` for one that is published but
    ///   not run here.
    func type(_ call: Call) throws -> ResourceType {
        let name = call.input["TypeName"]?.string ?? ""
        if let type = cloud.resourceType(name) { return type }
        guard PublicSchemas.schema(name) != nil else {
            throw AWSError("TypeNotFoundException", "The type '\(name)' cannot be found.", status: 404)
        }
        throw AWSError(
            "UnsupportedActionException",
            "Slipway does not run resources of type \(name). See 'slipway support' for those it does.")
    }

    /// Who acts: the caller, or the role that the call names.
    func actor(_ call: Call) async throws -> Caller {
        guard let role = call.input["RoleArn"]?.string else { return call.caller }
        try await acting.check(role, call.caller)
        return try await cloud.assume(role, session: "AWSCloudControl", for: ActingCaller.service, as: call.caller)
            .caller
    }

    // MARK: Reading

    /// See ``ResourceReader``.
    func model(_ type: ResourceType, _ identifier: String, _ caller: Caller) async throws -> JSON {
        try await ResourceReader(cloud: cloud).model(type, identifier, caller)
    }

    private func getResource(_ call: Call) async throws -> Reply {
        let type = try type(call)
        let identifier = call.input["Identifier"]?.string ?? ""
        let model = try await model(type, identifier, actor(call))
        return Reply([
            "TypeName": .string(type.name),
            "ResourceDescription": ["Identifier": .string(identifier), "Properties": .string(model.text())],
        ])
    }

    private func listResources(_ call: Call) async throws -> Reply {
        let type = try type(call)
        let resources = try await ResourceListing(cloud: cloud).all(
            type, given: call.input["ResourceModel"]?.string, actor(call))
        let page = try Page(resources, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        var answer = page.answer("ResourceDescriptions") { resource in
            ["Identifier": .string(resource.identifier), "Properties": .string(resource.model.text())]
        }
        answer["TypeName"] = .string(type.name)
        return Reply(answer)
    }
}
