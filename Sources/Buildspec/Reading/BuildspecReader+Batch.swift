internal import Notation

extension BuildspecReader {
    private static let kinds = ["build-graph", "build-list", "build-matrix", "build-fanout"]

    mutating func batch(_ value: JSON, _ path: Path) -> BatchSpec? {
        guard let members = mapping(value, path, known: Self.kinds + ["fast-fail"]) else { return nil }
        let failsFast = flag(members["fast-fail"], path.appending("fast-fail")) ?? false
        let named = Self.kinds.filter { members[$0] != nil }
        guard named.count == 1, let name = named.first, let body = members[name] else {
            report("'batch' must have exactly one of \(Self.kinds.joined(separator: ", "))", at: path)
            return nil
        }
        let below = path.appending(name)
        let kind: BatchSpec.Kind? =
            switch name {
            case "build-graph": .graph(entries(body, below, isGraph: true))
            case "build-list": .list(entries(body, below, isGraph: false))
            case "build-matrix": matrix(body, below).map { .matrix($0) }
            default: fanout(body, below)
            }
        return kind.map { BatchSpec(failsFast: failsFast, kind: $0) }
    }

    // MARK: Graph and list

    private mutating func entries(_ value: JSON, _ path: Path, isGraph: Bool) -> [BatchSpec.Entry] {
        guard let list = value.array, !list.isEmpty else {
            report("'\(path)' must be a list of builds", at: path)
            return []
        }
        var entries: [BatchSpec.Entry] = []
        var places: [String: Path] = [:]
        for (index, element) in list.enumerated() {
            guard let entry = entry(element, path.appending(index), isGraph: isGraph) else { continue }
            if places.updateValue(path.appending(index), forKey: entry.identifier) != nil {
                report("The identifier '\(entry.identifier)' is given twice", at: path.appending(index))
            }
            entries.append(entry)
        }
        if isGraph { checkGraph(entries, places) }
        return entries
    }

    private mutating func entry(_ value: JSON, _ path: Path, isGraph: Bool) -> BatchSpec.Entry? {
        let known = ["identifier", "buildspec", "env", "ignore-failure", "debug-session"]
        guard let members = mapping(value, path, known: known + (isGraph ? ["depend-on"] : [])) else { return nil }
        let identifier = text(members["identifier"], path.appending("identifier"))
        guard let identifier, Self.isIdentifier(identifier) else {
            report("Each build needs an 'identifier' of letters, digits and underscores", at: path)
            return nil
        }
        var entry = BatchSpec.Entry(identifier: identifier)
        entry.buildspec = text(members["buildspec"], path.appending("buildspec"))
        entry.dependsOn = isGraph ? texts(members["depend-on"], path.appending("depend-on")) : []
        entry.ignoresFailure = flag(members["ignore-failure"], path.appending("ignore-failure")) ?? false
        entry.allowsDebugging = flag(members["debug-session"], path.appending("debug-session")) ?? false
        if let env = members["env"], !env.isNull { entry.environment = batchEnvironment(env, path.appending("env")) }
        return entry
    }

    private mutating func batchEnvironment(_ value: JSON, _ path: Path) -> BatchSpec.Environment {
        var environment = BatchSpec.Environment()
        let known = ["compute-type", "fleet", "image", "type", "privileged-mode", "variables"]
        guard let members = mapping(value, path, known: known) else { return environment }
        environment.computeType = text(members["compute-type"], path.appending("compute-type"))
        environment.fleet = text(members["fleet"], path.appending("fleet"))
        environment.image = text(members["image"], path.appending("image"))
        environment.type = text(members["type"], path.appending("type"))
        environment.isPrivileged = flag(members["privileged-mode"], path.appending("privileged-mode"))
        for (name, value) in textMap(members["variables"], path.appending("variables")) {
            environment.variables[name] = value
        }
        return environment
    }

    /// Builds may only wait for builds there are, and none for itself by way of others.
    private mutating func checkGraph(_ entries: [BatchSpec.Entry], _ places: [String: Path]) {
        var open: [String: Set<String>] = [:]
        for entry in entries {
            for name in entry.dependsOn where places[name] == nil {
                let hint = hint(name, entries.map(\.identifier))
                report(
                    "'\(entry.identifier)' depends on '\(name)', which is no build of the batch\(hint)",
                    at: places[entry.identifier] ?? Path())
            }
            open[entry.identifier] = Set(entry.dependsOn.filter { places[$0] != nil })
        }
        // What can run is taken away until nothing more can.
        while let ready = entries.first(where: { open[$0.identifier]?.isEmpty == true })?.identifier {
            open[ready] = nil
            for name in open.keys { open[name]?.remove(ready) }
        }
        guard let start = entries.first(where: { open[$0.identifier] != nil })?.identifier else { return }
        let circle = Self.circle(from: start, open)
        report(
            "The builds wait for each other in a circle: \(circle.joined(separator: " -> "))",
            at: places[circle.first ?? start] ?? Path())
    }

    private static func circle(from start: String, _ open: [String: Set<String>]) -> [String] {
        var way = [start]
        while let last = way.last, let next = open[last]?.min() {
            if let place = way.firstIndex(of: next) { return Array(way[place...]) + [next] }
            way.append(next)
        }
        return way
    }

    // MARK: Matrix and fanout

    private mutating func matrix(_ value: JSON, _ path: Path) -> BatchSpec.Matrix? {
        guard let members = mapping(value, path, known: ["static", "dynamic"]) else { return nil }
        var matrix = BatchSpec.Matrix()
        if let fixed = members["static"], !fixed.isNull,
            let inner = mapping(fixed, path.appending("static"), known: ["ignore-failure", "env"])
        {
            let below = path.appending("static")
            matrix.ignoresFailure = flag(inner["ignore-failure"], below.appending("ignore-failure")) ?? false
            if let env = inner["env"] { matrix.environment = batchEnvironment(env, below.appending("env")) }
        }
        guard let dynamic = members["dynamic"], !dynamic.isNull else { return matrix }
        let below = path.appending("dynamic")
        guard let inner = mapping(dynamic, below, known: ["buildspec", "env"]) else { return matrix }
        matrix.buildspecs = texts(inner["buildspec"], below.appending("buildspec"))
        let place = below.appending("env")
        guard let env = inner["env"], !env.isNull,
            let lists = mapping(env, place, known: ["compute-type", "image", "variables"])
        else { return matrix }
        matrix.computeTypes = texts(lists["compute-type"], place.appending("compute-type"))
        matrix.images = texts(lists["image"], place.appending("image"))
        guard let variables = lists["variables"], !variables.isNull else { return matrix }
        for (name, values) in mapping(variables, place.appending("variables"), known: nil) ?? [:] {
            let list = texts(values, place.appending("variables").appending(name))
            if !list.isEmpty { matrix.variables.append(BatchSpec.Matrix.Axis(name: name, values: list)) }
        }
        if BatchPlan.size(of: matrix) > BatchPlan.buildLimit {
            report("The matrix makes more than \(BatchPlan.buildLimit) builds", at: path)
        }
        return matrix
    }

    private mutating func fanout(_ value: JSON, _ path: Path) -> BatchSpec.Kind? {
        guard let members = mapping(value, path, known: ["parallelism", "ignore-failure"]) else { return nil }
        let text = text(members["parallelism"], path.appending("parallelism"))
        guard let count = text.flatMap({ Int($0) }), (1...BatchPlan.buildLimit).contains(count) else {
            report("'parallelism' must be a whole number from 1 to \(BatchPlan.buildLimit)", at: path)
            return nil
        }
        let ignores = flag(members["ignore-failure"], path.appending("ignore-failure")) ?? false
        return .fanout(parallelism: count, ignoresFailure: ignores)
    }
}
