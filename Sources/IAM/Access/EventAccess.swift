internal import Cloud
internal import Notation

/// The resources of EventBridge's operations. Source: Service Authorization Reference, "Amazon EventBridge".
enum EventAccess {
    /// Operations on rules, by the member that names the rule.
    private static let rules = [
        "PutRule": "Name", "DeleteRule": "Name", "DescribeRule": "Name", "EnableRule": "Name", "DisableRule": "Name",
        "PutTargets": "Rule", "RemoveTargets": "Rule", "ListTargetsByRule": "Rule",
    ]
    /// Operations on other things: the member that names it, and how its ARN goes on.
    private static let others: [String: (member: String, kind: String)] = [
        "Archive": ("ArchiveName", "archive/"), "Replay": ("ReplayName", "replay/"),
        "Connection": ("Name", "connection/"), "ApiDestination": ("Name", "api-destination/"),
    ]

    static func resources(_ call: Call) -> [String] {
        let input = call.input
        if call.operation == "PutEvents" {
            let buses = (input["Entries"]?.array ?? []).map { bus($0["EventBusName"]?.string, call) }
            return Set(buses).sorted()
        }
        if let member = rules[call.operation], let name = input[member]?.string {
            let path = bus(input["EventBusName"]?.string, call)
            // Of a rule on the default bus the ARN does not name the bus.
            let parts = path.split(separator: ":", maxSplits: 5).map(String.init)
            let busName = parts.last?.dropFirst("event-bus/".count) ?? "default"
            let place = parts.dropLast().joined(separator: ":") + ":rule/"
            return [place + (busName == "default" ? name : "\(busName)/\(name)")]
        }
        if let arn = input["ResourceARN"]?.string { return [arn] }
        if call.operation.hasSuffix("EventBus") { return [bus(input["Name"]?.string, call)] }
        if call.operation.hasSuffix("Permission") { return [bus(input["EventBusName"]?.string, call)] }
        for (noun, place) in others where call.operation.hasSuffix(noun) {
            guard let name = input[place.member]?.string else { continue }
            let isDrawn = place.kind.hasPrefix("connection") || place.kind.hasPrefix("api-destination")
            return [call.caller.arn("events", place.kind + name + (isDrawn ? "/*" : ""))]
        }
        return ["*"]
    }

    private static func bus(_ name: String?, _ call: Call) -> String {
        guard let name, !name.isEmpty else { return call.caller.arn("events", "event-bus/default") }
        return name.hasPrefix("arn:") ? name : call.caller.arn("events", "event-bus/" + name)
    }
}
