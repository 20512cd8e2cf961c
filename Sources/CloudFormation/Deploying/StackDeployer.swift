package import Cloud
package import Ledger
package import Notation

/// Brings a stack to what it shall be, whatever it is now: made, changed, or made anew where it never stood well.
package struct StackDeployer {
    let cloud: Cloud
    let ledger: Ledger
    let watch: StackWatch
    let caller: Caller
    /// The client's token of what it asks for: the same for every repeat.
    let token: String
    /// The stack; nil before there is one.
    package var stackID: String?

    /// One that acts for that caller.
    ///
    /// - Parameter stackID: The stack that stands already; nil when there is none.
    package init(
        cloud: Cloud, ledger: Ledger, watch: StackWatch, caller: Caller, token: String, stackID: String? = nil
    ) {
        self.cloud = cloud
        self.ledger = ledger
        self.watch = watch
        self.caller = caller
        self.token = token
        self.stackID = stackID
    }

    private func call(_ operation: String, _ input: JSON) async throws -> JSON {
        try await cloud.call("cloudformation", operation, input, as: caller)
    }

    /// Makes or changes the stack and waits for the end of that.
    ///
    /// - Parameter input: What the stack shall be, as CreateStack and UpdateStack take it.
    /// - Returns: what went wrong; nil when it stands.
    /// - Throws: ``AWSError`` when it cannot even be begun.
    package mutating func deploy(_ name: String, _ input: JSON) async throws -> String? {
        var input = input
        input["ClientRequestToken"] = .string(token)
        if let id = stackID, let known = try await watch.settled(id), known.status != .deleteComplete {
            // What never stood well is made anew, as on AWS.
            guard known.good == nil else {
                input["StackName"] = .string(id)
                return try await update(id, input)
            }
            try await remove(id)
        }
        input["StackName"] = .string(name)
        let id = try await call("CreateStack", input)["StackId"]?.string ?? ""
        stackID = id
        return try await verdict(id, good: [.createComplete])
    }

    private func update(_ id: String, _ input: JSON) async throws -> String? {
        do { _ = try await call("UpdateStack", input) } catch let error as AWSError
            where error.message.hasPrefix("No updates are to be performed")
        { return nil }
        return try await verdict(id, good: [.updateComplete])
    }

    private func verdict(_ id: String, good: Set<StackStatus>) async throws -> String? {
        guard let stack = try await watch.settled(id) else { return "Stack with id \(id) does not exist" }
        if good.contains(stack.status) { return nil }
        return try await firstFailure(of: id, stack.operationID) ?? stack.reason ?? stack.status.rawValue
    }

    /// Deletes the stack and waits for the end of that. Nothing happens when it is gone.
    ///
    /// - Throws: ``AWSError`` with what could not be deleted.
    package func remove(_ id: String) async throws {
        _ = try await call("DeleteStack", ["StackName": .string(id), "ClientRequestToken": .string(token)])
        guard let stack = try await watch.settled(id), stack.status != .deleteComplete else { return }
        let cause = try await firstFailure(of: id, stack.operationID)
        throw AWSError("ValidationError", cause ?? stack.reason ?? stack.status.rawValue)
    }

    /// The first resource that failed in the stack's last operation, and why: what its owner has to know.
    private func firstFailure(of stackID: String, _ operationID: String?) async throws -> String? {
        let events = try await ledger.list(StackStore.events, prefix: stackID + "|").map(\.value)
        let failed = events.last {
            $0.operationID == operationID && $0.status.hasSuffix("_FAILED") && $0.physicalID != stackID
        }
        return failed.map { "ResourceLogicalId:\($0.logicalID), ResourceType:\($0.type), \($0.reason ?? $0.status)" }
    }
}
