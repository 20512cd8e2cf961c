import Notation

/// Finds out what a template would do to a stack: by a change set, which is deleted again.
struct StackPlanner {
    let client: SlipwayClient
    let stackName: String
    /// The member of a request that carries the template.
    let source: JSON
    let given: [(name: String, value: String)]

    /// How many pages of events are searched for the last time a resource was worked on.
    private static let eventPages = 50

    /// The plan. Nothing of the change set is left afterwards, also when there is no plan; of a stack that was not there, a
    /// deleted one stays in the list, as on AWS.
    ///
    /// - Throws: ``CallFailure`` when the template is refused; ``CommandFailure`` when no change set could be made of it.
    func plan() async throws -> StackPlan {
        let stack = try await standing()
        let isNew = stack == nil || stack?["StackStatus"] == "REVIEW_IN_PROGRESS"
        // Deletes what a plan that was broken off has left; where there is none, this does nothing.
        let name = "slipway-plan"
        if stack != nil { try await delete(name, of: stackName) }
        var input = source
        input["StackName"] = .string(stackName)
        input["ChangeSetName"] = .string(name)
        input["ChangeSetType"] = isNew ? "CREATE" : "UPDATE"
        input["Capabilities"] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]  // nothing is carried out
        input["Parameters"] = .array(try await parameters(of: stack))
        let made = try await client.call("cloudformation", "CreateChangeSet", input)
        let stackID = made["StackId"]?.string ?? stackName
        let read: Result<StackPlan, any Error>
        do {
            read = .success(try await plan(from: made["Id"]?.string ?? name, stackID, isNew: isNew))
        } catch {
            read = .failure(error)
        }
        try await delete(name, of: stackID)
        if stack == nil { try await deleteStack(stackID) }
        return try read.get()
    }

    private func delete(_ name: String, of stack: String) async throws {
        try await client.call(
            "cloudformation", "DeleteChangeSet", ["ChangeSetName": .string(name), "StackName": .string(stack)])
    }

    /// The stack; nil when there is none.
    private func standing() async throws -> JSON? {
        do {
            let answer = try await client.call("cloudformation", "DescribeStacks", ["StackName": .string(stackName)])
            return answer["Stacks"]?[0].flatMap { $0["StackStatus"] == "DELETE_COMPLETE" ? JSON?.none : $0 }
        } catch let failure as CallFailure where failure.message.hasSuffix("does not exist") {
            return nil
        }
    }

    /// The stack that only the change set brought about goes with it.
    private func deleteStack(_ id: String) async throws {
        try await client.call("cloudformation", "DeleteStack", ["StackName": .string(id)])
        for _ in 0..<100 {
            let answer = try await client.call("cloudformation", "DescribeStacks", ["StackName": .string(id)])
            if answer["Stacks"]?[0]?["StackStatus"] == "DELETE_COMPLETE" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What is given, and for the template's other parameters the values that the stack has.
    private func parameters(of stack: JSON?) async throws -> [JSON] {
        var parameters = given.map { pair -> JSON in
            ["ParameterKey": .string(pair.name), "ParameterValue": .string(pair.value)]
        }
        let known = Set((stack?["Parameters"]?.array ?? []).compactMap { $0["ParameterKey"]?.string })
        guard !known.isEmpty else { return parameters }
        let summary = try await client.call("cloudformation", "GetTemplateSummary", source)
        for declared in summary["Parameters"]?.array ?? [] {
            guard let name = declared["ParameterKey"]?.string, known.contains(name) else { continue }
            if given.contains(where: { $0.name == name }) { continue }
            parameters.append(["ParameterKey": .string(name), "UsePreviousValue": true])
        }
        return parameters
    }

    private func plan(from changeSet: String, _ stackID: String, isNew: Bool) async throws -> StackPlan {
        var input: JSON = ["ChangeSetName": .string(changeSet), "IncludePropertyValues": true]
        var changes: [JSON] = []
        repeat {
            let page = try await client.call("cloudformation", "DescribeChangeSet", input)
            let reason = page["StatusReason"]?.string ?? ""
            if page["Status"] == "FAILED", !reason.hasPrefix("The submitted information didn't contain changes") {
                throw CommandFailure(reason)
            }
            changes += page["Changes"]?.array ?? []
            input["NextToken"] = page["NextToken"]
        } while input["NextToken"] != nil
        var plan = StackPlan(stackName: stackName, isNew: isNew)
        let times = isNew ? [:] : try await lastTimes(stackID, Set(changes.compactMap { Self.logicalID($0) }))
        plan.changes = changes.compactMap { change in
            change["ResourceChange"].map { StackPlan.Change($0, last: times[Self.logicalID(change) ?? ""]) }
        }
        if !isNew { plan.exports = try await exports(stackID) }
        return plan
    }

    private static func logicalID(_ change: JSON) -> String? { change["ResourceChange"]?["LogicalResourceId"]?.string }

    /// How long each of those resources took when it was worked on last.
    private func lastTimes(_ stackID: String, _ names: Set<String>) async throws -> [String: StackPlan.LastTime] {
        var input: JSON = ["StackName": .string(stackID)]
        var history = ResourceHistory(names)
        for _ in 0..<Self.eventPages where !history.isComplete {
            let page = try await client.call("cloudformation", "DescribeStackEvents", input)
            for event in page["StackEvents"]?.array ?? [] { history.add(event) }
            guard let next = page["NextToken"] else { break }
            input["NextToken"] = next
        }
        return history.times
    }

    /// What the stack exports and others import.
    private func exports(_ stackID: String) async throws -> [StackPlan.Export] {
        var exports: [StackPlan.Export] = []
        var input: JSON = [:]
        repeat {
            let page = try await client.call("cloudformation", "ListExports", input)
            for export in page["Exports"]?.array ?? [] where export["ExportingStackId"]?.string == stackID {
                let name = export["Name"]?.string ?? ""
                let users = try await importers(of: name)
                if !users.isEmpty {
                    exports.append(.init(name: name, value: export["Value"]?.string ?? "", importers: users))
                }
            }
            input["NextToken"] = page["NextToken"]
        } while input["NextToken"] != nil
        return exports
    }

    private func importers(of export: String) async throws -> [String] {
        do {
            let answer = try await client.call("cloudformation", "ListImports", ["ExportName": .string(export)])
            return answer["Imports"]?.array?.compactMap(\.string) ?? []
        } catch let failure as CallFailure where failure.message.hasSuffix("is not imported by any stack.") {
            return []
        }
    }
}

/// Reads from a stack's events, newest first, how long each resource took when it was worked on last.
private struct ResourceHistory {
    private(set) var times: [String: StackPlan.LastTime] = [:]
    private var wanted: Set<String>
    private var ends: [String: (verb: String, time: Double, operation: String)] = [:]
    private var starts: [String: Double] = [:]

    init(_ names: Set<String>) { wanted = names }

    /// Whether older events can add nothing.
    var isComplete: Bool { wanted.isEmpty }

    mutating func add(_ event: JSON) {
        guard let name = event["LogicalResourceId"]?.string, wanted.contains(name),
            let status = event["ResourceStatus"]?.string, let time = event["Timestamp"]?.double
        else { return }
        let operation = event["OperationId"]?.string ?? ""
        guard let end = ends[name] else {
            if status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" {
                ends[name] = (String(status.prefix(6)), time, operation)
            }
            return
        }
        if operation == end.operation, status == end.verb + "_IN_PROGRESS" {
            // There may be several of these; the oldest is when it began.
            times[name] = .init(verb: end.verb, seconds: time > end.time ? 0 : end.time - time)
        } else if operation != end.operation {
            wanted.remove(name)
        }
    }
}
