internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation

/// What builds tell the log, in the shape in which EventBridge has it.
///
/// Source: AWS CodeBuild User Guide, "Build notifications input format reference".
enum BuildEvents {
    /// The build has begun or ended.
    static func stateChange(_ machine: BuildMachine, _ now: Timestamp) -> LedgerEvent {
        var detail = common(machine)
        detail["build-status"] = .string(machine.status.rawValue)
        detail["current-phase"] = .string(machine.phase.rawValue)
        detail["current-phase-context"] = .string(context(machine.phases.last?.contexts ?? []))
        return event("CodeBuild Build State Change", detail, machine, now)
    }

    /// A phase has ended.
    static func phaseChange(_ machine: BuildMachine, _ phase: PhaseRecord, _ now: Timestamp) -> LedgerEvent {
        var detail = common(machine)
        detail["completed-phase"] = .string(phase.name.rawValue)
        detail["completed-phase-status"] = .string((phase.status ?? .inProgress).rawValue)
        detail["completed-phase-context"] = .string(context(phase.contexts))
        detail["completed-phase-start"] = .string(text(phase.start))
        let end = phase.end ?? now
        detail["completed-phase-end"] = .string(text(end))
        detail["completed-phase-duration-seconds"] = .double((end - phase.start).inSeconds)
        return event("CodeBuild Build Phase Change", detail, machine, now)
    }

    /// A batch has begun or ended. AWS has no such event.
    static func batchChange(_ machine: BatchMachine, _ now: Timestamp) -> LedgerEvent {
        let order = machine.order
        return LedgerEvent(
            time: now, source: "aws.codebuild", detailType: "CodeBuild Batch Build State Change",
            account: order.owner.account, region: order.owner.region, resources: [order.arn],
            detail: [
                "batch-id": .string(order.arn), "batch-status": .string(machine.status.rawValue),
                "project-name": .string(order.project), "version": "1",
            ])
    }

    private static func event(
        _ kind: String, _ detail: JSON, _ machine: BuildMachine, _ now: Timestamp
    ) -> LedgerEvent {
        let owner = machine.order.owner
        return LedgerEvent(
            time: now, source: "aws.codebuild", detailType: kind, account: owner.account, region: owner.region,
            resources: [machine.order.arn], detail: detail)
    }

    private static func common(_ machine: BuildMachine) -> JSON {
        [
            "project-name": .string(machine.order.project), "build-id": .string(machine.order.arn), "version": "1",
            "additional-information": additional(machine),
        ]
    }

    private static func additional(_ machine: BuildMachine) -> JSON {
        let order = machine.order
        let settings = order.settings
        var information: JSON = [
            "build-complete": .bool(machine.phase == .completed), "initiator": .string(order.initiator),
            "build-number": .double(Double(order.number)), "build-start-time": .string(text(order.submitted)),
            "timeout-in-minutes": .double(Double(settings.timeoutInMinutes ?? 60)),
            "queued-timeout-in-minutes": .double(Double(settings.queuedTimeoutInMinutes ?? 480)),
            "phases": .array(machine.phases.map(phase)), "environment": environment(settings.environment),
        ]
        var source: JSON = ["type": .string(settings.source.type)]
        source["location"] = settings.source.location.map(JSON.string)
        source["buildspec"] = settings.source.buildspec.map(JSON.string)
        information["source"] = source
        information["source-version"] = order.sourceVersion.map(JSON.string)
        if let artifact = machine.artifacts.first(where: { $0.identifier == nil }) {
            var view: JSON = ["location": .string(artifact.location)]
            view["sha256sum"] = artifact.sha256.map(JSON.string)
            view["md5sum"] = artifact.md5.map(JSON.string)
            information["artifact"] = view
        }
        if let place = machine.logs {
            information["logs"] = [
                "group-name": .string(place.group), "stream-name": .string(place.stream),
                "deep-link": .string(BuildView.deepLink(place, order.owner.region)),
            ]
        }
        return information
    }

    /// Values of variables are left out: an event is no place for what may be secret.
    private static func environment(_ settings: EnvironmentSettings) -> JSON {
        [
            "image": .string(settings.image), "privileged-mode": .bool(settings.privilegedMode ?? false),
            "image-pull-credentials-type": .string(settings.imagePullCredentialsType ?? "CODEBUILD"),
            "compute-type": .string(settings.computeType), "type": .string(settings.type),
            "environment-variables": .array(
                (settings.environmentVariables ?? []).map {
                    ["name": .string($0.name), "type": .string($0.type ?? "PLAINTEXT")]
                }),
        ]
    }

    private static func phase(_ phase: PhaseRecord) -> JSON {
        var view: JSON = ["phase-type": .string(phase.name.rawValue), "start-time": .string(text(phase.start))]
        view["phase-status"] = phase.status.map { .string($0.rawValue) }
        if let end = phase.end {
            view["end-time"] = .string(text(end))
            view["duration-in-seconds"] = .double((end - phase.start).inSeconds)
            view["phase-context"] = .array(phase.contexts.map { .string("\($0.statusCode): \($0.message)") })
        }
        return view
    }

    private static func context(_ contexts: [PhaseContext]) -> String {
        "[" + contexts.map { "\($0.statusCode): \($0.message)" }.joined(separator: ", ") + "]"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Mar 4, 2024 1:05:09 PM`: how these events write a time, in UTC.
    static func text(_ time: Timestamp) -> String {
        let date = CivilDate(time)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let hour = date.hour % 12 == 0 ? 12 : date.hour % 12
        return "\(months[date.month - 1]) \(date.day), \(date.year) \(hour):\(two(date.minute)):\(two(date.second)) "
            + (date.hour < 12 ? "AM" : "PM")
    }
}
