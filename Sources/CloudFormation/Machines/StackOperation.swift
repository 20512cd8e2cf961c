internal import CloudFormationTemplate
internal import Ledger
package import Notation

/// One operation on a stack - create, update, delete, rollback - as a machine.
///
/// It walks the dependency graph: whatever is ready is done at once, side by side. When something fails it waits for
/// what is under way, then walks back to the last good state. It ends in a state from which the stack can be changed
/// again, whatever fails and whenever the process dies.
package struct StackOperation: Machine {
    /// The name under which operations are stored.
    package static let kind = "stack"
    /// What the alarm clock feeds in.
    package static var woken: Event { .woken }

    /// What is done.
    package enum Intent: String, Codable, Sendable {
        case create = "CREATE_STACK"
        case update = "UPDATE_STACK"
        case delete = "DELETE_STACK"
        /// Takes over resources that stand already.
        case adopt = "IMPORT_STACK"
        /// Back to the last good state: ContinueUpdateRollback and RollbackStack.
        case rollback = "ROLLBACK"
    }

    /// What happens after a failure on the way forward.
    package enum OnFailure: String, Codable, Sendable {
        case rollback = "ROLLBACK"
        case delete = "DELETE"
        case nothing = "DO_NOTHING"
    }

    /// How far it is.
    enum Phase: String, Codable, Sendable {
        /// Not begun.
        case new
        /// Hooks for stacks are being asked.
        case judging
        /// Towards the template.
        case forward
        /// Something failed: what is under way comes to its end.
        case stopping
        /// Back to the last good state.
        case backward
        /// Everything stands; alarms are watched before that counts as good.
        case monitoring
        /// Everything stands; the names of exports are being claimed.
        case claiming
        /// What the new state no longer wants is removed.
        case cleanup
        /// What the failed attempt made is removed.
        case rollbackCleanup
        /// Everything is removed.
        case deleting
        /// Ended.
        case over
    }

    /// An action that the outside is carrying out.
    struct Running: Codable, Sendable {
        enum Kind: String, Codable, Sendable { case create, replace, update, restore, delete, adopt }
        var logicalID: String
        var kind: Kind
        var properties: JSON
        var metadata: JSON?
        var updatePolicy: JSON?
        var suffix: String
        /// What is being deleted.
        var physicalID: String?
        var isCancelled = false
    }

    /// An output to be worked out at the end.
    package struct OutputTarget: Codable, Sendable, Hashable {
        var name: String
        var description: String?
        var value: JSON
        var exportName: JSON?
    }

    /// An output as the stack answers with it.
    package struct OutputValue: Codable, Sendable, Hashable {
        /// Its name.
        package var name: String
        /// What it is.
        package var description: String?
        /// Its value.
        package var value: String
        /// The name it is exported under.
        package var exportName: String?
    }

    /// What the engine knows about a type.
    struct TypeFacts: Codable, Sendable, Hashable {
        var replacing: [String]
        var nameProperty: String?
        var canUpdate: Bool
        var isTaggable: Bool

        /// What replaces it: everything, when it cannot be changed in place.
        var rules: ReplacementRules { ReplacementRules(createOnly: canUpdate ? Set(replacing) : ["*"]) }
    }

    /// What went wrong, first cause first.
    struct Failure: Codable, Sendable, Hashable {
        var logicalID: String
        var status: ResourceStatus
        var reason: String
        var isCancelled = false
    }

    /// What it is about, and how it shall behave.
    let subject: OperationSubject
    /// What is done now: a deletion may take over a creation.
    var intent: Intent
    /// What each resource shall be.
    var targets: [String: ResourceTarget]
    /// The resources, old and new.
    var resources: Register<StackResource>
    /// All logical ids, in the order of the template, what is only old last.
    var order: [String]
    /// What is known about the types.
    var types: [String: TypeFacts]
    /// The physical ids of resources to be taken over, by logical id.
    var adopted: [String: String] = [:]
    /// See ``OperationPlan``.
    var observed: [String: JSON]?
    /// See ``OperationPlan``.
    var gone: [String]?
    /// See ``OperationPlan``.
    var forced: [String]?
    /// See ``OperationPlan``.
    var onlyAsks: Bool?
    /// What custom resources answered with `NoEcho`; nil when nothing was.
    var hidden: [String]?
    /// What the stack shall answer with.
    var outputTargets: [OutputTarget]
    /// What it answers with, once that is worked out.
    var outputs: [OutputValue]?

    var phase = Phase.new
    var status: StackStatus
    var schedule = Schedule()
    var running = Register<Running>()
    var failures: [Failure] = []
    /// Why the stack as a whole failed, when no resource did.
    var trouble: String?
    var tokens = 0
    var eventCount: Int
    var deadline: Timestamp?
    /// Until when alarms are watched after the resources stand.
    var monitoredUntil: Timestamp?
    /// The names that this operation claimed to export under; nil while it has not asked.
    var claims: [String]?
    /// What the last step brought: written out by the projection, not stored with the machine.
    package var outbox = Outbox()
}

/// What an operation is about, and how it shall behave.
package struct OperationSubject: Codable, Sendable, Hashable {
    /// The operation's own id.
    package var operationID: String
    /// The stack's ARN.
    package var stackID: String
    /// The stack's name.
    package var stackName: String
    /// The account it belongs to.
    package var account: String
    /// The region it stands in.
    package var region: String
    /// Who asked for it: the ARN that actions are carried out for.
    package var principal: String
    /// The token that came with the call.
    package var token: String?
    /// What happens after a failure.
    package var onFailure: StackOperation.OnFailure = .rollback
    /// Whether the stack has a good state to go back to. Without one, going back is deleting.
    package var hasGoodState = false
    /// Whether `Retain` counts for what the failed attempt itself created.
    package var retainsOnRollback = true
    /// Logical ids that a deletion leaves standing.
    package var retained: Set<String> = []
    /// Logical ids that a rollback passes over.
    package var skipped: Set<String> = []
    /// The stack's tags.
    package var tags: [String: String] = [:]
    /// The tags of the last good state.
    package var previousTags: [String: String] = [:]
    /// Minutes after which a creation counts as failed.
    package var timeoutMinutes: Int?
    /// Alarms that take the operation back.
    package var monitor: StackOperation.Monitor?
    /// The stack policy that an update is held to, as text.
    package var policy: String?
    /// Exports that other stacks import: they may neither go nor change.
    package var exportsInUse: [ExportInUse] = []
    /// Names this stack wants to export under, but others do already, with the name of the stack that does. Nil in
    /// machines of before it was asked.
    package var exportsElsewhere: [String: String]?
    /// Names this stack exports under already: they need no claim. Nil in machines of before there were claims.
    package var exportsHeld: [String]?
    /// The role that actions are carried out as; nil when they are the caller's own.
    package var roleARN: String?
    /// Topics that are told of every event.
    package var notificationARNs: [String]?
    /// What hooks for stacks are asked about first, in their words: `CREATE`, `UPDATE` or `DELETE`. Nil when none is.
    package var judged: String?
    /// Whether a stack that this one is nested in is on its way back: then no hook is asked.
    package var isWayBack: Bool?
    /// Whether stacks nested in it take over what stands already instead of making it; nil when not.
    package var importsExisting: Bool?
    /// Whether resources count as done before they have come to rest; nil when not.
    package var isExpress: Bool?
    /// Values that must not be shown, to be masked in events.
    package var secrets: [String] = []
}

/// An export that other stacks import.
package struct ExportInUse: Codable, Sendable, Hashable {
    /// Its name.
    package var name: String
    /// Its value.
    package var value: String
    /// The names of the stacks that import it.
    package var users: [String]
}

extension StackOperation {
    /// What can happen to it.
    package enum Event: Codable, Sendable {
        /// It begins.
        case start
        /// An action succeeded.
        case succeeded(token: String, physicalID: String, attributes: JSON)
        /// An action failed; `physicalID` when something stands outside nevertheless.
        case failed(token: String, reason: String, physicalID: String?, isCancelled: Bool)
        /// The user takes an update back.
        case cancel
        /// The user deletes a stack that is still being created.
        case abandon
        /// What the watched alarms say, by name.
        case alarms(firing: [String], missing: [String])
        /// What hooks for stacks say against it; nil when nothing.
        case judged(problem: String?)
        /// The names of its exports are its own, but for these, each with the stack that has it.
        case claimed(taken: [String: String])
        /// Its alarm clock went off.
        case woken
    }

    /// What it wants done outside.
    package enum Command: Codable, Sendable {
        /// Carry out an action on a resource.
        case act(Action)
        /// Break off the action of that token, if it waits for something.
        case breakOff(token: String)
        /// Ask the hooks for stacks.
        case judge(token: String)
        /// Find out which of these alarms fire.
        case lookAtAlarms(token: String, alarms: [String])
        /// Take these names of exports, all of them or none.
        case claim(exports: [String])
    }

    /// An action on a resource.
    package struct Action: Codable, Sendable {
        /// What is done to the resource.
        package enum Kind: String, Codable, Sendable { case create, update, delete, adopt }
        /// What belongs to it: the answer carries the same.
        package var token: String
        /// What is done.
        package var kind: Kind
        /// The resource's logical id.
        package var logicalID: String
        /// Its type.
        package var type: String
        /// The properties wanted.
        package var properties: JSON
        /// The properties it has.
        package var previous: JSON?
        /// What `Ref` yields now.
        package var physicalID: String?
        /// The attributes it has.
        package var attributes: JSON
        /// Its update policy.
        package var updatePolicy: JSON?
        /// Its creation policy.
        package var creationPolicy: JSON?
        /// What its generated names end in.
        package var suffix: String
        /// Whether the stack is on its way back.
        package var isRollback: Bool
        /// Whether what is deleted has been replaced, or taken out of the template: as on AWS no hook is asked then.
        package var isCleanup: Bool?
    }

    /// What a step brought about, for the documents that are kept in step.
    package struct Outbox: Codable, Sendable {
        var now = Timestamp(microseconds: 0)
        var commands: [Command] = []
        /// The logical ids of resources that changed.
        package var touched: Set<String> = []
        /// What is to be told, in order.
        package var events: [StackEvent] = []
        /// Whether the stack itself changed.
        package var isStackTouched = false
        /// Why the stack is in its status.
        package var reason: String?
        var wake = Reaction<Command>.Wake.unchanged

        init() {}
        /// An empty one: what a step brought is not stored.
        package init(from decoder: any Decoder) throws {}
        /// Writes nothing but an empty object.
        package func encode(to encoder: any Encoder) throws {
            _ = encoder.container(keyedBy: CodingKeys.self)  // it belongs to one step only
        }
        private enum CodingKeys: CodingKey {}
    }
}
