@testable import CodeDeploy
import Cloud
import Ledger
import Notation

/// Deployments to test with: `orders:live` from version 1 to version 2.
enum Orders {
    static let target = LambdaTarget(function: "orders", alias: "live", current: "1", target: "2")
    static let caller = Caller.root(account: "123456789012", region: "eu-west-1")
    static let everyEvent = AutoRollbackConfiguration(
        enabled: true,
        events: [
            AutoRollbackConfiguration.failure, AutoRollbackConfiguration.stopOnAlarm,
            AutoRollbackConfiguration.stopOnRequest,
        ])
    static let executionIDs = ["BeforeAllowTraffic": "before-id", "AfterAllowTraffic": "after-id"]

    static func make(
        _ routing: TrafficRouting = TrafficRouting(.canary, percentage: 10, intervalSeconds: 300),
        hooks: [String: String] = [:], alarms: [String] = [], rollback: AutoRollbackConfiguration = everyEvent,
        isStrict: Bool = false, ignorePollAlarmFailure: Bool = false, target: LambdaTarget = target
    ) -> DeploymentOrder {
        DeploymentOrder(
            id: "d-ABCDEFGHI", application: "shop", group: "orders", groupID: "g", configName: "c", routing: routing,
            revision: ["revisionType": "AppSpecContent"], spec: AppSpec(resource: .lambda(target), hooks: hooks),
            creator: "user", caller: caller, createTime: Timestamp(seconds: 1_750_000_000),
            alarms: AlarmConfiguration(
                enabled: !alarms.isEmpty, ignorePollAlarmFailure: ignorePollAlarmFailure,
                alarms: alarms.map { .init(name: $0) }),
            autoRollback: rollback, triggers: [], isStrict: isStrict, rollbackID: "d-ROLLBACK1",
            hookExecutionIDs: executionIDs)
    }

    static func reading(_ state: String, since seconds: Double = 0, name: String = "errors") -> AlarmReading {
        AlarmReading(name: name, state: state, reason: "because", transitioned: Timestamp(seconds: seconds))
    }
}

/// What a deployment acts on, as a value: an alias, alarms, and functions that judge.
final class PlayWorld {
    var alias = AliasState(version: "1")
    var alarms = ["errors": Orders.reading("OK")]
    /// What the hook function of an event does.
    var hooks: [String: (_ executionID: String) -> DeploymentMachine.Event?] = [:]
    /// Every state the alias was in, and when it came into it.
    var moves: [(time: Timestamp, state: AliasState)] = []
    /// How often a hook function was asked, by key.
    var asked: [String: Int] = [:]

    init() {}

    func play(_ command: DeploymentMachine.Command, _ key: String, _ now: Timestamp) -> DeploymentMachine.Event? {
        switch command {
        case .readRevision: return nil
        case .inspect(let target):
            let error = ErrorInformation(code: "INVALID_LAMBDA_CONFIGURATION", message: "The alias is elsewhere.")
            return alias == AliasState(version: target.current) ? .inspected : .inspectionFailed(error)
        case .watchAlarms(let names), .readAlarms(let names):
            return .alarms(names.map { alarms[$0] ?? AlarmReading(name: $0, state: AlarmReading.missing) })
        case .invokeHook(let event, _, let executionID):
            asked[key, default: 0] += 1
            return hooks[event]?(executionID)
        case .shift(let target, let percent, let from):
            if alias == AliasState(target, percent: percent) { return .shifted(percent: percent) }
            guard alias == AliasState(target, percent: from) else {
                let error = ErrorInformation(
                    code: "INVALID_LAMBDA_CONFIGURATION", message: "Somebody else changed the alias.")
                return .shiftFailed(percent: percent, error, mayHaveMoved: false)
            }
            move(AliasState(target, percent: percent), now)
            return .shifted(percent: percent)
        case .restore(let target):
            guard alias.versions.isSubset(of: [target.current, target.target]) else {
                return .restoreFailed(message: "The alias points elsewhere.", isFinal: true)
            }
            move(AliasState(target, percent: 0), now)
            return .restored
        case .collectEvidence: return .evidence(Evidence())
        case .announce(let name): return .announced(name)
        }
    }

    func move(_ state: AliasState, _ now: Timestamp) {
        guard state != alias else { return }
        alias = state
        moves.append((now, state))
    }
}
