internal import Notation

extension Template {
    /// Looks for circles among the resources, whatever the conditions may turn out to be: for judging a template alone.
    ///
    /// - Throws: ``TemplateError`` naming the resources of the first circle.
    package func checkForCircles() throws {
        let needs = Dictionary(
            resources.map { resource in
                (resource.logicalID, resource.properties.references.all.union(resource.dependsOn))
            }
        ) { first, _ in first }
        let graph = DependencyGraph(nodes: resources.map(\.logicalID)) { needs[$0] ?? [] }
        let itself = resources.map(\.logicalID).first { needs[$0]?.contains($0) == true }
        guard let circle = itself.map({ [$0] }) ?? graph.cycles().first else { return }
        throw TemplateError(
            "Circular dependency between resources: \(circle.listed)", at: ["Resources", circle[0]])
    }
}
