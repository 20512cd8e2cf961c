internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Notation

/// One of AWS's published resource types as the registry tells of it, from the schema that Slipway carries.
///
/// The schema has the structure without the prose. `ProvisioningType` is what holds here: a type that cannot be run is
/// `NON_PROVISIONABLE`.
struct PublicType: Sendable {
    private let name: String
    private let schema: ResourceSchema
    private let provisioning: String

    /// That type; nil when none of that name is published.
    init?(_ name: String, _ catalogue: TypeCatalogue) {
        guard let schema = PublicSchemas.schema(name) else { return nil }
        self.name = name
        self.schema = schema
        provisioning = Self.provisioning(name, catalogue)
    }

    /// Whether resources of that type can be made and changed here, in AWS's words.
    static func provisioning(_ name: String, _ catalogue: TypeCatalogue) -> String {
        guard let type = catalogue.type(name) else { return "NON_PROVISIONABLE" }
        return type.actions.update == nil ? "IMMUTABLE" : "FULLY_MUTABLE"
    }

    /// Its ARN: AWS's types belong to no account.
    static func arn(_ name: String, _ caller: Caller) -> String {
        "arn:aws:cloudformation:\(caller.region)::type/resource/\(name.replacing("::", with: "-"))"
    }

    /// The answer of DescribeType.
    func view(_ caller: Caller) -> JSON {
        [
            "Arn": .string(Self.arn(name, caller)), "Type": "RESOURCE", "TypeName": .string(name),
            "IsDefaultVersion": true, "Schema": .string(text.text()), "ProvisioningType": .string(provisioning),
            "DeprecatedStatus": "LIVE", "Visibility": "PUBLIC",
        ]
    }

    private var text: JSON {
        let properties = Self.object(schema.properties)
        var text: JSON = [
            "typeName": .string(name), "description": .string("Resource Type definition for \(name)"),
            "properties": properties["properties"] ?? [:], "additionalProperties": false,
        ]
        if !schema.definitions.isEmpty {
            let definitions = schema.definitions.sorted { $0.key < $1.key }.map { ($0.key, Self.shape($0.value)) }
            text["definitions"] = .object(JSONObject(definitions))
        }
        text["required"] = properties["required"]
        text["readOnlyProperties"] = Self.pointers(schema.attributes ?? schema.readOnly)
        text["createOnlyProperties"] = Self.pointers(schema.createOnly)
        text["primaryIdentifier"] =
            schema.identifier.isEmpty ? Optional.none : .array(schema.identifier.map(Self.pointer))
        return text
    }

    private static func pointer(_ name: String) -> JSON {
        .string("/properties/" + name.replacing(".", with: "/"))
    }

    private static func pointers(_ names: Set<String>) -> JSON? {
        names.isEmpty ? nil : .array(names.sorted().map(pointer))
    }

    private static func object(_ members: ResourceSchema.Members) -> JSON {
        let shapes = members.shapes.sorted { $0.key < $1.key }.map { ($0.key, shape($0.value)) }
        var object: JSON = [
            "type": "object", "properties": .object(JSONObject(shapes)), "additionalProperties": .bool(members.isOpen),
        ]
        if !members.required.isEmpty { object["required"] = .array(members.required.sorted().map(JSON.string)) }
        return object
    }

    private static func shape(_ shape: ResourceSchema.Shape) -> JSON {
        switch shape {
        case .any: return [:]
        case .string(let values):
            guard let values else { return ["type": "string"] }
            return ["type": "string", "enum": .array(values.sorted().map(JSON.string))]
        case .integer: return ["type": "integer"]
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .list(let element): return ["type": "array", "items": Self.shape(element)]
        case .map(let value): return ["type": "object", "additionalProperties": Self.shape(value)]
        case .object(let members): return object(members)
        case .objects(let members): return ["anyOf": [object(members), ["type": "array", "items": object(members)]]]
        case .definition(let name): return ["$ref": .string("#/definitions/\(name)")]
        }
    }
}
