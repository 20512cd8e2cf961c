internal import Notation

extension Template {
    /// The template for one stack: rules checked, conditions decided, functions worked out as far as possible, the
    /// dependency graph drawn and found free of circles.
    ///
    /// - Throws: ``TemplateError`` with everything that is wrong, each with its place.
    package func resolve(_ context: StackContext) throws -> ResolvedTemplate {
        var resolution = Resolution(self, context)
        resolution.decideConditions()
        resolution.checkRules()
        resolution.resolveResources()
        resolution.resolveOutputs()
        resolution.checkExports()
        resolution.checkReferences()
        resolution.drawGraph()
        guard resolution.report.isValid else { throw TemplateError(resolution.report) }
        return resolution.result
    }
}

/// One resolution under way.
private struct Resolution {
    var report = Report()
    var result: ResolvedTemplate
    private let template: Template
    private var needsByOutput: [String: Set<String>] = [:]

    init(_ template: Template, _ context: StackContext) {
        self.template = template
        var evaluator = Evaluator(
            values: context.values, mappings: template.mappings, exports: context.exports, zones: context.zones)
        for bound in context.parameters.bound {
            evaluator.parametersByType[bound.parameter.typeName, default: []].append(bound.text)
        }
        result = ResolvedTemplate(template: template, evaluator: evaluator)
    }

    mutating func decideConditions() {
        let byName = Dictionary(template.conditions.map { ($0.name, $0) }) { first, _ in first }
        let graph = DependencyGraph(nodes: template.conditions.map(\.name)) { name in
            byName[name]?.expression.references.conditions ?? []
        }
        for name in graph.order() ?? [] {
            guard let condition = byName[name] else { continue }
            let value = reduce(condition.expression, at: ["Conditions", name])
            if let text = value?.literal?.scalarText {
                result.evaluator.conditions[name] = text == "true"
            } else if value != nil {
                report.error(
                    "Template format error: Conditions can only be boolean operations on parameters and other "
                        + "conditions", at: ["Conditions", name])
            }
        }
        result.conditions = result.evaluator.conditions
    }

    mutating func checkRules() {
        for rule in template.rules {
            let path: Path = ["Rules", rule.name]
            if let when = rule.condition, reduce(when, at: path)?.literal?.scalarText != "true" { continue }
            for (index, assertion) in rule.assertions.enumerated() {
                let place = path.appending("Assertions").appending(index)
                guard let value = reduce(assertion.assert, at: place), value.literal?.scalarText != "true" else {
                    continue
                }
                let reason = assertion.description ?? "assertion \(index + 1) does not hold"
                report.error("Template validation error: Rule \(rule.name) failed: \(reason)", at: place)
            }
        }
    }

    mutating func resolveResources() {
        for resource in template.resources where holds(resource.condition) {
            let path = Template.resourcesPath.appending(resource.logicalID)
            var resolved = ResolvedTemplate.Resource(
                logicalID: resource.logicalID, type: resource.type,
                properties: members(of: resource.properties, at: path.appending("Properties")),
                deletionPolicy: policy(resource.deletionPolicy, or: .delete, at: path.appending("DeletionPolicy")),
                updateReplacePolicy: policy(
                    resource.updateReplacePolicy, or: .delete, at: path.appending("UpdateReplacePolicy")),
                needs: Set(resource.dependsOn))
            resolved.metadata = resource.metadata.flatMap { reduce($0, at: path.appending("Metadata")) }
            resolved.creationPolicy = resource.creationPolicy.flatMap {
                reduce($0, at: path.appending("CreationPolicy"))
            }
            resolved.updatePolicy = resource.updatePolicy.flatMap { reduce($0, at: path.appending("UpdatePolicy")) }
            var references = resolved.properties.references
            if let metadata = resolved.metadata { references.collect(metadata) }
            if let policy = resolved.creationPolicy { references.collect(policy) }
            if let policy = resolved.updatePolicy { references.collect(policy) }
            for name in references.all where !Template.pseudoParameters.contains(name) { resolved.needs.insert(name) }
            result.append(resolved)
        }
    }

    mutating func resolveOutputs() {
        for output in template.outputs where holds(output.condition) {
            let path: Path = ["Outputs", output.name]
            guard let value = reduce(output.value, at: path.appending("Value")), !value.isNoValue else { continue }
            if let literal = value.literal, literal.scalarText == nil {
                report.error("Template format error: Every Value member must be a string.", at: path.appending("Value"))
            }
            var resolved = ResolvedTemplate.Output(
                name: output.name, description: output.description, value: value)
            resolved.exportName = output.exportName.flatMap { reduce($0, at: path.appending("Export")) }
            var references = value.references
            if let name = resolved.exportName { references.collect(name) }
            needsByOutput[output.name] = references.all.subtracting(Template.pseudoParameters)
            result.outputs.append(resolved)
        }
    }

    /// A name is exported once: what imports it must know what it gets.
    mutating func checkExports() {
        let named = result.outputs.compactMap { output in
            output.exportName?.literal?.scalarText.map { (name: $0, output: output.name) }
        }
        for (name, outputs) in Dictionary(grouping: named, by: \.name).sorted(by: { $0.key < $1.key })
        where outputs.count > 1 {
            report.error(
                "Template format error: Outputs \(outputs.map(\.output).listed) have the same Export name \(name)",
                at: ["Outputs", outputs[1].output])
        }
    }

    /// A resource that exists may not lean on one whose condition does not hold.
    mutating func checkReferences() {
        let all = Set(template.resources.map(\.logicalID))
        for resource in result.resources {
            let isAbsent = { !result.contains($0) && all.contains($0) }
            guard resource.needs.contains(where: isAbsent) else { continue }
            let absent = resource.needs.filter(isAbsent).sorted()
            report.error(
                "Template format error: Unresolved resource dependencies \(absent.listed) in the Resources block of "
                    + "the template", at: ["Resources", resource.logicalID],
                fix: "Their conditions do not hold; use Fn::If where they are used.")
        }
        for (name, needs) in needsByOutput.sorted(by: { $0.key < $1.key }) {
            let absent = needs.filter { !result.contains($0) && all.contains($0) }.sorted()
            guard !absent.isEmpty else { continue }
            report.error(
                "Template format error: Unresolved resource dependencies \(absent.listed) in the Outputs block of the "
                    + "template", at: ["Outputs", name], fix: "Give the output the same condition.")
        }
    }

    mutating func drawGraph() {
        let needs = Dictionary(result.resources.map { ($0.logicalID, $0.needs) }) { first, _ in first }
        result.graph = DependencyGraph(nodes: result.resources.map(\.logicalID)) { needs[$0] ?? [] }
        for resource in result.resources where resource.needs.contains(resource.logicalID) {
            circle([resource.logicalID])
        }
        for cycle in result.graph.cycles() { circle(cycle) }
    }

    private mutating func circle(_ names: [String]) {
        report.error(
            "Circular dependency between resources: \(names.listed)", at: ["Resources", names[0]],
            fix: "Break the circle, for example by moving one reference into a resource of its own.")
    }

    private func holds(_ condition: String?) -> Bool {
        condition.map { result.evaluator.conditions[$0] ?? false } ?? true
    }

    private mutating func reduce(_ expression: Expression, at place: @autoclosure () -> Path) -> Expression? {
        if case .value = expression { return expression }
        do {
            return try result.evaluator.reduce(expression)
        } catch {
            report.error((error as? Evaluator.Failure)?.message ?? "\(error)", at: place())
            return nil
        }
    }

    /// Each member for itself, so that every wrong property is found at once.
    private mutating func members(of expression: Expression, at path: Path) -> Expression {
        guard case .object(let members) = expression else { return reduce(expression, at: path) ?? expression }
        var reduced: [Expression.Member] = []
        for member in members {
            guard let value = reduce(member.value, at: path.appending(member.name)), !value.isNoValue else { continue }
            reduced.append(.init(member.name, value))
        }
        return ExpressionReader.object(reduced)
    }

    private mutating func policy(
        _ expression: Expression?, or fallback: DeletionPolicy, at place: @autoclosure () -> Path
    ) -> DeletionPolicy {
        guard let expression else { return fallback }
        let path = place()
        guard let value = reduce(expression, at: path), !value.isNoValue else { return fallback }
        if let text = value.literal?.string, let policy = DeletionPolicy(rawValue: text) { return policy }
        report.error(
            "Template format error: \(path.steps.last.map { "\($0)" } ?? "") must be a policy's name", at: path)
        return fallback
    }
}
