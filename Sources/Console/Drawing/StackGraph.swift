internal import Notation

/// A stack's resources and what each leans on, drawn as SVG: what stands first is on the left.
struct StackGraph: Sendable {
    /// A resource.
    struct Node: Sendable, Hashable {
        let name: String
        let type: String
        let status: String
        /// The names of the resources that it leans on.
        let needs: [String]
    }

    /// Beyond this many a drawing says less than the table.
    static let limit = 150
    private static let width = 168
    private static let height = 44
    private static let gap = (x: 46, y: 14)

    let nodes: [Node]

    /// Columns of names: each resource stands to the right of everything it leans on.
    var columns: [[Node]] {
        let known = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        var depth: [String: Int] = [:]
        // As many rounds as there are resources settle every chain; circles cannot be deployed, and end here, too.
        for _ in 0..<nodes.count {
            var isSettled = true
            for node in nodes {
                let needed = node.needs.filter { known[$0] != nil && $0 != node.name }.map { (depth[$0] ?? 0) + 1 }
                let own = min(needed.max() ?? 0, nodes.count)
                if depth[node.name] ?? 0 != own {
                    depth[node.name] = own
                    isSettled = false
                }
            }
            if isSettled { break }
        }
        let last = depth.values.max() ?? 0
        return (0...last).map { column in
            nodes.filter { (depth[$0.name] ?? 0) == column }.sorted { $0.name < $1.name }
        }.filter { !$0.isEmpty }
    }

    var html: HTML {
        guard !nodes.isEmpty, nodes.count <= Self.limit else { return .none }
        let columns = columns
        let rows = columns.map(\.count).max() ?? 1
        let size = (
            x: columns.count * (Self.width + Self.gap.x) - Self.gap.x + 2,
            y: rows * (Self.height + Self.gap.y) - Self.gap.y + 2
        )
        var places: [String: (x: Int, y: Int)] = [:]
        for (column, members) in columns.enumerated() {
            // Shorter columns stand in the middle, so that lines stay short.
            let offset = (rows - members.count) * (Self.height + Self.gap.y) / 2
            for (row, node) in members.enumerated() {
                places[node.name] = (
                    x: column * (Self.width + Self.gap.x) + 1, y: row * (Self.height + Self.gap.y) + offset + 1
                )
            }
        }
        return tag("div", .class("scroll graph"), Attribute("tabindex", "0")) {
            tag(
                "svg", Attribute("width", String(size.x)), Attribute("height", String(size.y)),
                Attribute("viewBox", "0 0 \(size.x) \(size.y)"), Attribute("role", "img"),
                Attribute("aria-label", "What each of \(nodes.count) resources leans on")
            ) {
                for node in nodes { edges(to: node, places) }
                for node in nodes { drawing(node, places[node.name] ?? (0, 0)) }
            }
        }
    }

    private func edges(to node: Node, _ places: [String: (x: Int, y: Int)]) -> [HTML] {
        guard let end = places[node.name] else { return [] }
        return Set(node.needs).sorted().compactMap { name in
            guard name != node.name, let start = places[name] else { return nil }
            let from = (x: start.x + Self.width, y: start.y + Self.height / 2)
            let to = (x: end.x, y: end.y + Self.height / 2)
            let bend = max(20, (to.x - from.x) / 2)
            return tag(
                "path", .class("edge"),
                Attribute(
                    "d", "M\(from.x) \(from.y) C\(from.x + bend) \(from.y) \(to.x - bend) \(to.y) \(to.x) \(to.y)")
            ) { tag("title", text: "\(node.name) leans on \(name)") }
        }
    }

    private func drawing(_ node: Node, _ place: (x: Int, y: Int)) -> HTML {
        tag("g", .class("node \(Mood(status: node.status).rawValue)")) {
            tag("title", text: "\(node.name), \(node.type): \(Parts.words(node.status))")
            tag(
                "rect", Attribute("x", String(place.x)), Attribute("y", String(place.y)),
                Attribute("width", String(Self.width)), Attribute("height", String(Self.height)), Attribute("rx", "8"))
            tag(
                "text", Attribute("x", String(place.x + 10)), Attribute("y", String(place.y + 19)),
                text: Self.cut(node.name, 21))
            tag(
                "text", .class("kind"), Attribute("x", String(place.x + 10)), Attribute("y", String(place.y + 34)),
                text: Self.cut(node.type.split(separator: ":").last.map(String.init) ?? "", 26))
        }
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        text.count > limit ? text.prefix(limit - 1) + "…" : text
    }
}

extension StackGraph {
    /// What each resource of a template leans on: references, attributes, texts with either in them, `DependsOn`.
    ///
    /// - Parameter template: the template after transforms.
    static func needs(_ template: JSON) -> [String: [String]] {
        let resources = template["Resources"]?.object ?? [:]
        let names = Set(resources.keys)
        var needs: [String: [String]] = [:]
        for (name, resource) in resources {
            var found: Set<String> = []
            collect(resource, into: &found)
            for other in resource["DependsOn"]?.array ?? resource["DependsOn"].map({ [$0] }) ?? [] {
                if let other = other.string { found.insert(other) }
            }
            needs[name] = found.intersection(names).subtracting([name]).sorted()
        }
        return needs
    }

    private static func collect(_ value: JSON, into found: inout Set<String>) {
        switch value {
        case .array(let elements): for element in elements { collect(element, into: &found) }
        case .object(let members):
            if members.count == 1 {
                if let name = members["Ref"]?.string { found.insert(name) }
                let attribute = members["Fn::GetAtt"]
                let owner = attribute?[0]?.string ?? attribute?.string?.split(separator: ".").first.map(String.init)
                if let owner { found.insert(owner) }
                let text = members["Fn::Sub"]?.string ?? members["Fn::Sub"]?[0]?.string
                if let text { found.formUnion(placeholders(text)) }
            }
            for (_, member) in members { collect(member, into: &found) }
        default: return
        }
    }

    /// The names in `${Name}` and `${Name.Attribute}`.
    private static func placeholders(_ text: String) -> [String] {
        text.split(separator: "${", omittingEmptySubsequences: false).dropFirst().compactMap { part in
            part.prefix { $0 != "}" }.split(separator: ".").first.map(String.init)
        }
    }
}
