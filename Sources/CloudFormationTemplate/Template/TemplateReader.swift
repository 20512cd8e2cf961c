package import Notation

/// Turns a tree into a ``Template``, noting everything that is wrong with it on the way.
struct TemplateReader {
    let limits: TemplateLimits
    var template: Template
    var expressions: ExpressionReader
    /// Names found used but nowhere declared, and where.
    var unresolved: [(String, Path)] = []
    /// The names under `Conditions`.
    var conditionNames: Set<String> = []
    /// Whether transforms are still to come, so that what they will bring or take away is not missed.
    let isBeforeTransforms: Bool

    init(_ body: JSON, limits: TemplateLimits, isBeforeTransforms: Bool) {
        self.limits = limits
        self.isBeforeTransforms = isBeforeTransforms
        template = Template(body: body)
        template.transforms = Self.transforms(body["Transform"])
        expressions = ExpressionReader(
            hasLanguageExtensions: template.transforms.contains("AWS::LanguageExtensions"),
            isBeforeTransforms: isBeforeTransforms)
    }

    private static func transforms(_ value: JSON?) -> [String] {
        switch value {
        case .string(let name): [name]
        case .array(let names): names.compactMap { $0.string ?? $0["Name"]?.string }
        case .object(let object): [object["Name"]?.string].compactMap { $0 }
        default: []
        }
    }

    private static let sections: Set<String> = [
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules",
        "Transform", "Resources", "Outputs",
    ]

    mutating func read() {
        guard let sections = template.body.object else {
            return error("Template format error: unsupported structure.", at: Path())
        }
        let unknown = sections.keys.filter { !Self.sections.contains($0) }
        if !unknown.isEmpty, !isBeforeTransforms {
            error(
                "Invalid template property or properties [\(unknown.joined(separator: ", "))]", at: [unknown[0]],
                fix: "The sections are \(Self.sections.sorted().joined(separator: ", ")).")
        }
        readHead(sections)
        readParameters(section("Parameters"))
        readMappings(section("Mappings"))
        for (name, value) in section("Conditions") where !isLoop(name) { readCondition(name, value) }
        for (name, value) in section("Rules") { readRule(name, value) }
        let resources = section("Resources")
        if resources.isEmpty {
            error(
                "Template format error: At least one Resources member must be defined.",
                at: template.body["Resources"] == nil ? Path() : ["Resources"])
        }
        for (name, value) in resources where !isLoop(name) { readResource(name, value) }
        for (name, value) in section("Outputs") where !isLoop(name) { readOutput(name, value) }
        checkCounts()
        if !isBeforeTransforms { checkReferences() }
    }

    private func isLoop(_ name: String) -> Bool { isBeforeTransforms && name.hasPrefix("Fn::") }

    mutating func error(_ message: String, at path: Path, fix: String? = nil) {
        expressions.report.error(message, at: path, fix: fix)
    }

    private mutating func section(_ name: String) -> JSONObject {
        guard let value = template.body[name] else { return JSONObject() }
        if let object = value.object { return object }
        error(
            value.isNull
                ? "[/\(name)] 'null' values are not allowed in templates"
                : "Template format error: \(name) section must be a map", at: [name])
        return JSONObject()
    }

    private mutating func readHead(_ sections: JSONObject) {
        template.metadata = sections["Metadata"]
        if let version = sections["AWSTemplateFormatVersion"] {
            template.formatVersion = version.string
            if version.string != "2010-09-09" {
                error(
                    "Template format error: unsupported value for AWSTemplateFormatVersion.",
                    at: ["AWSTemplateFormatVersion"], fix: "Write \"2010-09-09\".")
            }
        }
        guard let description = sections["Description"] else { return }
        template.description = description.string
        guard let text = description.string else {
            return error("Template format error: Description must be a string", at: ["Description"])
        }
        if text.utf8.count > limits.descriptionBytes {
            error(
                "Template format error: 'Description' length is greater than \(limits.descriptionBytes).",
                at: ["Description"])
        }
    }

    private mutating func readMappings(_ section: JSONObject) {
        for (name, mapping) in section {
            let path = ["Mappings", name] as Path
            guard let keys = mapping.object else {
                error("Template format error: [/\(path.pointer)] Every Mappings member must be a map", at: path)
                continue
            }
            if keys.count > limits.mappingAttributes {
                error(tooMany("attributes in mapping \(name)", keys.count, limits.mappingAttributes), at: path)
            }
            for (key, values) in keys where values.object == nil && !key.hasPrefix("Fn::") {
                let path = path.appending(key)
                error("Template format error: [/\(path.pointer)] Every Mappings attribute must be a map", at: path)
            }
            checkMappedValues(keys, at: path)
            template.mappings[name] = mapping
        }
    }

    /// What a mapping yields is a text or a list of texts (User Guide, "Mappings").
    private mutating func checkMappedValues(_ keys: JSONObject, at path: Path) {
        for (key, attributes) in keys where !key.hasPrefix("Fn::") {
            for (name, value) in attributes.object ?? [:] where !name.hasPrefix("Fn::") {
                let isText = value.scalarText != nil || value.array?.allSatisfy { $0.scalarText != nil } == true
                if isText || (isBeforeTransforms && value.object != nil) { continue }
                error(
                    "Template format error: Every Mappings attribute must be a String or a List.",
                    at: path.appending(key).appending(name))
            }
        }
    }

    private mutating func readCondition(_ name: String, _ value: JSON) {
        let path = ["Conditions", name] as Path
        let expression = expressions.read(value, at: path, in: .condition)
        if !expression.isBoolean {
            error(
                "Template format error: Conditions can only be boolean operations on parameters and other conditions",
                at: path)
        }
        template.conditions.append(Condition(name: name, expression: expression))
    }

    private mutating func readRule(_ name: String, _ value: JSON) {
        let path = ["Rules", name] as Path
        guard let list = value["Assertions"]?.array, !list.isEmpty else {
            return error(
                "Template format error: Rule '\(name)' must contain Assertions", at: path,
                fix: "Give a list of {\"Assert\": ..., \"AssertDescription\": ...}.")
        }
        var assertions: [Rule.Assertion] = []
        for (index, entry) in list.enumerated() {
            let place = path.appending("Assertions").appending(index)
            guard let assert = entry["Assert"] else {
                error("Template format error: Every assertion of rule '\(name)' must contain Assert", at: place)
                continue
            }
            let expression = expressions.read(assert, at: place.appending("Assert"), in: .rule)
            assertions.append(.init(assert: expression, description: entry["AssertDescription"]?.string))
        }
        let when = value["RuleCondition"].map {
            expressions.read($0, at: path.appending("RuleCondition"), in: .rule)
        }
        template.rules.append(Rule(name: name, condition: when, assertions: assertions))
    }

    func tooMany(_ what: String, _ count: Int, _ limit: Int) -> String {
        "Template format error: Number of \(what), \(count), is greater than maximum allowed, \(limit)"
    }

    private mutating func checkCounts() {
        let counts = [
            ("parameters", "Parameters", template.parameters.count, limits.parameters),
            ("resources", "Resources", template.resources.count, limits.resources),
            ("outputs", "Outputs", template.outputs.count, limits.outputs),
            ("mappings", "Mappings", template.mappings.count, limits.mappings),
        ]
        for (what, section, count, limit) in counts where count > limit {
            error(
                tooMany(what, count, limit), at: [section],
                fix: "Split the template into several stacks.")
        }
    }
}

extension Expression {
    /// Whether it can be true or false: a condition function, a named condition, or a choice between such.
    var isBoolean: Bool {
        switch self {
        case .condition: true
        case .choice(_, let first, let second): first.isBoolean && second.isBoolean
        case .call(let function, _): function.isBoolean
        case .ref("AWS::NoValue"): true  // stands for what has been complained about already
        default: false
        }
    }
}

extension Template {
    /// Reads a tree whose transforms have been carried out.
    ///
    /// Reading never throws: what is wrong is in the report, all of it at once, and the template holds what could
    /// be read. Use the template only when the report is valid.
    ///
    /// - Parameter isBeforeTransforms: reads a template as its author wrote it, for parameters and summaries: names
    ///   that transforms may yet bring in are not missed.
    package static func read(
        _ body: JSON, limits: TemplateLimits = TemplateLimits(), isBeforeTransforms: Bool = false
    ) -> (template: Template, report: Report) {
        var reader = TemplateReader(body, limits: limits, isBeforeTransforms: isBeforeTransforms)
        reader.read()
        return (reader.template, reader.expressions.report)
    }
}
