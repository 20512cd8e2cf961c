import Notation

/// A value judged below its first level by a table of what each member may be, and the problems found.
///
/// Used for the few types whose nested properties SAM itself judges; all others leave that to CloudFormation.
struct Model {
    /// One thing that does not fit.
    struct Problem: Equatable {
        /// Where, from the value down: `VpcConfig.SubnetIds`.
        let path: String
        /// What, in the words of AWS's validator.
        let text: String
        /// The validator's name for it.
        let code: String
        /// What would have been right, in the words of AWS's messages; nil where they have none.
        let wanted: String?

        static let missing = ("field required", "value_error.missing")
        static let extra = ("extra fields not permitted", "value_error.extra")
    }

    /// The value, with texts turned to numbers and the like where the table wants them.
    let value: JSONObject
    /// What does not fit, in the table's order; members the table does not know come last, by name.
    let problems: [Problem]

    /// Judges an object by the fields of a table.
    init(_ value: JSONObject, _ table: JSON) {
        var problems: [Problem] = []
        self.value = Self.judged(value, table["fields"]?.object ?? [:], at: "", &problems)
        self.problems = problems
    }

    private static func judged(
        _ object: JSONObject, _ fields: JSONObject, at path: String, _ problems: inout [Problem]
    ) -> JSONObject {
        var result: JSONObject = [:]
        for (name, rule) in fields {
            let place = path.isEmpty ? name : "\(path).\(name)"
            let isRequired = rule[0] == true
            guard let value = object[name], isRequired || !value.isNull else {
                if isRequired { problems.append(problem(place, Problem.missing)) }
                continue
            }
            if let value = judged(value, rule[1] ?? "any", at: place, &problems) { result[name] = value }
        }
        for name in object.keys.sorted() where !fields.contains(name) {
            problems.append(problem(path.isEmpty ? name : "\(path).\(name)", Problem.extra))
        }
        return result
    }

    private static func problem(_ path: String, _ words: (String, String), wanted: String? = nil) -> Problem {
        Problem(path: path, text: words.0, code: words.1, wanted: wanted)
    }

    /// The value as the rule wants it; nil when it does not fit.
    private static func judged(
        _ value: JSON, _ rule: JSON, at path: String, _ problems: inout [Problem]
    ) -> JSON? {
        if value.isNull {
            problems.append(problem(path, ("none is not an allowed value", "type_error.none.not_allowed")))
            return nil
        }
        if let kind = rule.string { return plain(value, kind, at: path, &problems) }
        if let words = rule["literal"]?.array {
            if words.contains(value) { return value }
            let list = words.map(\.literal).joined(separator: ", ")
            problems.append(problem(path, ("unexpected value; permitted: \(list)", "value_error.const")))
            return nil
        }
        if let choices = rule["union"]?.array { return chosen(value, choices, at: path, &problems) }
        if let fields = rule["fields"]?.object {
            guard let object = members(of: value) else { return dictProblem(path, &problems) }
            let before = problems.count
            let result = judged(object, fields, at: path, &problems)
            guard problems.count == before else { return nil }
            return .object(result)
        }
        if let inner = rule["map"] {
            guard let object = members(of: value) else { return dictProblem(path, &problems) }
            return .object(
                JSONObject(
                    object.compactMap { key, value in
                        judged(value, inner, at: "\(path).\(key)", &problems).map { (key, $0) }
                    }))
        }
        guard let elements = value.array else {
            problems.append(problem(path, ("value is not a valid list", "type_error.list"), wanted: "list"))
            return nil
        }
        let inner = rule["list"] ?? "any"
        return .array(elements.enumerated().compactMap { judged($1, inner, at: "\(path).\($0)", &problems) })
    }

    /// The members of an object. An empty list or text passes for one, as it does in AWS's validator.
    private static func members(of value: JSON) -> JSONObject? {
        if value == [] || value == "" { [:] } else { value.object }
    }

    private static func dictProblem(_ path: String, _ problems: inout [Problem]) -> JSON? {
        problems.append(problem(path, ("value is not a valid dict", "type_error.dict"), wanted: "dictionary"))
        return nil
    }

    private static func chosen(
        _ value: JSON, _ choices: [JSON], at path: String, _ problems: inout [Problem]
    ) -> JSON? {
        var all: [Problem] = []
        for choice in choices {
            var found: [Problem] = []
            if let result = judged(value, choice, at: path, &found), found.isEmpty { return result }
            all += found
        }
        problems += all
        return nil
    }

    private static func plain(_ value: JSON, _ kind: String, at path: String, _ problems: inout [Problem]) -> JSON? {
        switch (kind, value) {
        case ("any", _): return value
        case ("dict", _):
            guard let object = members(of: value) else { return dictProblem(path, &problems) }
            return .object(object)
        case ("str", .string): return value
        case ("str", .int(let number)): return .string(String(number))
        case ("str", .double(let number)): return .string(String(number))
        case ("str", .bool(let truth)): return .string(truth ? "True" : "False")
        case ("str", _): problems.append(problem(path, ("str type expected", "type_error.str")))
        case ("int", _):
            if let number = integer(value) { return .int(number) }
            problems.append(problem(path, ("value is not a valid integer", "type_error.integer"), wanted: "integer"))
        case ("float", _):
            if let number = float(value) { return number }
            problems.append(problem(path, ("value is not a valid float", "type_error.float"), wanted: "number"))
        case ("bool", _):
            if let truth = truth(value) { return .bool(truth) }
            problems.append(
                problem(path, ("value could not be parsed to a boolean", "type_error.bool")))
        default: return value
        }
        return nil
    }

    private static func integer(_ value: JSON) -> Int? {
        switch value {
        case .int(let number): number
        case .bool(let truth): truth ? 1 : 0
        case .double(let number): Int(exactly: number.rounded(.towardZero))
        case .string(let text): Int(text)
        default: nil
        }
    }

    private static func float(_ value: JSON) -> JSON? {
        switch value {
        case .int, .double: value
        case .bool(let truth): .int(truth ? 1 : 0)
        case .string(let text): Double(text).map { .double($0) }
        default: nil
        }
    }

    private static func truth(_ value: JSON) -> Bool? {
        switch value {
        case .bool(let truth): truth
        case 1, 1.0: true
        case 0, 0.0: false
        case .string(let text):
            switch text.lowercased() {
            case "1", "on", "t", "true", "y", "yes": true
            case "0", "off", "f", "false", "n", "no": false
            default: nil
            }
        default: nil
        }
    }
}

extension Model {
    /// The first problem as most types tell it; nil when there is none.
    var firstReport: String? { problems.first.map { "Property '\($0.path)' is invalid." } }

    /// All problems, those of one place together; nil when there is none.
    var fullReport: String? {
        guard !problems.isEmpty else { return nil }
        var order: [String] = []
        var byPath: [String: [Problem]] = [:]
        for problem in problems {
            if byPath[problem.path] == nil { order.append(problem.path) }
            byPath[problem.path, default: []].append(problem)
        }
        return order.map { path in
            let found = byPath[path] ?? []
            var wanted: [String] = []
            for word in found.compactMap(\.wanted) where !wanted.contains(word) { wanted.append(word) }
            if wanted.count > 1 { return "Property '\(path)' value must be \(wanted.joined(separator: " or "))." }
            return Self.sentence(found[0])
        }.joined(separator: " ")
    }

    private static func sentence(_ problem: Problem) -> String {
        switch problem.code {
        case Problem.missing.1: "Property '\(problem.path)' is required."
        case Problem.extra.1: "Property '\(problem.path)' is an invalid property."
        default: "Property '\(problem.path)' \(problem.text.lowercased())."
        }
    }

    /// The validator's own report, which one of AWS's messages repeats as it is.
    func longReport(_ name: String) -> String {
        let head = "\(problems.count) validation error\(problems.count == 1 ? "" : "s") for \(name)"
        return problems.reduce(head) { text, problem in
            let place = problem.path.split(separator: ".").joined(separator: " -> ")
            return text + "\n\(place)\n  \(problem.text) (type=\(problem.code))"
        }
    }
}
