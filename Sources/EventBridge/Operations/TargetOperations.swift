internal import Cloud
internal import Ledger
internal import Notation
internal import Patterns

extension EventBridgeService {
    /// Whom rules tell.
    var targetOperations: [Operation] {
        let members = ["Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "SqsParameters"]
        let further = ["HttpParameters", "DeadLetterConfig", "RetryPolicy"]
        let enforced = (members + further).map { "Targets." + $0 }.joined(separator: " ")
        return [
            Operation("PutTargets", enforces: "Rule EventBusName " + enforced, raw: putTargets),
            Operation("RemoveTargets", enforces: "Rule EventBusName Ids Force", raw: removeTargets),
            Operation("ListTargetsByRule", enforces: "Rule EventBusName NextToken Limit") { call in
                let rule = try await rule(call.text("Rule"), on: call.bus)
                let targets = rule.targets.sorted { ($0["Id"]?.string ?? "") < ($1["Id"]?.string ?? "") }
                return try EventPage(targets, call) { $0["Id"]?.string ?? "" }.reply("Targets") { $0 }
            },
        ]
    }

    /// Adds targets, or puts them in the place of those with the same ids.
    private func putTargets(_ call: Call) async throws -> Reply {
        let wanted = call.input["Targets"]?.array ?? []
        let name = call.text("Rule")
        let bus = call.bus
        for target in wanted { try TargetCheck(target: target, bus: bus).check() }
        let ids = wanted.compactMap { $0["Id"]?.string }
        var seen: Set<String> = []
        if let twice = ids.first(where: { !seen.insert($0).inserted }) {
            throw EventError.invalid(
                "Parameter targets is not valid. Reason: More than one target with Id '\(twice)' is provided.")
        }
        for role in Set(wanted.compactMap { $0["RoleArn"]?.string }).sorted() { try await checkRole(role, call) }
        try await ledger.write { write in
            var rule = try write.rule(name, on: bus)
            for target in wanted {
                if let place = rule.targets.firstIndex(where: { $0["Id"] == target["Id"] }) {
                    rule.targets[place] = target
                } else {
                    rule.targets.append(target)
                }
            }
            guard rule.targets.count <= Limit.targets else {
                throw EventError.limit("The requested resource exceeds the maximum number allowed.")
            }
            try write.put(EventStore.rules, rule.key, rule)
            try write.note("PutTargets", rule.arn, on: bus)
        }
        book.changed()
        return Reply(["FailedEntryCount": 0, "FailedEntries": []])
    }

    /// Whether EventBridge can act as the role, asked when a rule or a target is given one, as on AWS.
    ///
    /// - Throws: `ValidationException` when there is no such role or it does not trust EventBridge.
    func checkRole(_ role: String, _ call: Call) async throws {
        try await cloud.judge(
            role, for: TargetInvoker.service, as: call.caller,
            else: EventError.invalid(
                "Provided role '\(role)' cannot be assumed by principal '\(TargetInvoker.service)'."))
    }

    /// Removes targets; what still waits for one of them is dropped. Ids that are not there are named in the answer.
    private func removeTargets(_ call: Call) async throws -> Reply {
        let name = call.text("Rule")
        let bus = call.bus
        let ids = (call.input["Ids"]?.array ?? []).compactMap(\.string)
        let missing = try await ledger.write { write in
            var rule = try write.rule(name, on: bus)
            let missing = ids.filter { rule.target($0) == nil }
            rule.targets.removeAll { target in ids.contains { target["Id"]?.string == $0 } }
            try write.put(EventStore.rules, rule.key, rule)
            try write.note("RemoveTargets", rule.arn, on: bus)
            return missing
        }
        book.changed()
        let failures = missing.map { id -> JSON in
            [
                "TargetId": .string(id), "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": .string("Rule \(name) does not have a target with the Id \(id)."),
            ]
        }
        return Reply(["FailedEntryCount": .int(failures.count), "FailedEntries": .array(failures)])
    }
}

/// What a target must be like before it is taken.
struct TargetCheck {
    let target: JSON
    let bus: BusID

    /// - Throws: `ValidationException`; `NotImplemented` for a service that Slipway's rules do not tell.
    func check() throws {
        let arn = target["Arn"]?.string ?? ""
        guard let kind = TargetKind(arn: arn) else {
            guard arn.hasPrefix("arn:") else {
                throw EventError.invalid(
                    "Parameter \(arn) is not valid. Reason: Provided Arn is not in correct format.")
            }
            let service = arn.split(separator: ":", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
            throw AWSError.notImplemented("targets of the service '\(service)' (\(arn))")
        }
        try checkInput()
        try checkParameters(kind, arn)
        if kind.needsRole, target["RoleArn"]?.string == nil {
            throw EventError.invalid("RoleArn is required for target \(arn).")
        }
        if kind == .bus { try checkBus(arn) }
        _ = try EventBridgeService.deadLetterARN(target["DeadLetterConfig"])
    }

    private func checkInput() throws {
        let ways = ["Input", "InputPath", "InputTransformer"].filter { target[$0] != nil }
        guard ways.count <= 1 else {
            throw EventError.invalid(
                "Only one of Input, InputPath, or InputTransformer must be provided for target "
                    + "\(target["Id"]?.string ?? "")."
            )
        }
        if let input = target["Input"]?.string, (try? JSON(parsing: input)) == nil {
            throw EventError.invalid("JSON syntax error in input for target \(target["Id"]?.string ?? "").")
        }
        if let transformer = target["InputTransformer"],
            let unknown = InputTransformer.unknownVariable(
                in: transformer["InputTemplate"]?.string ?? "",
                paths: Set((transformer["InputPathsMap"]?.object ?? [:]).map(\.0)))
        {
            throw EventError.invalid(
                "InputTemplate for target \(target["Id"]?.string ?? "") contains invalid placeholder \(unknown).")
        }
        _ = try TargetInput(target)
    }

    private func checkParameters(_ kind: TargetKind, _ arn: String) throws {
        let group = target["SqsParameters"]?["MessageGroupId"]?.string
        if kind == .queue, arn.hasSuffix(".fifo") {
            guard group != nil else {
                throw EventError.invalid(
                    "Parameter(s) SqsParameters must be specified for target: \(target["Id"]?.string ?? "").")
            }
        } else if group != nil {
            throw EventError.invalid("Parameter(s) SqsParameters not valid for target: \(target["Id"]?.string ?? "").")
        }
        if target["HttpParameters"] != nil, kind != .destination {
            throw EventError.invalid("Parameter(s) HttpParameters not valid for target: \(target["Id"]?.string ?? "").")
        }
    }

    private func checkBus(_ arn: String) throws {
        guard let other = BusID(arn: arn) else { throw EventError.invalid("Parameter \(arn) is not valid.") }
        guard other != bus else { throw EventError.invalid("An event bus cannot be the target of its own rule.") }
        guard other.account == bus.account else {
            throw AWSError.notImplemented("event buses of other accounts as targets (\(arn))")
        }
    }
}
