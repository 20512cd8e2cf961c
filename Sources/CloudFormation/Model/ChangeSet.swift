package import Notation

/// A change set: what an operation would do, kept until it is carried out.
package struct ChangeSet: Codable, Sendable {
    /// Its ARN.
    package let id: String
    /// Its name.
    package let name: String
    /// The stack it is for.
    package let stackID: String
    /// That stack's name.
    package let stackName: String
    /// `CREATE` or `UPDATE`.
    package var type: String
    /// Whether it could be made, in CloudFormation's words.
    package var status: String
    /// Why not.
    package var reason: String?
    /// Whether it can be carried out, in CloudFormation's words.
    package var executionStatus: String
    /// When it was made.
    package var created: Timestamp
    /// What it is for, in the author's words.
    package var description: String?
    /// The changes, as DescribeChangeSet answers them with property values.
    package var changes: [JSON] = []
    /// What the stack will be; nil when it could not be made.
    package var plan: OperationPlan?
    /// What the stack will be told to be.
    package var revision: Stack.Revision
    /// What happens when carrying it out fails.
    package var onFailure: StackOperation.OnFailure?
    /// The operation that made it; nil for those of before that was kept.
    package var creationID: String?
    /// The operation that carries it out.
    package var operationID: String?
    /// The change set of the stack that this one's stack is nested in.
    package var parentID: String?
    /// Whether there are change sets for nested stacks as well.
    package var includesNested: Bool?
    /// Whether what stands already is taken over instead of made.
    package var importsExisting: Bool?
    /// How it is to be carried out, when that was said.
    package var deployment: DeploymentConfig?
    /// `REVERT_DRIFT` when it also brings back what was changed behind the stack's back.
    package var deploymentMode: String?

    /// The reason of one that changes nothing: clients match on these words.
    static let noChanges =
        "The submitted information didn't contain changes. Submit different information to create a change set."

    /// It cannot be carried out, for that reason. The first reason stays.
    mutating func fail(_ why: String) {
        guard status != "FAILED" else { return }
        status = "FAILED"
        executionStatus = "UNAVAILABLE"
        reason = why
    }
}
