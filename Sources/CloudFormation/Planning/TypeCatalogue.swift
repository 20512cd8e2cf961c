package import Cloud
package import CloudFormationTemplate
package import Notation

/// The resource types that can be run, and what the template language needs to know about them.
package struct TypeCatalogue: Sendable {
    private let cloud: Cloud

    /// What is behind that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// The declaration of that type; `Custom::Anything` is a custom resource.
    package func type(_ name: String) -> ResourceType? {
        cloud.resourceType(name.hasPrefix("Custom::") ? CustomResource.typeName : name)
    }

    /// What replaces a resource of that type.
    package func rules(_ name: String) -> ReplacementRules? {
        var rules = facts(name)?.rules
        // Its outputs may be others once it has been changed.
        if name == NestedStack.typeName { rules?.volatileAttributes = ["*"] }
        return rules
    }

    /// What the stack engine knows about that type.
    func facts(_ name: String) -> StackOperation.TypeFacts? {
        guard let type = type(name) else { return nil }
        let published = PublicSchemas.schema(name)
        let replacing = Set(type.replacing.map { $0.replacing(".", with: "/") }).union(published?.createOnly ?? [])
        return StackOperation.TypeFacts(
            replacing: replacing.sorted(), nameProperty: type.nameProperty,
            canUpdate: type.actions.update != nil, isTaggable: type.enforced.contains("Tags"))
    }

    /// What the engine knows about each of those types.
    func facts(_ names: some Sequence<String>) -> [String: StackOperation.TypeFacts] {
        var facts: [String: StackOperation.TypeFacts] = [:]
        for name in names where facts[name] == nil { facts[name] = self.facts(name) }
        return facts
    }

    /// What a resource of that type may be told: as published, or as declared where nothing is. Nil when it cannot be
    /// run.
    package func schema(_ name: String) -> ResourceSchema? {
        guard let declared = offer(name) else { return nil }
        // What is published of AWS::CDK::Metadata has no property, not even the one that every template gives it.
        guard var published = PublicSchemas.schema(name), !published.properties.shapes.isEmpty else { return declared }
        published.attributes = declared.attributes
        published.properties.required.formUnion(declared.properties.required)
        return published
    }

    /// The properties of the kinds that the type's schema asks for.
    package func coerced(_ properties: JSON, for name: String) -> JSON {
        PublicSchemas.schema(name)?.coerced(properties) ?? properties
    }

    /// What of that type is offered here.
    package func offer(_ name: String) -> ResourceSchema? {
        guard let type = type(name) else { return nil }
        let names = type.enforced.union(type.stored)
        var properties = Self.members(names.sorted().map { $0.split(separator: ".")[...] })
        properties.required = type.required.filter { !$0.contains(".") }
        properties.isOpen = type.name == CustomResource.typeName
        let attributes = type.attributes.contains { $0.hasSuffix("*") } ? nil : type.attributes
        return ResourceSchema(type: name, properties: properties, attributes: attributes)
    }

    /// - Throws: ``AWSError`` `ValidationError` when a property has a value that is published and not offered here.
    func checkValues(_ template: ResolvedTemplate) throws {
        for resource in template.resources {
            for (property, values) in type(resource.type)?.offeredValues.sorted(by: { $0.key < $1.key }) ?? [] {
                let steps = property.split(separator: ".").map(String.init)
                let place = steps.reduce(Optional(resource.properties)) { $0?[$1] }
                guard let value = place?.literal?.loose.string, !values.contains(value) else { continue }
                throw AWSError(
                    "ValidationError",
                    "\(property): \(value) is not supported for \(resource.type), only "
                        + "\(values.sorted().joined(separator: ", ")), at /Resources/\(resource.logicalID)/Properties/"
                        + "\(steps.joined(separator: "/")). See 'slipway support'.")
            }
        }
    }

    /// Dotted names as a tree: a name that is there in whole lets everything below it through.
    private static func members(_ names: [ArraySlice<Substring>]) -> ResourceSchema.Members {
        var shapes: [String: ResourceSchema.Shape] = [:]
        for (first, group) in Dictionary(grouping: names, by: { $0.first ?? "" }) {
            let below = group.map { $0.dropFirst() }
            shapes[String(first)] = below.contains(where: \.isEmpty) ? .any : .objects(members(below))
        }
        return ResourceSchema.Members(shapes)
    }
}
