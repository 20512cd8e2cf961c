internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// A module that an account has registered in a region, with the version that templates get.
struct RegisteredModule: Codable, Sendable {
    /// Its type, such as `My::S3::Bucket::MODULE`.
    var name: String
    /// Its ARN, without a version.
    var arn: String
    /// The version that templates get.
    var defaultVersion: String
    /// How many versions were ever registered: ids are not given twice.
    var count: Int
    var created: Timestamp
    var updated: Timestamp
    /// Whether it was deregistered: as on AWS it stays to be looked at, and templates no longer find it.
    var isDeprecated = false

    /// By account, region and name.
    static let collection = Collection<RegisteredModule>("cloudformation module")
}

/// One version of a module.
struct ModuleVersion: Codable, Sendable {
    /// The module's type.
    var name: String
    /// Its id: `00000001` and on.
    var id: String
    /// Its ARN.
    var arn: String
    /// What its schema says of it.
    var description: String?
    /// Its schema, as JSON text.
    var schema: String
    /// Its fragment.
    var fragment: JSON
    /// As given with the registration.
    var sourceURL: String?
    /// As given with the registration.
    var documentationURL: String?
    var created: Timestamp
    var isDeprecated = false
    /// `LoggingConfig` and `ExecutionRoleArn` as given: a module has no use for them, and they are shown again.
    var given: JSON?

    /// By account, region, name and id.
    static let collection = Collection<ModuleVersion>("cloudformation module version")

    /// The key of that version.
    static func key(_ scope: String, _ name: String, _ id: String) -> String { "\(scope)\(name)/\(id)" }
}

/// What became of a call of RegisterType.
struct TypeRegistration: Codable, Sendable {
    /// What the caller was given to ask by.
    var token: String
    /// The type that was to be registered.
    var name: String
    /// `COMPLETE` or `FAILED`: a module is looked at while the call is carried out.
    var status: String
    /// How it went, in words.
    var description: String
    /// The ARN of the type, once there is one.
    var arn: String?
    /// The ARN of the version, once there is one.
    var versionARN: String?
    var time: Timestamp

    /// By account, region and token; found by account, region and name.
    static let collection = Collection<TypeRegistration>("cloudformation type registration")
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
