internal import Notation

/// What the sections say about each other: every name used must be declared.
extension TemplateReader {
    mutating func checkReferences() {
        let parameters = Set(template.parameters.map(\.name)).union(Template.pseudoParameters)
        let resources = Set(template.resources.map(\.logicalID))
        let clashing = parameters.intersection(resources).sorted()
        if !clashing.isEmpty {
            error(
                "Template format error: Duplicate parameter and resource names \(clashing.listed)",
                at: ["Resources", clashing[0]] as Path)
        }
        checkConditionNames()
        checkConditionSection(parameters, resources)
        let known = parameters.union(resources)
        for resource in template.resources { check(resource, known, resources) }
        reportUnresolved(in: "Resources", unresolved)
        unresolved = []
        for output in template.outputs { check(output, known, resources) }
        reportUnresolved(in: "Outputs", unresolved)
    }

    private mutating func reportUnresolved(in block: String, _ names: [(String, Path)]) {
        guard let first = names.first else { return }
        var seen: Set<String> = []
        let list = names.map(\.0).filter { seen.insert($0).inserted }
        error(
            "Template format error: Unresolved resource dependencies \(list.listed) in the \(block) block of the "
                + "template", at: first.1, fix: "Declare \(list.listed) or correct the name.")
    }

    private mutating func check(_ resource: Resource, _ known: Set<String>, _ resources: Set<String>) {
        check(resource.properties, "Properties", of: resource, known, resources)
        check(resource.metadata, "Metadata", of: resource, known, resources)
        check(resource.creationPolicy, "CreationPolicy", of: resource, known, resources)
        check(resource.updatePolicy, "UpdatePolicy", of: resource, known, resources)
        check(resource.deletionPolicy, "DeletionPolicy", of: resource, known, resources)
        check(resource.updateReplacePolicy, "UpdateReplacePolicy", of: resource, known, resources)
        var path: Path { Template.resourcesPath.appending(resource.logicalID) }
        for name in resource.dependsOn where !resources.contains(name) {
            unresolved.append((name, path.appending("DependsOn")))
        }
        if let condition = resource.condition, !isCondition(condition) {
            error(
                "Template format error: Unresolved condition dependency \(condition) in the Resources block of the "
                    + "template", at: path.appending("Condition"))
        }
    }

    /// What is written out refers to nothing.
    private mutating func check(
        _ expression: Expression?, _ name: String, of resource: Resource, _ known: Set<String>,
        _ resources: Set<String>
    ) {
        guard let expression, expression.literal == nil else { return }
        for member in expression.members ?? [.init("", expression)]
        where !member.value.leansOnly(on: known, resources: resources, conditions: conditionNames) {
            let part = Template.resourcesPath.appending(resource.logicalID).appending(name)
            let place = member.name.isEmpty ? part : part.appending(member.name)
            check(member.value.references, known, resources, at: place)
        }
    }

    private mutating func check(_ output: Output, _ known: Set<String>, _ resources: Set<String>) {
        let path = ["Outputs", output.name] as Path
        check(output.value.references, known, resources, at: path.appending("Value"))
        if let name = output.exportName {
            check(name.references, known, resources, at: path.appending("Export"))
        }
        if let condition = output.condition, !isCondition(condition) {
            error(
                "Template format error: Unresolved condition dependency \(condition) in the Outputs block of the "
                    + "template", at: path.appending("Condition"))
        }
    }

    private mutating func check(
        _ references: References, _ known: Set<String>, _ resources: Set<String>, at path: Path
    ) {
        for name in references.names.sorted() where !known.contains(name) { unresolved.append((name, path)) }
        for resource in Set(references.attributes.map(\.resource)).sorted() where !resources.contains(resource) {
            if let variable = references.substituted.first(where: { $0.resource == resource }), let name = variable.name
            {
                error(
                    "Template error: instance of Fn::Sub references invalid resource attribute \(resource).\(name)",
                    at: path)
            } else {
                error("Template error: instance of Fn::GetAtt references undefined resource \(resource)", at: path)
            }
        }
        for condition in references.conditions.sorted() where !isCondition(condition) {
            error("Template error: unresolved condition dependency \(condition) in Fn::If", at: path)
        }
    }

    private func isCondition(_ name: String) -> Bool { conditionNames.contains(name) }

    private mutating func checkConditionNames() { conditionNames = Set(template.conditions.map(\.name)) }

    private mutating func checkConditionSection(_ parameters: Set<String>, _ resources: Set<String>) {
        var edges: [String: Set<String>] = [:]
        for condition in template.conditions {
            let path = ["Conditions", condition.name] as Path
            let references = condition.expression.references
            edges[condition.name] = references.conditions
            let outside = references.all.subtracting(parameters).sorted()
            if !outside.isEmpty {
                error(
                    "Template format error: Unresolved dependencies \(outside.listed). Cannot reference resources in "
                        + "the Conditions block of the template", at: path)
            }
            for name in references.conditions.sorted() where !isCondition(name) {
                error("Template error: unresolved condition dependency \(name) in Condition", at: path)
            }
        }
        let graph = DependencyGraph(nodes: template.conditions.map(\.name)) { edges[$0] ?? [] }
        for cycle in graph.cycles() {
            error(
                "Template format error: Circular dependency between conditions: \(cycle.listed)",
                at: ["Conditions", cycle[0]] as Path)
        }
    }
}

extension Collection<String> {
    /// The names as AWS lists them in messages: `[A, B]`.
    var listed: String { "[" + joined(separator: ", ") + "]" }
}
