package import CloudFormation
internal import Ledger
package import Notation

/// A stack set: one template for stacks in many accounts and regions.
package struct StackSet: Codable, Sendable {
    /// What its stacks are told to be.
    package struct Revision: Codable, Sendable, Hashable {
        /// The key of its template.
        package var templateKey: String
        /// The values of its parameters.
        package var parameters: [Stack.Parameter] = []
        /// The tags of its stacks.
        package var tags: [Stack.Tag] = []
        /// What the owner acknowledged.
        package var capabilities: [String] = []
    }

    /// Its id: name and a UUID.
    package let id: String
    /// Its name.
    package let name: String
    /// The account that administers it.
    package let account: String
    /// The region that it is administered from.
    package let region: String
    /// Whether it was deleted.
    package var isDeleted = false
    /// What it is for, in the owner's words.
    package var description: String?
    /// What its stacks are told to be.
    package var revision: Revision
    /// The role that administers; nil for the default.
    package var administrationRoleARN: String?
    /// The role in each account that stacks are made as.
    package var executionRoleName: String?
    /// Whether operations that do not touch the same stacks run side by side, and others queue up.
    package var isManaged = false
    /// What was found when drift was looked for last, as StackSetDriftDetectionDetails.
    package var drift: JSON?

    /// `account/region/`.
    var scope: String { "\(account)/\(region)/" }
    /// Its ARN.
    var arn: String { "arn:aws:cloudformation:\(region):\(account):stackset/\(id)" }

    /// The roles' default names. Source: "Grant self-managed permissions" in the User Guide.
    static let administrationRole = "AWSCloudFormationStackSetAdministrationRole"
    static let executionRole = "AWSCloudFormationStackSetExecutionRole"
}

/// A stack set's stack in one account and region, whether it stands already or not.
package struct StackInstance: Codable, Sendable {
    /// The set's id.
    package let setID: String
    /// The account.
    package let account: String
    /// The region.
    package let region: String
    /// The stack's ARN; nil before it was begun.
    package var stackID: String?
    /// Values that differ from the set's, by parameter.
    package var overrides: [String: String] = [:]
    /// `CURRENT`, `OUTDATED` or `INOPERABLE`.
    package var status = "OUTDATED"
    /// How the last operation went, in CloudFormation's words.
    package var detailedStatus = "PENDING"
    /// Why.
    package var reason: String?
    /// What was found when drift was looked for last.
    package var driftStatus = "NOT_CHECKED"
    /// When that was.
    package var driftTime: Timestamp?
    /// The operation that touched it last.
    package var lastOperationID: String?
}

/// The documents of stack sets.
enum StackSetStore {
    /// Sets, by account, region and id; found by name while they are not deleted.
    static let sets = Collection<StackSet>(
        "cloudformation stack set", lookups: ["name": { $0.isDeleted ? [] : [$0.scope + $0.name] }])
    /// Instances, by set, account and region; found by stack.
    static let instances = Collection<StackInstance>(
        "cloudformation stack instance", lookups: ["stack": { $0.stackID.map { [$0] } ?? [] }])
    /// Templates, by set and operation.
    static let templates = Collection<String>("cloudformation stack set template")
    /// Operations, by set and id: kept in step with their machines.
    static let operations = Collection<StackSetOperation.Record>("cloudformation stack set operation")

    static func key(_ setID: String, _ target: StackSetOperation.Target) -> String {
        "\(setID)|\(target.account)|\(target.region)"
    }
}
