internal import Notation

/// A module where it is used: its fragment under the module's logical id, with the values it is given.
struct ModuleInstance {
    private let name: String
    private let type: String
    private let fragment: JSON
    private let values: [String: JSON]
    /// The condition that the module as a whole exists under.
    private let condition: String?
    private let dependsOn: [String]
    private let names: Names

    private struct Names {
        var resources: Set<String>
        var conditions: Set<String>
        var mappings: Set<String>
    }

    /// Attributes of a resource that a module may have.
    private static let attributes: Set<String> = ["Type", "Properties", "Condition", "DependsOn", "Metadata"]

    /// The module of that logical id, as the template declares it.
    ///
    /// - Parameter fragment: its fragment, without modules in it any more.
    /// - Throws: ``TemplateError`` for what a module cannot have, and for parameters that are missing or unknown.
    init(_ name: String, _ resource: JSON, _ fragment: JSON) throws {
        let path = ["Resources", name] as Path
        self.name = name
        self.fragment = fragment
        type = resource["Type"]?.string ?? ""
        for member in resource.object?.keys ?? [] where !Self.attributes.contains(member) {
            throw TemplateError(
                "Invalid template resource property '\(member)'", at: path.appending(member),
                fix:
                    "A module takes Properties, Condition, DependsOn and Metadata; \(member) belongs to the resources "
                    + "in its fragment.")
        }
        condition = resource["Condition"]?.string
        dependsOn = Self.names(resource["DependsOn"])
        values = try Self.values(resource["Properties"]?.object ?? [:], fragment, type, at: path)
        let keys = { (section: String) in Set(fragment[section]?.object?.keys ?? []) }
        names = Names(
            resources: keys("Resources"), conditions: keys("Conditions"), mappings: keys("Mappings"))
    }

    private static func names(_ value: JSON?) -> [String] {
        value?.array?.compactMap(\.string) ?? value?.string.map { [$0] } ?? []
    }

    /// What each parameter of the module stands for. Constraints are not looked at, as on AWS.
    private static func values(
        _ given: JSONObject, _ fragment: JSON, _ type: String, at path: Path
    ) throws -> [String: JSON] {
        let declared = fragment["Parameters"]?.object ?? [:]
        let unknown = given.keys.filter { !declared.contains($0) }
        guard unknown.isEmpty else {
            throw TemplateError(
                "Encountered unsupported property \(unknown[0])",
                at: path.appending("Properties").appending(unknown[0]),
                fix: "The module \(type) has the parameters \(declared.keys.sorted().joined(separator: ", ")).")
        }
        var values: [String: JSON] = [:]
        for (name, declaration) in declared {
            let typeName = declaration["Type"]?.string ?? "String"
            guard let kind = ParameterType(typeName) else {
                throw TemplateError("Template format error: Unrecognized parameter type: \(typeName)", at: path)
            }
            if case .ssmValue = kind {
                throw TemplateError(
                    "Template error: the parameter \(name) of the module \(type) is of type \(typeName)", at: path,
                    fix: "Declare such a parameter in the template, and give its Ref to the module.")
            }
            guard let value = given[name] ?? declaration["Default"] else {
                throw TemplateError("Property \(name) cannot be empty.", at: path.appending("Properties"))
            }
            let parameter = Parameter(name: name, type: kind, typeName: typeName)
            values[name] = value.scalarText.map(parameter.value) ?? value
        }
        return values
    }

    // MARK: What it brings

    private var walk: NameWalk {
        NameWalk(
            ref: { target in
                if let value = values[target] { return value }
                if names.resources.contains(target) { return ["Ref": .string(name + target)] }
                guard Template.pseudoParameters.contains(target) else { throw unresolved(target) }
                return nil
            },
            attribute: { dotted in
                let resource = String(dotted.prefix { $0 != "." })
                guard names.resources.contains(resource) else { throw unresolved(resource) }
                let attribute = dotted.dropFirst(resource.count + 1)
                return ["Fn::GetAtt": [.string(name + resource), .string(String(attribute))]]
            },
            condition: { condition in
                guard names.conditions.contains(condition) else { throw unresolved(condition) }
                return name + condition
            },
            mapping: { names.mappings.contains($0) ? name + $0 : $0 })
    }

    private func unresolved(_ target: String) -> TemplateError {
        TemplateError(
            "Template format error: Unresolved dependencies [\(target)] in the module \(type)",
            at: ["Resources", name] as Path, fix: "A fragment can only name what is in it.")
    }

    /// Its resources, by the logical ids they have in the template.
    func resources() throws -> JSONObject {
        let walk = walk
        var resources = JSONObject()
        for (id, resource) in fragment["Resources"]?.object ?? [:] {
            var placed = JSONObject()
            for (member, value) in resource.object ?? [:] {
                placed[member] = ["Type", "DependsOn", "Condition"].contains(member) ? value : try walk.walk(value)
            }
            let needs = try Self.names(resource["DependsOn"]).map { need in
                guard names.resources.contains(need) else { throw unresolved(need) }
                return name + need
            }
            if !needs.isEmpty || !dependsOn.isEmpty {
                placed["DependsOn"] = .array((needs + dependsOn).map(JSON.string))
            }
            placed["Condition"] = try combined(resource["Condition"]?.string).map(JSON.string)
            placed["Metadata"] = marked(placed["Metadata"])
            resources[name + id] = .object(placed)
        }
        return resources
    }

    /// The resource's metadata with the modules it comes from, the innermost first.
    private func marked(_ metadata: JSON?) -> JSON {
        var metadata = metadata?.object ?? [:]
        var origin = metadata[ModuleExpansion.metadataKey] ?? [:]
        for (member, own) in [("TypeHierarchy", type), ("LogicalIdHierarchy", name)] {
            origin[member] = .string((origin[member]?.string.map { $0 + "/" } ?? "") + own)
        }
        metadata[ModuleExpansion.metadataKey] = origin
        return .object(metadata)
    }

    /// What it adds to the template's other sections.
    func sections() throws -> [(String, JSONObject)] {
        let walk = walk
        var (conditions, mappings, outputs) = (JSONObject(), JSONObject(), JSONObject())
        for (id, value) in fragment["Conditions"]?.object ?? [:] {
            conditions[name + id] = try walk.walk(value, inConditions: true)
        }
        for (id, value) in fragment["Mappings"]?.object ?? [:] { mappings[name + id] = value }
        for (id, value) in fragment["Outputs"]?.object ?? [:] {
            var output = value
            output["Value"] = try value["Value"].map { try walk.walk($0) }
            output["Condition"] = try combined(value["Condition"]?.string).map(JSON.string)
            outputs[name + id] = output
        }
        guard let condition else { return [("Conditions", conditions), ("Mappings", mappings), ("Outputs", outputs)] }
        for own in try ownConditions() {
            let both: JSON = [["Condition": .string(condition)], ["Condition": .string(name + own)]]
            conditions[joint(own, condition)] = ["Fn::And": both]
        }
        return [("Conditions", conditions), ("Mappings", mappings), ("Outputs", outputs)]
    }

    /// The conditions that resources and outputs of the fragment exist under.
    private func ownConditions() throws -> [String] {
        var own: [String] = []
        for section in ["Resources", "Outputs"] {
            for (_, value) in fragment[section]?.object ?? [:] {
                guard let condition = value["Condition"]?.string, !own.contains(condition) else { continue }
                own.append(condition)
            }
        }
        return own
    }

    private func joint(_ own: String, _ outer: String) -> String { name + own + "And" + outer }

    /// The condition of something in the fragment, where the module as a whole may have one, too.
    private func combined(_ own: String?) throws -> String? {
        guard let own else { return condition }
        guard names.conditions.contains(own) else { throw unresolved(own) }
        return condition.map { joint(own, $0) } ?? name + own
    }
}
