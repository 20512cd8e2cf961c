/// Compiles a regular expression into steps.
struct PatternCompiler {
    /// What is not understood, and where.
    struct Failure: Error, Sendable, Hashable {
        let reason: String
        let offset: Int
    }

    /// A pattern as a tree.
    indirect enum Node: Sendable {
        case empty
        case set(ScalarSet)
        case sequence([Node])
        case choice([Node])
        case loop(Node, least: Int, most: Int)
        case start, end
        case wordBoundary(isNegative: Bool)
        case look(Node, isBehind: Bool, isNegative: Bool)
    }

    /// A group is written out at most so often; a greater upper bound counts as none. Lengths are limited besides.
    static let unrollLimit = 300

    private var steps: [Pattern.Step] = []
    private var sets: [ScalarSet] = []

    static func compile(_ text: String) throws(Failure) -> Pattern {
        var parser = PatternParser(text)
        let node = try parser.pattern()
        var compiler = PatternCompiler()
        compiler.add(node)
        compiler.steps.append(.accept)
        return Pattern(steps: compiler.steps, sets: compiler.sets)
    }

    private mutating func index(of set: ScalarSet) -> Int {
        if let index = sets.firstIndex(of: set) { return index }
        sets.append(set)
        return sets.count - 1
    }

    private mutating func add(_ node: Node) {
        switch node {
        case .empty: break
        case .set(let set): steps.append(.set(index(of: set)))
        case .sequence(let nodes): for node in nodes { add(node) }
        case .choice(let nodes): choice(nodes[...])
        case .loop(.set(let set), let least, let most): steps.append(.run(index(of: set), least: least, most: most))
        case .loop(let inner, let least, let most): loop(inner, least: min(least, Self.unrollLimit), most: most)
        case .start: steps.append(.start)
        case .end: steps.append(.end)
        case .wordBoundary(let isNegative): steps.append(.wordBoundary(isNegative: isNegative))
        case .look(let inner, let isBehind, let isNegative):
            let head = steps.count
            steps.append(.accept)
            add(inner)
            steps.append(.accept)
            steps[head] = .look(isBehind: isBehind, isNegative: isNegative, end: steps.count)
        }
    }

    private mutating func choice(_ nodes: ArraySlice<Node>) {
        guard let first = nodes.first else { return }
        guard nodes.count > 1 else { return add(first) }
        let head = steps.count
        steps.append(.accept)
        add(first)
        let leave = steps.count
        steps.append(.accept)
        steps[head] = .split(head + 1, steps.count)
        choice(nodes.dropFirst())
        steps[leave] = .jump(steps.count)
    }

    private mutating func loop(_ inner: Node, least: Int, most: Int) {
        for _ in 0..<least { add(inner) }
        if most == .max || most - least > Self.unrollLimit {
            let head = steps.count
            steps.append(.accept)
            add(inner)
            steps.append(.jump(head))
            steps[head] = .split(head + 1, steps.count)
            return
        }
        var heads: [Int] = []
        for _ in least..<max(most, least) {
            heads.append(steps.count)
            steps.append(.accept)
            add(inner)
        }
        for head in heads { steps[head] = .split(head + 1, steps.count) }
    }
}
