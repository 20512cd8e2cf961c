/// What has to stand before what.
///
/// Nodes keep the order in which they were given, so that everything read off a graph is the same every time.
package struct DependencyGraph: Sendable, Hashable {
    /// The names, in order.
    package let nodes: [String]
    private let positions: [String: Int]
    private let needed: [[Int]]
    private let needing: [[Int]]

    /// A graph of those names. Needs that name no node, or the node itself, are left out.
    package init(nodes: [String], needs: (String) -> Set<String>) {
        self.nodes = nodes
        let positions = Dictionary(zip(nodes, nodes.indices)) { first, _ in first }
        var needed: [[Int]] = []
        var needing = [[Int]](repeating: [], count: nodes.count)
        for (position, node) in nodes.enumerated() {
            let own = needs(node).compactMap { positions[$0] }.filter { $0 != position }.sorted()
            needed.append(own)
            for other in own { needing[other].append(position) }
        }
        self.positions = positions
        self.needed = needed
        self.needing = needing
    }

    /// What that node waits for, directly.
    package func dependencies(of node: String) -> [String] {
        positions[node].map { needed[$0].map { nodes[$0] } } ?? []
    }

    /// What waits for that node, directly.
    package func dependents(of node: String) -> [String] {
        positions[node].map { needing[$0].map { nodes[$0] } } ?? []
    }

    /// The nodes in an order in which each comes after what it needs; nil when there is a cycle.
    package func order() -> [String]? {
        let waves = waves()
        return waves?.flatMap { $0 }
    }

    /// Groups of nodes: each group needs only earlier ones, so its members can be worked on side by side.
    /// Nil when there is a cycle.
    package func waves() -> [[String]]? {
        var open = needed.map(\.count)
        var wave = open.indices.filter { open[$0] == 0 }
        var waves: [[String]] = []
        var count = 0
        while !wave.isEmpty {
            waves.append(wave.map { nodes[$0] })
            count += wave.count
            var next: [Int] = []
            for node in wave {
                for other in needing[node] {
                    open[other] -= 1
                    if open[other] == 0 { next.append(other) }
                }
            }
            wave = next.sorted()
        }
        return count == nodes.count ? waves : nil
    }

    /// The groups of nodes that need each other in a circle, each in the nodes' order. Empty when there is none.
    ///
    /// Tarjan's strongly connected components, without recursion: a template of thousands of chained resources must
    /// not use up the stack.
    package func cycles() -> [[String]] {
        var search = ComponentSearch(count: nodes.count)
        for node in nodes.indices { search.visit(node, needed) }
        return search.components.filter { $0.count > 1 }
            .map { $0.sorted() }
            .sorted { ($0.first ?? 0) < ($1.first ?? 0) }
            .map { $0.map { nodes[$0] } }
    }
}

private struct ComponentSearch {
    var components: [[Int]] = []
    private var order: [Int]
    private var low: [Int]
    private var isOpen: [Bool]
    private var open: [Int] = []
    private var counter = 0

    init(count: Int) {
        order = [Int](repeating: -1, count: count)
        low = order
        isOpen = [Bool](repeating: false, count: count)
    }

    mutating func visit(_ root: Int, _ edges: [[Int]]) {
        guard order[root] < 0 else { return }
        var path: [(node: Int, next: Int)] = []
        enter(root, &path)
        while let (node, next) = path.last {
            if next < edges[node].count {
                path[path.count - 1].next += 1
                let other = edges[node][next]
                if order[other] < 0 {
                    enter(other, &path)
                } else if isOpen[other] {
                    low[node] = min(low[node], order[other])
                }
            } else {
                path.removeLast()
                if let parent = path.last?.node { low[parent] = min(low[parent], low[node]) }
                if low[node] == order[node] { close(node) }
            }
        }
    }

    private mutating func enter(_ node: Int, _ path: inout [(node: Int, next: Int)]) {
        order[node] = counter
        low[node] = counter
        counter += 1
        open.append(node)
        isOpen[node] = true
        path.append((node, 0))
    }

    private mutating func close(_ root: Int) {
        var component: [Int] = []
        while let node = open.popLast() {
            isOpen[node] = false
            component.append(node)
            if node == root { break }
        }
        components.append(component)
    }
}
