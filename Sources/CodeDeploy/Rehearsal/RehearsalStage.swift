internal import Cloud
internal import Ledger
internal import Notation

/// The world in which a rehearsal happens: it plays runner, Lambda, traffic and alarm.
struct RehearsalStage {
    private static let start = Timestamp(seconds: 0)
    /// Nothing lasts longer than a deployment may.
    private static let limit = DeploymentMachine.wholeLimit + .seconds(60)

    private let plan: Rehearsal.Plan
    private let tick: Duration
    private var machine: DeploymentMachine
    private var traffic: ExpectedTraffic
    private var now = Self.start
    private var wake: Timestamp?
    /// Answers on their way, and when they come.
    private var queue: [(at: Timestamp, event: DeploymentMachine.Event)] = []
    private var isFinished = false
    /// The alarm as it stands, and since when.
    private var isFiring = false
    private var firedAt: Timestamp?
    private var nextJudgement = Self.start

    init(_ plan: Rehearsal.Plan) {
        self.plan = plan
        // Fine enough for a canary of seconds, coarse enough for one of two days.
        tick = plan.routing.span <= .seconds(600) ? .milliseconds(100) : .seconds(1)
        machine = DeploymentMachine(Self.order(plan))
        traffic = ExpectedTraffic(plan)
    }

    /// Lets everything happen, moment by moment: the next tick, answer or timer, whichever comes first.
    mutating func play() -> Rehearsal.Report {
        send(.start)
        while !isFinished, now < Self.start + Self.limit {
            let tickAt = now + tick
            let due = queue.map(\.at).min() ?? tickAt
            let next = min(tickAt, due, wake ?? tickAt)
            traffic.flow(for: max(.zero, next - now), weight: machine.weight)
            now = max(now, next)
            if let index = queue.firstIndex(where: { $0.at <= now }) {
                send(queue.remove(at: index).event)
            } else if let moment = wake, moment <= now {
                wake = nil
                send(.woken)
            }
            judge()
        }
        return report
    }

    private mutating func send(_ event: DeploymentMachine.Event) {
        guard !isFinished else { return }
        let reaction = machine.advance(event, now: now)
        switch reaction.wake {
        case .unchanged: break
        case .never: wake = nil
        case .at(let moment): wake = moment
        }
        isFinished = reaction.isFinished
        for command in reaction.commands {
            let (event, delay) = answer(command)
            if let event { queue.append((now + delay, event)) }
        }
    }

    /// What the world answers, and after how long. It does what it is asked at once, hooks excepted.
    private func answer(_ command: DeploymentMachine.Command) -> (DeploymentMachine.Event?, Duration) {
        switch command {
        case .readRevision, .announce: (nil, .zero)
        case .inspect: (.inspected, .zero)
        case .watchAlarms, .readAlarms: (.alarms([reading]), .zero)
        case .invokeHook(_, _, let executionID):
            (
                .hookReported(executionID: executionID, succeeded: plan.hookFails != true),
                .microseconds(Int64((plan.hookSeconds ?? 0) * 1_000_000))
            )
        case .shift(_, let percent, _): (.shifted(percent: percent), .zero)
        case .restore: (.restored, .zero)
        case .collectEvidence: (.evidence(Evidence()), .zero)
        }
    }

    // MARK: The alarm

    private static let alarmName = "errors"

    private var reading: AlarmReading {
        AlarmReading(
            name: Self.alarmName, state: isFiring ? "ALARM" : "OK", reason: isFiring ? reason : "",
            transitioned: firedAt)
    }

    private var reason: String {
        guard let alarm = plan.alarm else { return "" }
        return "More than \(alarm.threshold) errors in \(alarm.period) s."
    }

    /// Judges the alarm over the periods that end now, as often as the plan says.
    private mutating func judge() {
        guard let alarm = plan.alarm, !isFinished, now >= nextJudgement else { return }
        nextJudgement = now + .microseconds(Int64((alarm.judgedEvery ?? 0) * 1_000_000))
        let breaches = (0..<alarm.evaluationPeriods).count { index in
            let end = (now - Self.start).inSeconds - Double(index) * alarm.period
            return traffic.errors(from: end - alarm.period, to: end) > alarm.threshold
        }
        let fires = breaches >= alarm.datapointsToAlarm ?? alarm.evaluationPeriods
        guard fires != isFiring else { return }
        isFiring = fires
        firedAt = now
        send(.alarms([reading]))
    }

    // MARK: What is said of it

    private var report: Rehearsal.Report {
        let steps = machine.steps.map {
            Rehearsal.Step(at: ($0.time - Self.start).inSeconds, name: $0.name, text: $0.text, weight: $0.weight)
        }
        var report = Rehearsal.Report(
            steps: steps, status: machine.status.rawValue, seconds: (now - Self.start).inSeconds,
            requests: traffic.requestsSoFar, errors: traffic.errorsSoFar)
        if let decided = machine.ending?.decided {
            report.secondsToDetect = traffic.firstFailure.map { max(0, (decided - Self.start).inSeconds - $0) }
            report.secondsToRestore = machine.rollback?.restoredAt.map { ($0 - decided).inSeconds }
        }
        return report
    }

    private static func order(_ plan: Rehearsal.Plan) -> DeploymentOrder {
        let target = LambdaTarget(function: "function", alias: "live", current: "1", target: "2")
        let hooks = plan.hookSeconds == nil ? [:] : [LifecycleEvent.beforeAllowTraffic: "hook"]
        let events = [
            AutoRollbackConfiguration.failure, AutoRollbackConfiguration.stopOnAlarm,
            AutoRollbackConfiguration.stopOnRequest,
        ]
        return DeploymentOrder(
            id: "d-REHEARSAL", application: "rehearsal", group: "rehearsal", groupID: "", configName: "",
            routing: plan.routing,
            revision: .null, spec: AppSpec(resource: .lambda(target), hooks: hooks), creator: "user",
            caller: .root(account: "000000000000", region: "rehearsal"), createTime: start,
            alarms: AlarmConfiguration(enabled: plan.alarm != nil, alarms: [.init(name: alarmName)]),
            autoRollback: AutoRollbackConfiguration(enabled: plan.rollsBack ?? true, events: events), triggers: [],
            isStrict: false, rollbackID: "d-ROLLBACK0", hookExecutionIDs: [LifecycleEvent.beforeAllowTraffic: "id"])
    }
}

/// The traffic that is to be expected: so many calls a second, so many of them failing, by the versions' shares.
struct ExpectedTraffic {
    private let plan: Rehearsal.Plan
    private var clock = 0.0
    /// Since when the new version gets calls.
    private var newSince: Double?
    /// The errors up to moments in time, each at the end of a stretch of equal flow.
    private var marks: [(at: Double, errors: Double)] = [(0, 0)]
    private(set) var requestsSoFar = 0.0
    private(set) var errorsSoFar = 0.0
    /// When the first call failed on the new version's account, in seconds.
    private(set) var firstFailure: Double?

    init(_ plan: Rehearsal.Plan) { self.plan = plan }

    /// Lets traffic flow at the present shares.
    mutating func flow(for duration: Duration, weight: Int) {
        let seconds = duration.inSeconds
        guard seconds > 0 else { return }
        if weight > 0, newSince == nil { newSince = clock }
        let share = Double(weight) / 100
        let isFailing = newSince.map { clock >= $0 + (plan.failsAfter ?? 0) } ?? false
        let new = isFailing ? plan.errorRate : plan.oldErrorRate ?? 0
        if isFailing, weight > 0, new > 0, firstFailure == nil { firstFailure = clock }
        let rate = (1 - share) * (plan.oldErrorRate ?? 0) + share * new
        clock += seconds
        requestsSoFar += seconds * plan.requestsPerSecond
        errorsSoFar += seconds * plan.requestsPerSecond * rate
        marks.append((clock, errorsSoFar))
    }

    /// The errors between two moments. Before the start the old version was alone.
    func errors(from: Double, to: Double) -> Double { total(to) - total(from) }

    /// All errors up to a moment: the flow between two marks is even.
    private func total(_ moment: Double) -> Double {
        guard moment > 0 else { return moment * plan.requestsPerSecond * (plan.oldErrorRate ?? 0) }
        var (low, high) = (0, marks.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].at < moment { low = middle + 1 } else { high = middle }
        }
        let after = marks[low]
        guard low > 0, after.at > moment else { return after.errors }
        let before = marks[low - 1]
        return before.errors + (after.errors - before.errors) * (moment - before.at) / (after.at - before.at)
    }
}
