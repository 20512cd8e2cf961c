internal import Notation

/// Reads one comparison of a pattern, such as `{"prefix": "a"}`.
struct TestReader {
    typealias Failure = PatternCompiler.Failure
    /// Where the comparison stands.
    let path: Path

    private static let oneKey = "Only one key allowed in match expression"

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, path: path) }

    /// The flag of `{"exists": …}`; nil for other comparisons.
    func existence(_ members: JSONObject) throws(Failure) -> Bool? {
        guard let value = members["exists"], members.keys.first == "exists" else { return nil }
        guard let exists = value.bool else { throw failure("exists match pattern must be either true or false.") }
        guard members.count == 1 else { throw failure(Self.oneKey) }
        return exists
    }

    /// Any other comparison.
    func test(_ members: JSONObject) throws(Failure) -> ValueTest {
        guard let (name, value) = members.first(where: { _ in true }) else {
            throw failure("Match expression name not found")
        }
        let test = try test(name, value)
        guard members.count == 1 else {
            throw failure(name == "numeric" || name == "anything-but" ? NumericReader.tooMany : Self.oneKey)
        }
        return test
    }

    private func test(_ name: String, _ value: JSON) throws(Failure) -> ValueTest {
        switch name {
        case "exactly": return .strings([try text(value, "exact")])
        case "prefix", "suffix":
            if let inner = value.object { return try ignoringCase(name, inner) }
            let text = try text(value, name)
            return name == "prefix" ? .prefix(text) : .suffix(text)
        case "equals-ignore-case": return .equalsIgnoringCase([try text(value, name).lowercased()])
        case "wildcard": return .wildcard(try wildcard(try text(value, name)))
        case "cidr":
            let text = try text(value, "prefix")
            guard let block = AddressBlock(block: text) else {
                throw failure("Malformed CIDR, '\(text)' is no block of addresses")
            }
            return .addresses(block)
        case "numeric": return .range(try NumericReader(path: path).range(value))
        case "anything-but": return .none(try refused(value))
        default: throw failure("Unrecognized match type \(name)")
        }
    }

    private func text(_ value: JSON, _ kind: String) throws(Failure) -> String {
        guard let text = value.string else { throw failure("\(kind) match pattern must be a string") }
        return text
    }

    private func ignoringCase(_ name: String, _ members: JSONObject) throws(Failure) -> ValueTest {
        guard members.count == 1, let value = members["equals-ignore-case"] else {
            throw failure("Unsupported \(name) pattern: \(members.keys.first ?? "")")
        }
        let text = try text(value, "equals-ignore-case").lowercased()
        return name == "prefix" ? .prefixIgnoringCase(text) : .suffixIgnoringCase(text)
    }

    private func wildcard(_ text: String) throws(Failure) -> Wildcard {
        do throws(Wildcard.Misfit) { return try Wildcard(text) } catch {
            switch error {
            case .consecutive(let place): throw failure("Consecutive wildcard characters at pos \(place)")
            case .escape(let place): throw failure("Invalid escape character at pos \(place)")
            }
        }
    }

    // MARK: anything-but

    private func refused(_ value: JSON) throws(Failure) -> [ValueTest] {
        switch value {
        case .object(let members): return try refusedTexts(members)
        case .array(let list): return try refusedValues(list)
        case .string(let text): return [.strings([text])]
        case .int, .double: return [.numbers([value.double ?? 0])]
        case .null, .bool:
            throw failure("Value of anything-but must be an array or single string/number value.")
        }
    }

    private func refusedValues(_ list: [JSON]) throws(Failure) -> [ValueTest] {
        let texts = list.compactMap(\.string)
        let numbers = list.compactMap(\.double)
        guard texts.count + numbers.count == list.count else {
            throw failure("Inside anything but list, start|null|boolean is not supported.")
        }
        guard texts.isEmpty != numbers.isEmpty else {
            throw failure(
                "Inside anything but list, either all values are number or string, mixed type is not supported")
        }
        return texts.isEmpty ? [.numbers(Set(numbers))] : [.strings(Set(texts))]
    }

    /// The forms with a comparison inside, each with one text or a list of them.
    private func refusedTexts(_ members: JSONObject) throws(Failure) -> [ValueTest] {
        guard let (name, value) = members.first(where: { _ in true }) else {
            throw failure("Anything-But expression name not found")
        }
        guard ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(name) else {
            throw failure("Unsupported anything-but pattern: \(name)")
        }
        guard members.count == 1 else { throw failure(Self.oneKey) }
        let list = value.array ?? [value]
        let texts = list.compactMap(\.string)
        guard texts.count == list.count, !texts.isEmpty else { throw failure(Self.notTexts(name)) }
        var tests: [ValueTest] = []
        for text in texts {
            guard !text.isEmpty || name == "equals-ignore-case" else { throw failure("Null prefix/suffix not allowed") }
            switch name {
            case "prefix": tests.append(.prefix(text))
            case "suffix": tests.append(.suffix(text))
            case "wildcard": tests.append(.wildcard(try wildcard(text)))
            default: tests.append(.equalsIgnoringCase([text.lowercased()]))
            }
        }
        return tests
    }

    private static func notTexts(_ name: String) -> String {
        switch name {
        case "equals-ignore-case":
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        case "wildcard": "wildcard match pattern must be a string"
        default: "prefix/suffix match pattern must be a string"
        }
    }
}

/// Reads `{"numeric": […]}`.
struct NumericReader {
    typealias Failure = PatternCompiler.Failure
    static let tooMany = "Too many elements in numeric expression"
    /// The greatest number a numeric comparison may name.
    static let bound = 5.0e9
    let path: Path

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, path: path) }

    func range(_ value: JSON) throws(Failure) -> NumberRange {
        guard let terms = value.array else { throw failure("Value of numeric must be an array.") }
        guard let name = terms.first?.string else {
            throw failure("Invalid member in numeric match: \(terms.first?.text() ?? "]")")
        }
        let number = try number(terms.dropFirst().first, name == "=" ? "equals" : name, name)
        var range = NumberRange()
        switch name {
        case "=": (range.low, range.high) = (number, number)
        case "<", "<=": (range.high, range.includesHigh) = (number, name == "<=")
        default:
            (range.low, range.includesLow) = (number, name == ">=")
            if terms.count > 2 { try upper(Array(terms[2...]), &range) }
            return range
        }
        guard terms.count == 2 else { throw failure(Self.tooMany) }
        return range
    }

    private func number(_ value: JSON?, _ shown: String, _ name: String) throws(Failure) -> Double {
        guard ["=", "<", "<=", ">", ">="].contains(name) else {
            throw failure("Unrecognized numeric range operator: \(name)")
        }
        guard let number = value?.double else { throw failure("Value of \(shown) must be numeric") }
        guard abs(number) <= Self.bound else {
            throw failure("Value must be between -5.0E9 and 5.0E9, inclusive")
        }
        return number
    }

    private func upper(_ terms: [JSON], _ range: inout NumberRange) throws(Failure) {
        guard let name = terms[0].string else { throw failure("Bad value in numeric range: \(terms[0].text())") }
        guard name == "<" || name == "<=" else { throw failure("Bad numeric range operator: \(name)") }
        (range.high, range.includesHigh) = (try number(terms.dropFirst().first, name, name), name == "<=")
        guard terms.count == 2 else { throw failure("Too many terms in numeric range expression") }
        guard range.low < range.high else { throw failure("Bottom must be less than top") }
    }
}
