internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension AlarmNotice {
    /// The message for one action: SNS and Lambda get different ones.
    func command(_ target: String) -> Command {
        let subject = "\(alarm.state.rawValue): \"\(alarm.name)\" in \(alarm.region)"
        let isFunction = target.hasPrefix("arn:aws:lambda:")
        return Command(
            target: target, scope: alarm.scope, subject: String(subject.prefix(100)),
            message: isFunction ? invocation : publication, alarm: alarm.arn)
    }

    /// What a function is invoked with. Source: Amazon CloudWatch User Guide, "Invoke a Lambda function from an alarm".
    private var invocation: JSON {
        [
            "source": "aws.cloudwatch", "alarmArn": .string(alarm.arn), "accountId": .string(alarm.account),
            "time": .string(changed.alarmText), "region": .string(alarm.region),
            "alarmData": [
                "alarmName": .string(alarm.name), "state": AlarmEvents.state(alarm), "previousState": previous,
                "configuration": AlarmEvents.configuration(alarm),
            ],
        ]
    }

    /// What a topic gets. Source: messages as subscribers see them; the region stands by its code, not its display
    /// name.
    private var publication: JSON {
        var message: JSON = [
            "AlarmName": .string(alarm.name), "AlarmDescription": alarm.description.map(JSON.string) ?? .null,
            "AWSAccountId": .string(alarm.account),
            "AlarmConfigurationUpdatedTimestamp": .string(alarm.configurationUpdated.alarmText),
            "NewStateValue": .string(alarm.state.rawValue), "NewStateReason": .string(alarm.reason),
            "StateChangeTime": .string(changed.alarmText), "Region": .string(alarm.region),
            "AlarmArn": .string(alarm.arn),
            "OldStateValue": .string(oldState.rawValue),
            "OKActions": .array(alarm.okActions.map(JSON.string)),
            "AlarmActions": .array(alarm.alarmActions.map(JSON.string)),
            "InsufficientDataActions": .array(alarm.insufficientDataActions.map(JSON.string)),
        ]
        if let rule = alarm.composite?.rule { message["AlarmRule"] = .string(rule) }
        if let metric = alarm.metric { message["Trigger"] = Self.trigger(metric) }
        return message
    }

    private static func trigger(_ condition: MetricCondition) -> JSON {
        var trigger: JSON = [
            "Period": .int(Int(condition.width)), "EvaluationPeriods": .int(condition.evaluationPeriods),
            "ComparisonOperator": .string(condition.comparison.rawValue), "Threshold": .double(condition.threshold),
            "TreatMissingData": .string(condition.missingData?.rawValue ?? "missing"),
            "EvaluateLowSampleCountPercentile": .string(condition.lowSamples ?? ""),
        ]
        if let count = condition.datapointsToAlarm { trigger["DatapointsToAlarm"] = .int(count) }
        guard let metric = condition.metric, let statistic = condition.statistic else {
            trigger["Metrics"] = (try? JSON(encoding: condition.effectiveQueries)) ?? .array([])
            return trigger
        }
        trigger["MetricName"] = .string(metric.name)
        trigger["Namespace"] = .string(metric.namespace)
        if Statistic(statistic)?.isBasic == true {
            trigger["StatisticType"] = "Statistic"
            trigger["Statistic"] = .string(statistic.uppercased())
        } else {
            trigger["StatisticType"] = "ExtendedStatistic"
            trigger["ExtendedStatistic"] = .string(statistic)
        }
        trigger["Unit"] = condition.unit.map(JSON.string) ?? .null
        trigger["Dimensions"] = .array(
            metric.dimensions.map { ["value": .string($0.Value), "name": .string($0.Name)] })
        return trigger
    }
}

/// Carries an alarm's notices to SNS topics and Lambda functions, through the door.
struct AlarmMessenger: Performer {
    typealias Engine = AlarmNotice

    let cloud: Cloud

    func perform(_ command: AlarmNotice.Command, of id: String, key: String) async throws -> AlarmNotice.Event? {
        do {
            try await tell(command)
            return .told(target: command.target, failure: nil)
        } catch let error as AWSError {
            return .told(target: command.target, failure: error.description)
        }
    }

    private func tell(_ command: AlarmNotice.Command) async throws {
        let parts = command.scope.split(separator: "/").map(String.init)
        let service = command.target.split(separator: ":", omittingEmptySubsequences: false).dropFirst(2).first
        // Functions' policies know alarms by a name of their own (CloudWatch User Guide, "Invoke a Lambda function").
        let name = service == "lambda" ? "lambda.alarms.cloudwatch.amazonaws.com" : "cloudwatch.amazonaws.com"
        let caller = Caller.service(name, for: command.alarm ?? "", account: parts[0], region: parts[1])
        switch service {
        case "sns":
            let input: JSON = [
                "TopicArn": .string(command.target), "Subject": .string(command.subject),
                "Message": .string(command.message.text()),
            ]
            try await cloud.call("sns", "Publish", input, as: caller)
        case "lambda":
            let input: JSON = ["FunctionName": .string(command.target), "InvocationType": "Event"]
            _ = try await cloud.call("lambda", "Invoke", input, payload: .bytes(command.message.bytes()), as: caller)
        default: throw AWSError.notImplemented("alarm actions of the service '\(service ?? "")'")
        }
    }
}
