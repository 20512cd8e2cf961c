import Cloud
import Notation
import Vault

/// A parameter as GetParameter and its sisters answer it.
struct ParameterView: Encodable {
    let Name: String
    let `Type`: String
    let Value: String
    let Version: Int
    let Selector: String?
    let LastModifiedDate: Double
    let ARN: String
    let DataType: String
}

/// A parameter as DescribeParameters and GetParameterHistory answer it.
struct ParameterDescription: Encodable {
    let Name: String
    let ARN: String?
    let `Type`: String
    let KeyId: String?
    let LastModifiedDate: Double
    let LastModifiedUser: String
    let Description: String?
    let Value: String?
    let AllowedPattern: String?
    let Version: Int
    let Labels: [String]?
    let Tier: String
    let DataType: String

    init(_ parameter: Parameter, _ version: Parameter.Version, value: String?, _ caller: Caller) {
        Name = parameter.name
        ARN = value == nil ? caller.parameterARN(parameter.name) : nil
        Type = version.kind.rawValue
        KeyId = version.keyID
        LastModifiedDate = version.date.seconds
        LastModifiedUser = version.user
        Description = version.description
        Value = value
        AllowedPattern = version.allowedPattern
        Version = version.number
        Labels = value == nil ? nil : version.labels
        Tier = version.tier
        DataType = version.dataType
    }
}

extension SSMService {
    /// The value in the clear, or its sealed form where it is secure and not asked for in the clear.
    func value(_ version: Parameter.Version, of name: String, decrypted: Bool?) throws -> String {
        guard version.kind == .secure, decrypted == true else { return version.value }
        return try cipher.open(version.value, name: name)
    }

    func view(
        _ parameter: Parameter, _ version: Parameter.Version, selector: String? = nil, decrypted: Bool?,
        _ caller: Caller
    ) throws -> ParameterView {
        ParameterView(
            Name: parameter.name, Type: version.kind.rawValue,
            Value: try value(version, of: parameter.name, decrypted: decrypted), Version: version.number,
            Selector: selector.map { ":" + $0 }, LastModifiedDate: version.date.seconds,
            ARN: caller.parameterARN(parameter.name), DataType: version.dataType)
    }
}
