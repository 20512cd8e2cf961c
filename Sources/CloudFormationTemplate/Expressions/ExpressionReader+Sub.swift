internal import Notation

extension ExpressionReader {
    /// `Fn::Sub`, both forms: its text taken apart at the variables.
    mutating func sub(_ argument: JSON, at path: Path) -> Expression {
        var variables: [String: Expression] = [:]
        let text: String
        switch argument {
        case .string(let whole): text = whole
        case .array(let parts) where parts.count == 2:
            guard let first = parts[0].string, let given = parts[1].object else {
                report.error(Function.sub.complaint, at: path)
                return .noValue
            }
            text = first
            for (name, value) in given {
                variables[name] = read(value, at: path.appending(1).appending(name), in: .value)
            }
        default:
            report.error(Function.sub.complaint, at: path)
            return .noValue
        }
        let pieces = pieces(of: text, variables, at: path)
        if pieces.isEmpty { return .value("") }
        if pieces.count == 1, case .value(.string) = pieces[0] { return pieces[0] }
        return .call(.sub, pieces)
    }

    private mutating func pieces(of text: String, _ variables: [String: Expression], at path: Path) -> [Expression] {
        var pieces: [Expression] = []
        var plain = ""
        var rest = Substring(text)
        while let (open, start) = Self.opening(in: rest) {
            plain += rest[..<open]
            guard let close = rest[start...].utf8.firstIndex(of: UInt8(ascii: "}")) else { break }
            let name = rest[start..<close]
            if name.first == "!" {
                plain += "${" + name.dropFirst() + "}"  // ${!Name} stands for the text ${Name}
            } else {
                if !plain.isEmpty { pieces.append(.value(.string(plain))) }
                plain = ""
                pieces.append(variable(String(name), variables, at: path))
            }
            rest = rest[rest.utf8.index(after: close)...]
        }
        plain += rest
        if !plain.isEmpty { pieces.append(.value(.string(plain))) }
        return pieces
    }

    /// Where the next `${` begins and ends.
    private static func opening(in text: Substring) -> (String.Index, String.Index)? {
        let bytes = text.utf8
        var from = bytes.startIndex
        while let dollar = bytes[from...].firstIndex(of: UInt8(ascii: "$")) {
            from = bytes.index(after: dollar)
            if from < bytes.endIndex, bytes[from] == UInt8(ascii: "{") { return (dollar, bytes.index(after: from)) }
        }
        return nil
    }

    private mutating func variable(
        _ name: String, _ variables: [String: Expression], at path: Path
    ) -> Expression {
        if let known = variables[name] { return known }
        guard !name.isEmpty, name.unicodeScalars.allSatisfy(Self.isAllowed) else {
            report.error(
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
                    + "underscores, periods, and colons", at: path,
                fix: "Write ${!\(name)} to keep the text ${\(name)} as it is.")
            return .noValue
        }
        guard let dot = name.firstIndex(of: ".") else { return .ref(name) }
        return .getAtt(String(name[..<dot]), .value(.string(String(name[name.index(after: dot)...]))))
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", ".", ":": true
        default: false
        }
    }
}
