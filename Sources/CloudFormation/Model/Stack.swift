package import Notation

/// A stack: what was asked for last, what was good last, and where it stands.
package struct Stack: Codable, Sendable {
    /// What a stack is told to be by one operation.
    package struct Revision: Codable, Sendable {
        /// The key of its template.
        package var templateKey: String
        /// The template's description.
        package var description: String?
        /// The parameters, in the order declared.
        package var parameters: [Parameter] = []
        /// The tags.
        package var tags: [Tag] = []
        /// What the caller acknowledged.
        package var capabilities: [String] = []
        /// Topics to be told of events.
        package var notificationARNs: [String] = []
        /// The role that was named.
        package var roleARN: String?
        /// The outputs as declared, to see whether they change.
        package var outputTargets: [StackOperation.OutputTarget] = []
        /// The outputs as worked out.
        package var outputs: [StackOperation.OutputValue] = []
        /// Alarms that take an operation back.
        package var monitor: StackOperation.Monitor?
        /// The names it imports from other stacks.
        package var imports: [String] = []
    }

    /// A parameter with its value.
    package struct Parameter: Codable, Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Its value as given.
        package var value: String
        /// What Systems Manager keeps under it, if that is what it is for.
        package var resolved: String?
        /// Whether it must not be shown.
        package var isNoEcho: Bool

        /// A parameter of that name with that value.
        package init(name: String, value: String, resolved: String? = nil, isNoEcho: Bool) {
            self.name = name
            self.value = value
            self.resolved = resolved
            self.isNoEcho = isNoEcho
        }
    }

    /// A tag.
    package struct Tag: Codable, Sendable, Hashable {
        /// Its key.
        package var key: String
        /// Its value.
        package var value: String

        /// A tag of that key with that value.
        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Its ARN.
    package let id: String
    /// Its name.
    package let name: String
    /// The account it belongs to.
    package let account: String
    /// The region it stands in.
    package let region: String
    /// Where it stands.
    package var status: StackStatus
    /// Why.
    package var reason: String?
    /// When it was made.
    package var created: Timestamp
    /// When it was changed last.
    package var updated: Timestamp?
    /// When it was deleted.
    package var deleted: Timestamp?
    /// What was asked for last.
    package var revision: Revision
    /// What was good last; nil while nothing was.
    package var good: Revision?
    /// Whether nothing is taken back after a failure.
    package var isRollbackDisabled = false
    /// How its last operation was to be carried out, when that was said.
    package var deployment: DeploymentConfig?
    /// Whether a deletion is refused.
    package var isProtected = false
    /// Minutes after which its creation counts as failed.
    package var timeoutMinutes: Int?
    /// The stack policy, as text.
    package var policy: String?
    /// The stack it is nested in.
    package var parentID: String?
    /// The outermost stack of those it is nested in.
    package var rootID: String?
    /// What it was made from, when it is nested: see ``Nesting``.
    package var origin: String?
    /// What the rollback under way passes over in stacks nested in it, as `NestedStackName.LogicalId`.
    package var skipping: [String]?
    /// Whether stacks nested in it take over what stands already, in the operation under way: see ``Nesting``.
    package var importsExisting: Bool?
    /// The change set that made it what it is.
    package var changeSetID: String?
    /// The operation under way, or the last one.
    package var operationID: String?
    /// What that operation does.
    package var operationType: String?
    /// Whether its resources differed from it when that was looked at last, in CloudFormation's words.
    package var driftStatus: String?
    /// When that was.
    package var driftTime: Timestamp?
    /// How many events it has told.
    package var eventCount = 0

    /// A stack that does not stand yet.
    package init(id: String, name: String, account: String, region: String, created: Timestamp, revision: Revision) {
        self.id = id
        self.name = name
        self.account = account
        self.region = region
        self.created = created
        self.revision = revision
        status = .reviewInProgress
    }

    /// `account/region/`.
    var scope: String { "\(account)/\(region)/" }
}
