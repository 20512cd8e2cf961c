import Cloud
import Ledger
import Notation

/// A parameter with all its versions, oldest first.
struct Parameter: Codable, Sendable {
    enum Kind: String, Codable, Sendable {
        case string = "String"
        case list = "StringList"
        case secure = "SecureString"
    }

    /// One value it had.
    struct Version: Codable, Sendable {
        var number: Int
        /// Encrypted when the parameter is secure.
        var value: String
        var kind: Kind
        var date: Timestamp
        var user: String
        var description: String?
        var allowedPattern: String?
        var keyID: String?
        var tier: String
        var dataType: String
        var labels: [String] = []
    }

    /// Parameter Store keeps so many versions; the oldest without a label makes room (AWS: "Working with parameter versions").
    static let versionLimit = 100

    var name: String
    var versions: [Version]
    var tags: [String: String] = [:]

    /// The newest version.
    var current: Version? { versions.last }

    static let all = Collection<Parameter>("ssm.parameter")
}

/// A name as requests give it: plain, an ARN, or with `:version` or `:label` behind it.
struct ParameterName: Sendable {
    let name: String
    let selector: String?

    init(_ text: String) {
        var text = text[...]
        if text.hasPrefix("arn:"), let range = text.firstRange(of: ":parameter") { text = text[range.upperBound...] }
        let parts = text.split(separator: ":", maxSplits: 1)
        name = parts.first.map(String.init) ?? ""
        selector = parts.count > 1 ? String(parts[1]) : nil
    }

    /// The version that the selector means; nil when there is none such.
    func version(of parameter: Parameter) -> Parameter.Version? {
        guard let selector else { return parameter.current }
        if let number = Int(selector) { return parameter.versions.first { $0.number == number } }
        return parameter.versions.first { $0.labels.contains(selector) }
    }

    /// Refuses a name that a parameter cannot have.
    ///
    /// Source: AWS Systems Manager API, PutParameter, "Name".
    func check() throws {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_.-/".utf8.contains(byte)
            }
        }
        guard allowed, !name.isEmpty, selector == nil else {
            throw AWSError(
                "ValidationException",
                "Parameter name: only a mix of letters, numbers and the following 4 symbols .-_/ are allowed.")
        }
        guard !name.contains("/") || name.hasPrefix("/") else {
            throw AWSError("ValidationException", "Parameter name must be a fully qualified name.")
        }
        let first = name.drop { $0 == "/" }.lowercased()
        guard !first.hasPrefix("aws"), !first.hasPrefix("ssm") else {
            throw AWSError(
                "ValidationException", "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")
        }
        guard name.split(separator: "/").count <= 15 else {
            throw AWSError(
                "HierarchyLevelLimitExceededException",
                "A hierarchy can have a maximum of 15 levels. Create the parameter at a higher level.")
        }
    }
}

extension AWSError {
    static func parameterNotFound(_ name: String = "") -> AWSError {
        AWSError("ParameterNotFound", name.isEmpty ? "" : "Parameter \(name) not found.")
    }
}

extension Caller {
    /// The key of a parameter's document.
    func parameterKey(_ name: String) -> String { key(name) }

    func parameterARN(_ name: String) -> String { arn("ssm", "parameter" + (name.hasPrefix("/") ? name : "/" + name)) }
}
