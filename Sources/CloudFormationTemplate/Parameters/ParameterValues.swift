package import Notation

/// The value of each parameter for one operation on a stack.
package struct ParameterValues: Sendable, Hashable {
    /// A value given with a call.
    package struct Given: Sendable, Hashable {
        /// The parameter's name.
        package var name: String
        /// Its value; nil together with `usesPrevious` keeps the one from before.
        package var value: String?
        /// Whether the value from before is kept.
        package var usesPrevious: Bool

        /// A value given with a call.
        package init(_ name: String, _ value: String?, usesPrevious: Bool = false) {
            self.name = name
            self.value = value
            self.usesPrevious = usesPrevious
        }
    }

    /// A parameter and its value.
    package struct Bound: Sendable, Hashable {
        /// How it is declared.
        package let parameter: Parameter
        /// The text given, defaulted or kept.
        package let text: String
        /// What Systems Manager keeps under that name, for types that ask for it.
        package var resolved: String?

        /// What `Ref` yields; nil while a look-up is outstanding.
        package var value: JSON? {
            if case .ssmValue = parameter.type { return resolved.map(parameter.value(of:)) }
            return parameter.value(of: text)
        }

        /// The text as it may be shown: `****` when the template says `NoEcho`.
        package var shown: String { parameter.isNoEcho ? "****" : text }
    }

    /// The parameters with their values, in the order declared.
    package var bound: [Bound]

    /// The text of each parameter, to be kept with the stack.
    package var texts: [String: String] {
        Dictionary(bound.map { ($0.parameter.name, $0.text) }) { first, _ in first }
    }

    /// The names to look up in Systems Manager before these values are complete.
    package var lookups: [String] {
        bound.compactMap { if case .ssmValue = $0.parameter.type, $0.resolved == nil { $0.text } else { nil } }
    }
}

extension Template {
    /// Binds the parameters to what a call gives, to what the stack had before, and to the defaults.
    ///
    /// - Parameters:
    ///   - given: what the call gives; a value for each name at most.
    ///   - previous: the texts the stack has now; empty for a new one.
    ///   - stored: what Systems Manager keeps, by name. Names not in it are found in ``ParameterValues/lookups``.
    /// - Throws: ``TemplateError`` with CloudFormation's messages, all constraints checked.
    package func bind(
        _ given: [ParameterValues.Given], previous: [String: String] = [:], stored: [String: String] = [:],
        limits: TemplateLimits = TemplateLimits()
    ) throws -> ParameterValues {
        var report = Report()
        let texts = texts(given, previous, &report)
        var bound: [ParameterValues.Bound] = []
        for parameter in parameters {
            guard let text = texts[parameter.name] else { continue }
            var value = ParameterValues.Bound(parameter: parameter, text: text)
            if case .ssmValue = parameter.type { value.resolved = stored[text] }
            let checked = if case .ssmValue = parameter.type { value.resolved } else { Optional(text) }
            if let checked, let objection = parameter.objection(to: checked, limits: limits) {
                report.error(objection, at: ["Parameters", parameter.name] as Path)
            }
            bound.append(value)
        }
        guard report.isValid else { throw TemplateError(report) }
        return ParameterValues(bound: bound)
    }

    private func texts(
        _ given: [ParameterValues.Given], _ previous: [String: String], _ report: inout Report
    ) -> [String: String] {
        let names = Set(parameters.map(\.name))
        var texts: [String: String] = [:]
        let unknown = given.map(\.name).filter { !names.contains($0) }
        if !unknown.isEmpty {
            let list = unknown.joined(separator: ", ")
            report.error("Parameters: [\(list)] do not exist in the template", at: ["Parameters"])
        }
        for entry in given where names.contains(entry.name) {
            let path = ["Parameters", entry.name] as Path
            if texts[entry.name] != nil {
                report.error("Parameter '\(entry.name)' is given more than once", at: path)
            } else if let value = entry.value, !entry.usesPrevious {
                texts[entry.name] = value
            } else if entry.usesPrevious, let value = previous[entry.name] {
                texts[entry.name] = value
            } else if entry.usesPrevious {
                report.error(
                    "Invalid input for parameter key \(entry.name). Cannot specify usePreviousValue as true for a "
                        + "parameter key not in the previous template", at: path)
            }
        }
        let mentioned = Set(given.map(\.name))
        for parameter in parameters where texts[parameter.name] == nil && !mentioned.contains(parameter.name) {
            texts[parameter.name] = parameter.defaultValue
        }
        let missing = parameters.map(\.name).filter { texts[$0] == nil }
        if !missing.isEmpty, report.isValid {
            report.error("Parameters: [\(missing.joined(separator: ", "))] must have values", at: ["Parameters"])
        }
        return texts
    }
}
