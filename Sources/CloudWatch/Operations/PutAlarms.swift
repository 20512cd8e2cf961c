internal import Cloud
internal import Ledger
internal import Notation

/// What both kinds of alarm share. The members are AWS's.
private protocol AlarmSettings {
    var AlarmName: String { get }
    var AlarmDescription: String? { get }
    var ActionsEnabled: Bool? { get }
    var OKActions: [String]? { get }
    var AlarmActions: [String]? { get }
    var InsufficientDataActions: [String]? { get }
    var Tags: [Tag]? { get }
}

/// A tag. The members are AWS's.
struct Tag: Codable, Sendable {
    let Key: String
    let Value: String
}

struct PutMetricAlarmInput: Decodable, AlarmSettings {
    let AlarmName: String
    let AlarmDescription: String?
    let ActionsEnabled: Bool?
    let OKActions, AlarmActions, InsufficientDataActions: [String]?
    let Tags: [Tag]?
    let MetricName, Namespace, Statistic, ExtendedStatistic: String?
    let Dimensions: [Dimension]?
    let Period: Int?
    let Unit: String?
    let EvaluationPeriods: Int?
    let DatapointsToAlarm: Int?
    let Threshold: Double?
    let ComparisonOperator: String?
    let TreatMissingData, EvaluateLowSampleCountPercentile: String?
    let Metrics: [MetricDataQuery]?
}

struct PutCompositeAlarmInput: Decodable, AlarmSettings {
    let AlarmName: String
    let AlarmDescription: String?
    let ActionsEnabled: Bool?
    let OKActions, AlarmActions, InsufficientDataActions: [String]?
    let Tags: [Tag]?
    let AlarmRule: String
    let ActionsSuppressor: String?
    let ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod: Int?
}

extension CloudWatchService {
    private static let shared =
        "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions Tags"

    var putMetricAlarm: Operation {
        Operation(
            "PutMetricAlarm",
            enforces: Self.shared
                + " MetricName Namespace Statistic ExtendedStatistic Dimensions Period Unit EvaluationPeriods"
                + " DatapointsToAlarm Threshold ComparisonOperator TreatMissingData "
                + "EvaluateLowSampleCountPercentile Metrics"
        ) { (input: PutMetricAlarmInput, call) in
            let condition = try AlarmCheck(account: call.caller.account, strict: strict).condition(input)
            try checkActions(input)
            try await put(input, call) { alarm, _ in
                guard alarm.composite == nil else {
                    throw Refusal.validation("An alarm of another type with the name \(alarm.name) exists already.")
                }
                alarm.metric = condition
            }
            return Nothing()
        }
    }

    var putCompositeAlarm: Operation {
        Operation(
            "PutCompositeAlarm",
            enforces: Self.shared
                + " AlarmRule ActionsSuppressor ActionsSuppressorWaitPeriod ActionsSuppressorExtensionPeriod"
        ) { (input: PutCompositeAlarmInput, call) in
            let rule = try AlarmCheck.rule(input)
            try checkActions(input)
            try await put(input, call) { alarm, transaction in
                guard alarm.metric == nil else {
                    throw Refusal.validation("An alarm of another type with the name \(alarm.name) exists already.")
                }
                try checkChildren(of: alarm.name, rule, input.ActionsSuppressor, call.caller.scope, transaction)
                alarm.composite = CompositeCondition(
                    rule: input.AlarmRule, suppressor: input.ActionsSuppressor,
                    waitSeconds: input.ActionsSuppressorWaitPeriod,
                    extensionSeconds: input.ActionsSuppressorExtensionPeriod)
            }
            return Nothing()
        }
    }

    /// Writes the alarm, new or anew: then its state stays until it is judged.
    private func put(
        _ input: some AlarmSettings & Sendable, _ call: Call,
        _ configure: @escaping @Sendable (inout Alarm, Transaction) throws -> Void
    ) async throws {
        try Refusal.checkTags((input.Tags ?? []).map(\.Key), call.caller)
        try await ledger.write { transaction in
            let now = transaction.now
            let key = call.caller.key(input.AlarmName)
            let known = try transaction.get(Collections.alarms, key)?.value
            var alarm =
                known
                ?? Alarm(
                    name: input.AlarmName, scope: call.caller.scope, configurationUpdated: now, stateUpdated: now,
                    stateTransitioned: now)
            alarm.description = input.AlarmDescription
            alarm.actionsEnabled = input.ActionsEnabled ?? true
            alarm.okActions = input.OKActions ?? []
            alarm.alarmActions = input.AlarmActions ?? []
            alarm.insufficientDataActions = input.InsufficientDataActions ?? []
            alarm.configurationUpdated = now
            // Tags are taken at creation only; later ones come by TagResource.
            if known == nil { for tag in input.Tags ?? [] { alarm.tags[tag.Key] = tag.Value } }
            alarm.revision += 1
            try configure(&alarm, transaction)
            try transaction.put(Collections.alarms, key, alarm)
            try transaction.note(.configuration(alarm, known == nil ? "created" : "updated", now: now))
            try transaction.append(AlarmEvents.configurationChange(alarm, known == nil ? "create" : "update", now: now))
            transaction.afterCommit { [bell = book.bell] in bell.ring([AlarmBook.change(of: key)]) }
        }
    }

    /// Only what can be carried out is accepted.
    private func checkActions(_ input: some AlarmSettings) throws {
        for target in (input.OKActions ?? []) + (input.AlarmActions ?? []) + (input.InsufficientDataActions ?? []) {
            let parts = target.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 6, parts[0] == "arn" else { throw Refusal.validation("Invalid arn syntax: \(target)") }
            guard parts[2] == "sns" || parts[2] == "lambda" else {
                throw AWSError.notImplemented("alarm actions of the service '\(parts[2])' (\(target))")
            }
        }
    }

    /// Every alarm named must be there, and none may depend on this one.
    private func checkChildren(
        of name: String, _ rule: AlarmRule, _ suppressor: String?, _ scope: String, _ transaction: Transaction
    ) throws {
        var todo = rule.children
        if let suppressor { todo.insert(AlarmRule.name(suppressor)) }
        let missing = try todo.filter { child in
            guard child != name else { return false }
            return try transaction.get(Collections.alarms, scope + child) == nil
        }
        guard missing.isEmpty else {
            throw Refusal.validation(
                "Could not save the composite alarm as alarms [\(missing.sorted().joined(separator: ", "))] in "
                    + "the alarm rule do not exist"
            )
        }
        var seen: Set<String> = []
        while let next = todo.popFirst() {
            guard next != name else {
                throw Refusal.validation(
                    "Could not save the composite alarm as its alarm rule creates a cycle through \(name)")
            }
            guard seen.insert(next).inserted,
                let child = try transaction.get(Collections.alarms, scope + next)?.value.composite
            else { continue }
            todo.formUnion(try AlarmRule(parsing: child.rule).children)
        }
    }
}
