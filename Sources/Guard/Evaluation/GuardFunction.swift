internal import Notation

/// The functions that rules may call. Source: cloudformation-guard, "Guard built-in functions".
enum GuardFunction: String {
    case count, join, substring
    case jsonParse = "json_parse", regexReplace = "regex_replace", toLower = "to_lower", toUpper = "to_upper"
    case urlDecode = "url_decode", parseInt = "parse_int", parseFloat = "parse_float", parseBoolean = "parse_boolean"
    case parseString = "parse_string", parseChar = "parse_char"

    /// How many arguments it takes.
    var arity: Int {
        switch self {
        case .regexReplace, .substring: 3
        case .join: 2
        default: 1
        }
    }
}

extension GuardEvaluator {
    /// What a call comes to: for most functions a value for each value of the first argument that it is meant for.
    mutating func call(
        _ name: String, _ arguments: [GuardOperand], _ mark: Mark, _ scope: GuardScope
    ) throws(GuardFault) -> [GuardFound] {
        guard let function = GuardFunction(rawValue: name) else {
            throw GuardFault(message: "There is no function '\(name)'.", mark: mark)
        }
        guard arguments.count == function.arity else {
            throw GuardFault(message: "The function '\(name)' takes \(function.arity) arguments.", mark: mark)
        }
        var values: [[GuardFound]] = []
        for argument in arguments { values.append(try self.values(of: argument, scope)) }
        try charge(values[0].count)
        let caller = GuardCaller(function: function, arguments: values, mark: mark, place: scope.this.path)
        return try caller.result()
    }
}

/// One call of a function, its arguments worked out.
private struct GuardCaller {
    let function: GuardFunction
    let arguments: [[GuardFound]]
    let mark: Mark
    let place: Path

    func result() throws(GuardFault) -> [GuardFound] {
        switch function {
        case .count: return [.value(.json(.int(present.count)), place)]
        case .join:
            let parts = present.compactMap(\.value.json?.string)
            return [.value(.json(.string(parts.joined(separator: try text(1)))), place)]
        default: break
        }
        var results: [GuardFound] = []
        for (value, path) in present {
            if let json = value.json, let result = try apply(json) { results.append(.value(.json(result), path)) }
        }
        return results
    }

    /// The values of the first argument, the elements of lists one by one.
    private var present: [(value: GuardValue, path: Path)] {
        arguments[0].flatMap { found -> [(value: GuardValue, path: Path)] in
            guard case .value(let value, let path) = found else { return [] }
            guard function != .count, value.isList else { return [(value, path)] }
            return value.elements.enumerated().map { ($1, path.appending($0)) }
        }
    }

    private func single(_ index: Int) throws(GuardFault) -> JSON {
        guard case .value(.json(let value), _)? = arguments[index].first else {
            throw GuardFault(message: "'\(function.rawValue)' lacks its argument \(index + 1).", mark: mark)
        }
        return value
    }

    private func text(_ index: Int) throws(GuardFault) -> String {
        guard let text = try single(index).string else {
            throw GuardFault(message: "Argument \(index + 1) of '\(function.rawValue)' must be a text.", mark: mark)
        }
        return text
    }

    private func number(_ index: Int) throws(GuardFault) -> Int {
        guard let number = try single(index).int else {
            throw GuardFault(
                message: "Argument \(index + 1) of '\(function.rawValue)' must be a whole number.", mark: mark)
        }
        return number
    }

    /// The function of one value; nil for a value that it is not meant for.
    private func apply(_ value: JSON) throws(GuardFault) -> JSON? {
        switch function {
        case .parseInt, .parseFloat, .parseBoolean, .parseString, .parseChar: return try converted(value)
        default: break
        }
        guard let text = value.string else { return nil }
        switch function {
        case .toLower: return .string(text.lowercased())
        case .toUpper: return .string(text.uppercased())
        case .urlDecode: return PercentEncoding.decodeStrictly(text).map(JSON.string)
        case .jsonParse:
            do { return try JSON(parsing: text) } catch {
                throw GuardFault(message: "'json_parse' was given a text that is no JSON: \(error).", mark: mark)
            }
        case .substring:
            let (start, end) = (try number(1), try number(2))
            guard start >= 0, start <= end, end <= text.count else { return nil }
            return .string(String(text.dropFirst(start).prefix(end - start)))
        case .regexReplace: return .string(try replaced(text, try self.text(1), with: try self.text(2)))
        default: return nil
        }
    }

    private func converted(_ value: JSON) throws(GuardFault) -> JSON? {
        func refuse() -> GuardFault {
            GuardFault(message: "'\(function.rawValue)' cannot read \(value.text()).", mark: mark)
        }
        switch (function, value) {
        case (.parseInt, .int), (.parseFloat, .double), (.parseBoolean, .bool), (.parseString, .string): return value
        case (.parseInt, .double(let number)):
            guard let whole = Int(exactly: number.rounded(.towardZero)) else { throw refuse() }
            return .int(whole)
        case (.parseInt, .string(let text)):
            guard let whole = Int(text) else { throw refuse() }
            return .int(whole)
        case (.parseFloat, .int(let number)): return .double(Double(number))
        case (.parseFloat, .string(let text)):
            guard let number = Double(text), number.isFinite else { throw refuse() }
            return .double(number)
        case (.parseBoolean, .string(let text)):
            guard ["true", "false"].contains(text.lowercased()) else { throw refuse() }
            return .bool(text.lowercased() == "true")
        case (.parseString, .int), (.parseString, .double), (.parseString, .bool): return .string(value.text())
        case (.parseChar, .string(let text)):
            guard text.count == 1 else { throw refuse() }
            return value
        case (.parseChar, .int(let number)):
            guard (0...9).contains(number) else { throw refuse() }
            return .string(String(number))
        default: return nil
        }
    }

    /// Every match of a pattern replaced; `${1}` stands for what its first group matched.
    private func replaced(_ text: String, _ pattern: String, with replacement: String) throws(GuardFault) -> String {
        guard let regex = try? Regex(pattern) else {
            throw GuardFault(message: "'\(pattern)' is no regular expression.", mark: mark)
        }
        let text = String(text.prefix(4096))
        return text.replacing(regex) { match in
            var result = ""
            var rest = replacement[...]
            while let character = rest.popFirst() {
                guard character == "$" else {
                    result.append(character)
                    continue
                }
                let isBraced = rest.first == "{"
                let digits = (isBraced ? rest.dropFirst() : rest).prefix { $0.isASCII && $0.isNumber }
                guard let group = Int(digits), group < match.output.count else {
                    result.append("$")
                    continue
                }
                result += match.output[group].substring ?? ""
                rest = rest.dropFirst(digits.count + (isBraced ? 2 : 0))
            }
            return result
        }
    }
}
