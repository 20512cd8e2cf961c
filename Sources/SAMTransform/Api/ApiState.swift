import Notation

/// What the API resources of one template share while it is translated, and their documents on the way.
///
/// The properties of API resources and the events of functions are kept here as ``PyValue`` from the first step on,
/// because how they were put together decides the ids of API deployments. The template's own tree follows as far as
/// other parts look at it.
struct ApiState {
    /// Whether the template's texts and dictionaries are Python 2.7's: where it has a REST API, or an HTTP API with a
    /// default authorizer.
    private(set) var isTemplate = false
    /// Whether order and texts are kept as the template has them, whatever it has: for telling faults.
    var keepsOrder = false
    /// The names in `Resources`, in the table that decides in which order resources are gone through.
    var names = PyDict(isHashed: false)
    /// The properties of `AWS::Serverless::Api` and `HttpApi` resources by logical id.
    var apis: [String: PyDict] = [:]
    /// The events of functions and state machines by logical id.
    var events: [String: PyDict] = [:]
    /// The members `Api` and `HttpApi` of the section `Globals`, until they are merged in.
    private var globals: [String: PyDict] = [:]

    /// The usage plan for all APIs that share one.
    var usagePlan = SharedUsagePlan()
    /// Route 53 record sets by logical id; APIs in the same hosted zone share one.
    var recordSets: [String: Resource] = [:]
    /// The APIs whose `Route53` is that of `Globals`, and the distribution that the first of them has written into it:
    /// AWS's transform shares the object, so that all further ones at the edge lead there too.
    private(set) var sharesGlobalRoute: Set<String> = []
    var globalDistribution: PyValue?
    /// The names of the functions behind each API, one after another: a changed name makes a new deployment.
    private(set) var functionNames: [String: String] = [:]
    private var parameters: PyParameters?
}

// MARK: Taking the template over

extension ApiState {
    /// Reads what is kept here from the template, and puts its resources into Python's order.
    mutating func read(_ translation: Translation) throws {
        let globals = translation.sections["Globals"]?.object
        isTemplate =
            !keepsOrder
            && (Self.hasRestApi(translation.resources)
                || Self.hasDefaultAuthorizer(translation.resources, globals: globals))
        names = PyDict(isHashed: isTemplate)
        for (id, resource) in translation.resources {
            names.set(PyText(id, isUnicode: isTemplate), .null)
            guard let properties = resource["Properties"]?.object else { continue }
            switch resource["Type"]?.string {
            case "AWS::Serverless::Api", "AWS::Serverless::HttpApi":
                apis[id] = PyDict(properties, isTemplate: isTemplate)
            case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
                if let events = properties["Events"]?.object {
                    self.events[id] = PyDict(events, isTemplate: isTemplate)
                }
            default: break
            }
        }
        for kind in ApiKind.allCases {
            guard let section = globals?[kind.eventType]?.object else { continue }
            // AWS's transform takes over the section for REST APIs only.
            self.globals[kind.resourceType] = PyDict(section, isTemplate: isTemplate && kind == .rest)
        }
        order(translation)
    }

    /// Puts the template's resources into the order in which they are to be gone through.
    func order(_ translation: Translation) {
        guard names.isHashed else { return }
        let resources = translation.resources
        translation.resources = JSONObject(
            names.keys.compactMap { name in resources[name.text].map { (name.text, $0) } })
    }

    private static func hasRestApi(_ resources: JSONObject) -> Bool {
        resources.contains { _, resource in
            switch resource["Type"]?.string {
            case "AWS::Serverless::Api": true
            case "AWS::Serverless::Function", "AWS::Serverless::StateMachine": hasEvent(resource, "Api")
            default: false
            }
        }
    }

    private static func hasEvent(_ resource: JSON, _ type: String) -> Bool {
        resource["Properties"]?["Events"]?.object?.values.contains { $0["Type"]?.string == type } ?? false
    }

    private static func hasDefaultAuthorizer(_ resources: JSONObject, globals: JSONObject?) -> Bool {
        let isGlobal = (globals?["HttpApi"]?["Auth"]?["DefaultAuthorizer"]).isTruthy
        return resources.contains { _, resource in
            switch resource["Type"]?.string {
            case "AWS::Serverless::HttpApi":
                isGlobal || (resource["Properties"]?["Auth"]?["DefaultAuthorizer"]).isTruthy
            case "AWS::Serverless::Function": isGlobal && hasEvent(resource, "HttpApi")
            default: false
            }
        }
    }
}

// MARK: Looking things up

extension ApiState {
    /// A text of the template.
    func text(_ text: String) -> PyText { PyText(text, isUnicode: isTemplate) }

    /// The values of parameters. Region and partition are the transform's own texts, all others the template's.
    mutating func parameters(_ translation: Translation) -> PyParameters {
        if let parameters { return parameters }
        var values: [String: PyValue] = [:]
        for (name, value) in translation.resolver.parameters {
            let isOwn =
                ["AWS::Region", "AWS::Partition"].contains(name) && !translation.context.parameters.contains(name)
            values[name] = PyValue(value, isTemplate: isTemplate && !isOwn)
        }
        let made = PyParameters(values: values)
        parameters = made
        return made
    }

    /// Looks at each SAM resource before it is translated: names of functions go into their API's deployment.
    mutating func note(resource: JSONObject, resolver: Resolver) {
        guard resource["Type"]?.string == "AWS::Serverless::Function",
            let events = resource["Properties"]?["Events"]?.object,
            let declared = resource["Properties"]?["FunctionName"],
            let name = try? resolver.resolve(declared), name.isTruthy
        else { return }
        let text = PyValue(name, isTemplate: isTemplate).printed
        for event in events.values where event["Type"]?.string == "Api" {
            guard let api = event["Properties"]?["RestApiId"].truthy, let id = (api["Ref"] ?? api).string else {
                continue
            }
            functionNames[id, default: ""] += text
        }
    }
}

// MARK: Globals

extension ApiState {
    /// Merges the section `Globals` into the API resources. Does nothing the second time.
    mutating func mergeGlobals(_ translation: Translation) {
        for kind in ApiKind.allCases {
            guard let section = globals.removeValue(forKey: kind.resourceType) else { continue }
            for (id, properties) in apis {
                guard let resource = translation.resources[id], resource["Type"]?.string == kind.resourceType else {
                    continue
                }
                guard let applicable = Self.applicable(section, resource["IgnoreGlobals"].truthy) else { continue }
                if applicable["Domain"]?["Route53"] != nil, properties["Domain"]?["Route53"] == nil {
                    sharesGlobalRoute.insert(id)
                }
                apis[id] = Self.merged(applicable, properties)
            }
        }
        for (id, properties) in apis where translation.resources[id]?["Type"]?.string == ApiKind.rest.resourceType {
            apis[id] = Self.withVersion(properties)
        }
    }

    /// The section but for what a resource wants ignored.
    private static func applicable(_ section: PyDict, _ ignored: JSON?) -> PyDict? {
        switch ignored {
        case nil: return section
        case .string("*"): return PyDict(isHashed: false)
        case .array(let names):
            var section = section.deepCopied()
            for name in names { name.string.map { section.remove($0) } }
            return section
        default: return nil
        }
    }

    private static func merged(_ global: PyDict, _ local: PyDict) -> PyDict {
        var result = global.copied()
        for (name, value) in local.pairs {
            result.set(name, result[name.text].map { merged($0, value) } ?? value)
        }
        return result
    }

    private static func merged(_ global: PyValue, _ local: PyValue) -> PyValue {
        switch (global, local) {
        case (.dict(let members), .dict(let others)) where !global.isIntrinsic && !local.isIntrinsic:
            .dict(merged(members, others))
        case (.list(let elements), .list(let others)): .list(elements + others)
        default: local
        }
    }

    /// Makes a document that SAM wrote one of the `OpenApiVersion` that is wanted.
    private static func withVersion(_ properties: PyDict) -> PyDict {
        guard let version = properties["OpenApiVersion"], properties.contains("__MANAGE_SWAGGER"),
            SwaggerEditor.isVersion3(version)
        else { return properties }
        var properties = properties
        let text = version.text ?? PyText(version.printed)
        properties["OpenApiVersion"] = .text(text)
        _ = properties.editDict("DefinitionBody") { body in
            body["openapi"] = .text(text)
            if body["swagger"].isTruthy { body.remove("swagger") }
        }
        return properties
    }
}
