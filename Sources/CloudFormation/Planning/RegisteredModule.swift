internal import CloudFormationTemplate
package import Ledger
package import Notation

/// A module that an account has registered in a region, with the version that templates get.
package struct RegisteredModule: Codable, Sendable {
    /// Its type, such as `My::S3::Bucket::MODULE`.
    package var name: String
    /// Its ARN, without a version.
    package var arn: String
    /// The version that templates get.
    package var defaultVersion: String
    /// How many versions were ever registered: ids are not given twice.
    package var count: Int
    /// When its first version was registered.
    package var created: Timestamp
    /// When it was changed last.
    package var updated: Timestamp
    /// Whether it was deregistered: as on AWS it stays to be looked at, and templates no longer find it.
    package var isDeprecated = false

    /// A module that is in use.
    package init(name: String, arn: String, defaultVersion: String, count: Int, created: Timestamp, updated: Timestamp)
    {
        self.name = name
        self.arn = arn
        self.defaultVersion = defaultVersion
        self.count = count
        self.created = created
        self.updated = updated
    }

    /// By account, region and name.
    package static let collection = Collection<RegisteredModule>("cloudformation module")
}

/// One version of a module.
package struct ModuleVersion: Codable, Sendable {
    /// The module's type.
    package var name: String
    /// Its id: `00000001` and on.
    package var id: String
    /// Its ARN.
    package var arn: String
    /// What its schema says of it.
    package var description: String?
    /// Its schema, as JSON text.
    package var schema: String
    /// Its fragment.
    package var fragment: JSON
    /// As given with the registration.
    package var sourceURL: String?
    /// As given with the registration.
    package var documentationURL: String?
    /// When it was registered.
    package var created: Timestamp
    /// Whether it was deregistered.
    package var isDeprecated = false
    /// `LoggingConfig` and `ExecutionRoleArn` as given: a module has no use for them, and they are shown again.
    package var given: JSON?

    /// A version that is in use.
    package init(
        name: String, id: String, arn: String, description: String? = nil, schema: String, fragment: JSON,
        sourceURL: String? = nil, documentationURL: String? = nil, created: Timestamp, given: JSON? = nil
    ) {
        self.name = name
        self.id = id
        self.arn = arn
        self.description = description
        self.schema = schema
        self.fragment = fragment
        self.sourceURL = sourceURL
        self.documentationURL = documentationURL
        self.created = created
        self.given = given
    }

    /// By account, region, name and id.
    package static let collection = Collection<ModuleVersion>("cloudformation module version")

    /// The key of that version.
    package static func key(_ scope: String, _ name: String, _ id: String) -> String { "\(scope)\(name)/\(id)" }
}

/// Finds the fragments that templates need.
struct ModuleShelf: Sendable {
    let ledger: Ledger

    /// The fragments of the modules in a template and of those in them, by type. Those that are not registered are left
    /// out.
    ///
    /// - Parameter pinned: fragments that take precedence over what is registered now: a template that is used again is
    ///   not expanded anew, as on AWS.
    func fragments(for body: JSON, _ scope: String, pinned: [String: JSON]) async throws -> [String: JSON] {
        var found: [String: JSON] = [:]
        var waiting = ModuleExpansion.types(in: body)
        var seen = Set(waiting)
        while let type = waiting.popLast() {
            var fragment = pinned[type]
            if fragment == nil { fragment = try await registered(type, scope) }
            guard let fragment else { continue }
            found[type] = fragment
            for inner in ModuleExpansion.types(in: fragment) where seen.insert(inner).inserted { waiting.append(inner) }
        }
        return found
    }

    private func registered(_ type: String, _ scope: String) async throws -> JSON? {
        guard let module = try await ledger.get(RegisteredModule.collection, scope + type)?.value, !module.isDeprecated
        else { return nil }
        let key = ModuleVersion.key(scope, type, module.defaultVersion)
        return try await ledger.get(ModuleVersion.collection, key)?.value.fragment
    }
}
