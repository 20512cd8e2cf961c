internal import Cloud
internal import Notation

/// Judges what an alarm is to be made of. Source of the rules: CloudWatch API Reference, PutMetricAlarm and
/// PutCompositeAlarm.
struct AlarmCheck {
    let account: String
    let strict: Bool

    /// The condition that PutMetricAlarm's input stands for.
    ///
    /// - Throws: ``AWSError`` naming the member that is wrong.
    func condition(_ input: PutMetricAlarmInput) throws -> MetricCondition {
        guard let periods = input.EvaluationPeriods else { throw missing("EvaluationPeriods") }
        guard let text = input.ComparisonOperator else { throw missing("ComparisonOperator") }
        guard let comparison = Comparison(rawValue: text) else {
            throw AWSError.notImplemented("alarms on anomaly detection bands (ComparisonOperator \(text))")
        }
        guard let threshold = input.Threshold else { throw missing("Threshold") }
        var condition = MetricCondition(
            evaluationPeriods: periods, datapointsToAlarm: input.DatapointsToAlarm, threshold: threshold,
            comparison: comparison)
        if let text = input.TreatMissingData {
            guard let treatment = MissingData(rawValue: text) else {
                throw Refusal.validation(
                    "Value '\(text)' at 'treatMissingData' failed to satisfy constraint: Member must be one of "
                        + "[missing, ignore, breaching, notBreaching]"
                )
            }
            condition.missingData = treatment
        }
        if let text = input.EvaluateLowSampleCountPercentile {
            guard text == "evaluate" || text == "ignore" else {
                throw Refusal.validation(
                    "Option \(text) is not supported for EvaluateLowSampleCountPercentile. It must be evaluate "
                        + "or ignore."
                )
            }
            condition.lowSamples = text
        }
        if let metrics = input.Metrics {
            try addQueries(metrics, input, &condition)
        } else {
            try addMetric(input, &condition)
        }
        try checkPeriods(condition)
        return condition
    }

    private func missing(_ name: String) -> AWSError {
        Refusal.missing("The parameter \(name) is required.")
    }

    private func addMetric(_ input: PutMetricAlarmInput, _ condition: inout MetricCondition) throws {
        guard let name = input.MetricName else {
            throw Refusal.validation("Either MetricName or Metrics must be specified.")
        }
        guard let namespace = input.Namespace else { throw missing("Namespace") }
        guard let period = input.Period else { throw missing("Period") }
        guard let text = input.Statistic ?? input.ExtendedStatistic,
            input.Statistic == nil || input.ExtendedStatistic == nil
        else {
            throw Refusal.combination(
                "Exactly one of the parameters Statistic and ExtendedStatistic must be specified.")
        }
        guard let statistic = Statistic(text), statistic.isBasic == (input.Statistic != nil) else {
            throw Refusal.invalid(
                "The value \(text) for parameter \(input.Statistic == nil ? "ExtendedStatistic" : "Statistic") "
                    + "is not supported."
            )
        }
        if let unit = input.Unit, !Unit.names.contains(unit) {
            throw Refusal.invalid("The value \(unit) for parameter Unit is invalid.")
        }
        guard condition.lowSamples == nil || !statistic.isBasic else {
            throw Refusal.validation(
                "EvaluateLowSampleCountPercentile can only be specified for alarms on percentiles.")
        }
        _ = try Period.check(period, strict: strict)
        condition.metric = MetricID(namespace, name, input.Dimensions ?? [])
        condition.statistic = text
        condition.period = period
        condition.unit = input.Unit
    }

    private func addQueries(
        _ queries: [MetricDataQuery], _ input: PutMetricAlarmInput, _ condition: inout MetricCondition
    ) throws {
        let plain = [input.MetricName, input.Namespace, input.Statistic, input.ExtendedStatistic, input.Unit]
        guard plain.allSatisfy({ $0 == nil }), input.Dimensions == nil, input.Period == nil else {
            throw Refusal.validation(
                "Metrics list should not be specified together with MetricName, Namespace, Dimensions, Period, "
                    + "Unit, Statistic or ExtendedStatistic."
            )
        }
        guard (1...10).contains(queries.filter({ $0.MetricStat != nil }).count) else {
            throw Refusal.validation("Metrics must have 1 to 10 metrics.")
        }
        guard queries.filter({ $0.ReturnData ?? true }).count == 1 else {
            throw Refusal.validation("Exactly one element of the metrics list should return data.")
        }
        _ = try [MetricQuery].parse(queries, account: account, strict: strict)
        condition.queries = queries
    }

    private func checkPeriods(_ condition: MetricCondition) throws {
        guard condition.evaluationPeriods >= 1, (1...condition.evaluationPeriods).contains(condition.needed) else {
            throw Refusal.validation(
                "DatapointsToAlarm must be from 1 to EvaluationPeriods, which is \(condition.evaluationPeriods).")
        }
        let width = condition.width
        let limit: Int64 = width >= 3600 ? 604_800 : 86_400
        guard Int64(condition.evaluationPeriods) <= limit / width else {
            throw Refusal.validation(
                "Metrics cannot be checked across more than \(limit == 86_400 ? "a day" : "a week") "
                    + "(EvaluationPeriods * Period must be <= \(limit))."
            )
        }
    }

    /// The rule of a composite alarm.
    static func rule(_ input: PutCompositeAlarmInput) throws -> AlarmRule {
        let waits = [input.ActionsSuppressorWaitPeriod, input.ActionsSuppressorExtensionPeriod]
        guard
            input.ActionsSuppressor == nil
                ? waits.allSatisfy({ $0 == nil }) : waits.allSatisfy({ $0.map { $0 >= 0 } ?? false })
        else {
            throw Refusal.validation(
                "ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be "
                    + "specified together."
            )
        }
        do { return try AlarmRule(parsing: input.AlarmRule) } catch let error as AlarmRuleError {
            throw Refusal.validation(error.message)
        }
    }
}
