internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// A template made from resources that stand.
struct GeneratedTemplate: Codable, Sendable {
    /// A resource in it.
    struct Part: Codable, Sendable {
        var type: String
        var logicalID: String
        var identifier: String
        /// What it was read as; nil when it could not be read.
        var properties: JSON?
        /// What `Ref` returns.
        var physicalID: String
        /// What only the service sets, by attribute.
        var attributes: JSON
        /// Why it could not be read.
        var reason: String?
        /// Properties that the type needs and does not read back.
        var missing: [String] = []
    }

    let id: String
    var name: String
    var created: Timestamp
    var updated: Timestamp
    var stackID: String?
    var deletionPolicy: String
    var replacePolicy: String
    var parts: [Part] = []

    /// By account, region and name.
    static let collection = Collection<GeneratedTemplate>("cloudformation generated template")

    /// Failed when nothing could be read.
    var status: String { parts.allSatisfy { $0.properties == nil } ? "FAILED" : "COMPLETE" }

    /// The template: references between its resources in the place of their ids.
    var body: JSON {
        var resources = JSONObject()
        var parameters = JSONObject()
        for part in parts {
            guard let properties = part.properties else { continue }
            var linked = linked(properties, in: part)
            for name in part.missing {
                let parameter = part.logicalID + name
                parameters[parameter] = [
                    "Type": "String", "NoEcho": true,
                    "Description": .string("\(name) of \(part.logicalID): it is not read back, so it must be given."),
                ]
                linked[name] = ["Ref": .string(parameter)]
            }
            resources[part.logicalID] = [
                "Type": .string(part.type), "DeletionPolicy": .string(deletionPolicy),
                "UpdateReplacePolicy": .string(replacePolicy), "Properties": linked,
            ]
        }
        var body: JSON = ["AWSTemplateFormatVersion": "2010-09-09"]
        if !parameters.isEmpty { body["Parameters"] = .object(parameters) }
        body["Resources"] = .object(resources)
        return body
    }

    /// The properties with what names other parts turned into references.
    private func linked(_ value: JSON, in part: Part) -> JSON {
        switch value {
        case .string(let text): return reference(text, in: part) ?? value
        case .array(let elements): return .array(elements.map { linked($0, in: part) })
        case .object(let members): return .object(members.mapValues { linked($0, in: part) })
        default: return value
        }
    }

    private func reference(_ text: String, in part: Part) -> JSON? {
        guard text.count > 2 else { return nil }
        for other in parts where other.logicalID != part.logicalID && other.properties != nil {
            if other.physicalID == text { return ["Ref": .string(other.logicalID)] }
            for (name, attribute) in other.attributes.object ?? [:] where attribute.string == text {
                return ["Fn::GetAtt": [.string(other.logicalID), .string(name)]]
            }
        }
        return nil
    }
}

/// Reads resources for generated templates.
struct TemplateGenerator {
    let cloud: Cloud
    let catalogue: TypeCatalogue
    let caller: Caller

    /// The resource as a part of a template.
    ///
    /// - Throws: ``AWSError`` `ValidationError` for a type that is not run here.
    func part(_ entry: JSON, taken: Set<String>) async throws -> GeneratedTemplate.Part {
        let name = entry["ResourceType"]?.string ?? ""
        guard let type = cloud.resourceType(name) else {
            throw AWSError("ValidationError", "Resources of type \(name) cannot be read. See 'slipway support'.")
        }
        let identity = ResourceIdentity(type)
        let identifier = identity.identifier(ofNamed: entry["ResourceIdentifier"] ?? [:])
        var part = GeneratedTemplate.Part(
            type: name, logicalID: entry["LogicalResourceId"]?.string ?? Self.logicalID(name, identifier, taken),
            identifier: identifier, physicalID: identity.physicalID(of: identifier), attributes: [:])
        do {
            let model = try await ResourceReader(cloud: cloud).model(type, identifier, caller)
            fill(&part, model, type)
        } catch let error as AWSError {
            part.reason = error.message
        }
        return part
    }

    private func fill(_ part: inout GeneratedTemplate.Part, _ model: JSON, _ type: ResourceType) {
        let schema = catalogue.schema(type.name)
        let offered = type.enforced.union(type.stored).map { $0.split(separator: ".").first.map(String.init) ?? $0 }
        part.properties = .object(
            (model.object ?? [:]).filter { name, _ in
                offered.contains(name) && schema?.readOnly.contains(name) != true
            })
        part.attributes = .object((model.object ?? [:]).filter { name, _ in schema?.readOnly.contains(name) == true })
        part.missing = (schema?.properties.required ?? []).filter { part.properties?[$0] == nil }.sorted()
    }

    /// The type's last word and what is left of the identifier, letters and digits only.
    private static func logicalID(_ type: String, _ identifier: String, _ taken: Set<String>) -> String {
        let word = type.split(separator: ":").last.map(String.init) ?? "Resource"
        let tail = identifier.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.suffix(3).map {
            $0.prefix(1).uppercased() + $0.dropFirst()
        }
        let base = String((word + tail.joined()).prefix(200))
        guard taken.contains(base) else { return base }
        return (2...).lazy.map { "\(base)\($0)" }.first { !taken.contains($0) } ?? base
    }
}
