package import Cloud
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

    /// What has to run for requests to move, and what forgets old ones: started by the composition
    /// root, after the services it calls.
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

    static func unsupported(_ type: ResourceType, _ action: String) -> AWSError {
        AWSError("UnsupportedActionException", "Resource type \(type.name) does not support \(action) action.")
    }

    static func missing(_ type: ResourceType, _ identifier: String) -> AWSError {
        AWSError(
            "ResourceNotFoundException",
            "Resource of type '\(type.name)' with identifier '\(identifier)' was not found.", status: 404)
    }

    /// Who acts: the caller, or the role that the call names.
    func actor(_ call: Call) async throws -> Caller {
        guard let role = call.input["RoleArn"]?.string else { return call.caller }
        try await acting.check(role, call.caller)
        return try await cloud.assume(role, session: "AWSCloudControl", for: ActingCaller.service, as: call.caller)
            .caller
    }

    // MARK: Reading

    /// See ``Reader``.
    func model(_ type: ResourceType, _ identifier: String, _ caller: Caller) async throws -> JSON {
        try await Reader(cloud: cloud).model(type, identifier, caller)
    }

    /// Reads single resources.
    struct Reader: Sendable {
        let cloud: Cloud

        /// The resource's properties as they are now, those included that only its service sets and its type reads.
        ///
        /// - Throws: ``AWSError`` `UnsupportedActionException` when the type cannot be read,
        ///   `ResourceNotFoundException`.
        func model(_ type: ResourceType, _ identifier: String, _ caller: Caller) async throws -> JSON {
            guard let read = type.actions.read else { throw CloudControlService.unsupported(type, "READ") }
            let identity = ResourceIdentity(type)
            let parts = identity.parts(of: identifier)
            let request = ResourceRequest(
                cloud: cloud, caller: caller, stackID: "", stackName: "", logicalID: "", properties: .object(parts),
                physicalID: identity.physicalID(of: identifier), key: "read", suffix: "")
            let found: JSON?
            do { found = try await read(request) } catch let error as AWSError {
                throw CloudControlService.exception(error)
            }
            guard var model = found else { throw CloudControlService.missing(type, identifier) }
            for (name, value) in parts where model[name] == nil { model[name] = value }
            return model
        }
    }

    /// A service's refusal as Cloud Control passes it on.
    static func exception(_ error: AWSError) -> AWSError {
        let names = [
            "NotFound": "ResourceNotFoundException", "InvalidRequest": "InvalidRequestException",
            "AlreadyExists": "AlreadyExistsException", "Throttling": "ThrottlingException",
            "ServiceLimitExceeded": "ServiceLimitExceededException", "NotStabilized": "NotStabilizedException",
            "InternalFailure": "HandlerInternalFailureException",
        ]
        let code = HandlerCode(error).name
        return AWSError(names[code] ?? "GeneralServiceException", "\(error.code): \(error.message)")
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

/// Lists the resources of a type, for Cloud Control and for scans.
struct ResourceListing: Sendable {
    /// A resource that stands.
    struct Found: Sendable {
        /// What tells it apart.
        var identifier: String
        /// What `Ref` would return.
        var physicalID: String
        /// What the listing says of it, at least what identifies it.
        var model: JSON
    }

    let cloud: Cloud

    /// All of them, by identifier.
    ///
    /// - Parameter given: the properties that a listing of the type needs to know, as JSON text.
    /// - Throws: ``AWSError`` `UnsupportedActionException` when the type has no listing.
    func all(_ type: ResourceType, given: String?, _ caller: Caller) async throws -> [Found] {
        guard let list = type.actions.list else { throw CloudControlService.unsupported(type, "LIST") }
        let properties = try given.map { text -> JSON in
            guard let model = try? JSON(parsing: text), model.object != nil else {
                throw AWSError("InvalidRequestException", "ResourceModel must be a JSON object.")
            }
            return model
        }
        let request = ResourceRequest(
            cloud: cloud, caller: caller, stackID: "", stackName: "", logicalID: "", properties: properties ?? [:],
            key: "list", suffix: "")
        let identity = ResourceIdentity(type)
        do {
            return try await list(request).map { state in
                var model = JSON.object(state.attributes)
                let identifier = identity.identifier(state.physicalID, model, state.attributes)
                for (name, value) in identity.parts(of: identifier) where model[name] == nil { model[name] = value }
                return Found(identifier: identifier, physicalID: state.physicalID, model: model)
            }.sorted { $0.identifier < $1.identifier }
        } catch let error as AWSError { throw CloudControlService.exception(error) }
    }
}
