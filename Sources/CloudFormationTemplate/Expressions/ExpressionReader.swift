internal import Notation

/// Recognises the intrinsic functions in a tree, and notes what is wrong with them.
struct ExpressionReader {
    /// What part of a template is being read: not every function is allowed everywhere.
    enum Place {
        /// Resources and outputs.
        case value
        /// The `Conditions` section, and what is inside a condition function.
        case condition
        /// The `Rules` section.
        case rule
    }

    var report = Report()
    /// Whether `AWS::LanguageExtensions` is among the template's transforms.
    let hasLanguageExtensions: Bool
    /// Whether transforms are still to come.
    var isBeforeTransforms = false

    mutating func read(_ value: JSON, at path: Path, in place: Place) -> Expression {
        functions(in: value, at: path, in: place) ?? .value(value)
    }

    /// The value with its functions recognised; nil when it has none and stands for itself, as most of a template does.
    private mutating func functions(in value: JSON, at path: Path, in place: Place) -> Expression? {
        switch value {
        case .null where isBeforeTransforms: return nil
        case .null:
            report.error(
                "[/\(path.pointer)] 'null' values are not allowed in templates", at: path,
                fix: "Give a value, or leave the member out.")
            return nil
        case .array(let elements): return list(elements, at: path, in: place)
        case .object(let members): return object(members, at: path, in: place)
        default: return nil
        }
    }

    private mutating func list(_ elements: [JSON], at path: Path, in place: Place) -> Expression? {
        var read: [Expression]?
        for (index, element) in elements.enumerated() {
            let expression =
                element.isScalar ? nil : functions(in: element, at: path.appending(index), in: place)
            if expression != nil, read == nil { read = elements[..<index].map(Expression.value) }
            read?.append(expression ?? .value(element))
        }
        return read.map(Self.list)
    }

    /// A list, written out as a value when none of its elements has a function.
    static func list(_ elements: [Expression]) -> Expression {
        var values: [JSON] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            guard let value = element.literal else { return .list(elements) }
            values.append(value)
        }
        return .value(.array(values))
    }

    /// An object, written out as a value when none of its members has a function.
    static func object(_ members: [Expression.Member]) -> Expression {
        var values = JSONObject()
        values.reserveCapacity(members.count)
        for member in members {
            guard let value = member.value.literal else { return .object(members) }
            values[member.name] = value
        }
        return .value(.object(values))
    }

    private mutating func object(_ members: JSONObject, at path: Path, in place: Place) -> Expression? {
        if members.count == 1, let (name, argument) = members.first,
            let expression = function(name, argument, at: path, in: place)
        {
            return expression
        }
        var read: [Expression.Member]?
        for (index, (name, value)) in members.enumerated() {
            if !isBeforeTransforms, name.hasPrefix("Fn::") {
                complain(aboutStray: name, among: members.count, at: path.appending(name))
            }
            let expression = value.isScalar ? nil : functions(in: value, at: path.appending(name), in: place)
            if expression != nil, read == nil {
                read = members.prefix(index).map { .init($0.key, .value($0.value)) }
            }
            read?.append(.init(name, expression ?? .value(value)))
        }
        return read.map(Self.object)
    }

    /// As CloudFormation lists them when it is asked for another one.
    private static let supported = [
        "Fn::Base64", "Fn::GetAtt", "Fn::GetAZs", "Fn::ImportValue", "Fn::Join", "Fn::Split", "Fn::FindInMap",
        "Fn::Select", "Ref", "Fn::Equals", "Fn::If", "Fn::Not", "Condition", "Fn::And", "Fn::Or", "Fn::Contains",
        "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::ValueOf", "Fn::ValueOfAll", "Fn::RefAll", "Fn::Sub",
        "Fn::Cidr",
    ]

    private mutating func complain(aboutStray name: String, among count: Int, at path: Path) {
        let isKnown = Function.byName[name] != nil || ["Fn::If", "Fn::GetAtt"].contains(name)
        if name == "Fn::Transform" || name.hasPrefix("Fn::ForEach::") {
            report.error(
                "Template error: \(name) was not processed", at: path,
                fix: name == "Fn::Transform" ? nil : "Add 'Transform: AWS::LanguageExtensions' to the template.")
        } else if isKnown, count > 1 {
            report.error(
                "Template format error: \(name) must be the only member of its object", at: path,
                fix: "Put \(name) into an object of its own.")
        } else if !isKnown {
            report.error(
                "Template error: Encountered unsupported function: \(name) Supported functions are: "
                    + Self.supported.listed, at: path)
        }
    }

    /// The function of that name applied to that argument; nil when the name is no function's.
    private mutating func function(_ name: String, _ argument: JSON, at path: Path, in place: Place) -> Expression? {
        if name == "Ref" {
            guard case .string(let target) = argument, !target.isEmpty else {
                report.error(
                    "Template error: every Ref object must have a single String value.", at: path.appending(name))
                return .noValue
            }
            return .ref(target)
        }
        guard name.hasPrefix("Fn::") || name == "Condition" else { return nil }
        let inner = path.appending(name)
        switch name {
        case "Condition" where place != .value:
            guard let condition = argument.string else {
                report.error("Template error: every Condition object must have a single String value.", at: inner)
                return .noValue
            }
            return .condition(condition)
        case "Fn::GetAtt": return getAtt(argument, at: inner)
        case "Fn::If": return choice(argument, at: inner, in: place)
        case "Fn::Sub": return sub(argument, at: inner)
        default:
            guard let function = Function.byName[name] else { return nil }
            return call(function, argument, at: inner, in: place)
        }
    }

    private mutating func getAtt(_ argument: JSON, at path: Path) -> Expression {
        var parts = argument.array ?? []
        if let text = argument.string, let dot = text.firstIndex(of: ".") {
            parts = [.string(String(text[..<dot])), .string(String(text[text.index(after: dot)...]))]
        }
        guard parts.count == 2, let resource = parts[0].string, !resource.isEmpty, parts[1] != .string(""),
            parts[1].string != nil || parts[1].object != nil
        else {
            report.error(
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and "
                    + "the resource attribute", at: path)
            return .noValue
        }
        return .getAtt(resource, read(parts[1], at: path.appending(1), in: .value))
    }

    private mutating func choice(_ argument: JSON, at path: Path, in place: Place) -> Expression {
        guard let parts = argument.array, parts.count == 3 else {
            report.error("Template error: Fn::If requires a list argument with three elements", at: path)
            return .noValue
        }
        guard let condition = parts[0].string else {
            report.error(
                "Template error: Fn::If requires a list argument with the first element being a condition", at: path)
            return .noValue
        }
        let first = read(parts[1], at: path.appending(1), in: place)
        return .choice(condition, first, read(parts[2], at: path.appending(2), in: place))
    }

    private mutating func call(
        _ function: Function, _ argument: JSON, at path: Path, in place: Place
    ) -> Expression {
        complainIfMisplaced(function, at: path, in: place)
        let inner: Place = function.isBoolean && place == .value ? .condition : place
        guard let arity = function.arity else {
            return .call(function, [read(argument, at: path, in: inner)])
        }
        guard let arguments = argument.array, arity.contains(arguments.count) else {
            report.error(function.complaint, at: path)
            return .noValue
        }
        var read: [Expression] = []
        for (index, argument) in arguments.enumerated() {
            read.append(self.read(argument, at: path.appending(index), in: inner))
        }
        if function == .findInMap, read.count == 4 {
            guard let fallback = read[3]["DefaultValue"] else {
                report.error(function.complaint, at: path, fix: "The fourth parameter must be {\"DefaultValue\": ...}.")
                return .noValue
            }
            read[3] = fallback
        }
        return .call(function, read)
    }

    private mutating func complainIfMisplaced(_ function: Function, at path: Path, in place: Place) {
        if function.isForRules, place != .rule {
            report.error("Template error: \(function.rawValue) is only supported in the Rules section", at: path)
        } else if function.isBoolean, place == .value {
            report.error(
                "Template error: \(function.rawValue) is only supported in the Conditions and Rules sections", at: path,
                fix: "Name the condition under Conditions and use Fn::If with that name here.")
        } else if place == .condition, function == .importValue {
            report.error("Template error: Cannot use Fn::ImportValue in Conditions.", at: path)
        } else if function == .length || function == .toJSONString, !hasLanguageExtensions {
            report.error(
                "Template error: \(function.rawValue) requires the AWS::LanguageExtensions transform", at: path,
                fix: "Add 'Transform: AWS::LanguageExtensions' to the template.")
        }
    }
}

extension JSON {
    /// Whether it is a text, a number or a truth value.
    fileprivate var isScalar: Bool {
        switch self {
        case .null, .array, .object: false
        default: true
        }
    }
}

extension Path {
    /// The place as AWS writes it in messages: names and positions with slashes between.
    package var pointer: String {
        steps.map { step in
            switch step {
            case .key(let key): key
            case .index(let index): String(index)
            }
        }.joined(separator: "/")
    }
}
