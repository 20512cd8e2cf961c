import Notation

/// The API's own domain name.
extension RestApiBuilder {
    /// The domain name, what of it leads to the API, and its entries in Route 53. None without `Domain`.
    mutating func domainResources() throws -> [Resource] {
        guard let declared = domain else { return [] }
        guard case .dict(let members) = declared else { throw fault("Property 'Domain' should be a map.") }
        for name in ["DomainName", "CertificateArn"] where members.given(name) == nil {
            throw fault("Property 'Domain.\(name)' is required.")
        }
        let endpoint = members.given("EndpointConfiguration")
        let isPrivate = endpoint?.string == "PRIVATE"
        let kind = isPrivate ? "DomainNameV2" : "DomainName"
        let id = "ApiGateway" + kind + LogicalID.hash(members["DomainName"]?.json)
        if !isPrivate { set("ApiDomainName", .text(PyText(id))) }
        if endpoint == nil { set("EndpointConfiguration", "REGIONAL") }
        if let endpoint, !["EDGE", "REGIONAL", "PRIVATE"].contains(endpoint.string) {
            throw fault("EndpointConfiguration for Custom Domains must be one of ['EDGE', 'REGIONAL', 'PRIVATE'].")
        }
        let name = try resource(kind, id)
        try fill(name, members, endpoint: endpoint ?? "REGIONAL", isPrivate: isPrivate)
        let mappings = try basePaths(members).map { try mapping($0.id, $0.path, name, isPrivate: isPrivate) }
        let association = try association(members, name, isPrivate: isPrivate)
        // A private domain's entries go by the name itself, where all others go by the resource's.
        let target = isPrivate ? members["DomainName"]?.json ?? .null : .string(id)
        return [name] + mappings + (try recordSets(target)) + association
    }

    private mutating func set(_ name: String, _ value: PyValue) {
        _ = domain?.editDict { $0[name] = value }
    }

    private func fill(_ name: Resource, _ members: PyDict, endpoint: PyValue, isPrivate: Bool) throws {
        name["DomainName"] = members["DomainName"]?.json
        let certificate = endpoint.string == "REGIONAL" ? "RegionalCertificateArn" : "CertificateArn"
        name[certificate] = members["CertificateArn"]?.json
        var configuration: JSON = ["Types": [endpoint.json]]
        if let type = members["IpAddressType"].truthy { configuration["IpAddressType"] = type.json }
        name["EndpointConfiguration"] = configuration
        if !isPrivate, let declared = members["MutualTlsAuthentication"].truthy {
            name["MutualTlsAuthentication"] = try mutualTLS(declared)
        }
        let optional = ["SecurityPolicy", "EndpointAccessMode", "Policy", "OwnershipVerificationCertificateArn"]
        for property in optional {
            guard let value = members[property].truthy else { continue }
            guard Facts.propertyTables[name.type]?.contains(property) ?? false else {
                throw Fault.resource(
                    name.logicalID, "property \(property) not defined for resource of type \(name.type)")
            }
            name[property] = value.json
        }
    }

    private func mutualTLS(_ declared: PyValue) throws -> JSON {
        guard case .dict(let members) = declared else {
            throw fault("Property 'Domain.MutualTlsAuthentication' should be a map.")
        }
        let known = ["TruststoreUri", "TruststoreVersion"]
        guard members.keys.allSatisfy({ known.contains($0.text) }) else {
            throw fault(
                "Available Domain.MutualTlsAuthentication fields are ['TruststoreUri', 'TruststoreVersion'].")
        }
        return .object(JSONObject(known.compactMap { name in members[name].truthy.map { (name, $0.json) } }))
    }

    /// The paths below the domain that lead to the API, and what the resources for it are called. One without a path
    /// when none is given.
    private func basePaths(_ members: PyDict) throws -> [(id: String, path: JSON?)] {
        let plain = logicalID + "BasePathMapping"
        let declared: [PyValue]
        switch members["BasePath"].truthy {
        case .text(let text): declared = [.text(text)]
        case .list(let paths): declared = paths
        default: return [(plain, nil)]
        }
        let isNormalized = (members["NormalizeBasePath"] ?? true).isTruthy
        for (index, path) in declared.enumerated() where path.text == nil {
            throw fault("Property 'Domain.BasePath[\(index)]' should be a string.")
        }
        return declared.compactMap(\.string).map { path in
            let word = path.filter { $0.isLetter || $0.isNumber }
            return (logicalID + word + "BasePathMapping", .string(isNormalized ? word : path))
        }
    }

    private func mapping(_ id: String, _ path: JSON?, _ domain: Resource, isPrivate: Bool) throws -> Resource {
        let mapping = try resource(isPrivate ? "BasePathMappingV2" : "BasePathMapping", id)
        mapping[isPrivate ? "DomainNameArn" : "DomainName"] = domain.ref
        mapping["RestApiId"] = Intrinsics.ref(logicalID)
        mapping["Stage"] = Intrinsics.ref(logicalID + ".Stage")
        mapping["BasePath"] = path
        return mapping
    }

    private func association(_ members: PyDict, _ domain: Resource, isPrivate: Bool) throws -> [Resource] {
        guard isPrivate, let declared = members.given("AccessAssociation") else { return [] }
        guard case .dict = declared else { throw fault("Property 'Domain.AccessAssociation' should be a map.") }
        let endpoint = declared["VpcEndpointId"]?.json ?? .null
        let id = LogicalID.make("DomainNameAccessAssociation", over: [endpoint, .string(domain.logicalID)])
        let association = try resource("DomainNameAccessAssociation", id)
        association["DomainNameArn"] = domain.ref
        association["AccessAssociationSourceType"] = "VPCE"
        association["AccessAssociationSource"] = endpoint
        return [association]
    }
}

// MARK: Route 53

extension RestApiBuilder {
    /// The record sets that lead to the domain. Domains in the same hosted zone share one resource, unless told
    /// otherwise.
    private mutating func recordSets(_ target: JSON) throws -> [Resource] {
        guard case .dict(let members)? = domain, let declared = members.given("Route53") else { return [] }
        guard case .dict(let route) = declared else { throw fault("Property 'Domain.Route53' should be a map.") }
        guard route.given("HostedZoneId") != nil || route.given("HostedZoneName") != nil else {
            throw fault("HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.")
        }
        let zone = (route["HostedZoneId"].truthy ?? route["HostedZoneName"])?.json
        let isSeparate = route["SeparateRecordSetGroup"].truthy
        if let isSeparate, isSeparate.bool == nil {
            throw fault("Property 'Domain.Route53.SeparateRecordSetGroup' should be a boolean.")
        }
        let records = records(members, route, target)
        let id =
            isSeparate == nil
            ? LogicalID.make("RecordSetGroup", over: zone)
            : LogicalID.make("RecordSetGroup", over: [zone ?? .null, members["DomainName"]?.json ?? .null])
        if isSeparate == nil, let shared = translation.api.recordSets[id] {
            shared["RecordSets"] = .array((shared["RecordSets"]?.array ?? []) + records)
            return [shared]
        }
        let group = try Resource("AWS::Route53::RecordSetGroup", id, attributes: passedOnAttributes)
        group["HostedZoneId"] = route["HostedZoneId"]?.json
        group["HostedZoneName"] = route["HostedZoneName"]?.json
        group["RecordSets"] = .array(records)
        if isSeparate == nil { translation.api.recordSets[id] = group }
        return [group]
    }

    private mutating func records(_ members: PyDict, _ route: PyDict, _ target: JSON) -> [JSON] {
        var route = route
        if let shared = translation.api.globalDistribution, translation.api.sharesGlobalRoute.contains(logicalID) {
            setDistribution(shared, &route)
        }
        let alias = alias(members, route, target)
        let types = route["IpV6"] == true ? ["A", "AAAA"] : ["A"]
        return types.map { type in
            var record: JSON = [
                "Name": members["DomainName"]?.json ?? .null, "Type": .string(type), "AliasTarget": alias,
            ]
            for name in ["Region", "SetIdentifier"] { record[name] = route.given(name)?.json }
            return record
        }
    }

    /// Written back, because the domain goes into the deployment's name.
    private mutating func setDistribution(_ name: PyValue, _ route: inout PyDict) {
        route["DistributionDomainName"] = name
        let written = PyValue.dict(route)
        _ = domain?.editDict { $0["Route53"] = written }
        if translation.api.sharesGlobalRoute.contains(logicalID) { translation.api.globalDistribution = name }
    }

    private mutating func alias(_ members: PyDict, _ route: PyDict, _ target: JSON) -> JSON {
        var alias: JSON = [:]
        alias["EvaluateTargetHealth"] = route.given("EvaluateTargetHealth")?.json
        func attribute(_ name: String) -> JSON { ["Fn::GetAtt": [target, .string(name)]] }
        switch members["EndpointConfiguration"]?.string {
        case "REGIONAL":
            alias["HostedZoneId"] = attribute("RegionalHostedZoneId")
            alias["DNSName"] = attribute("RegionalDomainName")
        case "EDGE":
            let name = route.given("DistributionDomainName") ?? PyValue(plain: attribute("DistributionDomainName"))
            var route = route
            setDistribution(name, &route)
            alias["HostedZoneId"] = "Z2FDTNDATAQYW2"  // CloudFront's, for all distributions
            alias["DNSName"] = name.json
        default:
            alias["HostedZoneId"] = route["VpcEndpointHostedZoneId"]?.json ?? .null
            alias["DNSName"] = route["VpcEndpointDomainName"]?.json ?? .null
        }
        return alias
    }
}
