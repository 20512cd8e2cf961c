internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Scans: what stands in an account and region, and whether a stack has it.
extension GeneratedTemplateService {
    var scanOperations: [Operation] {
        [
            Operation("StartResourceScan", enforces: "ClientRequestToken ScanFilters", raw: startScan),
            Operation("DescribeResourceScan", enforces: "ResourceScanId", raw: describeScan),
            Operation("ListResourceScans", enforces: "NextToken MaxResults ScanTypeFilter", raw: listScans),
            Operation(
                "ListResourceScanResources",
                enforces: "ResourceScanId ResourceIdentifier ResourceTypePrefix TagKey TagValue NextToken MaxResults",
                raw: listScanned),
            Operation(
                "ListResourceScanRelatedResources", enforces: "ResourceScanId Resources NextToken MaxResults",
                raw: listRelated),
        ]
    }

    private func startScan(_ call: Call) async throws -> Reply {
        let token = call.input["ClientRequestToken"]?.string
        if let known = try await TokenBook(ledger).answer(token, call) {
            return Reply(["ResourceScanId": .string(known)])
        }
        let patterns = (call.input["ScanFilters"]?.array ?? []).flatMap { $0["Types"]?.array ?? [] }.compactMap(
            \.string)
        let types = cloud.resourceTypes.filter { $0.actions.list != nil }.map(\.name).filter { name in
            patterns.isEmpty || patterns.contains { WildcardPattern($0).matches(name) }
        }
        guard !types.isEmpty else {
            throw AWSError("ValidationError", "Resources of none of the types can be scanned. See 'slipway support'.")
        }
        let id = call.caller.arn("cloudformation", "resourceScan/\(cloud.surroundings.chance.uuid())")
        let scan = ResourceScan(
            id: id, account: call.caller.account, region: call.caller.region, principal: call.caller.principal,
            types: types, filters: call.input["ScanFilters"])
        try await ledger.write { [runner] transaction in
            let open = try transaction.list(ResourceScanRecord.collection, prefix: call.caller.scope)
            guard !open.contains(where: { $0.value.ended == nil }) else {
                throw AWSError("ResourceScanInProgressException", "A resource scan is under way already.", status: 409)
            }
            try runner.begin(id, scan, with: .start, in: transaction)
            try TokenBook.use(token, call, id, transaction)
        }
        return Reply(["ResourceScanId": .string(id)])
    }

    private func scan(_ call: Call, isOver: Bool) async throws -> ResourceScan {
        let id = call.input["ResourceScanId"]?.string ?? ""
        guard let scan = try await ledger.get(ResourceScanRecord.collection, call.caller.scope + id)?.value else {
            throw AWSError("ResourceScanNotFoundException", "Resource scan \(id) does not exist.", status: 404)
        }
        guard !isOver || scan.ended != nil else {
            throw AWSError("ResourceScanInProgressException", "Resource scan \(id) is still under way.", status: 409)
        }
        return scan
    }

    private func describeScan(_ call: Call) async throws -> Reply {
        let scan = try await scan(call, isOver: false)
        var view = scan.view
        let found = scan.counts.values.reduce(0, +)
        view["ResourceTypes"] = .array(scan.types.map(JSON.string))
        view["ResourcesScanned"] = .int(found)
        view["ResourcesRead"] = .int(found)
        view["ScanFilters"] = scan.filters
        return Reply(view)
    }

    private func listScans(_ call: Call) async throws -> Reply {
        let kind = call.input["ScanTypeFilter"]?.string
        let all = try await ledger.list(ResourceScanRecord.collection, prefix: call.caller.scope).map(\.value)
            .filter { kind == nil || ($0.filters == nil ? "FULL" : "PARTIAL") == kind }
            .sorted { $0.started > $1.started }
        let page = try Page(all, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 10)
        return Reply(
            page.answer("ResourceScanSummaries") { scan in
                var view = scan.view
                view["ScanType"] = scan.filters == nil ? "FULL" : "PARTIAL"
                return view
            })
    }

    private func listScanned(_ call: Call) async throws -> Reply {
        let scan = try await scan(call, isOver: true)
        let prefix = call.input["ResourceTypePrefix"]?.string ?? ""
        let wanted = call.input["ResourceIdentifier"]?.string
        var found = try await ledger.list(ScannedResource.collection, prefix: "\(scan.id)|\(prefix)").map(\.value)
            .filter { wanted == nil || $0.identifier.contains(wanted ?? "") }
        let (key, value) = (call.input["TagKey"]?.string, call.input["TagValue"]?.string)
        if key != nil || value != nil {
            var tagged: [ScannedResource] = []
            for resource in found
            where try await tags(of: resource, call.caller).contains(where: { tag in
                (key == nil || tag.key == key) && (value == nil || tag.value == value)
            }) { tagged.append(resource) }
            found = tagged
        }
        return try await answer(found, "Resources", call)
    }

    /// The tags that the resource has now, as its type reads them back.
    private func tags(of resource: ScannedResource, _ caller: Caller) async throws -> [String: String] {
        guard let type = cloud.resourceType(resource.type) else { return [:] }
        let model: JSON
        do {
            model = try await ResourceReader(cloud: cloud).model(type, resource.identifier, caller)
        } catch let error as AWSError
            where ["ResourceNotFoundException", "UnsupportedActionException"].contains(error.code)
        {
            return [:]  // gone since the scan, or of a type that cannot be read
        }
        let pairs = (model["Tags"]?.array ?? []).compactMap { tag in
            tag["Key"]?.string.map { ($0, tag["Value"]?.string ?? "") }
        }
        let named = (model["Tags"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
        return Dictionary(pairs + named) { first, _ in first }
    }

    private func answer(_ found: [ScannedResource], _ member: String, _ call: Call) async throws -> Reply {
        let page = try Page(found, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
        var managed: [String: Bool] = [:]
        for resource in page.elements { managed[resource.identifier] = try await isManaged(resource, call.caller) }
        return Reply(
            page.answer(member) { resource in
                var view = Self.named(resource.type, resource.identifier, cloud)
                view["ManagedByStack"] = .bool(managed[resource.identifier] ?? false)
                return view
            })
    }

    /// A resource by type and identifier, as scans and generated templates name it.
    static func named(_ type: String, _ identifier: String, _ cloud: Cloud) -> JSON {
        let identity = cloud.resourceType(type).map(ResourceIdentity.init)
        return [
            "ResourceType": .string(type),
            "ResourceIdentifier": identity?.named(identifier) ?? ["Id": .string(identifier)],
        ]
    }

    private func isManaged(_ resource: ScannedResource, _ caller: Caller) async throws -> Bool {
        let prefix = caller.arn("cloudformation", "stack/")
        return try await ledger.find(StackStore.resources, "physical", resource.physicalID).contains {
            $0.value.type == resource.type && $0.key.hasPrefix(prefix)
        }
    }

    /// Resources whose identifiers or names stand in the properties of those asked about.
    private func listRelated(_ call: Call) async throws -> Reply {
        let scan = try await scan(call, isOver: true)
        let all = try await ledger.list(ScannedResource.collection, prefix: scan.id + "|").map(\.value)
        var mentioned: Set<String> = []
        var own: Set<String> = []
        for entry in call.input["Resources"]?.array ?? [] {
            guard let type = entry["ResourceType"]?.string.flatMap(cloud.resourceType) else { continue }
            let identifier = ResourceIdentity(type).identifier(ofNamed: entry["ResourceIdentifier"] ?? [:])
            own.insert("\(type.name)|\(identifier)")
            let reader = ResourceReader(cloud: cloud)
            guard let model = try? await reader.model(type, identifier, call.caller) else { continue }
            Self.collectTexts(model, into: &mentioned)
        }
        let related = all.filter { resource in
            !own.contains("\(resource.type)|\(resource.identifier)")
                && mentioned.contains {
                    $0 == resource.physicalID || $0.hasSuffix(":" + resource.physicalID)
                        || $0.hasSuffix("/" + resource.physicalID)
                }
        }
        return try await answer(related, "RelatedResources", call)
    }

    private static func collectTexts(_ value: JSON, into texts: inout Set<String>) {
        switch value {
        case .string(let text): texts.insert(text)
        case .array(let elements): for element in elements { collectTexts(element, into: &texts) }
        case .object(let members): for (_, member) in members { collectTexts(member, into: &texts) }
        default: return
        }
    }
}

/// Scans as they can be asked about.
enum ResourceScanRecord {
    /// By account, region and id: kept in step with the machines.
    static let collection = Collection<ResourceScan>("cloudformation resource scan record")
}
