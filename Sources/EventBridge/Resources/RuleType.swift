internal import Cloud
internal import Notation

extension EventBridgeService {
    /// Source: AWS CloudFormation Template Reference, AWS::Events::Rule.
    static var ruleType: ResourceType {
        let targets = [
            "Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "SqsParameters", "HttpParameters",
            "DeadLetterConfig", "RetryPolicy",
        ].map { "Targets." + $0 }.joined(separator: " ")
        return ResourceType(
            "AWS::Events::Rule",
            enforces: "Name EventBusName EventPattern ScheduleExpression State RoleArn Tags " + targets,
            stores: "Description", replacedBy: "Name EventBusName", attributes: "Arn", nameProperty: "Name",
            ResourceType.Actions(
                create: putRule, update: putRule,
                delete: { request in
                    guard let place = RulePlace(request) else { return }
                    do {
                        try await removeTargets(place, keeping: [], request)
                        try await request.call("events", "DeleteRule", place.input("Name"))
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" {}
                },
                read: { request in
                    guard let place = RulePlace(request) else { return nil }
                    do {
                        var rule = try await request.call("events", "DescribeRule", place.input("Name"))
                        let targets = try await request.call("events", "ListTargetsByRule", place.input("Rule"))
                        rule["Targets"] = targets["Targets"]
                        if let text = rule["EventPattern"]?.string { rule["EventPattern"] = try JSON(parsing: text) }
                        rule["CreatedBy"] = nil
                        rule["Tags"] = try await tags(of: rule["Arn"] ?? "", request)
                        return rule
                    } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
                }, list: listRules)
        ).withinLedger()
    }

    /// Where a stack's rule is. Ref returns its name, for a rule of another bus than the default one `BUS|NAME`.
    private struct RulePlace: Sendable {
        let bus: String?
        let name: String

        init(bus: String?, name: String) {
            self.bus = bus
            self.name = name
        }

        init?(_ request: ResourceRequest) {
            guard let id = request.physicalID else { return nil }
            // Cloud Control knows rules by their ARNs: arn:aws:events:region:account:rule/bus/name.
            let isARN = id.hasPrefix("arn:")
            let path = isARN ? id.split(separator: "/").dropFirst().joined(separator: "|") : id
            let parts = path.split(separator: "|", maxSplits: 1).map(String.init)
            self.init(bus: parts.count == 2 ? parts[0] : nil, name: parts.last ?? id)
        }

        var physicalID: String { bus.map { $0 + "|" + name } ?? name }

        /// The input that names the rule under that member.
        func input(_ member: String) -> JSON {
            var input: JSON = [:]
            input[member] = .string(name)
            input["EventBusName"] = bus.map(JSON.string)
            return input
        }
    }

    /// Putting a rule again has no second effect, so that every action may be repeated.
    private static func putRule(_ request: ResourceRequest) async throws -> ResourceState {
        let properties = request.properties
        let bus = properties["EventBusName"]?.string.flatMap {
            $0 == BusID.defaultName ? nil : BusID($0, for: request.caller).name
        }
        let place =
            RulePlace(request)
            ?? RulePlace(
                bus: bus == BusID.defaultName ? nil : bus,
                name: properties["Name"]?.string ?? request.generatedName())
        var input = place.input("Name")
        for name in ["ScheduleExpression", "State", "RoleArn", "Description"] { input[name] = properties[name] }
        if let pattern = properties["EventPattern"] {
            input["EventPattern"] = .string(pattern.string ?? pattern.text())
        }
        let tags = request.allTags.sorted { $0.key < $1.key }.map { tag -> JSON in
            ["Key": .string(tag.key), "Value": .string(tag.value)]
        }
        input["Tags"] = .array(tags)
        let arn = try await request.call("events", "PutRule", input)["RuleArn"]?.string ?? ""
        if request.previous != nil { try await retag(arn, request) }
        let targets = (properties["Targets"]?.array ?? []).map(typed)
        if !targets.isEmpty {
            var input = place.input("Rule")
            input["Targets"] = .array(targets)
            try await request.call("events", "PutTargets", input)
        }
        try await removeTargets(place, keeping: targets.compactMap { $0["Id"]?.string }, request)
        return ResourceState(place.physicalID, attributes: ["Arn": .string(arn)])
    }

    /// The rules of all buses but those that services keep for themselves.
    @Sendable private static func listRules(_ request: ResourceRequest) async throws -> [ResourceState] {
        var found: [ResourceState] = []
        for bus in try await buses(request) {
            let rules = try await request.pages(
                "events", "ListRules", ["EventBusName": .string(bus)], of: "Rules", token: "NextToken")
            for rule in rules where rule["ManagedBy"] == nil {
                let place = RulePlace(bus: bus == BusID.defaultName ? nil : bus, name: rule["Name"]?.string ?? "")
                found.append(ResourceState(place.physicalID, attributes: ["Arn": rule["Arn"] ?? ""]))
            }
        }
        return found
    }

    /// Templates may write numbers as texts; the API wants them as they are.
    private static func typed(_ target: JSON) -> JSON {
        var target = target
        if var policy = target["RetryPolicy"] {
            for name in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
                if let number = policy[name]?.string.flatMap({ Int($0) }) { policy[name] = .int(number) }
            }
            target["RetryPolicy"] = policy
        }
        if let map = target["HttpParameters"]?["PathParameterValues"], map.array == nil {
            target["HttpParameters"]?["PathParameterValues"] = [map]
        }
        return target
    }

    private static func removeTargets(_ place: RulePlace, keeping kept: [String], _ request: ResourceRequest)
        async throws
    {
        let known = try await request.call("events", "ListTargetsByRule", place.input("Rule"))["Targets"]?.array ?? []
        let gone = known.compactMap { $0["Id"]?.string }.filter { !kept.contains($0) }
        guard !gone.isEmpty else { return }
        var input = place.input("Rule")
        input["Ids"] = .array(gone.map(JSON.string))
        try await request.call("events", "RemoveTargets", input)
    }
}
