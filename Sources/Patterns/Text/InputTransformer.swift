package import Notation

/// Makes the text that a rule's target gets out of an event: `InputPathsMap` and `InputTemplate`.
///
/// A template is a JSON value, or several texts in quotes on lines of their own. A variable in a text is put in as its
/// content, elsewhere as JSON. Source: EventBridge User Guide, "Amazon EventBridge input transformation".
package struct InputTransformer: Sendable, Hashable {
    /// What EventBridge itself knows at the delivery, for the variables that begin with `aws.`.
    package struct Surroundings: Sendable, Hashable {
        /// The rule's ARN and name.
        package var ruleARN: String, ruleName: String
        /// When the event came in.
        package var ingestionTime: Timestamp

        /// Those of a delivery.
        package init(ruleARN: String, ruleName: String, ingestionTime: Timestamp) {
            self.ruleARN = ruleARN
            self.ruleName = ruleName
            self.ingestionTime = ingestionTime
        }
    }

    /// Why a transformer cannot be used.
    package struct Misfit: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong, as a sentence.
        package let message: String
        package var description: String { message }
    }

    /// A transformer has at most so many variables.
    package static let variableLimit = 100
    private static let builtIn: Set<String> = [
        "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event",
        "aws.events.event.json",
    ]

    private enum Part: Sendable, Hashable {
        case text(String)
        case variable(String, isInText: Bool)
    }

    private let paths: [String: EventPath]
    private let parts: [Part]

    /// Reads both members of an `InputTransformer`.
    ///
    /// - Throws: ``Misfit``.
    package init(paths: [String: String], template: String) throws(Misfit) {
        guard paths.count <= Self.variableLimit else {
            throw Misfit(message: "InputPathsMap has more than \(Self.variableLimit) variables.")
        }
        var known: [String: EventPath] = [:]
        for (name, text) in paths {
            guard !name.hasPrefix("AWS."), !Self.builtIn.contains(name) else {
                throw Misfit(message: "The variable name '\(name)' is reserved.")
            }
            guard let path = EventPath(text) else {
                throw Misfit(message: "Invalid InputPathsMap: '\(text)' is not a JSON path that is supported.")
            }
            known[name] = path
        }
        self.paths = known
        parts = Self.parts(template, known: Set(known.keys).union(Self.builtIn))
        guard Self.values(in: Self.rendered(parts) { _ in .null }) != nil else {
            throw Misfit(message: "Invalid InputTemplate: it is neither JSON nor text in double quotes.")
        }
    }

    /// What a template wants that is neither in the map nor EventBridge's own; nil when there is nothing of the kind.
    package static func unknownVariable(in template: String, paths: Set<String>) -> String? {
        for piece in template.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
            guard let end = piece.firstIndex(of: ">") else { continue }
            let name = String(piece[..<end])
            let isName =
                !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
            if isName, !paths.contains(name), !builtIn.contains(name) { return name }
        }
        return nil
    }

    /// The text for the target, without needless spaces. A variable that the event lacks is `null`, in a text nothing.
    package func transform(_ event: JSON, _ surroundings: Surroundings) -> String {
        let text = Self.rendered(parts) { value(of: $0, event, surroundings) }
        guard let values = Self.values(in: text) else { return text }
        return values.map { $0.text() }.joined(separator: "\n")
    }

    private func value(of name: String, _ event: JSON, _ surroundings: Surroundings) -> JSON? {
        switch name {
        case "aws.events.rule-arn": return .string(surroundings.ruleARN)
        case "aws.events.rule-name": return .string(surroundings.ruleName)
        case "aws.events.event.ingestion-time": return .string(surroundings.ingestionTime.iso8601())
        case "aws.events.event.json": return event
        case "aws.events.event":
            var short = event
            short["detail"] = nil
            return short
        default: return paths[name]?.value(in: event)
        }
    }

    /// Takes a template apart. What looks like a variable and is none stays as it is.
    private static func parts(_ template: String, known: Set<String>) -> [Part] {
        var parts: [Part] = []
        var text = ""
        var isInText = false
        var rest = template[...]
        while let character = rest.popFirst() {
            if character == "<", let end = rest.firstIndex(of: ">"), known.contains(String(rest[..<end])) {
                parts += [.text(text), .variable(String(rest[..<end]), isInText: isInText)]
                text = ""
                rest = rest[rest.index(after: end)...]
                continue
            }
            text.append(character)
            if character == "\\", let next = rest.popFirst() {
                text.append(next)
            } else if character == "\"" {
                isInText.toggle()
            }
        }
        return parts + [.text(text)]
    }

    private static func rendered(_ parts: [Part], _ value: (String) -> JSON?) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .variable(let name, false): (value(name) ?? .null).text()
            case .variable(let name, true): content(value(name))
            }
        }.joined()
    }

    /// A value inside quotes: texts without their own, lists and objects without any.
    private static func content(_ value: JSON?) -> String {
        switch value {
        case nil: ""
        case .string?: String(value?.text().dropFirst().dropLast() ?? "")
        case .array(let list)?: JSON.array(list).text().replacing("\\\"", with: "").replacing("\"", with: "")
        case .object(let members)?:
            JSON.object(members).text().replacing("\\\"", with: "").replacing("\"", with: "")
        case let other?: other.text()
        }
    }

    /// The values of a finished text: one, or one a line; nil when it is no such text.
    private static func values(in text: String) -> [JSON]? {
        if let value = try? JSON(parsing: text) { return [value] }
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        let values = lines.compactMap { try? JSON(parsing: String($0)) }
        return lines.isEmpty || values.count < lines.count ? nil : values
    }
}
