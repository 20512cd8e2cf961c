import Notation

/// The events of SAM by type.
enum EventSources {
    /// What a function can be started by.
    static let ofFunctions: [String: any EventSource] = [
        "Schedule": ScheduleEvent(), "ScheduleV2": SchedulerEvent(), "CloudWatchEvent": RuleEvent(),
        "EventBridgeRule": RuleEvent(), "CloudWatchLogs": LogEvent(), "S3": BucketEvent(), "SNS": TopicEvent(),
        "AlexaSkill": AlexaSkillEvent(), "IoTRule": IoTRuleEvent(), "Cognito": CognitoEvent(),
        "Kinesis": PullEvent(.kinesis), "DynamoDB": PullEvent(.dynamoDB), "SQS": PullEvent(.sqs),
        "MSK": PullEvent(.msk), "MQ": PullEvent(.mq), "SelfManagedKafka": PullEvent(.selfManagedKafka),
        "DocumentDB": PullEvent(.documentDB),
    ].merging(ApiEvents.ofFunctions) { _, api in api }

    /// What a state machine can be started by.
    static let ofStateMachines: [String: any EventSource] = [
        "Schedule": StateMachineRuleEvent(isSchedule: true), "ScheduleV2": SchedulerEvent(),
        "CloudWatchEvent": StateMachineRuleEvent(isSchedule: false),
        "EventBridgeRule": StateMachineRuleEvent(isSchedule: false),
    ].merging(ApiEvents.ofStateMachines) { _, api in api }
}

/// The events of one function or state machine.
struct EventList {
    /// The events as declared, in order.
    let declarations: [Declaration]
    private let owner: String
    private let sources: [any EventSource]

    /// Reads the `Events` property, and checks of each event what it refers to.
    ///
    /// - Parameters:
    ///   - known: what each type of event generates.
    ///   - prefix: what the names of the events' property tables begin with.
    /// - Throws: ``Fault/resource(_:_:)`` for the first event of an unknown type, or with wrong properties or
    ///   references.
    init(
        of declaration: Declaration, sources known: [String: any EventSource], prefix: String,
        in translation: Translation
    ) throws {
        owner = declaration.logicalID
        var declarations: [Declaration] = []
        var sources: [any EventSource] = []
        for (id, value) in declaration["Events"]?.object ?? [:] {
            guard let event = value.object else {
                throw Fault.event(id, "'\(value.typeName)' object has no attribute 'get'").ofResource(owner)
            }
            guard let type = event["Type"]?.string, let source = known[type] else {
                let text =
                    "Resource dict has missing or invalid value for key Type. Event Type is: \(value["Type"].printed)."
                throw Fault.event(id, text).ofResource(owner)
            }
            let table = type == "ScheduleV2" ? "Function.ScheduleV2" : prefix + type
            let declaration = try Declaration(owner + id, event, table: table, relativeID: id)
            do {
                try source.link(declaration, in: translation)
            } catch let fault as Fault {
                throw fault.ofResource(owner)
            }
            declarations.append(declaration)
            sources.append(source)
        }
        self.declarations = declarations
        self.sources = sources
    }

    /// What the events generate: those of APIs by path, the others by name among them. A state machine's keep their
    /// order.
    func resources(target: EventTarget, sorted: Bool = true, in translation: Translation) throws -> [Resource] {
        var places = Array(declarations.indices)
        if sorted {
            let keys = declarations.map { ($0.properties["Path"] ?? .string($0.eventID)).printed }
            places.sort { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] < keys[$1] }
        }
        return try places.flatMap {
            try sources[$0].resources(for: declarations[$0], target: target, in: translation)
        }
    }
}
