/// The variables of a build: which of several values counts, and which must not be shown.
///
/// Source: CodeBuild User Guide, "Environment variables in build environments".
package struct BuildEnvironment: Sendable, Hashable {
    /// A variable as a project or a request for a build gives it.
    package struct Variable: Sendable, Hashable, Codable {
        /// Its name and value.
        package var name: String, value: String
        /// `PLAINTEXT`, `PARAMETER_STORE` or `SECRETS_MANAGER`.
        package var type: String

        /// A variable of that type.
        package init(name: String, value: String, type: String = "PLAINTEXT") {
            self.name = name
            self.value = value
            self.type = type
        }
    }

    /// Where a value comes from.
    package enum Source: Sendable, Hashable, Codable {
        /// It is written down, and taken as it stands.
        case plain(String)
        /// The parameter of that name.
        case parameter(String)
        /// A part of a secret.
        case secret(SecretReference)
    }

    /// The value that counts, by name.
    package private(set) var sources: [String: Source] = [:]
    /// References to secrets that are none, with the variable's name.
    package private(set) var faults: [String] = []

    /// Takes all that name variables; what is named last counts: the specification's, the project's, those of the
    /// request.
    package init(spec: SpecEnvironment, project: [Variable], overrides: [Variable]) {
        for (name, value) in spec.variables { sources[name] = .plain(value) }
        for (name, parameter) in spec.parameters { sources[name] = .parameter(parameter) }
        for (name, secret) in spec.secrets { sources[name] = .secret(secret) }
        for variable in project + overrides {
            switch variable.type {
            case "PARAMETER_STORE": sources[variable.name] = .parameter(variable.value)
            case "SECRETS_MANAGER":
                guard let secret = SecretReference(variable.value) else {
                    faults.append("'\(variable.value)' of the variable \(variable.name) is no reference to a secret")
                    continue
                }
                sources[variable.name] = .secret(secret)
            default: sources[variable.name] = .plain(variable.value)
            }
        }
    }

    /// The names whose values are masked in logs and never exported.
    package var maskedNames: Set<String> {
        Set(sources.filter { if case .plain = $0.value { false } else { true } }.keys)
    }

    /// The names of a specification's `exported-variables` that may really be shown.
    package func exportable(_ names: [String]) -> [String] {
        let masked = maskedNames
        return names.filter { !masked.contains($0) && !$0.hasPrefix("AWS_") }
    }

    /// Whether a text is a variable's name.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
    }

    /// Puts variables' values into a text: `$NAME` and `${NAME}`. A name without a value is replaced by nothing;
    /// everything else that a shell would do is left as it is.
    package static func expand(_ text: String, _ value: (String) -> String?) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "$" else {
                result.append(character)
                continue
            }
            if rest.first == "{", let end = rest.firstIndex(of: "}"), isName(String(rest[..<end].dropFirst())) {
                result += value(String(rest[..<end].dropFirst())) ?? ""
                rest = rest[rest.index(after: end)...]
                continue
            }
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            if isName(String(name)) {
                result += value(String(name)) ?? ""
                rest = rest.dropFirst(name.count)
            } else {
                result.append("$")
            }
        }
        return result
    }
}

/// Hides values in what a build prints.
package struct Mask: Sendable, Hashable {
    /// Shorter values are not hidden: three stars in place of every `a` would hide the log, not the secret.
    package static let shortest = 3
    private let values: [String]

    /// Hides those values, and each line of those that have several.
    package init(_ values: some Sequence<String>) {
        let lines = values.flatMap { [$0] + $0.split(whereSeparator: \.isNewline).map(String.init) }
        self.values = Set(lines.filter { $0.count >= Self.shortest }).sorted { $0.count > $1.count }
    }

    /// The text with `***` in place of every value.
    package func apply(_ text: String) -> String {
        values.reduce(text) { $0.replacing($1, with: "***") }
    }
}
