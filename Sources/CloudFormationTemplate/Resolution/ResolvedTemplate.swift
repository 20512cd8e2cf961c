package import Notation

/// A template for one stack, worked out as far as possible before any resource exists: parameters, mappings and
/// conditions are gone, what is left refers to resources.
package struct ResolvedTemplate: Sendable {
    /// A resource that this stack has.
    package struct Resource: Sendable, Hashable {
        /// Its logical id.
        package let logicalID: String
        /// Its type.
        package let type: String
        /// Its properties: an object, written out except for what refers to other resources.
        package var properties: Expression
        /// Its metadata, likewise.
        package var metadata: Expression?
        /// What becomes of it when the stack no longer has it.
        package var deletionPolicy: DeletionPolicy
        /// What becomes of the old one when it is replaced.
        package var updateReplacePolicy: DeletionPolicy
        /// Its creation policy, likewise.
        package var creationPolicy: Expression?
        /// Its update policy, likewise.
        package var updatePolicy: Expression?
        /// The logical ids that must stand first: referred to or named in `DependsOn`.
        package var needs: Set<String>
    }

    /// An output that this stack has.
    package struct Output: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// What it is, in the author's words.
        package var description: String?
        /// Its value, written out except for what refers to resources.
        package var value: Expression
        /// The name it is exported under, likewise.
        package var exportName: Expression?
    }

    /// The template it comes from.
    package let template: Template
    /// The resources, in the order declared.
    package internal(set) var resources: [Resource] = []
    /// The outputs, in the order declared.
    package internal(set) var outputs: [Output] = []
    /// Which conditions hold.
    package internal(set) var conditions: [String: Bool] = [:]
    /// What works out the rest: give it ``Evaluator/attributes`` and call ``Evaluator/value(of:)``.
    package internal(set) var evaluator: Evaluator
    /// What must stand before what.
    package internal(set) var graph = DependencyGraph(nodes: []) { _ in [] }
    private var positions: [String: Int] = [:]

    init(template: Template, evaluator: Evaluator) {
        self.template = template
        self.evaluator = evaluator
    }

    mutating func append(_ resource: Resource) {
        positions[resource.logicalID] = resources.count
        resources.append(resource)
    }

    /// The resource of that logical id; nil when this stack has none.
    package subscript(logicalID: String) -> Resource? { positions[logicalID].map { resources[$0] } }

    /// Whether this stack has a resource of that logical id.
    package func contains(_ logicalID: String) -> Bool { positions[logicalID] != nil }

    /// Lets the evaluator answer for resources: see ``Evaluator/attributes``.
    package mutating func know(_ attributes: @escaping @Sendable (String, String?) throws -> JSON?) {
        evaluator.attributes = attributes
    }

    /// The export names still to be looked up: `Fn::ImportValue` of names that the context did not answer.
    package var openImports: [String] {
        var names: Set<String> = []
        for resource in resources { Self.collect(resource.properties, into: &names) }
        for output in outputs { Self.collect(output.value, into: &names) }
        return names.sorted()
    }

    private static func collect(_ expression: Expression, into names: inout Set<String>) {
        if case .call(.importValue, let arguments) = expression, let name = arguments.first?.literal?.string {
            names.insert(name)
        }
        for child in expression.children { collect(child, into: &names) }
    }
}
