internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// `AWS::CloudFormation::ModuleVersion` and `AWS::CloudFormation::ModuleDefaultVersion`: modules registered by stacks.
///
/// Source: the pages of the two types in the Template Reference.
struct ModuleTypes: Sendable {
    let ledger: Ledger

    /// The declarations.
    var all: [ResourceType] { [version, defaultVersion] }

    private var version: ResourceType {
        ResourceType(
            "AWS::CloudFormation::ModuleVersion", enforces: "ModuleName ModulePackage",
            requires: "ModuleName ModulePackage", replacedBy: "ModuleName ModulePackage",
            attributes:
                "Arn Description DocumentationUrl IsDefaultVersion Schema TimeCreated VersionId Visibility",
            .init(
                create: register,
                delete: { request in
                    guard let arn = request.physicalID else { return }
                    do {
                        try await request.call("cloudformation", "DeregisterType", ["Arn": .string(arn)])
                    } catch let error as AWSError where error.code == "TypeNotFoundException" { return }
                },
                read: { request in
                    guard let known = try await known(request.physicalID ?? "", request), !known.isDeprecated else {
                        return nil
                    }
                    return ["ModuleName": .string(known.name)]
                }))
    }

    /// Registered under a token that stays the same, so a repeat after a crash finds the first one's version.
    private func register(_ request: ResourceRequest) async throws -> ResourceState {
        let input: JSON = [
            "Type": "MODULE", "TypeName": request.properties["ModuleName"] ?? "",
            "SchemaHandlerPackage": request.properties["ModulePackage"] ?? "",
            "ClientRequestToken": .string(StableID.uuid(request.key)),
        ]
        let answer = try await request.call("cloudformation", "RegisterType", input)
        let token: JSON = ["RegistrationToken": answer["RegistrationToken"] ?? ""]
        let outcome = try await request.call("cloudformation", "DescribeTypeRegistration", token)
        guard outcome["ProgressStatus"] == "COMPLETE", let arn = outcome["TypeVersionArn"]?.string else {
            throw AWSError("InvalidRequest", outcome["Description"]?.string ?? "The module could not be registered.")
        }
        let view = try await request.call("cloudformation", "DescribeType", ["Arn": .string(arn)])
        var attributes: JSONObject = ["Arn": .string(arn), "VersionId": .string(TypeAddress(arn).version ?? "")]
        for name in ["Description", "DocumentationUrl", "IsDefaultVersion", "Schema", "Visibility"] {
            attributes[name] = view[name]
        }
        attributes["TimeCreated"] = (try await known(arn, request)).map { .string($0.created.iso8601()) }
        return ResourceState(arn, attributes: attributes)
    }

    private func known(_ arn: String, _ request: ResourceRequest) async throws -> ModuleVersion? {
        let address = TypeAddress(arn)
        let key = ModuleVersion.key(request.caller.scope, address.name, address.version ?? "")
        return try await ledger.get(ModuleVersion.collection, key)?.value
    }

    private var defaultVersion: ResourceType {
        ResourceType(
            "AWS::CloudFormation::ModuleDefaultVersion", enforces: "Arn ModuleName VersionId",
            replacedBy: "Arn ModuleName VersionId",
            .init(
                create: { request in
                    var input: JSON = [:]
                    if let arn = request.properties["Arn"] {
                        input["Arn"] = arn
                    } else {
                        input = [
                            "Type": "MODULE", "TypeName": request.properties["ModuleName"] ?? "",
                            "VersionId": request.properties["VersionId"] ?? "",
                        ]
                    }
                    try await request.call("cloudformation", "SetTypeDefaultVersion", input)
                    let name = request.properties["ModuleName"]?.string ?? ""
                    let module = request.properties["Arn"]?.string.map { TypeAddress($0).name } ?? name
                    let known = try await ledger.get(RegisteredModule.collection, request.caller.scope + module)?.value
                    return ResourceState("\(known?.arn ?? "")/\(known?.defaultVersion ?? "")")
                },
                // As on AWS the default stays what it is.
                delete: { _ in }))
    }
}
