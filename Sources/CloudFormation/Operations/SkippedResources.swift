internal import Cloud
internal import Ledger
internal import Notation

/// What ContinueUpdateRollback passes over: resources of the stack itself, and of stacks nested in it, which are named
/// `NestedStackName.LogicalId`.
///
/// Source: ContinueUpdateRollback in the API Reference.
struct SkippedResources {
    /// Logical ids in the stack itself.
    private(set) var own: Set<String> = []
    /// Names as given, of resources in stacks below it.
    private(set) var nested: [String] = []

    /// Reads the names.
    ///
    /// - Throws: ``AWSError`` `ValidationError` for what is not in `UPDATE_FAILED`, is no part of the stack, or is a
    ///   nested stack that stands.
    init(_ names: [String], of stack: Stack, _ transaction: Transaction) throws {
        for name in names {
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                try Self.check(name, in: stack, as: name, transaction)
                own.insert(name)
                continue
            }
            let found = try transaction.find(StackStore.stacks, "name", stack.scope + parts[0], limit: 1).first?.value
            guard let child = found, try Self.lies(child, in: stack, transaction) else {
                throw Self.refusal(name, stack)
            }
            try Self.check(parts[1], in: child, as: name, transaction)
            nested.append(name)
        }
    }

    /// Everything in `UPDATE_FAILED`, in the stack and in those below it.
    ///
    /// Source: ForceRollback of ContinueUpdateRollback in the API Reference.
    init(failedIn stack: Stack, _ transaction: Transaction) throws {
        for resource in try transaction.list(StackStore.resources, prefix: stack.id + "|").map(\.value)
        where resource.status == .updateFailed {
            guard let child = try Self.standingChild(resource, transaction) else {
                own.insert(resource.logicalID)
                continue
            }
            let below = try SkippedResources(failedIn: child, transaction)
            nested += below.own.sorted().map { "\(child.name).\($0)" } + below.nested
        }
    }

    /// The nested stack that the resource is; nil when it is none, or one that is going or gone.
    private static func standingChild(_ resource: StackResource, _ transaction: Transaction) throws -> Stack? {
        guard resource.type == "AWS::CloudFormation::Stack", let id = resource.current?.physicalID,
            let child = try transaction.get(StackStore.stacks, id)?.value,
            ![.deleteInProgress, .deleteComplete, .deleteFailed].contains(child.status)
        else { return nil }
        return child
    }

    private static func refusal(_ name: String, _ stack: Stack) -> AWSError {
        AWSError(
            "ValidationError",
            "The resource \(name) does not belong to stack \(stack.name) or is not in UPDATE_FAILED state")
    }

    private static func lies(_ child: Stack, in stack: Stack, _ transaction: Transaction) throws -> Bool {
        var above = child.parentID
        while let id = above {
            if id == stack.id { return true }
            above = try transaction.get(StackStore.stacks, id)?.value.parentID
        }
        return false
    }

    private static func check(_ logicalID: String, in stack: Stack, as name: String, _ transaction: Transaction) throws
    {
        let resource = try transaction.get(StackStore.resources, StackStore.key(stack.id, logicalID))?.value
        guard let resource, resource.status == .updateFailed else { throw refusal(name, stack) }
        guard let child = try standingChild(resource, transaction) else { return }
        throw AWSError(
            "ValidationError",
            "The nested stack \(name) stands, so it cannot be skipped: name what failed in it, as in "
                + "\(child.name).LogicalResourceId")
    }
}

extension Stack {
    /// What a nested stack is to pass over, of what this one's rollback was told: its own resources, and in full names
    /// those of stacks below it.
    func skipped(in child: Stack) -> [JSON] {
        (skipping ?? []).map { name in
            name.hasPrefix(child.name + ".") ? String(name.dropFirst(child.name.count + 1)) : name
        }.map(JSON.string)
    }
}
