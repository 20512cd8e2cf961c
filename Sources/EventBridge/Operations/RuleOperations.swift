internal import Cloud
internal import Ledger
internal import Notation
internal import Patterns

extension EventBridgeService {
    /// Rules.
    var ruleOperations: [Operation] {
        [
            Operation(
                "PutRule", enforces: "Name ScheduleExpression EventPattern State RoleArn Tags EventBusName",
                stores: "Description", raw: putRule),
            Operation("DeleteRule", enforces: "Name EventBusName Force", raw: deleteRule),
            Operation("DescribeRule", enforces: "Name EventBusName") { call in
                let rule = try await rule(call.text("Name"), on: call.bus)
                var view = rule.view
                view["CreatedBy"] = .string(rule.bus.account)
                return Reply(view)
            },
            Operation("ListRules", enforces: "NamePrefix EventBusName NextToken Limit") { call in
                _ = try await bus(call.bus)
                let prefix = call.bus.key + "/" + call.text("NamePrefix")
                let rules = try await ledger.list(EventStore.rules, prefix: prefix).map(\.value)
                return try EventPage(rules, call, key: \.name).reply("Rules", \.view)
            },
            Operation("ListRuleNamesByTarget", enforces: "TargetArn EventBusName NextToken Limit") { call in
                _ = try await bus(call.bus)
                let target = call.input["TargetArn"]
                let rules = try await ledger.list(EventStore.rules, prefix: call.bus.key + "/").map(\.value)
                let names = rules.filter { $0.targets.contains { $0["Arn"] == target } }.map(\.name)
                return try EventPage(names, call) { $0 }.reply("RuleNames", JSON.string)
            },
            Operation("EnableRule", enforces: "Name EventBusName") { call in try await enable(true, call) },
            Operation("DisableRule", enforces: "Name EventBusName") { call in try await enable(false, call) },
        ]
    }

    /// The rule as it stands.
    ///
    /// - Throws: `ResourceNotFoundException`, for the rule or for its bus.
    func rule(_ name: String, on id: BusID) async throws -> Rule {
        _ = try await bus(id)
        guard let rule = try await ledger.get(EventStore.rules, id.key + "/" + name)?.value else {
            throw EventError.notFound("Rule \(name) on EventBus \(id.name)")
        }
        return rule
    }

    /// Makes a rule, or puts new settings in the place of its old ones; its targets stay.
    private func putRule(_ call: Call) async throws -> Reply {
        let name = call.text("Name")
        let bus = call.bus
        let wanted = try Self.checked(call)
        let tags = try call.tags()
        if let role = wanted.role { try await checkRole(role, call) }
        try await ledger.write { write in
            _ = try write.bus(bus)
            let known = try write.get(EventStore.rules, bus.key + "/" + name)?.value
            if known == nil {
                let count = try write.list(EventStore.rules, prefix: bus.key + "/", limit: Limit.rules).count
                guard count < Limit.rules else {
                    throw EventError.limit("The requested resource exceeds the maximum number allowed.")
                }
            }
            var rule =
                try known
                ?? Rule(
                    bus: bus, name: name, isEnabled: true, since: write.lastSequence(), created: write.now)
            // Tags of an existing rule are left alone (EventBridge API Reference, PutRule).
            if known == nil { rule.tags = tags }
            try Self.set(&rule, to: wanted, write)
            try write.note("PutRule", rule.arn, on: bus)
        }
        book.changed()
        clock.ring()
        return Reply(["RuleArn": .string(Rule.arn(bus, name))])
    }

    /// What a PutRule asks for.
    private struct Settings: Sendable {
        var pattern: String?
        var schedule: String?
        var isEnabled: Bool
        var description: String?
        var role: String?
    }

    private static func checked(_ call: Call) throws -> Settings {
        let input = call.input
        let settings = Settings(
            pattern: input["EventPattern"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            schedule: input["ScheduleExpression"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            isEnabled: input["State"] != "DISABLED", description: input["Description"]?.string,
            role: input["RoleArn"]?.string)
        guard input["State"] != "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" else {
            throw AWSError.notImplemented("rules on CloudTrail's management events")
        }
        guard settings.pattern != nil || settings.schedule != nil else {
            throw EventError.invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        }
        if let pattern = settings.pattern { _ = try RulePattern(pattern) }
        if let schedule = settings.schedule {
            guard call.bus.isDefault else {
                throw EventError.invalid("ScheduleExpression is supported only on the default event bus.")
            }
            _ = try RuleSchedule(schedule)
        }
        return settings
    }

    private static func set(_ rule: inout Rule, to wanted: Settings, _ write: Transaction) throws {
        let wasDue = rule.isEnabled ? rule.schedule : nil
        rule.pattern = wanted.pattern
        rule.schedule = wanted.schedule
        rule.isEnabled = wanted.isEnabled
        rule.description = wanted.description
        rule.role = wanted.role
        try store(rule, wasDue: wasDue, write)
    }

    /// Writes the rule, and when it is due next if its schedule began, changed or ended.
    private static func store(_ rule: Rule, wasDue: String?, _ write: Transaction) throws {
        try write.put(EventStore.rules, rule.key, rule)
        let isDue = rule.isEnabled ? rule.schedule : nil
        guard isDue != wasDue else { return }
        if let isDue, let next = try RuleSchedule(isDue).next(after: write.now, since: write.now) {
            try write.put(EventStore.due, rule.key, next)
        } else {
            try write.delete(EventStore.due, rule.key)
        }
    }

    private func enable(_ isEnabled: Bool, _ call: Call) async throws -> Reply {
        let name = call.text("Name")
        let bus = call.bus
        try await ledger.write { write in
            var rule = try write.rule(name, on: bus)
            guard rule.isEnabled != isEnabled else { return }
            let wasDue = rule.isEnabled ? rule.schedule : nil
            rule.isEnabled = isEnabled
            // What happened while it slept is not for it.
            if isEnabled { rule.since = try write.lastSequence() }
            try Self.store(rule, wasDue: wasDue, write)
            try write.note(isEnabled ? "EnableRule" : "DisableRule", rule.arn, on: bus)
        }
        book.changed()
        clock.ring()
        return Reply()
    }

    /// Deleting what is not there succeeds, as on AWS.
    private func deleteRule(_ call: Call) async throws -> Reply {
        let name = call.text("Name")
        let bus = call.bus
        try await ledger.write { write in
            _ = try write.bus(bus)
            guard let rule = try write.get(EventStore.rules, bus.key + "/" + name)?.value else { return }
            guard rule.targets.isEmpty else {
                throw EventError.invalid("Rule can't be deleted since it has targets.")
            }
            try write.delete(EventStore.rules, rule.key)
            try write.delete(EventStore.due, rule.key)
            try write.note("DeleteRule", rule.arn, on: bus)
        }
        book.changed()
        return Reply()
    }
}
