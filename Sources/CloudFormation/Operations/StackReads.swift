internal import Cloud
internal import Ledger
package import Notation

/// What can be asked about stacks.
extension CloudFormationService {
    /// Elements on one page: AWS's number.
    private static let pageSize = 100

    var stackReads: [Operation] {
        [
            Operation("DescribeStacks", enforces: "StackName NextToken", raw: describeStacks),
            Operation("ListStacks", enforces: "NextToken StackStatusFilter", raw: listStacks),
            Operation("DescribeStackEvents", enforces: "StackName NextToken", raw: describeEvents),
            Operation("DescribeStackResource", enforces: "StackName LogicalResourceId", raw: describeResource),
            Operation(
                "DescribeStackResources", enforces: "StackName LogicalResourceId PhysicalResourceId",
                raw: describeResources),
            Operation("ListStackResources", enforces: "StackName NextToken", raw: listResources),
            Operation("ListExports", enforces: "NextToken", raw: listExports),
            Operation("ListImports", enforces: "ExportName NextToken", raw: listImports),
        ]
    }

    private func describeStacks(_ call: Call) async throws -> Reply {
        if let name = call.input["StackName"]?.string {
            let stack = try await stack(name, call.caller)
            return Reply(["Stacks": [StackViews.stack(stack)]])
        }
        let stacks = try await allStacks(call.caller).filter { $0.status != .deleteComplete }
        return Reply(
            try Page(stacks, call.input["NextToken"]?.string, Self.pageSize).answer("Stacks", StackViews.stack))
    }

    private func listStacks(_ call: Call) async throws -> Reply {
        let filter = Set(call.input["StackStatusFilter"]?.array?.compactMap(\.string) ?? [])
        let stacks = try await allStacks(call.caller).filter { filter.isEmpty || filter.contains($0.status.rawValue) }
        return Reply(
            try Page(stacks, call.input["NextToken"]?.string, Self.pageSize).answer(
                "StackSummaries", StackViews.summary))
    }

    /// The caller's stacks, newest first.
    private func allStacks(_ caller: Caller) async throws -> [Stack] {
        try await ledger.list(StackStore.stacks, prefix: caller.arn("cloudformation", "stack/")).map(\.value)
            .sorted { ($0.created, $0.id) > ($1.created, $1.id) }
    }

    private func describeEvents(_ call: Call) async throws -> Reply {
        let name = call.input["StackName"]?.string ?? ""
        let stack: Stack
        do { stack = try await self.stack(name, call.caller) } catch {
            throw AWSError("ValidationError", "Stack [\(name)] does not exist")
        }
        let prefix = stack.id + "|"
        let after = call.input["NextToken"]?.string.map { prefix + $0 } ?? ""
        let found = try await ledger.list(StackStore.events, prefix: prefix, after: after, limit: Self.pageSize + 1)
        var answer: JSON = [
            "StackEvents": .array(found.prefix(Self.pageSize).map { StackViews.event($0.value, stack) })
        ]
        if found.count > Self.pageSize {
            answer["NextToken"] = .string(String(found[Self.pageSize - 1].key.dropFirst(prefix.count)))
        }
        return Reply(answer)
    }

    private func describeResource(_ call: Call) async throws -> Reply {
        let stack = try await named(call)
        let name = call.input["LogicalResourceId"]?.string ?? ""
        guard let resource = try await ledger.get(StackStore.resources, StackStore.key(stack.id, name))?.value else {
            throw AWSError("ValidationError", "Resource \(name) does not exist for stack \(stack.name)")
        }
        var view = StackViews.resource(resource, timeMember: "LastUpdatedTimestamp")
        view["StackId"] = .string(stack.id)
        view["StackName"] = .string(stack.name)
        view["Metadata"] = resource.current?.metadata.map { .string($0.text()) }
        return Reply(["StackResourceDetail": view])
    }

    private func describeResources(_ call: Call) async throws -> Reply {
        let stack: Stack
        if let name = call.input["StackName"]?.string {
            stack = try await self.stack(name, call.caller)
        } else {
            stack = try await owner(ofPhysicalID: call.input["PhysicalResourceId"]?.string, call.caller)
        }
        let logicalID = call.input["LogicalResourceId"]?.string
        let found = try await resources(of: stack.id).filter { logicalID == nil || $0.logicalID == logicalID }
        if let logicalID, found.isEmpty {
            throw AWSError("ValidationError", "Resource \(logicalID) does not exist for stack \(stack.name)")
        }
        let views = found.map { resource in
            var view = StackViews.resource(resource, timeMember: "Timestamp")
            view["StackId"] = .string(stack.id)
            view["StackName"] = .string(stack.name)
            return view
        }
        return Reply(["StackResources": .array(views)])
    }

    private func owner(ofPhysicalID id: String?, _ caller: Caller) async throws -> Stack {
        guard let id else {
            throw AWSError("ValidationError", "Either StackName or PhysicalResourceId must be specified.")
        }
        let prefix = caller.arn("cloudformation", "stack/")
        for found in try await ledger.find(StackStore.resources, "physical", id) where found.key.hasPrefix(prefix) {
            let stackID = found.key.split(separator: "|").first.map(String.init) ?? ""
            if let stack = try await ledger.get(StackStore.stacks, stackID)?.value, stack.status != .deleteComplete {
                return stack
            }
        }
        throw AWSError("ValidationError", "Stack for \(id) does not exist")
    }

    private func listResources(_ call: Call) async throws -> Reply {
        let stack = try await named(call)
        let all = try await resources(of: stack.id)
        return Reply(
            try Page(all, call.input["NextToken"]?.string, Self.pageSize).answer("StackResourceSummaries") {
                StackViews.resource($0, timeMember: "LastUpdatedTimestamp")
            })
    }

    private func listExports(_ call: Call) async throws -> Reply {
        let all = try await allStacks(call.caller).filter { $0.status != .deleteComplete }.flatMap { stack in
            stack.exports.map { (stack.id, $0.name, $0.value) }
        }
        return Reply(
            try Page(all.sorted { $0.1 < $1.1 }, call.input["NextToken"]?.string, Self.pageSize).answer("Exports") {
                ["ExportingStackId": .string($0.0), "Name": .string($0.1), "Value": .string($0.2)]
            })
    }

    private func listImports(_ call: Call) async throws -> Reply {
        let name = call.input["ExportName"]?.string ?? ""
        let users = try await ledger.find(StackStore.stacks, "import", call.caller.scope + name).map(\.value.name)
            .sorted()
        guard !users.isEmpty else {
            throw AWSError("ValidationError", "Export '\(name)' is not imported by any stack.")
        }
        return Reply(try Page(users, call.input["NextToken"]?.string, Self.pageSize).answer("Imports") { .string($0) })
    }

    /// The stack a request names.
    func named(_ call: Call) async throws -> Stack {
        try await stack(call.input["StackName"]?.string ?? "", call.caller)
    }
}

/// A page of a list that fits memory: the token is the place of the next element.
package struct Page<Element> {
    /// What is on it.
    package let elements: ArraySlice<Element>
    private let next: Int?

    /// The page that begins at the token.
    ///
    /// - Throws: ``AWSError`` `ValidationError` for a token that was never handed out.
    package init(_ all: [Element], _ token: String?, _ size: Int) throws {
        guard let start = token.map({ Int($0) }) ?? 0, (0...all.count).contains(start) else {
            throw AWSError("ValidationError", "The NextToken is not valid.")
        }
        let end = min(start + size, all.count)
        elements = all[start..<end]
        next = end < all.count ? end : nil
    }

    /// The answer with the page under that name.
    package func answer(_ name: String, _ view: (Element) -> JSON) -> JSON {
        var answer = JSON.object([name: .array(elements.map(view))])
        answer["NextToken"] = next.map { .string(String($0)) }
        return answer
    }
}
