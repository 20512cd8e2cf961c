import Notation

/// The section `Globals`: properties that all resources of a type share.
///
/// Objects are merged member by member, lists are joined (the global elements first); for everything else, intrinsic
/// functions included, the resource's own value wins. AWS: "Globals section of the AWS SAM template".
enum Globals {
    /// Merges the section into the resources and takes it out of the template.
    ///
    /// - Throws: ``Fault/document(_:)`` when the section or an `IgnoreGlobals` is wrong.
    static func merge(into translation: Translation) throws {
        let sections = try parsed(translation.sections["Globals"])
        for (logicalID, resource) in translation.resources where try Macros.isDeclared(resource) {
            let own = resource["Properties"]?.object ?? [:]
            let type = resource["Type"]?.string ?? ""
            let shared = try sections[type].map { try kept($0, by: resource["IgnoreGlobals"], of: logicalID) }
            let properties = shared.map { merged($0, own) } ?? own
            translation.resources[logicalID]?["Properties"] = .object(properties)
        }
        translation.sections.remove("Globals")
        fixOpenApiVersions(in: translation)
    }

    private static func parsed(_ section: JSON?) throws -> [String: JSONObject] {
        guard let section else { return [:] }
        guard let section = section.object else { throw refusal("It must be a non-empty dictionary") }
        var result: [String: JSONObject] = [:]
        for (name, value) in section {
            guard let allowed = GlobalProperties.allowed[name] else {
                let names = JSON.array(GlobalProperties.allowed.keys.sorted().map { .string($0) })
                throw refusal("'\(name)' is not supported. Must be one of the following values - \(names.literal)")
            }
            guard let properties = value.object else { throw refusal("Value of ${section} must be a dictionary") }
            for (key, _) in properties where !allowed.contains(key) {
                let names = JSON.array(allowed.map { .string($0) })
                throw refusal(
                    "'\(key)' is not a supported property of '\(name)'. Must be one of the following values - "
                        + names.literal)
            }
            result["AWS::Serverless::" + name] = properties
        }
        return result
    }

    private static func refusal(_ text: String) -> Fault { .document([.section("Globals", text)]) }

    /// The shared properties without those that a resource does not want.
    private static func kept(_ shared: JSONObject, by ignored: JSON?, of logicalID: String) throws -> JSONObject {
        guard let ignored = ignored.truthy else { return shared }
        if ignored == "*" { return [:] }
        let text = "Resource \(logicalID) has invalid resource attribute 'IgnoreGlobals'"
        guard let names = ignored.array else { throw Fault.document([.resource(logicalID, text + ".")]) }
        var result = shared
        for name in names {
            guard let key = name.string, result.contains(key) else {
                throw Fault.document([.resource(logicalID, text + " on item '\(name.printed)'.")])
            }
            result.remove(key)
        }
        return result
    }

    private static func merged(_ shared: JSONObject, _ own: JSONObject) -> JSONObject {
        var result = shared
        for (key, value) in own {
            if let global = result[key] { result[key] = merged(global, value) } else { result[key] = value }
        }
        return result
    }

    private static func merged(_ global: JSON, _ own: JSON) -> JSON {
        switch (global, own) {
        case (.object(let shared), .object(let values)) where !global.isIntrinsic && !own.isIntrinsic:
            .object(merged(shared, values))
        case (.array(let shared), .array(let values)): .array(shared + values)
        default: own
        }
    }

    /// An API whose definition SAM writes gets its OpenAPI version only now that `Globals` may have named it.
    private static func fixOpenApiVersions(in translation: Translation) {
        for (logicalID, resource) in translation.resources where resource["Type"] == "AWS::Serverless::Api" {
            guard var properties = resource["Properties"]?.object, properties.contains("__MANAGE_SWAGGER"),
                let version = properties["OpenApiVersion"], isVersion3(version.printed)
            else { continue }
            if version.string == nil { properties["OpenApiVersion"] = .string(version.printed) }
            if var body = properties["DefinitionBody"] {
                body["openapi"] = .string(version.printed)
                if body["swagger"].isTruthy { body["swagger"] = nil }
                properties["DefinitionBody"] = body
            }
            translation.resources[logicalID]?["Properties"] = .object(properties)
        }
    }

    /// Whether a text is `3.` and a digit, or that and another `.` and a digit.
    private static func isVersion3(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts[0] == "3" else { return false }
        return parts.dropFirst().allSatisfy { $0.utf8.count == 1 && ("0"..."9").contains($0) }
    }
}
