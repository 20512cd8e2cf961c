internal import Ledger
internal import Notation

extension Book {
    /// A step of a deployment, as CodeDeploy's live views have it.
    mutating func readStep(_ event: LedgerEvent) {
        let detail = event.detail
        guard event.detailType == "Slipway Deployment Step", let deployment = detail["deploymentId"]?.string,
            let function = detail["functionName"]?.string, let aliasName = detail["alias"]?.string
        else { return }
        let key = "\(event.account)/\(event.region)/\(function):\(aliasName)"
        if aliases[key]?.active?.deployment != deployment { beginShift(deployment, key, event) }
        guard let active = aliases[key]?.active, active.deployment == deployment else { return }
        if let delivery = active.delivery { step(deployment, of: delivery, event) }
        let name = detail["step"]?.string
        guard name == "Succeeded" || name == "Ended" else { return }
        alias(key) { $0.active = nil }
        if name == "Succeeded", let version = detail["targetVersion"]?.string { alias(key) { $0.serve(version) } }
    }

    /// Finds or makes the delivery that a deployment is a part of.
    private mutating func beginShift(_ deployment: String, _ key: String, _ event: LedgerEvent) {
        let detail = event.detail
        let (old, new) = (detail["currentVersion"]?.string ?? "", detail["targetVersion"]?.string ?? "")
        guard detail["creator"] != "CloudFormationRollback" else {
            return alias(key) { $0.active = .init(deployment: deployment, delivery: nil) }
        }
        let shift = Shift(
            deployment: deployment, function: detail["functionName"]?.string ?? "",
            alias: detail["alias"]?.string ?? "", oldVersion: old, newVersion: new)
        let stackID = detail["stackId"]?.string
        let owner = stackID.map { stacks[$0]?.parent ?? $0 }
        let id: String
        if let owner, let open = stacks[owner]?.open {
            id = open
            change(open) { $0.shifts.append(shift) }
        } else {
            id = deployment
            set(alone(deployment, shift, key, event))
        }
        alias(key) { alias in
            alias.active = .init(deployment: deployment, delivery: id)
            if alias.served.isEmpty { alias.serve(old) }
            if !alias.isWayBack(to: new) { alias.brought[new] = id }
        }
    }

    /// A deployment that no stack asked for.
    private func alone(_ deployment: String, _ shift: Shift, _ key: String, _ event: LedgerEvent) -> Delivery {
        let alias = aliases[key]
        // The way back of what a stack brought is the stack's.
        let home = alias?.stackID.map { Self.stackName(stacks[$0]?.parent ?? $0) }
        var delivery = Delivery(
            id: deployment, account: event.account, region: event.region,
            service: home ?? event.detail["application"]?.string ?? shift.function, kind: .deployment,
            started: event.time, stackID: alias?.stackID)
        delivery.shifts = [shift]
        delivery.isRollback = alias?.isWayBack(to: shift.newVersion) ?? false
        return delivery
    }

    private mutating func step(_ deployment: String, of id: String, _ event: LedgerEvent) {
        let detail = event.detail
        guard let place = deliveries[id]?.shifts.firstIndex(where: { $0.deployment == deployment }) else { return }
        let weight = detail["weight"]?.int ?? 0
        let name = detail["step"]?.string ?? ""
        change(id) { delivery in
            if weight != delivery.shifts[place].points.last?.weight ?? 0 {
                delivery.shifts[place].points.append(.init(time: event.time, weight: weight))
            }
            guard name == "Succeeded" || name == "Ended" else { return }
            let isGood = name == "Succeeded"
            delivery.shifts[place].state = isGood ? .succeeded : .failed
            delivery.shifts[place].ended = event.time
            if !isGood { delivery.cause = delivery.cause ?? detail["text"]?.string }
            guard delivery.kind == .deployment else { return }
            delivery.state = isGood ? .succeeded : .failed
            delivery.ended = event.time
        }
        if deliveries[id]?.isRollback == true, weight >= 100 { tookBack(id, place, at: event.time) }
    }

    /// All users have the earlier version again: what had brought the other is taken back.
    private mutating func tookBack(_ id: String, _ place: Int, at time: Timestamp) {
        guard let shift = deliveries[id]?.shifts[place], let delivery = deliveries[id] else { return }
        let key = "\(delivery.scope)/\(shift.function):\(shift.alias)"
        takeBack(aliases[key]?.brought[shift.oldVersion], by: id, at: time)
    }

    /// Notes that a delivery was taken back, if it had succeeded and was not taken back before.
    mutating func takeBack(_ id: String?, by: String, at time: Timestamp) {
        guard let id, let delivery = deliveries[id], delivery.takenBack == nil, delivery.state != .failed else {
            return
        }
        change(id) { $0.takenBack = TakenBack(time: time, by: by) }
    }

    // MARK: Aliases

    /// `account/region/function:alias` of an alias's ARN; nil when it is none.
    static func aliasKey(arn: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 8, parts[2] == "lambda", parts[5] == "function" else { return nil }
        return "\(parts[4])/\(parts[3])/\(parts[6]):\(parts[7])"
    }

    /// An alias was written: by a deployment, by a stack, or by hand.
    mutating func readAlias(_ event: LedgerEvent) {
        let operation = event.detail["operation"]?.string
        guard operation == "UpdateAlias" || operation == "CreateAlias", let arn = event.resources.first,
            let key = Self.aliasKey(arn: arn), let version = event.detail["version"]?.string
        else { return }
        let before = aliases[key]
        // A deployment tells of its steps itself, and better.
        guard before?.active == nil, event.detail["weights"]?.object?.isEmpty ?? true else { return }
        let open = before?.stackID.flatMap { stacks[stacks[$0]?.parent ?? $0]?.open }
        if let before, before.isWayBack(to: version), open == nil, let last = before.served.last {
            takeBack(before.brought[last], by: "UpdateAlias to version \(version)", at: event.time)
        }
        alias(key) { alias in
            alias.serve(version)
            if let open, alias.brought[version] == nil { alias.brought[version] = open }
        }
    }
}
