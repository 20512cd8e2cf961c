import Notation

/// The tables of SAM, read once from the literals beside this file.
enum Facts {
    /// Per type, its properties. Events are under `Function.` or `StateMachine.` and their type.
    static let propertyTables: [String: PropertyTable] = {
        var result: [String: PropertyTable] = [:]
        for (type, rules) in object(propertyTablesText) {
            result[type] = PropertyTable(rules: rules.object ?? [:])
        }
        return result
    }()

    /// SAM's policy templates by name: `Parameters` (names) and `Definition`.
    static let policyTemplates = object(policyTemplatesText)

    /// What a connector makes: by source type, then by destination type.
    static let connectorProfiles = object(connectorProfilesText)

    /// AWS's managed policies: per partition, name to the path before it in the ARN.
    static let managedPolicies = object(managedPoliciesText)

    /// What the properties of some types look like below the first level: for ``Model``.
    static let models = object(modelsText)

    private static func object(_ text: String) -> JSONObject {
        do {
            return try JSON(parsing: text).object ?? [:]
        } catch {
            preconditionFailure("A table of this program is not JSON: \(error)")
        }
    }
}
