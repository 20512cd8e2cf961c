package import Notation

/// Puts modules - resources of a type such as `My::S3::Bucket::MODULE` - in place of what they stand for.
///
/// Each resource of a module takes the module's logical id before its own, and so do its conditions, mappings and
/// outputs. What a module is given under `Properties` are its parameters. From outside, `Module.Resource` and
/// `ModuleResource` name the same. Source: "Using modules to encapsulate and reuse resource configurations" in the
/// CloudFormation User Guide.
package struct ModuleExpansion: Sendable {
    /// How deep modules may lie in each other.
    package static let depthLimit = 3
    /// The member of a resource's metadata that says which modules brought it.
    package static let metadataKey = "AWS::Cloudformation::Module"

    private let fragments: [String: JSON]
    private let limits: TemplateLimits

    /// An expansion that knows these fragments, by the module's type.
    package init(_ fragments: [String: JSON], limits: TemplateLimits = TemplateLimits()) {
        self.fragments = fragments
        self.limits = limits
    }

    /// Whether that is a module's type: four names, the last of them `MODULE`.
    package static func isModule(_ type: String) -> Bool { type.hasSuffix("::MODULE") }

    /// The types of the modules that a template, or a fragment, has directly in it; each once, in order.
    package static func types(in body: JSON) -> [String] {
        var types: [String] = []
        for (_, resource) in body["Resources"]?.object ?? [:] {
            guard let type = resource["Type"]?.string, isModule(type), !types.contains(type) else { continue }
            types.append(type)
        }
        return types
    }

    /// The template with every module written out. One without modules stays as it is.
    ///
    /// - Throws: ``TemplateError`` for a module that is not known, lacks a parameter or is given one that it does not
    ///   have, lies too deep or inside of itself, or names something twice.
    package func expanding(_ body: JSON) throws -> JSON {
        var run = ModuleRun(fragments: fragments, limits: limits)
        return try run.expand(body, inside: []).body
    }
}

/// One expansion under way.
struct ModuleRun {
    /// A template or fragment without modules in it any more.
    struct Flat {
        var body: JSON
        /// The logical ids of what modules brought in, by their names with dots: `Module.Resource`.
        var places: [String: String] = [:]
    }

    let fragments: [String: JSON]
    let limits: TemplateLimits
    private var known: [String: Flat] = [:]

    init(fragments: [String: JSON], limits: TemplateLimits) {
        self.fragments = fragments
        self.limits = limits
    }

    mutating func expand(_ body: JSON, inside types: [String]) throws -> Flat {
        var parts: [String: Flat] = [:]
        var references = ModuleReferences()
        for (name, resource) in body["Resources"]?.object ?? [:] {
            guard let type = resource["Type"]?.string, ModuleExpansion.isModule(type) else { continue }
            let part = try flat(type, for: name, inside: types)
            parts[name] = part
            references.add(name, part)
        }
        guard !parts.isEmpty else { return Flat(body: body) }
        let body = try references.rewriting(body)
        return Flat(body: try assemble(body, parts), places: references.places)
    }

    /// The fragment of that type, with the modules in it written out.
    private mutating func flat(_ type: String, for name: String, inside types: [String]) throws -> Flat {
        let path = ["Resources", name] as Path
        guard !types.contains(type) else {
            let way = (types.drop { $0 != type } + [type]).joined(separator: " > ")
            throw TemplateError("Template error: the module \(type) lies inside of itself: \(way)", at: path)
        }
        guard types.count < ModuleExpansion.depthLimit else {
            throw TemplateError(
                "Template error: modules can be nested \(ModuleExpansion.depthLimit) deep at most, and "
                    + "\(types.joined(separator: " > ")) has \(type) in it", at: path)
        }
        // What lies in it depends on how deep it lies itself.
        let key = "\(types.count) \(type)"
        if let flat = known[key] { return flat }
        guard let fragment = fragments[type] else {
            throw TemplateError(
                "Template format error: Unrecognized resource types: [\(type)]", at: path.appending("Type"),
                fix: "Register the module with RegisterType in this account and region.")
        }
        let flat = try expand(fragment, inside: types + [type])
        known[key] = flat
        return flat
    }

    private func assemble(_ body: JSON, _ parts: [String: Flat]) throws -> JSON {
        var sections: [String: JSONObject] = [:]
        for name in ["Conditions", "Mappings", "Outputs"] { sections[name] = body[name]?.object ?? [:] }
        var resources = JSONObject()
        for (name, resource) in body["Resources"]?.object ?? [:] {
            guard let part = parts[name] else {
                try Self.add(resource, as: name, to: &resources, "Resources")
                continue
            }
            let instance = try ModuleInstance(name, resource, part.body)
            for (id, resource) in try instance.resources() {
                try Self.add(resource, as: id, to: &resources, "Resources")
            }
            for (section, members) in try instance.sections() {
                for (id, value) in members {
                    try Self.add(value, as: id, to: &sections[section, default: [:]], section)
                }
            }
            guard resources.count <= limits.resources else {
                throw TemplateError(
                    "Template format error: Number of resources, \(resources.count), is greater than maximum allowed, "
                        + "\(limits.resources)", at: ["Resources", name] as Path)
            }
        }
        var body = body
        body["Resources"] = .object(resources)
        for (name, members) in sections where !members.isEmpty { body[name] = .object(members) }
        return body
    }

    private static func add(_ value: JSON, as name: String, to members: inout JSONObject, _ section: String) throws {
        guard !members.contains(name) else {
            throw TemplateError(
                "Template format error: \(section) has \(name) twice: once from a module", at: [section, name] as Path,
                fix: "Give the module another logical id.")
        }
        members[name] = value
    }
}
