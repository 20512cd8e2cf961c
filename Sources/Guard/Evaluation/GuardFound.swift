internal import Notation

/// A value that a query led to, or where its way ended.
enum GuardFound {
    case value(GuardValue, Path)
    /// The last place that is there, and what was looked for from it.
    case missing(Path, String)
}

/// Names and the value at hand while a block is asked. Variables are worked out when they are first used.
final class GuardScope {
    let parent: GuardScope?
    let this: (value: GuardValue, path: Path)
    private let variables: [String: GuardVariable]
    private var known: [String: [GuardFound]]
    /// Variables that are being worked out, to notice one that needs itself.
    var pending: Set<String> = []

    init(
        parent: GuardScope?, this: (value: GuardValue, path: Path), variables: [GuardVariable],
        known: [String: [GuardFound]] = [:]
    ) {
        self.parent = parent
        self.this = this
        self.variables = Dictionary(variables.map { ($0.name, $0) }) { _, last in last }
        self.known = known
    }

    /// The scope that has the variable; nil when none has.
    func owner(of name: String) -> GuardScope? {
        if variables[name] != nil || known[name] != nil { return self }
        return parent?.owner(of: name)
    }

    func definition(of name: String) -> GuardVariable? { variables[name] }

    /// What is known of the variable already.
    subscript(name: String) -> [GuardFound]? {
        get { known[name] }
        set { known[name] = newValue }
    }
}
