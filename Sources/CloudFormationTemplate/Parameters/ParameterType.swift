/// The declared type of a parameter.
package indirect enum ParameterType: Sendable, Hashable {
    /// `String`.
    case string
    /// `Number`: kept as text, as CloudFormation does.
    case number
    /// `CommaDelimitedList`.
    case commaDelimitedList
    /// `List<...>` of what is named.
    case list(ParameterType)
    /// A type of AWS's own, such as `AWS::EC2::Subnet::Id`: a text that names something which must exist.
    case identifier(String)
    /// `AWS::SSM::Parameter::Name`: the name of a parameter kept in Systems Manager.
    case ssmName
    /// `AWS::SSM::Parameter::Value<...>`: such a name, for which the parameter's value is put in.
    case ssmValue(ParameterType)

    /// The type of that name; nil when CloudFormation knows none.
    package init?(_ name: String) {
        switch name {
        case "String": self = .string
        case "Number": self = .number
        case "CommaDelimitedList": self = .commaDelimitedList
        case "AWS::SSM::Parameter::Name": self = .ssmName
        default:
            if let inner = Self.argument(of: "List", in: name), let type = ParameterType(inner) {
                switch type {
                case .number, .identifier, .string: self = .list(type)
                default: return nil
                }
            } else if let inner = Self.argument(of: "AWS::SSM::Parameter::Value", in: name),
                let type = ParameterType(inner)
            {
                if case .ssmValue = type { return nil }
                self = .ssmValue(type)
            } else if Self.identifiers.contains(name) {
                self = .identifier(name)
            } else {
                return nil
            }
        }
    }

    private static func argument(of name: String, in text: String) -> String? {
        guard text.hasPrefix(name + "<"), text.hasSuffix(">") else { return nil }
        return String(text.dropFirst(name.count + 1).dropLast())
    }

    /// AWS-specific parameter types, as the User Guide lists them.
    private static let identifiers: Set<String> = [
        "AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id",
        "AWS::EC2::KeyPair::KeyName", "AWS::EC2::SecurityGroup::GroupName", "AWS::EC2::SecurityGroup::Id",
        "AWS::EC2::Subnet::Id", "AWS::EC2::Volume::Id", "AWS::EC2::VPC::Id", "AWS::Route53::HostedZone::Id",
    ]

    /// Whether `Ref` yields a list.
    package var isList: Bool {
        switch self {
        case .commaDelimitedList, .list: true
        case .ssmValue(let inner): inner.isList
        default: false
        }
    }

    /// The type of the value that `Ref` yields, or of each of its elements.
    var element: ParameterType {
        switch self {
        case .commaDelimitedList: .string
        case .list(let inner): inner
        case .ssmValue(let inner): inner.element
        default: self
        }
    }
}
