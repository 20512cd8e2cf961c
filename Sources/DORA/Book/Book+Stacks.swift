internal import Ledger
internal import Notation

extension Book {
    /// Resources that answer requests, so that users see a change of them at once where no shift stands between.
    static let serving: Set<String> = [
        "AWS::Lambda::Alias", "AWS::Lambda::Function", "AWS::Lambda::Url", "AWS::ECS::Service",
        "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage",
    ]

    /// Resources that deliver others.
    static let tools = ["AWS::CodePipeline::", "AWS::CodeBuild::", "AWS::CodeCommit::", "AWS::CodeConnections::"]

    /// Source: CloudFormation User Guide, "Managing events with CloudFormation and Amazon EventBridge".
    mutating func readStack(_ event: LedgerEvent) {
        let detail = event.detail
        guard let stackID = detail["stack-id"]?.string, let status = detail["status-details"]?["status"]?.string else {
            return
        }
        let reason = detail["status-details"]?["status-reason"]?.string ?? ""
        switch event.detailType {
        case "CloudFormation Stack Status Change": stackChanged(stackID, status, reason, event)
        case "CloudFormation Resource Status Change": resourceChanged(stackID, status, event)
        default: return
        }
    }

    private mutating func stackChanged(_ id: String, _ status: String, _ reason: String, _ event: LedgerEvent) {
        guard stacks[id]?.parent == nil else { return }
        switch status {
        case "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS":
            if stacks[id]?.open == nil { begin(stackID: id, event) }
        case "CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "IMPORT_COMPLETE":
            close(stackID: id, .succeeded, at: event.time)
        case "UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS":
            // Of a stack that was never there nobody has seen anything.
            if status == "ROLLBACK_IN_PROGRESS", let open = stacks[id]?.open { change(open) { $0.exposed = nil } }
            guard let open = stacks[id]?.open, !reason.isEmpty else { return }
            change(open) { $0.cause = $0.cause ?? reason }
        case "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE":
            if let open = stacks[id]?.open { change(open) { $0.restored = event.time } }
            close(stackID: id, .failed, at: event.time, reason)
        case "CREATE_FAILED":
            if let open = stacks[id]?.open { change(open) { $0.exposed = nil } }
            close(stackID: id, .failed, at: event.time, reason)
        case "UPDATE_FAILED", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED":
            close(stackID: id, .failed, at: event.time, reason)
        case "DELETE_COMPLETE":
            close(stackID: id, .failed, at: event.time, "The stack was deleted.")
            forget(stack: id)
        default: return
        }
    }

    private mutating func begin(stackID: String, _ event: LedgerEvent) {
        var delivery = Delivery(
            id: Self.id(of: event), account: event.account, region: event.region, service: Self.stackName(stackID),
            kind: .stack, started: event.time, stackID: stackID)
        for (key, value) in event.detail["slipway"]?["tags"]?.object ?? [:] where key.hasPrefix("slipway:") {
            delivery.tags[key] = value.string ?? ""
        }
        delivery.isTooling = stacks[stackID]?.isTooling
        set(delivery)
        stack(stackID) { $0.open = delivery.id }
    }

    private mutating func close(stackID: String, _ state: Delivery.State, at time: Timestamp, _ reason: String = "") {
        guard let open = stacks[stackID]?.open else { return }
        stack(stackID) { $0.open = nil }
        change(open) { delivery in
            delivery.state = state
            delivery.ended = time
            guard state == .failed else { return }
            if delivery.cause == nil, !reason.isEmpty { delivery.cause = reason }
        }
    }

    /// The name in a stack's ARN.
    static func stackName(_ id: String) -> String {
        let resource = id.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last ?? ""
        return resource.split(separator: "/").dropFirst().first.map(String.init) ?? id
    }

    /// An id that the same log gives again: a few characters of the event's own.
    static func id(of event: LedgerEvent) -> String {
        "u-" + String(event.id.filter { $0 != "-" }.prefix(12))
    }

    // MARK: Resources

    private mutating func resourceChanged(_ stackID: String, _ status: String, _ event: LedgerEvent) {
        let type = event.detail["resource-type"]?.string ?? ""
        let physical = event.detail["physical-resource-id"]?.string ?? ""
        if type == "AWS::CloudFormation::Stack", !physical.isEmpty, physical != stackID {
            return adopt(physical, by: stackID)
        }
        guard status == "UPDATE_COMPLETE" || status == "CREATE_COMPLETE" else { return }
        let owner = stacks[stackID]?.parent ?? stackID
        let isServing = Self.serving.contains(type)
        if isServing || Self.tools.contains(where: type.hasPrefix) { holds(owner, isServing: isServing) }
        guard isServing else { return }
        if type == "AWS::Lambda::Alias" { aliasMade(physical, owner) }
        guard let open = stacks[owner]?.open, let delivery = deliveries[open] else { return }
        let isHidden = type == "AWS::Lambda::Function" && stacks[owner]?.hasAlias == true
        let isShifted = type == "AWS::Lambda::Alias" && delivery.shifts.contains { physical.hasSuffix($0.place) }
        // What a stack puts back on its way back is no change to users.
        guard !isHidden, !isShifted, delivery.exposed == nil, delivery.cause == nil else { return }
        change(open) { $0.exposed = event.time }
    }

    /// Notes what kind of thing a stack holds.
    private mutating func holds(_ stackID: String, isServing: Bool) {
        guard (isServing ? stacks[stackID]?.serves : stacks[stackID]?.hasTools) != true else { return }
        stack(stackID) { if isServing { $0.serves = true } else { $0.hasTools = true } }
        guard let open = stacks[stackID]?.open else { return }
        let isTooling = stacks[stackID]?.isTooling
        change(open) { $0.isTooling = isTooling }
    }

    private mutating func aliasMade(_ arn: String, _ stackID: String) {
        stack(stackID) { $0.hasAlias = true }
        guard let key = Self.aliasKey(arn: arn) else { return }
        let open = stacks[stackID]?.open
        alias(key) { alias in
            alias.stackID = stackID
            if let version = alias.served.last, alias.brought[version] == nil { alias.brought[version] = open }
        }
    }

    /// A stack turns out to be a part of another: what was taken for its own delivery is none.
    private mutating func adopt(_ nested: String, by parent: String) {
        let root = stacks[parent]?.parent ?? parent
        guard stacks[nested]?.parent != root else { return }
        if let open = stacks[nested]?.open {
            let shifts = deliveries[open]?.shifts ?? []
            drop(delivery: open)
            if let whole = stacks[root]?.open { change(whole) { $0.shifts += shifts } }
        }
        let had = stacks[nested]?.hasAlias ?? false
        stack(nested) {
            $0.open = nil
            $0.parent = root
        }
        if had { stack(root) { $0.hasAlias = true } }
    }
}

extension Shift {
    /// How its alias's ARN ends.
    var place: String { ":function:\(function):\(alias)" }
}
