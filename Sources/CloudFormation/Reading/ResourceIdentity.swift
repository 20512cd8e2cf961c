package import Cloud
internal import CloudFormationTemplate
package import Notation

/// How resources of a type are told apart outside of stacks: by the properties that its published schema names.
///
/// One such property is mostly what `Ref` returns. Where there are several, their values stand side by side with `|`
/// between them, and `Ref` returns the one that names the resource. Source: "Identifying resources" in the Cloud
/// Control API User Guide.
package struct ResourceIdentity: Sendable {
    private let names: [String]
    private let nameProperty: String?

    /// The identity of that type's resources.
    package init(_ type: ResourceType) {
        names = PublicSchemas.schema(type.name)?.identifier ?? []
        nameProperty = type.nameProperty
    }

    /// The parts of an identifier, by property. Also of one that is given as a JSON object.
    package func parts(of identifier: String) -> JSONObject {
        if identifier.hasPrefix("{"), let object = (try? JSON(parsing: identifier))?.object { return object }
        guard names.count > 1 else { return names.first.map { [$0: .string(identifier)] } ?? [:] }
        // The last part may have the separator in it.
        let values = identifier.split(separator: "|", maxSplits: names.count - 1, omittingEmptySubsequences: false)
        return JSONObject(zip(names, values.map { .string(String($0)) }))
    }

    /// What `Ref` returns of the resource of that identifier.
    package func physicalID(of identifier: String) -> String {
        let parts = parts(of: identifier)
        if let nameProperty, let name = parts[nameProperty]?.string { return name }
        if names.count == 1, let only = names.first, let value = parts[only]?.string { return value }
        return joined(parts) ?? identifier
    }

    /// The identifier of a resource as it stands.
    package func identifier(_ physicalID: String, _ properties: JSON, _ attributes: JSONObject = [:]) -> String {
        guard names.count > 1 else {
            // Some types are known by something else than what `Ref` returns: rules by their ARNs.
            return names.first.flatMap { (properties[$0] ?? attributes[$0])?.loose.string } ?? physicalID
        }
        var parts = JSONObject()
        for name in names {
            parts[name] = properties[name] ?? attributes[name]
            if parts[name] == nil, name == nameProperty { parts[name] = .string(physicalID) }
        }
        return joined(parts) ?? physicalID
    }

    /// The identifier's parts as ResourceIdentifier of scans and imports has them.
    package func named(_ identifier: String) -> JSON {
        let parts = parts(of: identifier)
        return parts.isEmpty ? ["Id": .string(identifier)] : .object(parts)
    }

    /// The identifier of parts as ResourceIdentifier has them.
    package func identifier(ofNamed named: JSON) -> String {
        let parts = named.object ?? [:]
        return joined(parts) ?? parts.values.compactMap(\.loose.string).joined(separator: "|")
    }

    private func joined(_ parts: JSONObject) -> String? {
        let values = names.compactMap { parts[$0]?.loose.string }
        return values.count == names.count && !values.isEmpty ? values.joined(separator: "|") : nil
    }
}
