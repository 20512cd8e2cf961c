package import Notation

/// The fragment of a module as it is registered: judged once, so that templates find nothing wrong in it later.
///
/// Source: "Module structure and requirements" in the CloudFormation CLI User Guide, and what `cfn validate` refuses.
package struct ModuleFragment: Sendable {
    /// The fragment.
    package let body: JSON

    private static let sections: Set<String> = [
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources",
        "Outputs",
    ]
    private static let refusedTypes = [
        "AWS::CloudFormation::Stack": "nested stack", "AWS::CloudFormation::Macro": "macro",
    ]

    /// Reads a fragment, JSON or YAML.
    ///
    /// - Throws: ``TemplateError`` with the first thing wrong in it.
    package init(parsing text: String, limits: TemplateLimits = TemplateLimits()) throws {
        body = try TemplateText(parsing: text).body
        for section in body.object?.keys ?? [] where !Self.sections.contains(section) {
            let what = section == "Transform" ? "transform" : section
            throw TemplateError("Template fragment can't contain \(what) section.", at: [section])
        }
        if Self.names("Fn::ImportValue", in: body) {
            throw TemplateError("Template fragment can't contain any Fn::ImportValue.", at: Path())
        }
        if Self.names("Fn::Transform", in: body) {
            throw TemplateError("Template fragment can't contain any transform.", at: Path())
        }
        for (name, resource) in body["Resources"]?.object ?? [:] {
            guard let what = Self.refusedTypes[resource["Type"]?.string ?? ""] else { continue }
            throw TemplateError("Template fragment can't contain \(what).", at: ["Resources", name] as Path)
        }
        for (name, output) in body["Outputs"]?.object ?? [:] where output["Export"] != nil {
            throw TemplateError(
                "Template fragment cannot contain any Export. Found an Export statement in Output: \(name)",
                at: ["Outputs", name] as Path)
        }
        let hasModules = !ModuleExpansion.types(in: body).isEmpty
        let (template, report) = Template.read(body, limits: limits, isBeforeTransforms: hasModules)
        guard report.isValid else { throw TemplateError(report) }
        if !hasModules { try template.checkForCircles() }
    }

    private static func names(_ function: String, in value: JSON) -> Bool {
        switch value {
        case .array(let elements): elements.contains { names(function, in: $0) }
        case .object(let members): members.contains { $0.key == function || names(function, in: $0.value) }
        default: false
        }
    }

    /// The schema that the CloudFormation CLI would write for it: for packages that bring none.
    package func schema(_ type: String) -> JSON {
        var resources = JSONObject()
        for (name, resource) in body["Resources"]?.object ?? [:] {
            let kind: JSON = ["type": "string", "const": resource["Type"] ?? ""]
            let properties: JSON = ["Type": kind, "Properties": ["type": "object"]]
            resources[name] = ["type": "object", "properties": properties]
        }
        var properties: JSON = [
            "Resources": ["properties": .object(resources), "type": "object", "additionalProperties": false]
        ]
        if let declared = body["Parameters"]?.object {
            let parameters = declared.mapValues { declaration -> JSON in
                var parameter: JSON = [
                    "type": "object", "properties": ["Type": ["type": "string"]], "required": ["Type"],
                ]
                guard let description = declaration["Description"] else { return parameter }
                parameter["description"] = description
                parameter["properties"]?["Description"] = ["type": "string"]
                parameter["required"] = ["Type", "Description"]
                return parameter
            }
            properties["Parameters"] = ["type": "object", "properties": .object(parameters)]
        }
        return [
            "typeName": .string(type), "description": .string("Schema for Module Fragment of type " + type),
            "properties": properties, "additionalProperties": true,
        ]
    }
}
