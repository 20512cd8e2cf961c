internal import Cloud
internal import FoundationEssentials
internal import Lambda
package import Notation
internal import Wire

/// What becomes of every property of every operation and resource type: found out from the models and the handlers.
package struct SupportLedger: Sendable {
    /// What becomes of a property.
    enum Standing: String, Sendable { case enforced, stored, rejected }

    /// An operation or resource type with its properties.
    struct Row: Sendable {
        let service: String
        let name: String
        let isOffered: Bool
        let members: [(name: String, standing: Standing)]
        /// What can be done with a resource type besides making and deleting it; nil for operations.
        var actions: [String]?
    }

    private let rows: [Row]

    /// Whether it lists nothing.
    package var isEmpty: Bool { rows.isEmpty }

    /// The ledger of this program. Opens the house on an empty folder that is removed again; needs no server.
    ///
    /// - Throws: `ServerError` when no temporary folder can be made.
    package static func make() async throws -> SupportLedger {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "slipway-support-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let assembly = try await Assembly(options: ServerOptions(data: folder), endpoint: "http://127.0.0.1:4566")
        return SupportLedger(cloud: assembly.cloud)
    }

    init(cloud: Cloud) {
        var offered: [String: [String: Operation]] = [:]
        for (service, operation) in cloud.operations { offered[service, default: [:]][operation.name] = operation }
        var rows: [Row] = []
        for service in Models.ids.sorted() {
            guard let model = Models.service(service) else { continue }
            for name in model.knownOperations.sorted() {
                let refused = service == "lambda" ? LambdaService.refusedMembers[name] ?? [] : []
                rows.append(Self.row(service, name, offered[service]?[name], model.operation(name), refused))
            }
        }
        for type in cloud.resourceTypes {
            let members = type.enforced.map { ($0, Standing.enforced) } + type.stored.map { ($0, Standing.stored) }
            rows.append(
                Row(
                    service: "cloudformation types", name: type.name, isOffered: true,
                    members: members.sorted { $0.0 < $1.0 }, actions: Self.actions(type)))
        }
        self.rows = rows
    }

    private static func actions(_ type: ResourceType) -> [String] {
        let all = [
            ("update", type.actions.update != nil), ("read", type.actions.read != nil),
            ("list", type.actions.list != nil),
        ]
        return all.filter(\.1).map(\.0)
    }

    private init(rows: [Row]) { self.rows = rows }

    private static func row(
        _ service: String, _ name: String, _ operation: Operation?, _ model: OperationModel?, _ refused: Set<String>
    ) -> Row {
        guard let operation, !operation.isRefusal else {
            return Row(service: service, name: name, isOffered: false, members: [])
        }
        let paths = (model?.inputMembers() ?? []).map(\.path).filter { !$0.contains("{}") }
        let members = paths.compactMap { path -> (String, Standing)? in
            let path = path.replacing("[]", with: "")
            if covers(refused, path) { return isPart(of: refused, path) ? nil : (path, .rejected) }
            if covers(operation.enforced, path) {
                return isPart(of: operation.enforced, path) ? nil : (path, .enforced)
            }
            if covers(operation.stored, path) { return isPart(of: operation.stored, path) ? nil : (path, .stored) }
            let isParent = (operation.enforced.union(operation.stored)).contains { $0.hasPrefix(path + ".") }
            return isParent || path.contains(".") && !hasListedParent(operation, path) ? nil : (path, .rejected)
        }
        return Row(service: service, name: name, isOffered: true, members: members)
    }

    private static func covers(_ list: Set<String>, _ path: String) -> Bool {
        list.contains(path) || isPart(of: list, path)
    }

    /// Whether a parent of the path is listed, so that the path needs no line of its own.
    private static func isPart(of list: Set<String>, _ path: String) -> Bool {
        var parent = path[...]
        while let dot = parent.lastIndex(of: ".") {
            parent = parent[..<dot]
            if list.contains(String(parent)) { return true }
        }
        return false
    }

    /// Whether a sibling of the path is listed: then its absence is worth a line.
    private static func hasListedParent(_ operation: Operation, _ path: String) -> Bool {
        guard let dot = path.lastIndex(of: ".") else { return true }
        return operation.enforced.union(operation.stored).contains { $0.hasPrefix(path[...dot]) }
    }

    /// Only the rows of that service and that operation; nil keeps all.
    package func only(service: String?, operation: String?) -> SupportLedger {
        SupportLedger(
            rows: rows.filter { row in
                (service == nil || row.service == service || row.name == service)
                    && (operation == nil || row.name == operation)
            })
    }
}

// MARK: Forms

extension SupportLedger {
    /// An object by service, operation and property.
    package var json: JSON {
        var services = JSONObject()
        for row in rows {
            let members = JSONObject(row.members.map { ($0.name, JSON.string($0.standing.rawValue)) })
            var entry: JSON = ["offered": .bool(row.isOffered), "properties": .object(members)]
            if let actions = row.actions { entry["actions"] = .array(actions.map(JSON.string)) }
            services[row.service, default: [:]][row.name] = entry
        }
        return .object(services)
    }

    /// Plain lines.
    package var text: String {
        rows.map { row in
            guard row.isOffered else { return "\(row.service) \(row.name): not offered" }
            let lines = row.members.map {
                "  \($0.standing.rawValue)\(String(repeating: " ", count: 9 - $0.standing.rawValue.count)) \($0.name)"
            }
            return (["\(row.service) \(row.name)"] + lines).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// A page of tables.
    package var markdown: String {
        var text = """
            # What is supported

            Made by `make docs` from the API models and the handlers: do not edit. **Enforced** properties have their effect, **stored**
            ones are kept and shown again, **rejected** ones are refused with an error that names them. Operations that are not offered
            answer `NotImplemented`.

            """
        for service in Set(rows.map(\.service)).sorted() {
            let own = rows.filter { $0.service == service }
            let offered = own.filter(\.isOffered)
            guard !offered.isEmpty else { continue }
            let count = service.contains(" ") ? "\(offered.count)" : "\(offered.count) of \(own.count) operations"
            text += "\n## \(service)\n\n\(count).\n"
            let areTypes = offered.contains { $0.actions != nil }
            if areTypes {
                text += """

                    Types with **update** change in place, others are replaced; with **read** they are looked at for drift and can be
                    imported; with **list** they are found by scans and by Cloud Control's `ListResources`.

                    """
            }
            text += "\n| | enforced | stored | \(areTypes ? "can" : "rejected") |\n| --- | --- | --- | --- |\n"
            for row in offered {
                var cells = [Standing.enforced, .stored, .rejected].map { standing in
                    row.members.filter { $0.standing == standing }.map { "`\($0.name)`" }.joined(separator: " ")
                }
                if let actions = row.actions { cells[2] = actions.joined(separator: " ") }
                text += "| `\(row.name)` | \(cells.joined(separator: " | ")) |\n"
            }
            let missing = own.filter { !$0.isOffered }.map { "`\($0.name)`" }
            if !missing.isEmpty { text += "\nNot offered: \(missing.joined(separator: ", ")).\n" }
        }
        return text
    }
}
