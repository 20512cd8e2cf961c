internal import Notation

/// Turns a pattern's tree into nodes. Every `$or` doubles the alternatives, as AWS counts them.
struct PatternCompiler {
    /// What is wrong with a pattern, and where in its tree.
    struct Failure: Error {
        let reason: String
        let path: Path
    }
    /// One combination of what must hold: places and values.
    typealias Combination = [[String]: ValuePattern]

    /// Deeper patterns are refused.
    static let depthLimit = 100
    /// Names of comparisons, which are no names of members inside `$or`.
    private static let reserved: Set<String> = [
        "exactly", "prefix", "suffix", "numeric", "anything-but", "exists", "cidr", "equals-ignore-case", "wildcard",
    ]

    private var combinations: [Combination] = [[:]]

    static func compile(_ tree: JSON) throws(Failure) -> [PatternNode] {
        try combinations(tree).map { combination in
            var node = PatternNode()
            for (path, values) in combination.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                node.insert(values, at: path[...])
            }
            return node
        }
    }

    /// The combinations alone, for limits that other services set.
    static func combinations(_ tree: JSON) throws(Failure) -> [Combination] {
        guard let members = tree.object else { throw Failure(reason: "Filter is not an object", path: Path()) }
        var compiler = PatternCompiler()
        try compiler.object(members, at: Path(), names: [], isInsideOr: false)
        return compiler.combinations
    }

    private mutating func object(
        _ members: JSONObject, at path: Path, names: [String], isInsideOr: Bool
    ) throws(Failure) {
        guard !members.isEmpty else { throw Failure(reason: "Empty objects are not allowed", path: path) }
        guard path.steps.count < Self.depthLimit else {
            throw Failure(reason: "The pattern is nested deeper than \(Self.depthLimit) levels", path: path)
        }
        for (name, value) in members {
            let below = path.appending(name)
            if name == "$or" {
                try alternatives(value, at: below, names: names)
                continue
            }
            guard !isInsideOr || !Self.reserved.contains(name) else {
                throw Failure(
                    reason: "\(name) is Ruler reserved fieldName which cannot be used inside $or.", path: below)
            }
            switch value {
            case .object(let inner): try object(inner, at: below, names: names + [name], isInsideOr: isInsideOr)
            case .array(let list): try values(list, at: below, names: names + [name])
            default: throw Failure(reason: "\"\(name)\" must be an object or an array", path: below)
            }
        }
    }

    private mutating func alternatives(_ value: JSON, at path: Path, names: [String]) throws(Failure) {
        guard let list = value.array else {
            throw Failure(reason: "It must be an Array followed with $or.", path: path)
        }
        let before = combinations
        combinations = []
        for (index, element) in list.enumerated() {
            guard let members = element.object else {
                throw Failure(
                    reason: "Only JSON object is allowed in array of $or relationship.", path: path.appending(index))
            }
            var branch = PatternCompiler()
            branch.combinations = before
            try branch.object(members, at: path.appending(index), names: names, isInsideOr: true)
            combinations += branch.combinations
            guard combinations.count <= EventPattern.combinationLimit else {
                throw Failure(
                    reason: "Rule is too complex - $or has more than \(EventPattern.combinationLimit) combinations",
                    path: path)
            }
        }
        guard list.count >= 2 else {
            throw Failure(reason: "There must have at least 2 Objects in $or relationship.", path: path)
        }
    }

    private mutating func values(_ list: [JSON], at path: Path, names: [String]) throws(Failure) {
        guard !list.isEmpty else { throw Failure(reason: "Empty arrays are not allowed", path: path) }
        var values = ValuePattern()
        for (index, element) in list.enumerated() {
            let below = path.appending(index)
            switch element {
            case .array:
                throw Failure(reason: "Match value must be String, number, true, false, or null", path: below)
            case .object(let members):
                let reader = TestReader(path: below)
                if let exists = try reader.existence(members) {
                    values.accept(existence: exists, at: names)
                } else {
                    values.accept(try reader.test(members))
                }
            default: values.accept(element)
            }
        }
        for place in combinations.indices { combinations[place][names] = values }
    }
}
