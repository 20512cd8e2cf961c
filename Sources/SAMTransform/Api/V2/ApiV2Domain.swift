import Notation

/// The domain name of an HTTP or WebSocket API.
struct ApiV2Domain {
    private let domain: JSONObject
    private let owner: ApiV2Owner
    /// The tag by which what SAM made is known.
    private let tag: String
    /// Whether record sets in a hosted zone go together with those of other APIs: so it is for all but WebSocket APIs.
    private let sharesRecords: Bool

    /// Nil without a `Domain`.
    init?(_ domain: JSON?, _ owner: ApiV2Owner, tag: String, sharesRecords: Bool) {
        guard let domain = domain?.object else { return nil }
        self.domain = domain
        self.owner = owner
        self.tag = tag
        self.sharesRecords = sharesRecords
    }

    /// The domain name, what of it leads to the API, and its entries in Route 53.
    func resources() throws -> [Resource] {
        guard let name = domain.given("DomainName"), let certificate = domain.given("CertificateArn") else {
            throw owner.fault("Custom Domains only works if both DomainName and CertificateArn are provided.")
        }
        let resource = try owner.resource("DomainName", "ApiGatewayDomainNameV2" + LogicalID.hash(name))
        resource["DomainName"] = name
        resource["Tags"] = [tag: "SAM"]
        let endpoint = domain.given("EndpointConfiguration") ?? "REGIONAL"
        guard endpoint == "REGIONAL" else {
            throw owner.fault("EndpointConfiguration for Custom Domains must be one of ['REGIONAL'].")
        }
        var configuration: JSON = ["CertificateArn": certificate, "EndpointType": endpoint]
        for property in ["OwnershipVerificationCertificateArn", "SecurityPolicy"] {
            if let value = domain[property].truthy { configuration[property] = value }
        }
        resource["DomainNameConfigurations"] = [configuration]
        if let tls = domain["MutualTlsAuthentication"].truthy {
            resource["MutualTlsAuthentication"] = try mutualTLS(tls)
        }
        let mappings = try mappings(to: resource)
        return [resource] + mappings + (try recordSets(resource).map { [$0] } ?? [])
    }

    private func mutualTLS(_ declared: JSON) throws -> JSON {
        let known = ["TruststoreUri", "TruststoreVersion"]
        guard let members = declared.object else {
            throw owner.fault(
                "MutualTlsAuthentication must be a map with at least one of the following fields ['TruststoreUri', "
                    + "'TruststoreVersion'].")
        }
        let unknown = members.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw Fault.resource(
                unknown.joined(separator: ","),
                "Available MutualTlsAuthentication fields are ['TruststoreUri', 'TruststoreVersion'].")
        }
        return .object(members.filter { _, value in value.isTruthy })
    }

    private func mappings(to resource: Resource) throws -> [Resource] {
        let paths: [JSON]
        switch domain["BasePath"].truthy {
        case .string(let path): paths = [.string(path)]
        case .array(let list): paths = list
        default: return [try mapping(owner.logicalID + "ApiMapping", resource)]
        }
        return try paths.map { path in
            guard let text = path.string else { throw owner.fault("Basepath must be a string.") }
            let isValid = text.utf8.allSatisfy { $0.isAlphanumeric || "/-_".utf8.contains($0) }
            guard isValid else { throw owner.fault("Invalid Basepath name provided.") }
            let word = text.filter { !"-_/".contains($0) }
            let mapping = try mapping(owner.logicalID + word + "ApiMapping", resource)
            var key = text[...]
            while key.first == "/" { key.removeFirst() }
            while key.last == "/" { key.removeLast() }
            mapping["ApiMappingKey"] = .string(String(key))
            return mapping
        }
    }

    private func mapping(_ id: String, _ resource: Resource) throws -> Resource {
        let mapping = try owner.resource("ApiMapping", id)
        mapping["DomainName"] = resource.ref
        mapping["ApiId"] = Intrinsics.ref(owner.logicalID)
        mapping["Stage"] = Intrinsics.ref(owner.logicalID + ".Stage")
        return mapping
    }

    /// The record sets that lead to the domain.
    private func recordSets(_ resource: Resource) throws -> Resource? {
        guard let declared = domain.given("Route53") else { return nil }
        guard let route = declared.object else { throw owner.fault("Property 'Domain.Route53' should be a map.") }
        guard route.given("HostedZoneId") != nil || route.given("HostedZoneName") != nil else {
            throw owner.fault(
                "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.")
        }
        let zone = route["HostedZoneId"].truthy ?? route["HostedZoneName"]
        let id = LogicalID.make("RecordSetGroup", over: zone)
        let state = owner.translation
        let group: Resource
        if sharesRecords, let shared = state.api.recordSets[id] {
            group = shared
        } else {
            group = try Resource("AWS::Route53::RecordSetGroup", id, attributes: owner.passedOnAttributes)
            let property = route.contains("HostedZoneId") ? "HostedZoneId" : "HostedZoneName"
            group[property] = route[property]
            if sharesRecords { state.api.recordSets[id] = group }
        }
        group["RecordSets"] = .array((group["RecordSets"]?.array ?? []) + records(route, resource))
        return group
    }

    private func records(_ route: JSONObject, _ resource: Resource) -> [JSON] {
        var alias: JSON = [:]
        if let health = route.given("EvaluateTargetHealth") { alias["EvaluateTargetHealth"] = health }
        alias["HostedZoneId"] = resource.getAtt("RegionalHostedZoneId")
        alias["DNSName"] = resource.getAtt("RegionalDomainName")
        let types = route["IpV6"] == true ? ["A", "AAAA"] : ["A"]
        return types.map { type in
            var record: JSON = ["Name": domain["DomainName"] ?? .null, "Type": .string(type), "AliasTarget": alias]
            for name in ["Region", "SetIdentifier"] { record[name] = route.given(name) }
            return record
        }
    }
}
