internal import Cloud

/// How names are judged, each with the codes of its thing.
///
/// Source: CodeDeploy API Reference, ApplicationName, DeploymentGroupName, DeploymentConfigName (1 to 100 characters).
struct NameRule {
    let thing: String
    let inWords: String

    static let application = NameRule(thing: "Application", inWords: "application")
    static let group = NameRule(thing: "DeploymentGroup", inWords: "deployment group")
    static let config = NameRule(thing: "DeploymentConfig", inWords: "deployment configuration")

    /// The name, if it is one.
    ///
    /// - Throws: `<Thing>NameRequiredException`, `Invalid<Thing>NameException`.
    @discardableResult
    func check(_ name: String?) throws -> String {
        guard let name, !name.isEmpty else {
            throw AWSError("\(thing)NameRequiredException", "The \(inWords) name was not specified.")
        }
        let isValid = name.utf8.count <= 100 && name.utf8.allSatisfy(Self.isAllowed)
        guard isValid else {
            throw AWSError(
                "Invalid\(thing)NameException",
                "The \(inWords) name '\(name.prefix(120))' is invalid: 1 to 100 letters, digits and . _ + = , @ - are "
                    + "allowed."
            )
        }
        return name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._+=,@-".utf8.contains(byte)
        }
    }
}

/// Deployment ids: `d-` and nine capitals and digits.
enum DeploymentID {
    /// The id, if it is one.
    ///
    /// - Throws: `DeploymentIdRequiredException`, `InvalidDeploymentIdException`.
    @discardableResult
    static func check(_ id: String?) throws -> String {
        guard let id, !id.isEmpty else {
            throw AWSError("DeploymentIdRequiredException", "At least one deployment ID must be specified.")
        }
        guard id.hasPrefix("d-"), (3...20).contains(id.utf8.count),
            id.dropFirst(2).utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) })
        else { throw AWSError("InvalidDeploymentIdException", "Invalid deployment ID: \(id.prefix(64)).") }
        return id
    }
}
