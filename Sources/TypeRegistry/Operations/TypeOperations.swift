internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import HTTP
internal import Ledger
internal import Notation

/// The registry: registering modules, and their versions.
///
/// Types whose handlers somebody else wrote do not run here, so they are refused by name. Source: the CloudFormation
/// API Reference, and "Managing extensions through the CloudFormation registry" in the User Guide.
extension TypeRegistryService {
    var typeOperations: [Operation] {
        [
            Operation(
                "RegisterType", enforces: "Type TypeName SchemaHandlerPackage ClientRequestToken",
                stores: "LoggingConfig ExecutionRoleArn", raw: registerType),
            Operation("DescribeTypeRegistration", enforces: "RegistrationToken", raw: describeRegistration),
            Operation(
                "ListTypeRegistrations",
                enforces: "Type TypeName TypeArn RegistrationStatusFilter MaxResults NextToken",
                raw: listRegistrations),
            Operation("SetTypeDefaultVersion", enforces: "Arn Type TypeName VersionId", raw: setDefaultVersion),
            Operation("DeregisterType", enforces: "Arn Type TypeName VersionId", raw: deregister),
            Operation("DescribeType", enforces: "Type TypeName Arn VersionId", raw: describeType),
            Operation(
                "ListTypes",
                enforces: "Visibility ProvisioningType DeprecatedStatus Type Filters.Category Filters.TypeNamePrefix "
                    + "MaxResults NextToken", raw: listTypes),
            Operation(
                "ListTypeVersions", enforces: "Type TypeName Arn MaxResults NextToken DeprecatedStatus",
                raw: listVersions),
        ]
    }

    static func registryError(_ message: String) -> AWSError { AWSError("CFNRegistryException", message) }

    static func missingType(_ name: String) -> AWSError {
        AWSError("TypeNotFoundException", "The type '\(name)' cannot be found.", status: 404)
    }

    // MARK: Registering

    /// Looks at the package at once. What is wrong with it fails the registration, not the call, as on AWS. A second
    /// call with the same token answers with the first one's registration.
    private func registerType(_ call: Call) async throws -> Reply {
        let name = call.input["TypeName"]?.string ?? ""
        let kind = call.input["Type"]?.string ?? (ModuleExpansion.isModule(name) ? "MODULE" : "RESOURCE")
        guard kind == "MODULE" else {
            throw AWSError.notImplemented(
                "extensions with handlers (\(kind) \(name)): register a module, or make a custom resource")
        }
        guard ModuleExpansion.isModule(name) else {
            throw Self.registryError("The name of a module must end in ::MODULE; \(name) does not.")
        }
        let organization = name.split(separator: ":").first ?? ""
        guard !["AWS", "Amazon", "Alexa", "Custom"].contains(organization) else {
            throw Self.registryError("The namespace \(organization) is reserved.")
        }
        let scope = call.caller.scope
        let token =
            call.input["ClientRequestToken"]?.string.map { StableID.uuid(scope, "type", $0) }
            ?? cloud.surroundings.chance.uuid()
        if try await ledger.get(TypeRegistration.collection, scope + token) == nil {
            try await register(name, call, token)
        }
        return Reply(["RegistrationToken": .string(token)])
    }

    private func register(_ name: String, _ call: Call, _ token: String) async throws {
        var registration = TypeRegistration(
            token: token, name: name, status: "FAILED", description: "", time: call.time)
        let scope = call.caller.scope
        do {
            let bytes = try await package(call)
            let mark = "\(token)-\(cloud.surroundings.chance.hexadecimal(8))"
            let package = try await ModulePackage(bytes, type: name, mark: mark, limits: stacks.intake.limits)
            registration.arn = call.caller.arn("cloudformation", "type/module/" + name.replacing("::", with: "-"))
            let draft = registration
            var given: JSON = [:]
            for member in ["LoggingConfig", "ExecutionRoleArn"] { given[member] = call.input[member] }
            let kept = given
            try await ledger.write { transaction in
                // Of two calls with one token at once the second finds what the first did.
                guard try transaction.get(TypeRegistration.collection, scope + token) == nil else { return }
                try add(package, draft, kept, scope, transaction)
            }
        } catch let failure as ModulePackage.Failure {
            registration.description = failure.message
            let failed = registration
            try await ledger.write { try $0.put(TypeRegistration.collection, scope + token, failed) }
        }
    }

    /// The bytes of the package, read with the caller's rights.
    private func package(_ call: Call) async throws -> [UInt8] {
        let address = call.input["SchemaHandlerPackage"]?.string ?? ""
        guard let place = ObjectAddress(address) else {
            throw Self.registryError("SchemaHandlerPackage must be the address of an object in S3: \(address) is not.")
        }
        var input: JSON = ["Bucket": .string(place.bucket), "Key": .string(place.key)]
        input["VersionId"] = place.version.map(JSON.string)
        do {
            let reply = try await cloud.call("s3", "GetObject", input, payload: nil, as: call.caller)
            return try await (reply.payload ?? .bytes([])).collected(limit: ModulePackage.limit)
        } catch let error as AWSError {
            throw ModulePackage.Failure(message: "The package \(address) cannot be read: \(error.message)")
        } catch HTTPBodyError.tooLarge(let limit) {
            throw ModulePackage.Failure(message: "The package may not exceed \(limit) bytes in size.")
        }
    }

    private func add(
        _ package: ModulePackage, _ registration: TypeRegistration, _ given: JSON, _ scope: String,
        _ transaction: Transaction
    ) throws {
        let (name, arn) = (registration.name, registration.arn ?? "")
        let known = try transaction.get(RegisteredModule.collection, scope + name)?.value
        let count = (known?.count ?? 0) + 1
        let digits = String(count)
        let id = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        // The first version is the default; so is that of a type which was given up and is registered again.
        var module =
            known
            ?? RegisteredModule(
                name: name, arn: arn, defaultVersion: id, count: 0, created: transaction.now, updated: transaction.now)
        if module.isDeprecated { module.defaultVersion = id }
        module.isDeprecated = false
        module.count = count
        module.updated = transaction.now
        let version = ModuleVersion(
            name: name, id: id, arn: "\(arn)/\(id)", description: package.schema["description"]?.string,
            schema: package.schema.text(), fragment: package.fragment.body,
            sourceURL: package.schema["sourceUrl"]?.string,
            documentationURL: package.schema["documentationUrl"]?.string, created: transaction.now, given: given)
        var registration = registration
        registration.status = "COMPLETE"
        registration.description = "Deployment is currently in DEPLOY_STAGE of status COMPLETED"
        registration.versionARN = version.arn
        try transaction.put(RegisteredModule.collection, scope + name, module)
        try transaction.put(ModuleVersion.collection, ModuleVersion.key(scope, name, id), version)
        try transaction.put(TypeRegistration.collection, scope + registration.token, registration)
    }

    // MARK: Registrations

    private func describeRegistration(_ call: Call) async throws -> Reply {
        let token = call.input["RegistrationToken"]?.string ?? ""
        guard let known = try await ledger.get(TypeRegistration.collection, call.caller.scope + token)?.value else {
            throw Self.registryError("No registration found for the token \(token).")
        }
        var answer: JSON = [
            "ProgressStatus": .string(known.status), "Description": .string(String(known.description.prefix(1024))),
        ]
        answer["TypeArn"] = known.arn.map(JSON.string)
        answer["TypeVersionArn"] = known.versionARN.map(JSON.string)
        return Reply(answer)
    }

    private func listRegistrations(_ call: Call) async throws -> Reply {
        let name = call.input["TypeName"]?.string ?? call.input["TypeArn"]?.string.map { TypeAddress($0).name }
        let status = call.input["RegistrationStatusFilter"]?.string
        let kind = call.input["Type"]?.string
        let all = try await ledger.list(TypeRegistration.collection, prefix: call.caller.scope).map(\.value).filter {
            (name == nil || $0.name == name) && (status == nil || $0.status == status)
                && (kind == nil || kind == "MODULE")
        }
        let newest = all.sorted { ($0.time, $0.token) > ($1.time, $1.token) }
        let page = try Page(newest, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        return Reply(page.answer("RegistrationTokenList") { .string($0.token) })
    }

    // MARK: Versions

    /// The module that a request names, by ARN or by type and name, and the version if it names one.
    private func address(_ call: Call) throws -> TypeAddress {
        if let arn = call.input["Arn"]?.string {
            var address = TypeAddress(arn)
            address.version = address.version ?? call.input["VersionId"]?.string
            return address
        }
        guard let name = call.input["TypeName"]?.string, call.input["Type"] != nil else {
            throw Self.registryError("Specify either the ARN of the type, or its Type and TypeName.")
        }
        return TypeAddress(name: name, version: call.input["VersionId"]?.string)
    }

    private func setDefaultVersion(_ call: Call) async throws -> Reply {
        let address = try address(call)
        let scope = call.caller.scope
        guard let id = address.version else { throw Self.registryError("Specify the version to be the default.") }
        try await ledger.write { transaction in
            let key = ModuleVersion.key(scope, address.name, id)
            guard let version = try transaction.get(ModuleVersion.collection, key)?.value, !version.isDeprecated else {
                throw Self.missingType("\(address.name) version \(id)")
            }
            try transaction.update(RegisteredModule.collection, scope + address.name) { module in
                module.defaultVersion = id
                module.updated = transaction.now
            }
        }
        return Reply()
    }

    /// Gives up a version, or with its only version the module. What is given up already stays so.
    private func deregister(_ call: Call) async throws -> Reply {
        let address = try address(call)
        let scope = call.caller.scope
        try await ledger.write { transaction in
            guard let module = try transaction.get(RegisteredModule.collection, scope + address.name)?.value else {
                throw Self.missingType(address.name)
            }
            let all = try transaction.list(ModuleVersion.collection, prefix: scope + address.name + "/")
            let active = all.map(\.value).filter { !$0.isDeprecated }
            if let id = address.version, !all.contains(where: { $0.value.id == id }) {
                throw Self.missingType("\(address.name) version \(id)")
            }
            let id = address.version ?? module.defaultVersion
            guard active.contains(where: { $0.id == id }) else { return }
            guard active.count == 1 || (address.version != nil && id != module.defaultVersion) else {
                throw Self.registryError(
                    "The version \(module.defaultVersion) of \(address.name) is the default and there are other active "
                        + "versions. Deregister those first, or make another the default.")
            }
            try transaction.update(ModuleVersion.collection, ModuleVersion.key(scope, address.name, id)) {
                $0.isDeprecated = true
            }
            guard active.count == 1 else { return }
            try transaction.update(RegisteredModule.collection, scope + address.name) { $0.isDeprecated = true }
        }
        return Reply()
    }
}
