import Notation

/// Where the templates of nested applications come from: the Serverless Application Repository, or an address.
enum NestedApplications {
    private static let type = "AWS::Serverless::Application"
    /// How long AWS waits for a template, and how long it sleeps between two looks.
    private static let (patience, pause) = (105, 2)

    /// Resolves application ids and versions that refer to parameters and mappings, and asks for the applications.
    static func prepare(_ translation: Translation) throws {
        let section = translation.sections["Mappings"] ?? [:]
        guard let mappings = section.object else {
            throw Fault.document("'Mappings' or 'Parameters' is either null or not a valid dictionary.")
        }
        for (logicalID, resource) in translation.resources where try Macros.isDeclared(resource) {
            guard resource["Type"]?.string == type, var location = resource["Properties"]?["Location"]?.object,
                location.given("ApplicationId") != nil, location.given("SemanticVersion") != nil
            else { continue }
            for name in ["ApplicationId", "SemanticVersion"] {
                guard let value = location[name] else { continue }
                location[name] = try Mappings(mappings).resolve(try translation.resolver.resolve(value))
            }
            translation.resources[logicalID]?["Properties"]?["Location"] = .object(location)
            ask(for: location, logicalID, translation)
        }
    }

    /// Asks for an application once, whatever number of resources nest it. A refusal is told by each of them.
    private static func ask(for location: JSONObject, _ logicalID: String, _ translation: Translation) {
        guard let key = key(of: location), translation.applications[key] == nil else { return }
        do {
            let owner = Expectation.Owner.resource(logicalID)
            let id = try Expectation(location["ApplicationId"], of: owner, "Location.ApplicationId").string()
            try Expectation(location["SemanticVersion"], of: owner, "Location.SemanticVersion").string()
            guard !hasParameterReference(id) else {
                throw Fault.resource(
                    logicalID,
                    "Serverless Application Repostiory does not support dynamic reference in 'ApplicationId' property.")
            }
            let known = translation.context.applications.answers
            guard let answer = known[id] ?? known["*"] else {
                throw Fault.resource(logicalID, "Cannot access application: \(id).")
            }
            if let refusal = answer.refusal { throw Fault.resource(logicalID, refusal) }
            translation.applications[key] = .found(id: id, answer)
        } catch let fault as Fault {
            translation.applications[key] = .refused(fault)
        } catch {}
    }

    private static func key(of location: JSONObject) -> String? {
        guard let id = location["ApplicationId"], let version = location["SemanticVersion"], id.object == nil,
            version.object == nil
        else { return nil }
        return id.text() + " " + version.text()
    }

    /// Puts the address of an application's template into its resource.
    static func locate(
        _ logicalID: String, type: String, properties: inout JSONObject, in translation: Translation
    ) throws {
        guard type == self.type else { return }
        let owner = Expectation.Owner.resource(logicalID)
        let missing = { (name: String) in
            Fault.resource(logicalID, "Resource is missing the required [\(name)] property.")
        }
        guard let place = properties["Location"] else { throw missing("Location") }
        guard let location = place.object else {
            properties["TemplateUrl"] = place
            return
        }
        for name in ["ApplicationId", "SemanticVersion"] where !location.contains(name) { throw missing(name) }
        let unresolved = { (name: String) in
            Fault.resource(
                logicalID,
                "Property '\(name)' cannot be resolved. Only FindInMap and Ref intrinsic functions are supported.")
        }
        let id = try Expectation(location["ApplicationId"], of: owner, "ApplicationId").present()
        guard id.object == nil else { throw unresolved("ApplicationId") }
        guard let version = location["SemanticVersion"].truthy else {
            throw Fault.resource(logicalID, "Property 'SemanticVersion' cannot be blank.")
        }
        guard version.object == nil else { throw unresolved("SemanticVersion") }
        guard let key = key(of: location) else { return }
        if case .refused(let fault) = translation.applications[key] { throw fault }
        properties["TemplateUrl"] = translation.context.applications.templateURL.map { .string($0) }
    }

    /// Sees to it that the templates which are being prepared become active.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` for a template that expires or is not active in time.
    static func finish(_ translation: Translation) throws {
        var late: [JSON] = []
        for (_, application) in translation.applications.sorted(by: { $0.key < $1.key }) {
            guard case .found(let id, let answer) = application, answer.waits, answer.statuses.first != "ACTIVE"
            else { continue }
            let looks = (answer.waitSeconds ?? patience) / pause
            let seen = answer.statuses.dropFirst().prefix(looks)
            if seen.contains("EXPIRED") {
                throw Fault.resource(
                    id, "Template for \(id) returned status: EXPIRED. Cannot access an expired template.")
            }
            if !seen.contains("ACTIVE") { late.append(.string(id)) }
        }
        guard late.isEmpty else {
            throw Fault.resource(
                JSON.array(late).literal, "Timed out waiting for nested stack templates to reach ACTIVE status.")
        }
    }

    /// Whether a text holds `{{resolve:ssm:...}}`.
    private static func hasParameterReference(_ text: String) -> Bool {
        guard let start = text.firstPlace(of: "{{resolve:ssm:") else { return false }
        let rest = text[start...].dropFirst(14)
        guard let end = rest.firstIndex(of: "}") else { return false }
        return end > rest.startIndex && rest[end...].hasPrefix("}}")
    }
}

/// What was found out about an application.
enum NestedApplication {
    /// It can be used.
    case found(id: String, SAMTransform.Applications.Answer)
    /// It cannot.
    case refused(Fault)
}
