internal import Notation

extension TemplateReader {
    private static let resourceMembers: Set<String> = [
        "Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
        "CreationPolicy", "UpdatePolicy", "Version",
    ]

    mutating func readResource(_ name: String, _ value: JSON) {
        let path = Template.resourcesPath.appending(name)
        if !name.isLogicalName || name.count > limits.nameCharacters {
            error("Template format error: Resource name \(name) is non alphanumeric.", at: path)
        }
        guard let members = value.object else {
            return error(
                value.isNull
                    ? "[/\(path.pointer)] 'null' values are not allowed in templates"
                    : "Template format error: [/\(path.pointer)] resource definition is malformed", at: path)
        }
        for member in members.keys where !isBeforeTransforms && !Self.resourceMembers.contains(member) {
            error(
                "Invalid template resource property '\(member)'", at: path.appending(member),
                fix: "A resource's own settings belong under Properties.")
        }
        guard let type = members["Type"]?.string, !type.isEmpty else {
            return error(
                "Template format error: [/\(path.pointer)] Every Resources object must contain a Type member.",
                at: path)
        }
        var resource = Resource(logicalID: name, type: type)
        readBody(of: &resource, members, at: path)
        readPolicies(of: &resource, members, at: path)
        template.resources.append(resource)
    }

    private mutating func readBody(of resource: inout Resource, _ members: JSONObject, at path: Path) {
        if let properties = members["Properties"] {
            let path = path.appending("Properties")
            if properties.object == nil {
                error(
                    properties.isNull
                        ? "[/\(path.pointer)] 'null' values are not allowed in templates"
                        : "Template format error: [/\(path.pointer)] Properties must be a map", at: path)
            }
            if !properties.isNull { resource.properties = expressions.read(properties, at: path, in: .value) }
        }
        if let condition = members["Condition"] {
            resource.condition = condition.string
            if condition.string == nil {
                error(
                    "Template format error: Every Condition member must be a string.", at: path.appending("Condition"))
            }
        }
        resource.metadata = members["Metadata"].map {
            expressions.read($0, at: path.appending("Metadata"), in: .value)
        }
        guard let dependsOn = members["DependsOn"] else { return }
        resource.dependsOn = dependsOn.array?.compactMap(\.string) ?? dependsOn.string.map { [$0] } ?? []
        if resource.dependsOn.isEmpty, dependsOn != .array([]) {
            error(
                "Template format error: DependsOn must be a string or list of strings.", at: path.appending("DependsOn")
            )
        }
        if resource.dependsOn.contains(resource.logicalID) {
            error("Circular dependency between resources: [\(resource.logicalID)]", at: path.appending("DependsOn"))
        }
    }

    private mutating func readPolicies(of resource: inout Resource, _ members: JSONObject, at path: Path) {
        resource.deletionPolicy = policy("DeletionPolicy", of: resource, members, at: path)
        resource.updateReplacePolicy = policy("UpdateReplacePolicy", of: resource, members, at: path)
        resource.creationPolicy = members["CreationPolicy"].map {
            expressions.read($0, at: path.appending("CreationPolicy"), in: .value)
        }
        resource.updatePolicy = members["UpdatePolicy"].map {
            expressions.read($0, at: path.appending("UpdatePolicy"), in: .value)
        }
    }

    private mutating func policy(
        _ name: String, of resource: Resource, _ members: JSONObject, at path: Path
    ) -> Expression? {
        guard let value = members[name] else { return nil }
        let path = path.appending(name)
        guard let text = value.string else {
            guard expressions.hasLanguageExtensions || isBeforeTransforms, value.object != nil else {
                error("Template format error: Every \(name) member must be a string.", at: path)
                return nil
            }
            return expressions.read(value, at: path, in: .value)
        }
        let policy = DeletionPolicy(rawValue: text)
        if policy == nil || (name == "UpdateReplacePolicy" && policy == .retainExceptOnCreate) {
            error(
                "Template format error: Unrecognized \(name) \(text) for resource \(resource.logicalID)", at: path,
                fix: "Use Delete, Retain or Snapshot.")
        }
        return .value(value)
    }

    private static let outputMembers: Set<String> = ["Value", "Description", "Export", "Condition"]

    mutating func readOutput(_ name: String, _ value: JSON) {
        let path = ["Outputs", name] as Path
        if !name.isLogicalName || name.count > limits.nameCharacters {
            error("Template format error: Output name \(name) is non alphanumeric.", at: path)
        }
        guard let members = value.object, let content = members["Value"] else {
            return error("Template format error: Every Outputs member must contain a Value object", at: path)
        }
        for member in members.keys where !Self.outputMembers.contains(member) {
            error("Invalid template output property '\(member)'", at: path.appending(member))
        }
        var output = Output(name: name, value: expressions.read(content, at: path.appending("Value"), in: .value))
        output.condition = members["Condition"]?.string
        output.description = members["Description"]?.string
        if let text = output.description, text.utf8.count > limits.descriptionBytes {
            error(
                "Template format error: 'Description' length is greater than \(limits.descriptionBytes).",
                at: path.appending("Description"))
        }
        if let export = members["Export"] {
            let path = path.appending("Export")
            if let name = export["Name"] {
                output.exportName = expressions.read(name, at: path.appending("Name"), in: .value)
            } else {
                error(
                    "Template format error: Output \(name) is malformed. The Name field of every Export member must "
                        + "be specified.", at: path)
            }
        }
        template.outputs.append(output)
    }
}
