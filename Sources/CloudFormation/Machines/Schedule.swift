/// What is ready, and what waits for what, in one walk over the dependency graph. Each step costs what it touches,
/// however large the stack is.
struct Schedule: Codable, Sendable {
    private var open = Register<Int>()
    private var dependents = Register<[String]>()
    private var ready: [String] = []
    /// How many have not come to their end.
    private(set) var remaining = 0

    /// Nothing to do.
    init() {}

    /// A walk over those nodes, each after what it needs. Needs outside of them count as met.
    init(_ nodes: [String], needs: (String) -> [String]) {
        let members = Set(nodes)
        remaining = nodes.count
        var waiting: [String: [String]] = [:]
        for node in nodes {
            let own = Set(needs(node)).intersection(members).subtracting([node])
            open[node] = own.count
            for other in own { waiting[other, default: []].append(node) }
            if own.isEmpty { ready.append(node) }
        }
        dependents = Register(waiting.map { ($0, $1) })
        ready.reverse()
    }

    /// The next node that can be worked on; nil when there is none now.
    mutating func next() -> String? { ready.popLast() }

    /// Notes that the node is done, which may make others ready.
    mutating func finish(_ node: String) {
        guard open.removeValue(forKey: node) != nil else { return }
        remaining -= 1
        for other in dependents.removeValue(forKey: node) ?? [] {
            guard let count = open[other] else { continue }
            open[other] = count - 1
            if count == 1 { ready.append(other) }
        }
    }
}
