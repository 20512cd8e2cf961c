import Cloud
import Ledger
import Notation

/// Layers: code that several functions share.
struct LayerOperations: Sendable {
    let parts: LambdaParts

    var operations: [Operation] {
        [
            Operation(
                "PublishLayerVersion",
                enforces: "LayerName Content.ZipFile Content.S3Bucket Content.S3Key Content.S3ObjectVersion",
                stores: "Description CompatibleRuntimes CompatibleArchitectures LicenseInfo", raw: publish),
            Operation("GetLayerVersion", enforces: "LayerName VersionNumber", raw: get),
            Operation("GetLayerVersionByArn", enforces: "Arn", raw: getByARN),
            Operation("DeleteLayerVersion", enforces: "LayerName VersionNumber", raw: delete),
            Operation(
                "ListLayerVersions",
                enforces: "LayerName CompatibleRuntime CompatibleArchitecture Marker MaxItems", raw: listVersions),
            Operation(
                "ListLayers", enforces: "CompatibleRuntime CompatibleArchitecture Marker MaxItems", raw: listLayers),
            Operation(
                "AddLayerVersionPermission",
                enforces: "LayerName VersionNumber StatementId Action Principal RevisionId", stores: "OrganizationId",
                raw: addPermission),
            Operation(
                "RemoveLayerVersionPermission", enforces: "LayerName VersionNumber StatementId RevisionId",
                raw: removePermission),
            Operation("GetLayerVersionPolicy", enforces: "LayerName VersionNumber", raw: getPolicy),
        ]
    }

    private static func key(_ caller: Caller, _ text: String) -> String {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count >= 7, parts[0] == "arn" else { return caller.key(text) }
        return "\(parts[4])/\(parts[3])/\(parts[6])"
    }

    /// The version that an ARN names; nil when there is none.
    func version(arn: String) async throws -> LayerVersion? {
        let parts = arn.split(separator: ":").map(String.init)
        guard parts.count == 8, parts[5] == "layer", let number = Int(parts[7]) else { return nil }
        let key = LambdaStore.versionKey("\(parts[4])/\(parts[3])/\(parts[6])", number)
        return try await self.parts.ledger.get(LambdaStore.layers, key)?.value
    }

    private func publish(_ call: Call) async throws -> Reply {
        let key = Self.key(call.caller, call.text("LayerName"))
        let name = key.split(separator: "/").last.map(String.init) ?? ""
        let owner = FunctionName(account: call.caller.account, region: call.caller.region, name: name)
        let package = try await CodeSource(parts: parts).package(call.input["Content"] ?? [:], call, owner)
        let input = call.input
        let layer = try await parts.ledger.write { transaction in
            let number = (try transaction.get(LambdaStore.layerCounts, key)?.value ?? 0) + 1
            let layer = LayerVersion(
                account: owner.account, region: owner.region, name: name, number: number,
                description: input["Description"]?.string ?? "", license: input["LicenseInfo"]?.string,
                runtimes: input["CompatibleRuntimes"]?.array?.compactMap(\.string) ?? [],
                architectures: input["CompatibleArchitectures"]?.array?.compactMap(\.string) ?? [],
                codeSha256: package.sha256, codeSize: package.size, created: transaction.now)
            try transaction.put(LambdaStore.layerCounts, key, number)
            try transaction.put(LambdaStore.layers, LambdaStore.versionKey(key, number), layer)
            return layer
        }
        return Reply(layer.answer(endpoint: call.endpoint))
    }

    private func found(_ call: Call) async throws -> (key: String, layer: LayerVersion) {
        let number = call.input["VersionNumber"]?.int ?? 0
        let key = LambdaStore.versionKey(Self.key(call.caller, call.text("LayerName")), number)
        guard let layer = try await parts.ledger.get(LambdaStore.layers, key)?.value else {
            throw LambdaError.notFound()
        }
        return (key, layer)
    }

    private func get(_ call: Call) async throws -> Reply {
        Reply(try await found(call).layer.answer(endpoint: call.endpoint))
    }

    private func getByARN(_ call: Call) async throws -> Reply {
        guard let layer = try await version(arn: call.text("Arn")) else { throw LambdaError.notFound() }
        return Reply(layer.answer(endpoint: call.endpoint))
    }

    private func delete(_ call: Call) async throws -> Reply {
        let number = call.input["VersionNumber"]?.int ?? 0
        let key = LambdaStore.versionKey(Self.key(call.caller, call.text("LayerName")), number)
        // Functions that use it keep working: they refer to the code, not to this.
        try await parts.ledger.write { _ = try $0.delete(LambdaStore.layers, key) }
        return Reply([:])
    }

    private static func isCompatible(_ layer: LayerVersion, _ input: JSON) -> Bool {
        if let runtime = input["CompatibleRuntime"]?.string, !layer.runtimes.contains(runtime) { return false }
        if let one = input["CompatibleArchitecture"]?.string, !layer.architectures.contains(one) { return false }
        return true
    }

    private func listVersions(_ call: Call) async throws -> Reply {
        let prefix = Self.key(call.caller, call.text("LayerName")) + "/"
        let all = try await parts.ledger.list(LambdaStore.layers, prefix: prefix).map(\.value)
            .filter { Self.isCompatible($0, call.input) }.sorted { $0.number > $1.number }
        // Newest first: the marker counts down, so it is turned into a key that counts up.
        let page = try Page(all, call) {
            LambdaStore.versionKey("", 999_999_999 - $0.number)
        }
        return Reply(page.answer("LayerVersions") { $0.item })
    }

    private func listLayers(_ call: Call) async throws -> Reply {
        var newest: [String: LayerVersion] = [:]
        for layer in try await parts.ledger.list(LambdaStore.layers, prefix: call.caller.scope).map(\.value)
        where Self.isCompatible(layer, call.input) { newest[layer.name] = layer }
        let all = newest.sorted { $0.key < $1.key }.map(\.value)
        let page = try Page(all, call, key: \.name)
        return Reply(
            page.answer("Layers") { layer in
                [
                    "LayerName": .string(layer.name), "LayerArn": .string(layer.layerARN),
                    "LatestMatchingVersion": layer.item,
                ]
            })
    }

    // MARK: Permissions

    private func addPermission(_ call: Call) async throws -> Reply {
        let (key, layer) = try await found(call)
        var input = call.input
        input["PrincipalOrgID"] = call.input["OrganizationId"]
        let statement = PermissionOperations.statement(input, resource: layer.arn)
        let id = call.text("StatementId")
        let revision = call.input["RevisionId"]?.string
        let stored = try await parts.ledger.write { transaction in
            try transaction.update(LambdaStore.layers, key) { layer in
                if let revision, revision != layer.policy.revisionID { throw LambdaError.revision("GetLayerPolicy") }
                guard !layer.policy.statements.contains(where: { $0["Sid"]?.string == id }) else {
                    throw LambdaError.conflict(
                        "The statement id (\(id)) provided already exists. Please provide a new statement id, or "
                            + "remove the existing statement.")
                }
                layer.policy.statements.append(statement)
                layer.policy.revisionID = transaction.surroundings.chance.uuid()
            }
        }
        return Reply(["Statement": .string(statement.text()), "RevisionId": .string(stored.value.policy.revisionID)])
    }

    private func removePermission(_ call: Call) async throws -> Reply {
        let (key, _) = try await found(call)
        let id = call.text("StatementId")
        let revision = call.input["RevisionId"]?.string
        try await parts.ledger.write { transaction in
            try transaction.update(LambdaStore.layers, key) { layer in
                guard layer.policy.statements.contains(where: { $0["Sid"]?.string == id }) else {
                    throw LambdaError.notFound("Statement \(id) is not found in resource policy.")
                }
                if let revision, revision != layer.policy.revisionID { throw LambdaError.revision("GetLayerPolicy") }
                layer.policy.statements.removeAll { $0["Sid"]?.string == id }
                layer.policy.revisionID = transaction.surroundings.chance.uuid()
            }
        }
        return Reply([:])
    }

    private func getPolicy(_ call: Call) async throws -> Reply {
        let policy = try await found(call).layer.policy
        guard !policy.statements.isEmpty else {
            throw LambdaError.notFound("No policy is associated with the given resource.")
        }
        return Reply(["Policy": .string(policy.text), "RevisionId": .string(policy.revisionID)])
    }
}

extension LayerVersion {
    /// The version as lists show it.
    var item: JSON {
        var item: JSON = [
            "LayerVersionArn": .string(arn), "Version": .int(number), "Description": .string(description),
            "CreatedDate": .string(created.awsText),
        ]
        if !runtimes.isEmpty { item["CompatibleRuntimes"] = .array(runtimes.map(JSON.string)) }
        if !architectures.isEmpty { item["CompatibleArchitectures"] = .array(architectures.map(JSON.string)) }
        if let license { item["LicenseInfo"] = .string(license) }
        return item
    }

    /// The version as it is answered by itself.
    func answer(endpoint: String) -> JSON {
        var answer = item
        answer["LayerArn"] = .string(layerARN)
        answer["Content"] = [
            "Location": .string("\(endpoint)/_slipway/code/\(CodeStore.addressPart(codeSha256)).zip"),
            "CodeSha256": .string(codeSha256), "CodeSize": .int(codeSize),
        ]
        return answer
    }
}
