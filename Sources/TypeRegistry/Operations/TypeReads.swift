internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What the registry knows: modules and hooks of the account's own, and AWS's published types.
extension TypeRegistryService {
    func describeType(_ call: Call) async throws -> Reply {
        let arn = call.input["Arn"]?.string.map { TypeAddress($0) }
        let name = arn?.name ?? call.input["TypeName"]?.string ?? ""
        guard !name.isEmpty, arn != nil || call.input["Type"] != nil else {
            throw Self.registryError("Specify either the ARN of the type, or its Type and TypeName.")
        }
        let version = arn?.version ?? call.input["VersionId"]?.string
        let kind = call.input["Type"]?.string
        if ModuleExpansion.isModule(name), kind == nil || kind == "MODULE" {
            return Reply(try await module(name, version, call.caller))
        }
        if kind == nil || kind == "HOOK",
            let hook = try await stacks.hooks.shelf.hooks(call.caller.scope).first(where: { $0.name == name })
        {
            return Reply(Self.view(of: hook))
        }
        guard kind == nil || kind == "RESOURCE", version == nil, let type = PublicType(name, catalogue) else {
            throw Self.missingType(name)
        }
        return Reply(type.view(call.caller))
    }

    private func module(_ name: String, _ version: String?, _ caller: Caller) async throws -> JSON {
        guard let module = try await ledger.get(RegisteredModule.collection, caller.scope + name)?.value else {
            throw Self.missingType(name)
        }
        let id = version ?? module.defaultVersion
        let key = ModuleVersion.key(caller.scope, name, id)
        guard let known = try await ledger.get(ModuleVersion.collection, key)?.value else {
            throw Self.missingType("\(name) version \(id)")
        }
        var view: JSON = [
            "Arn": .string(version == nil ? module.arn : known.arn), "Type": "MODULE", "TypeName": .string(name),
            "DefaultVersionId": .string(module.defaultVersion), "IsDefaultVersion": .bool(id == module.defaultVersion),
            "Schema": .string(known.schema),
            "DeprecatedStatus": module.isDeprecated || known.isDeprecated ? "DEPRECATED" : "LIVE",
            "Visibility": "PRIVATE", "LastUpdated": .double(module.updated.seconds),
            "TimeCreated": .double(known.created.seconds),
        ]
        view["Description"] = known.description.map(JSON.string)
        for member in ["LoggingConfig", "ExecutionRoleArn"] { view[member] = known.given?[member] }
        view["SourceUrl"] = known.sourceURL.map(JSON.string)
        view["DocumentationUrl"] = known.documentationURL.map(JSON.string)
        return view
    }

    private static func view(of hook: Hook) -> JSON {
        [
            "Arn": .string(hook.arn), "Type": "HOOK", "TypeName": .string(hook.name), "DefaultVersionId": "00000001",
            "IsDefaultVersion": true, "DeprecatedStatus": "LIVE", "Visibility": "PRIVATE",
            "ExecutionRoleArn": .string(hook.executionRole),
        ]
    }

    // MARK: Lists

    func listTypes(_ call: Call) async throws -> Reply {
        let category = call.input["Filters"]?["Category"]?.string
        if category != nil, call.input["Visibility"] != nil {
            throw Self.registryError("Visibility and the filter Category exclude each other.")
        }
        let isPublic = category.map { $0 != "REGISTERED" } ?? (call.input["Visibility"] == "PUBLIC")
        // Nobody's types but AWS's are published here, and none of others can be activated.
        let all =
            isPublic
            ? (category == nil || category == "AWS_TYPES" ? publicTypes(call) : []) : try await privateTypes(call)
        let prefix = call.input["Filters"]?["TypeNamePrefix"]?.string ?? ""
        let chosen = all.filter { $0["TypeName"]?.string?.hasPrefix(prefix) == true }
            .sorted { ($0["TypeName"]?.string ?? "") < ($1["TypeName"]?.string ?? "") }
        let page = try Page(chosen, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        return Reply(page.answer("TypeSummaries") { $0 })
    }

    private func publicTypes(_ call: Call) -> [JSON] {
        let kind = call.input["Type"]?.string
        guard kind == nil || kind == "RESOURCE", call.input["DeprecatedStatus"] != "DEPRECATED" else { return [] }
        let wanted = call.input["ProvisioningType"]?.string
        return PublicSchemas.types.compactMap { name in
            guard wanted == nil || wanted == PublicType.provisioning(name, catalogue) else { return nil }
            return [
                "Type": "RESOURCE", "TypeName": .string(name), "TypeArn": .string(PublicType.arn(name, call.caller)),
            ]
        }
    }

    private func privateTypes(_ call: Call) async throws -> [JSON] {
        let kind = call.input["Type"]?.string
        let deprecated = call.input["DeprecatedStatus"] == "DEPRECATED"
        var views: [JSON] = []
        guard call.input["ProvisioningType"] == nil else { return [] }  // said of resource types only
        if kind == nil || kind == "MODULE" {
            let modules = try await ledger.list(RegisteredModule.collection, prefix: call.caller.scope).map(\.value)
            for module in modules where module.isDeprecated == deprecated {
                let key = ModuleVersion.key(call.caller.scope, module.name, module.defaultVersion)
                var view: JSON = [
                    "Type": "MODULE", "TypeName": .string(module.name), "TypeArn": .string(module.arn),
                    "DefaultVersionId": .string(module.defaultVersion), "LastUpdated": .double(module.updated.seconds),
                ]
                view["Description"] = try await ledger.get(ModuleVersion.collection, key)?.value.description
                    .map(JSON.string)
                views.append(view)
            }
        }
        if kind == nil || kind == "HOOK", !deprecated {
            views += try await stacks.hooks.shelf.hooks(call.caller.scope).map { hook in
                [
                    "Type": "HOOK", "TypeName": .string(hook.name), "TypeArn": .string(hook.arn),
                    "DefaultVersionId": "00000001",
                ]
            }
        }
        return views
    }

    func listVersions(_ call: Call) async throws -> Reply {
        let name = call.input["Arn"]?.string.map { TypeAddress($0).name } ?? call.input["TypeName"]?.string ?? ""
        guard !name.isEmpty, call.input["Arn"] != nil || call.input["Type"] != nil else {
            throw Self.registryError("Specify either the ARN of the type, or its Type and TypeName.")
        }
        guard let module = try await ledger.get(RegisteredModule.collection, call.caller.scope + name)?.value else {
            throw Self.missingType(name)
        }
        let deprecated = call.input["DeprecatedStatus"] == "DEPRECATED"
        let all = try await ledger.list(ModuleVersion.collection, prefix: call.caller.scope + name + "/").map(\.value)
            .filter { $0.isDeprecated == deprecated }
        let page = try Page(all, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        return Reply(
            page.answer("TypeVersionSummaries") { version in
                var view: JSON = [
                    "Type": "MODULE", "TypeName": .string(name), "VersionId": .string(version.id),
                    "IsDefaultVersion": .bool(version.id == module.defaultVersion), "Arn": .string(version.arn),
                    "TimeCreated": .double(version.created.seconds),
                ]
                view["Description"] = version.description.map(JSON.string)
                return view
            })
    }
}
