import Notation

/// What the implicit API takes over from the functions behind it.
extension ImplicitApi {
    /// The condition, deletion policy and replacement policy that suit all functions of the API.
    func addAttributes() {
        if let condition = commonCondition() { set("Condition", .string(condition)) }
        if let policy = Self.strongest(deletionPolicies, of: ["Retain", "Delete"]) { set("DeletionPolicy", policy) }
        if let policy = Self.strongest(replacePolicies, of: ["Retain", "Snapshot", "Delete"]) {
            set("UpdateReplacePolicy", policy)
        }
    }

    private func set(_ attribute: String, _ value: JSON) {
        translation.resources[kind.implicitID]?[attribute] = value
    }

    private static func strongest(_ policies: [JSON?], of order: [JSON]) -> JSON? {
        order.first { policies.contains($0) }
    }

    /// The condition under which one of the methods is there; nil when one always is.
    private func commonCondition() -> String? {
        guard let paths = conditions[kind.implicitID] else { return nil }
        return combined(paths.values.flatMap(\.values), name: kind.implicitID + "Condition")
    }

    /// One condition for several, written into the template where there is more than one.
    private func combined(_ conditions: [String?], name: String) -> String? {
        guard !conditions.isEmpty, conditions.allSatisfy({ $0 != nil }) else { return nil }
        let names = Set(conditions.compactMap { $0 }).sorted()
        guard names.count > 1 else { return names.first }
        var section = translation.sections["Conditions"]?.object ?? [:]
        for (name, condition) in Intrinsics.combined(names, name: name) ?? [:] { section[name] = condition }
        translation.sections["Conditions"] = .object(section)
        return name
    }

    /// Puts each path under a condition whose methods all have one.
    func makePathsConditional() throws {
        for (id, resource) in translation.resources
        where try Macros.isDeclared(resource) && resource["Type"]?.string == kind.resourceType {
            guard let properties = translation.api.apis[id], properties["__MANAGE_SWAGGER"].isTruthy else { continue }
            let body = try kind.editing(properties["DefinitionBody"]) { paths in
                for path in paths.names {
                    guard let methods = conditions[id]?[path.text], methods.values.allSatisfy({ $0 != nil }) else {
                        continue
                    }
                    let name =
                        id
                        + path.text.replacing("/", with: "SLASH").replacing("{", with: "OB")
                        .replacing("}", with: "CB") + "PathCondition"
                    guard let condition = combined(Array(methods.values), name: name) else { continue }
                    // A single condition is the template's own text, a combined one the transform's.
                    let isOwn = condition == name
                    paths.makeConditional(path, isOwn ? PyText(condition) : translation.api.text(condition))
                }
            }
            translation.api.apis[id]?["DefinitionBody"] = body
        }
    }
}
