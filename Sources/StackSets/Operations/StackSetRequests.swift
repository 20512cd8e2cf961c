internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Notation

/// What requests about stack sets have in common.
struct StackSetRequest: Sendable {
    let input: JSON

    init(_ call: Call) { input = call.input }

    /// The set's name or id.
    var set: String { input["StackSetName"]?.string ?? "" }
    /// The id that the caller gives the operation.
    var operationID: String? { input["OperationId"]?.string }

    func texts(_ member: String) -> [String] { input[member]?.array?.compactMap(\.string) ?? [] }

    /// The accounts meant, given in either of two places.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when organizations are meant: there are none here.
    func accounts() throws -> [String] {
        let targets = input["DeploymentTargets"]
        guard targets?["OrganizationalUnitIds"] == nil, targets?["AccountsUrl"] == nil,
            targets?["AccountFilterType"] == nil
        else {
            throw AWSError.notImplemented("DeploymentTargets other than Accounts: there are no organizations here")
        }
        let accounts =
            input["Accounts"] == nil ? targets?["Accounts"]?.array?.compactMap(\.string) ?? [] : texts("Accounts")
        return accounts.reduce(into: []) { all, account in if !all.contains(account) { all.append(account) } }
    }

    /// Every account in every region, in the order given.
    func targets() throws -> [StackSetOperation.Target] {
        let accounts = try accounts()
        let regions = texts("Regions")
        guard !accounts.isEmpty, !regions.isEmpty else {
            throw AWSError("ValidationError", "Accounts and Regions must each name at least one.")
        }
        return regions.flatMap { region in accounts.map { .init(account: $0, region: region) } }
    }

    /// - Throws: ``AWSError`` for what needs AWS Organizations.
    func checkSelfManaged() throws {
        if input["CallAs"] == "DELEGATED_ADMIN" {
            throw AWSError(
                "ValidationError", "There are no organizations here, so there is no delegated administrator.")
        }
        if input["PermissionModel"] == "SERVICE_MANAGED" {
            throw AWSError(
                "ValidationError",
                "You must be the management account or delegated admin account of an organization before operating "
                    + "a SERVICE_MANAGED stack set. Slipway has no organizations: use SELF_MANAGED.")
        }
    }

    /// The submission that the set's template, parameters and tags amount to.
    var submission: Submission {
        get throws {
            var plain: JSON = ["StackName": .string(set)]
            for member in ["TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters", "Capabilities", "Tags"] {
                plain[member] = input[member]
            }
            return try plain.decode(Submission.self)
        }
    }

    /// Values that differ from the set's, by parameter; nil when nothing was said of them.
    ///
    /// - Parameter known: The present ones, for those that are to stay.
    func overrides(_ known: [String: String]) -> [String: String]? {
        guard let list = input["ParameterOverrides"]?.array else { return nil }
        var overrides: [String: String] = [:]
        for entry in list {
            guard let name = entry["ParameterKey"]?.string else { continue }
            overrides[name] =
                entry["UsePreviousValue"]?.bool == true ? known[name] : entry["ParameterValue"]?.string ?? ""
        }
        return overrides
    }
}

/// The refusals about stack sets, in CloudFormation's words.
enum StackSetError {
    static func missing(_ name: String) -> AWSError {
        AWSError("StackSetNotFoundException", "StackSet \(name) not found", status: 404)
    }

    static func exists(_ name: String) -> AWSError {
        AWSError("NameAlreadyExistsException", "StackSet \(name) already exists.", status: 409)
    }

    static func busy(_ set: StackSet, _ operationID: String) -> AWSError {
        AWSError(
            "OperationInProgressException",
            "Another Operation on StackSet \(set.arn) is in progress: \(operationID)", status: 409)
    }

    static func operationExists(_ id: String) -> AWSError {
        AWSError("OperationIdAlreadyExistsException", "An operation with id \(id) already exists.", status: 409)
    }

    static func missingOperation(_ id: String) -> AWSError {
        AWSError("OperationNotFoundException", "Operation \(id) not found", status: 404)
    }

    static func missingInstance(_ target: StackSetOperation.Target, _ set: StackSet) -> AWSError {
        AWSError(
            "StackInstanceNotFoundException",
            "Stack instance for account \(target.account), region \(target.region) not found in StackSet \(set.id)",
            status: 404)
    }

    static func notEmpty() -> AWSError { AWSError("StackSetNotEmptyException", "StackSet is not empty", status: 409) }
}
