package import Notation

/// What ValidateTemplate and GetTemplateSummary answer about a template.
package struct TemplateSummary: Sendable {
    private let template: Template
    private let capabilities: Capabilities

    /// A summary of that template, read as it is before or after transforms.
    package init(_ template: Template) {
        self.template = template
        capabilities = Capabilities(
            template, transforms: template.transforms + ModuleExpansion.types(in: template.body))
    }

    /// The answer of ValidateTemplate, without the members that would be empty.
    package var validation: JSON {
        var answer = head
        answer["Parameters"] = .array(
            template.parameters.map { parameter in
                var entry = JSONObject()
                entry["ParameterKey"] = .string(parameter.name)
                entry["DefaultValue"] = parameter.defaultValue.map(JSON.string)
                entry["NoEcho"] = .bool(parameter.isNoEcho)
                entry["Description"] = parameter.description.map(JSON.string)
                return .object(entry)
            })
        return .object(answer)
    }

    /// The answer of GetTemplateSummary, without the members that would be empty.
    package var summary: JSON {
        var answer = head
        answer["Parameters"] = .array(template.parameters.map(Self.declaration))
        var types: [String] = []
        var identifiers: [JSON] = []
        for resource in template.resources where !types.contains(resource.type) {
            types.append(resource.type)
            let ids = template.resources.filter { $0.type == resource.type }.map { JSON.string($0.logicalID) }
            var entry: JSON = ["ResourceType": .string(resource.type), "LogicalResourceIds": .array(ids)]
            // What an import has to say of a resource of the type: the schema's primary identifier.
            if let names = PublicSchemas.schema(resource.type)?.identifier, !names.isEmpty {
                entry["ResourceIdentifiers"] = .array(names.map(JSON.string))
            }
            identifiers.append(entry)
        }
        answer["ResourceTypes"] = .array(types.map(JSON.string))
        answer["ResourceIdentifierSummaries"] = .array(identifiers)
        answer["Version"] = template.formatVersion.map(JSON.string)
        answer["Metadata"] = template.metadata.map { .string($0.string ?? $0.text()) }
        return .object(answer)
    }

    private var head: JSONObject {
        var answer = JSONObject()
        answer["Description"] = template.description.map(JSON.string)
        answer["Capabilities"] = .array(capabilities.required.map(JSON.string))
        answer["CapabilitiesReason"] = capabilities.reason.map(JSON.string)
        answer["DeclaredTransforms"] = .array(template.transforms.map(JSON.string))
        return answer
    }

    private static func declaration(_ parameter: Parameter) -> JSON {
        var constraints = JSONObject()
        constraints["AllowedValues"] = parameter.allowedValues.map { .array($0.map(JSON.string)) }
        var entry = JSONObject()
        entry["ParameterKey"] = .string(parameter.name)
        entry["DefaultValue"] = parameter.defaultValue.map(JSON.string)
        entry["ParameterType"] = .string(parameter.typeName)
        entry["NoEcho"] = .bool(parameter.isNoEcho)
        entry["Description"] = parameter.description.map(JSON.string)
        entry["ParameterConstraints"] = .object(constraints)
        return .object(entry)
    }
}
