extension PyValue {
    /// Python's `str()`: a text itself, anything else as it is written inside of others.
    var printed: String {
        if case .text(let value) = self { return value.text }
        var result = ""
        write(to: &result)
        return result
    }

    /// Python's `repr()`, texts in Python 2.7's way.
    func write(to result: inout String) {
        switch self {
        case .null: result += "None"
        case .bool(let value): result += value ? "True" : "False"
        case .int(let value): result += String(value)
        case .double(let value): result += value.description
        case .text(let value): value.write(to: &result)
        case .list(let elements):
            result += "["
            for (position, element) in elements.enumerated() {
                if position > 0 { result += ", " }
                element.write(to: &result)
            }
            result += "]"
        case .dict(let members):
            result += "{"
            for (position, member) in members.pairs.enumerated() {
                if position > 0 { result += ", " }
                member.key.write(to: &result)
                result += ": "
                member.value.write(to: &result)
            }
            result += "}"
        }
    }
}

extension Optional<PyValue> {
    /// Python's `str()`; `None` when there is no value.
    var printed: String { self?.printed ?? "None" }
}

extension PyText {
    /// Python's `repr()`: quoted, with escapes; Unicode texts with everything beyond ASCII escaped, as 2.7 has it.
    func write(to result: inout String) {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x27 && $0 != 0x5C }) {
            result += isUnicode ? "u'" : "'"
            result += text
            result += "'"
            return
        }
        let mark: Unicode.Scalar =
            text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\""))
            ? "\"" : "'"
        if isUnicode { result += "u" }
        result.unicodeScalars.append(mark)
        for scalar in text.unicodeScalars { write(scalar, mark: mark, to: &result) }
        result.unicodeScalars.append(mark)
    }

    private func write(_ scalar: Unicode.Scalar, mark: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case mark:
            result += "\\"
            result.unicodeScalars.append(mark)
        case " "..."~": result.unicodeScalars.append(scalar)
        default:
            if isUnicode || !scalar.isPrintable {
                Self.escape(scalar, to: &result)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func escape(_ scalar: Unicode.Scalar, to result: inout String) {
        let digits = String(scalar.value, radix: 16)
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        result += "\\" + letter + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Unicode.Scalar {
    /// Whether Python prints the character as it is, after Unicode's general categories.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            self == " "
        default: true
        }
    }
}
