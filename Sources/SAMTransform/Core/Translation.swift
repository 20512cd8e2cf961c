import Notation

/// One template on its way from SAM to CloudFormation: what the parts of the translation share.
///
/// Lives for one call of ``SAMTransform/transform(_:)`` and never leaves it.
final class Translation {
    /// Region, partition, managed policies, applications, features.
    let context: SAMTransform.Context
    /// The template's sections besides `Resources`, as they came, until `Globals` has been merged in.
    var sections: JSONObject
    /// `Resources` as declared: what SAM looks things up in, and where API events write into their API's properties.
    var resources: JSONObject
    /// `Resources` as they become: first a copy of the declared, then each SAM resource replaced by what it generates.
    var output: JSONObject = [:]
    /// `Conditions` as they become.
    var conditions: JSONObject?
    /// Resolves references to parameters.
    let resolver: Resolver
    /// Resolves `Fn::FindInMap`.
    private(set) var mappings = Mappings([:])
    /// Which functions are deployed how.
    var preferences = DeploymentPreferences()
    /// What API resources share among each other.
    var api = ApiState()
    /// What was found out about nested applications, by id and version.
    var applications: [String: NestedApplication] = [:]
    /// What has been found wrong so far.
    var faults: [Fault] = []
    private var references: [String: [String: String]] = [:]
    private var renamed: [String: String] = [:]

    /// Takes a template in.
    ///
    /// - Throws: ``Fault/document(_:)`` when there are no resources to speak of.
    init(template: JSON, context: SAMTransform.Context) throws {
        self.context = context
        sections = template.object ?? [:]
        resources = try Self.declaredResources(in: sections)
        sections.remove("Resources")
        var parameters = context.parameters
        for (name, declared) in sections["Parameters"]?.object ?? [:] where !parameters.contains(name) {
            if let value = declared["Default"] { parameters[name] = value }
        }
        for (name, value) in [("AWS::Region", context.region), ("AWS::Partition", context.partition)]
        where !parameters.contains(name) {
            parameters[name] = .string(value)
        }
        resolver = Resolver(parameters: parameters)
    }

    /// Translates the template.
    ///
    /// - Throws: ``Fault/document(_:)`` with all faults found.
    func run() throws -> JSON {
        try Plugins.beforeTransform(self)
        try EmbeddedConnectors.expand(in: self)
        output = resources
        if let section = sections["Conditions"] { conditions = section.object }
        guard let section = (sections["Mappings"] ?? [:]).object else {
            throw Fault.document("'Mappings' or 'Parameters' is either null or not a valid dictionary.")
        }
        mappings = Mappings(section)
        for (logicalID, declared) in declarationsInOrder() { try translate(logicalID, declared) }
        try preferences.addResources(to: self)
        try collect { try Plugins.afterTransform(self) }
        guard faults.isEmpty else { throw Fault.document(faults) }
        return References(renamed: renamed, derived: references).rewriting(assembled())
    }

    /// Does something and keeps the faults of single resources for the end. A fault of the document goes on up.
    func collect(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let fault as Fault {
            if case .document = fault { throw fault }
            faults.append(fault)
        }
    }
}

extension Translation {
    /// Functions first, then state machines, because their events write into APIs; then APIs, all else, connectors.
    private func declarationsInOrder() -> [(String, JSONObject)] {
        var ranked: [[(String, JSONObject)]] = Array(repeating: [], count: 5)
        for (logicalID, value) in resources {
            guard let declared = value.object, let type = declared["Type"]?.string, Macros.table[type] != nil
            else { continue }
            let rank =
                switch type {
                case "AWS::Serverless::Function": 0
                case "AWS::Serverless::StateMachine": 1
                case "AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi": 2
                case "AWS::Serverless::Connector": 4
                default: 3
                }
            ranked[rank].append((logicalID, declared))
        }
        return ranked.flatMap { $0 }
    }

    private func translate(_ logicalID: String, _ early: JSONObject) throws {
        try collect {
            // Events of functions before may have written into this resource since the order was made.
            let declared = resources[logicalID]?.object ?? early
            guard let type = declared["Type"]?.string, let macro = Macros.table[type] else { return }
            var declaration = try Declaration(logicalID, declared, table: type) { properties in
                try Plugins.beforeTransform(resource: logicalID, type: type, properties: &properties, in: self)
            }
            resources[logicalID]?["Properties"] = .object(declaration.properties)
            api.note(resource: declared, resolver: resolver)
            let generated = try macro.resources(for: &declaration, in: self)
            noteReferences(to: declaration.logicalID, macro: macro, generated)
            if declaration.logicalID != logicalID { renamed[logicalID] = declaration.logicalID }
            output.remove(logicalID)
            for resource in generated { try add(resource, from: logicalID) }
        }
    }

    private func add(_ resource: Resource, from logicalID: String) throws {
        guard isFree(resource.logicalID, for: resource.type) else {
            faults.append(.duplicate(logicalID, generated: resource.logicalID, type: resource.type))
            return
        }
        output[resource.logicalID] = try resource.json()
    }

    private func noteReferences(to logicalID: String, macro: any Macro, _ generated: [Resource]) {
        guard !macro.referable.isEmpty else { return }
        var latest: [String: String] = [:]
        for resource in generated { latest[resource.type] = resource.logicalID }
        for (property, type) in macro.referable {
            if let id = latest[type] { references[logicalID, default: [:]][property] = id }
        }
    }

    /// Whether a generated resource may take that name: nobody declared it, or the declared one is what it is made
    /// from.
    func isFree(_ logicalID: String, for type: String) -> Bool {
        guard let declared = resources[logicalID] else { return true }
        guard let origin = declared["Type"]?.string else { return false }
        return Macros.replaces[type]?.contains(origin) ?? false
    }

    private func assembled() -> JSON {
        var result = sections
        result.remove("Transform")
        if let conditions { result["Conditions"] = .object(conditions) }
        result["Resources"] = .object(output)
        return .object(result)
    }

    private static func declaredResources(in sections: JSONObject) throws -> JSONObject {
        guard let resources = sections["Resources"]?.object, !resources.isEmpty else {
            throw Fault.document("'Resources' section is required")
        }
        guard resources.values.allSatisfy({ $0.object != nil }) else {
            throw Fault.document(
                "All 'Resources' must be Objects. If you're using YAML, this may be an indentation issue.")
        }
        for (logicalID, resource) in resources where try Macros.isDeclared(resource) {
            guard let properties = resource["Properties"], properties.object == nil else { continue }
            throw Fault.document([.resource(logicalID, "Attribute 'Properties' should be a map.")])
        }
        return resources
    }
}
