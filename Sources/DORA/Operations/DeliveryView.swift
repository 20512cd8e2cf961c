internal import Notation

/// One deployment as answers have it: in a list, or with everything that a number was made of.
struct DeliveryView: Sendable {
    let delivery: Delivery
    let history: History
    let now: Timestamp

    private var verdict: Verdict { history.verdicts[delivery.id] ?? Verdict(outcome: .underWay) }
    private var entry: Figures.Entry {
        Figures.Entry(delivery: delivery, verdict: verdict, commits: history.commits[delivery.id] ?? [])
    }

    /// As it stands in a list.
    var summary: JSON {
        let verdict = verdict
        var view: JSON = [
            "id": .string(delivery.id), "service": .string(delivery.service), "kind": .string(delivery.kind.rawValue),
            "outcome": .string(verdict.outcome.rawValue), "started": .double(delivery.started.seconds),
            "peak": .int(delivery.peak), "commits": .int(entry.commits.count),
        ]
        view["ended"] = delivery.ended.map { .double($0.seconds) }
        view["reachedUsers"] = delivery.reachedUsers.map { .double($0.seconds) }
        view["reachedAll"] = delivery.reachedAll.map { .double($0.seconds) }
        view["leadTime"] = Figures.median(entry.leadTimes.sorted()).map(JSON.double)
        view["title"] = entry.commits.first.map { .string($0.commit.title) }
        view["reason"] = (verdict.reason ?? delivery.cause).map(JSON.string)
        view["reworkOf"] = verdict.reworkOf.map(JSON.string)
        if verdict.outcome == .failed { failure(verdict, &view) }
        view["pipeline"] = delivery.link.map { .string($0.pipeline) }
        view["executionId"] = delivery.link.map { .string($0.execution) }
        return view
    }

    private func failure(_ verdict: Verdict, _ view: inout JSON) {
        view["exposureMinutes"] = .double(entry.exposure(now: now))
        view["since"] = verdict.since.map { .double($0.seconds) }
        view["recovered"] = verdict.recovered.map { .double($0.seconds) }
        view["recoveredBy"] = verdict.recoveredBy.map(JSON.string)
        view["recoveryTime"] = entry.recoveryTime.map(JSON.double)
    }

    /// With its shifts, commits and origin.
    var whole: JSON {
        var view = summary
        view["stackId"] = delivery.stackID.map(JSON.string)
        view["stage"] = delivery.link.map { .string($0.stage) }
        view["action"] = delivery.link.map { .string($0.action) }
        view["shifts"] = .array(delivery.shifts.map(shift))
        view["changes"] = .array(entry.commits.map(change))
        if let back = delivery.takenBack {
            view["takenBack"] = ["time": .double(back.time.seconds), "by": .string(back.by)]
        }
        if !delivery.tags.isEmpty {
            let tags = delivery.tags.sorted { $0.key < $1.key }
            view["tags"] = .object(JSONObject(tags.map { ($0.key, JSON.string($0.value)) }))
        }
        return view
    }

    private func shift(_ shift: Shift) -> JSON {
        var view: JSON = [
            "deploymentId": .string(shift.deployment), "functionName": .string(shift.function),
            "alias": .string(shift.alias), "oldVersion": .string(shift.oldVersion),
            "newVersion": .string(shift.newVersion), "state": .string(shift.state.rawValue),
            "weights": .array(
                shift.points.map { ["time": .double($0.time.seconds), "weight": .int($0.weight)] as JSON }),
        ]
        view["ended"] = shift.ended.map { .double($0.seconds) }
        return view
    }

    private func change(_ change: Changes.Change) -> JSON {
        var view: JSON = [
            "commitId": .string(change.commit.id), "title": .string(change.commit.title),
            "repository": .string(change.repository), "arrived": .double(change.arrived.seconds),
        ]
        if let reached = delivery.reachedAll {
            view["leadTime"] = .double(max(0, (reached - change.arrived).inSeconds))
        }
        return view
    }
}
