internal import Ledger
internal import Notation

/// What became of a call of RegisterType.
struct TypeRegistration: Codable, Sendable {
    /// What the caller was given to ask by.
    var token: String
    /// The type that was to be registered.
    var name: String
    /// `COMPLETE` or `FAILED`: a module is looked at while the call is carried out.
    var status: String
    /// How it went, in words.
    var description: String
    /// The ARN of the type, once there is one.
    var arn: String?
    /// The ARN of the version, once there is one.
    var versionARN: String?
    var time: Timestamp

    /// By account, region and token; found by account, region and name.
    static let collection = Collection<TypeRegistration>("cloudformation type registration")
}
