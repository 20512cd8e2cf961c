internal import Notation

/// A parameter as the template declares it.
package struct Parameter: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// Its type.
    package let type: ParameterType
    /// Its type as written.
    package let typeName: String
    /// What it is used for, in the author's words.
    package var description: String?
    /// What counts when nothing is given, as text.
    package var defaultValue: String?
    /// Whether its value is never shown.
    package var isNoEcho = false
    /// The only values allowed; nil allows all.
    package var allowedValues: [String]?
    /// A regular expression the whole value must match.
    package var allowedPattern: String?
    /// What to say instead when a constraint does not hold.
    package var constraintDescription: String?
    /// The smallest number of characters.
    package var minLength: Int?
    /// The largest number of characters.
    package var maxLength: Int?
    /// The smallest number.
    package var minValue: Double?
    /// The largest number.
    package var maxValue: Double?
}

extension Parameter {
    /// What CloudFormation says against that value; nil when it is allowed.
    ///
    /// For a value kept in Systems Manager, give what the name stands for.
    package func objection(to text: String, limits: TemplateLimits = TemplateLimits()) -> String? {
        if text.utf8.count > limits.parameterValueBytes {
            return "Parameter '\(name)' must contain at most \(limits.parameterValueBytes) bytes"
        }
        for element in elements(of: text) {
            if let objection = objection(toElement: element) {
                return constraintDescription.map { "Parameter \(name) failed to satisfy constraint: \($0)" }
                    ?? objection
            }
        }
        return nil
    }

    private func objection(toElement text: String) -> String? {
        if let allowedValues, !allowedValues.contains(where: { isSame($0, text) }) {
            return "Parameter '\(name)' must be one of AllowedValues"
        }
        if type.element == .number { return objection(toNumber: text) }
        let count = text.unicodeScalars.count
        if let minLength, count < minLength {
            return "Parameter '\(name)' must contain at least \(minLength) characters"
        }
        if let maxLength, count > maxLength {
            return "Parameter '\(name)' must contain at most \(maxLength) characters"
        }
        if let allowedPattern, !Self.matches(text, pattern: allowedPattern) {
            return "Parameter '\(name)' must match pattern \(allowedPattern)"
        }
        return nil
    }

    private func objection(toNumber text: String) -> String? {
        guard let number = Double(text.trimmed), number.isFinite else { return "Parameter '\(name)' must be a number" }
        if let minValue, number < minValue {
            return "Parameter '\(name)' must be a number not less than \(Self.shown(minValue))"
        }
        if let maxValue, number > maxValue {
            return "Parameter '\(name)' must be a number not greater than \(Self.shown(maxValue))"
        }
        return nil
    }

    private func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        guard type.element == .number, let left = Double(left), let right = Double(right.trimmed) else { return false }
        return left == right
    }

    private static func shown(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? number.description
    }

    /// Whether the whole text matches; true when the pattern is no regular expression (said when it was declared).
    private static func matches(_ text: String, pattern: String) -> Bool {
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return true }
        return (try? regex.wholeMatch(in: text)) != nil
    }

    /// The elements of a list, or the text alone. Blanks around the commas do not count.
    func elements(of text: String) -> [String] {
        guard type.isList else { return [text] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
    }

    /// What `Ref` yields for that text.
    func value(of text: String) -> JSON {
        type.isList ? .array(elements(of: text).map(JSON.string)) : .string(text)
    }
}

extension String {
    /// The text without blanks at either end.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
