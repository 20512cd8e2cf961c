internal import Cloud
internal import Ledger
internal import Notation

/// What somebody wants rehearsed: a plan, of which a group or a configuration may fill in the parts that are left out.
struct RehearsalRequest: Decodable, Sendable {
    /// Whose configuration and alarms are meant; both or neither.
    var applicationName: String?
    var deploymentGroupName: String?
    /// The configuration, in place of the group's.
    var deploymentConfigName: String?
    /// The members of ``Rehearsal/Plan``; `routing` and `alarm` may be absent.
    var plan: JSON

    /// The report, and under `plan` what was rehearsed in the end.
    ///
    /// - Throws: `ValidationException` when a part is missing or makes no sense; the refusals of what is named.
    func answer(_ codeDeploy: CodeDeployService, _ call: Call) async throws -> JSON {
        var wanted = plan
        let group = try await group(codeDeploy, call.caller)
        if wanted["routing"] == nil {
            wanted["routing"] = try JSON(encoding: try await routing(group, codeDeploy, call.caller))
        }
        if wanted["alarm"] == nil, let group {
            wanted["alarm"] = try await alarm(group, codeDeploy, call.caller).map { try JSON(encoding: $0) }
        }
        let plan: Rehearsal.Plan
        do { plan = try wanted.decode() } catch {
            throw AWSError("ValidationException", "The plan cannot be read: \(error)")
        }
        var answer = try Rehearsal.run(plan).view
        answer["plan"] = wanted
        return answer
    }

    private func group(_ codeDeploy: CodeDeployService, _ caller: Caller) async throws -> DeploymentGroup? {
        guard applicationName != nil || deploymentGroupName != nil else { return nil }
        return try await codeDeploy.ledger.write {
            try DeploymentGroup.get(applicationName, deploymentGroupName, caller, in: $0)
        }
    }

    private func routing(
        _ group: DeploymentGroup?, _ codeDeploy: CodeDeployService, _ caller: Caller
    ) async throws -> TrafficRouting {
        guard let name = deploymentConfigName ?? group?.configName else {
            throw AWSError("ValidationException", "The plan needs a routing, or the name of a configuration or group.")
        }
        let isStrict = codeDeploy.isStrict || group?.isStrict == true
        let config = try await codeDeploy.ledger.write {
            try DeploymentConfig.named(name, caller, isStrict: isStrict, in: $0)
        }
        guard let routing = config?.routing else { throw CodeDeployService.missingConfig(name) }
        return routing
    }

    /// The group's first alarm that counts something against a threshold, as far as a rehearsal can play it.
    private func alarm(
        _ group: DeploymentGroup, _ codeDeploy: CodeDeployService, _ caller: Caller
    ) async throws -> Rehearsal.Alarm? {
        let names = group.alarmConfiguration?.watched ?? []
        guard !names.isEmpty else { return nil }
        let readings = try await codeDeploy.abilities.alarms.read(names, as: caller.through("codedeploy.amazonaws.com"))
        for definition in readings.compactMap(\.definition) where definition.metric == "Errors" {
            guard let threshold = definition.threshold, let period = definition.period else { continue }
            // Errors come whole: to reach the threshold is to be above the number before it.
            let isInclusive = definition.comparison == "GreaterThanOrEqualToThreshold"
            return Rehearsal.Alarm(
                threshold: isInclusive ? threshold.nextDown : threshold, period: Double(period),
                evaluationPeriods: definition.evaluationPeriods ?? 1,
                judgedEvery: codeDeploy.isStrict ? (period < 60 ? 10 : 60) : nil)
        }
        return nil
    }
}
