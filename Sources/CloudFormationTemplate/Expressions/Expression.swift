package import Notation

/// A value of a template: written out, or to be worked out by intrinsic functions.
package indirect enum Expression: Sendable, Hashable {
    /// A value without any function in it.
    case value(JSON)
    /// A list, of which at least one element has functions.
    case list([Expression])
    /// An object, of which at least one member has functions.
    case object([Member])
    /// `Ref`: a parameter, a pseudo parameter or a resource.
    case ref(String)
    /// `Fn::GetAtt`: a resource's logical id, and the attribute's name.
    case getAtt(String, Expression)
    /// `Condition`: a named condition.
    case condition(String)
    /// `Fn::If`: a condition's name, the value when it holds, the value when it does not.
    case choice(String, Expression, Expression)
    /// Any other function, and what it is given, in order.
    case call(Function, [Expression])

    /// A member of an object.
    package struct Member: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Its value.
        package let value: Expression

        /// The member of that name and value.
        package init(_ name: String, _ value: Expression) {
            self.name = name
            self.value = value
        }
    }

    /// What `Ref: AWS::NoValue` stands for: a property or element that is left out.
    package static let noValue = Expression.ref("AWS::NoValue")

    /// Whether it is ``noValue``.
    package var isNoValue: Bool { if case .ref("AWS::NoValue") = self { true } else { false } }

    /// The value, if nothing is left to work out.
    package var literal: JSON? { if case .value(let value) = self { value } else { nil } }

    /// The value with that mark wherever something is left to work out; nil when there is to be no value.
    package func written(later mark: String) -> JSON? {
        switch self {
        case .noValue: nil
        case .value(let value): value
        case .list(let elements): .array(elements.compactMap { $0.written(later: mark) })
        case .object(let members):
            .object(
                JSONObject(members.compactMap { member in member.value.written(later: mark).map { (member.name, $0) } })
            )
        default: .string(mark)
        }
    }

    /// The member of that name, if this is an object that has one.
    package subscript(name: String) -> Expression? {
        switch self {
        case .value(let value): value[name].map(Expression.value)
        case .object(let members): members.first { $0.name == name }?.value
        default: nil
        }
    }

    /// The members, if this is an object, written out or not.
    package var members: [Member]? {
        switch self {
        case .value(.object(let object)): object.map { Member($0.key, .value($0.value)) }
        case .object(let members): members
        default: nil
        }
    }

    /// What stands directly inside.
    package var children: [Expression] {
        switch self {
        case .value, .ref, .condition: []
        case .list(let elements): elements
        case .object(let members): members.map(\.value)
        case .getAtt(_, let name): [name]
        case .choice(_, let first, let second): [first, second]
        case .call(_, let arguments): arguments
        }
    }
}

/// An intrinsic function other than `Ref`, `Fn::GetAtt`, `Fn::If` and `Condition`.
package enum Function: String, Sendable, Hashable, CaseIterable {
    case base64 = "Fn::Base64"
    case cidr = "Fn::Cidr"
    case findInMap = "Fn::FindInMap"
    case getAZs = "Fn::GetAZs"
    case importValue = "Fn::ImportValue"
    case join = "Fn::Join"
    case select = "Fn::Select"
    case split = "Fn::Split"
    /// Its arguments are the pieces to be put together.
    case sub = "Fn::Sub"
    case length = "Fn::Length"
    case toJSONString = "Fn::ToJsonString"
    case and = "Fn::And"
    case or = "Fn::Or"
    case not = "Fn::Not"
    case equals = "Fn::Equals"
    case contains = "Fn::Contains"
    case eachMemberEquals = "Fn::EachMemberEquals"
    case eachMemberIn = "Fn::EachMemberIn"
    case refAll = "Fn::RefAll"
    case valueOf = "Fn::ValueOf"
    case valueOfAll = "Fn::ValueOfAll"

    /// The functions by their names: quicker than trying the names one after the other.
    static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// Whether what it yields is true or false.
    package var isBoolean: Bool {
        switch self {
        case .and, .or, .not, .equals, .contains, .eachMemberEquals, .eachMemberIn: true
        default: false
        }
    }

    /// Whether it belongs to the `Rules` section only.
    package var isForRules: Bool {
        switch self {
        case .contains, .eachMemberEquals, .eachMemberIn, .refAll, .valueOf, .valueOfAll: true
        default: false
        }
    }

    /// How many arguments it takes as a list; nil when it takes a single value instead.
    var arity: ClosedRange<Int>? {
        switch self {
        case .base64, .getAZs, .importValue, .length, .toJSONString, .sub, .refAll: nil
        case .cidr: 2...3
        case .findInMap: 3...4
        case .join, .select, .split, .equals, .contains, .eachMemberEquals, .eachMemberIn: 2...2
        case .valueOf, .valueOfAll: 2...2
        case .and, .or: 2...10
        case .not: 1...1
        }
    }

    /// What CloudFormation says when the arguments do not fit.
    var complaint: String {
        switch self {
        case .join:
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
                + "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
        case .split:
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string "
                + "to be split or a function that returns a string to be split."
        case .select:
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
        case .findInMap:
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the "
                + "attribute for return value"
        case .cidr:
            "Template error: every Fn::Cidr object requires two to three parameters, (1) an IP block, (2) the number "
                + "of CIDRs and (3) the number of subnet bits"
        case .base64: "Template error: every Fn::Base64 object must have a String-typed value."
        case .getAZs: "Template error: every Fn::GetAZs object must have a String-typed value."
        case .importValue:
            "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string"
        case .sub:
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
                + "string as first argument, and an optional second argument to specify a mapping of values to "
                + "replace in the string"
        case .and, .or:
            "Template error: every \(rawValue) object requires a list of at least 2 and at most 10 boolean parameters."
        case .not: "Template error: every Fn::Not object requires a list with exactly 1 boolean parameter."
        case .equals: "Template error: every Fn::Equals object requires a list of 2 string parameters."
        case .length: "Template error: every Fn::Length object requires a list or a function that returns a list."
        case .toJSONString: "Template error: every Fn::ToJsonString object requires an object or a list."
        case .contains, .eachMemberEquals, .eachMemberIn, .valueOf, .valueOfAll, .refAll:
            "Template error: every \(rawValue) object does not specify the parameters it requires."
        }
    }
}
