import Notation

/// SAM's policy templates: a name and parameters that stand for a policy document. AWS: "AWS SAM policy templates".
enum PolicyTemplates {
    /// Puts policy documents in place of the templates among a function's or state machine's `Policies`.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` for a template with parameters missing, ``Fault/template(_:)`` for a wrong
    ///   `Fn::If`.
    static func expand(
        _ logicalID: String, type: String, properties: inout JSONObject, in translation: Translation
    ) throws {
        guard type == "AWS::Serverless::Function" || type == "AWS::Serverless::StateMachine" else { return }
        let policies = try PolicyEntry.list(properties["Policies"], knowsTemplates: true)
        guard !policies.isEmpty else { return }
        properties["Policies"] = .array(
            try policies.map { entry in
                guard entry.kind == .template else { return entry.value }
                guard let choice = entry.value.ifArguments, entry.value.isIf else {
                    return try document(for: entry.value, of: logicalID)
                }
                return Intrinsics.choose(
                    choice[0], try branch(choice[1], of: logicalID), try branch(choice[2], of: logicalID))
            })
    }

    private static func branch(_ value: JSON, of logicalID: String) throws -> JSON {
        value.isNoValue ? value : try document(for: value, of: logicalID)
    }

    private static func document(for entry: JSON, of logicalID: String) throws -> JSON {
        guard let member = entry.object?.first(where: { _ in true }), let template = Facts.policyTemplates[member.key]
        else { throw Fault.resource(logicalID, "Template with name '\(entry.printed)' is not found") }
        guard let values = member.value.object else {
            throw Fault.resource(
                logicalID, "Must specify valid parameter values for policy template '\(member.key)'")
        }
        let names = template["Parameters"]?.array?.compactMap(\.string) ?? []
        let missing = names.filter { !values.contains($0) }
        guard missing.isEmpty else {
            let list = JSON.array(missing.map { .string($0) }).literal
            throw Fault.resource(
                logicalID, "Following required parameters of template '\(member.key)' don't have values: \(list)")
        }
        return filled(template["Definition"] ?? [:], with: values.filter { name, _ in names.contains(name) })
    }

    /// The definition with the given values in place of references to its parameters.
    private static func filled(_ definition: JSON, with values: JSONObject) -> JSON {
        switch definition {
        case .object(let object):
            if object.count == 1, let name = object["Ref"]?.string, let value = values[name] { return value }
            return .object(object.mapValues { filled($0, with: values) })
        case .array(let elements): return .array(elements.map { filled($0, with: values) })
        default: return definition
        }
    }
}
