internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What a nested stack will belong to: written down before the call that makes it, and taken up by that call's write.
struct Nesting: Codable, Sendable {
    /// How deep stacks may lie in each other. AWS names no limit; without one, a template that nests itself under
    /// changing parameters would never come to an end.
    static let depthLimit = 25

    /// The stack it is nested in.
    var parentID: String
    /// The outermost of those.
    var rootID: String
    /// What it is made from: the template's address and the parameters. The same inside itself is a circle.
    var origin: String

    /// By account, region and the name of the stack to come.
    static let collection = Collection<Nesting>("cloudformation nesting")

    /// The place of a stack with those properties inside that parent.
    ///
    /// - Throws: ``AWSError`` `InvalidRequest` when the parent or what it lies in was made from the very same, or
    ///   stacks lie too deep in each other.
    init(of properties: JSON, in parentID: String, _ transaction: Transaction) throws {
        let url = properties["TemplateURL"]?.string ?? ""
        self.parentID = parentID
        origin = "\(url) \((properties["Parameters"] ?? [:]).loose.text())"
        var above = try transaction.get(StackStore.stacks, parentID)?.value
        rootID = above?.rootID ?? parentID
        var depth = 0
        while let stack = above {
            depth += 1
            guard stack.origin != origin else {
                throw AWSError(
                    "InvalidRequest",
                    "Nested stacks go in a circle: the template \(url) with the same parameters lies inside the stack "
                        + "\(stack.name), which was made from it.")
            }
            guard depth < Self.depthLimit else {
                throw AWSError(
                    "InvalidRequest",
                    "Stacks may lie \(Self.depthLimit) deep in each other, and \(stack.name) has more below it.")
            }
            above = try stack.parentID.flatMap { try transaction.get(StackStore.stacks, $0)?.value }
        }
    }
}

extension Nesting {
    /// Nested stacks that are being taken back by the stack they lie in, by ARN: noted for the call that does it.
    static let wayBack = Collection<Bool>("cloudformation way back")

    /// Nested stacks that are to take over what stands already, by ARN, or by account, region and name before there is
    /// one: noted for the call that does it.
    static let importing = Collection<Bool>("cloudformation nested import")

    /// Whether the operation that begins takes the stack back, as part of a larger one; nil when not.
    static func isWayBack(_ stackID: String, _ transaction: Transaction) throws -> Bool? {
        guard try transaction.get(wayBack, stackID) != nil else { return nil }
        try transaction.delete(wayBack, stackID)
        return true
    }
}

extension Nesting {
    /// Whether it is the stack in which that one lies that calls.
    static func isByParent(_ stack: Stack, _ caller: Caller) -> Bool {
        stack.parentID != nil && caller.invokedBy == "cloudformation.amazonaws.com"
    }
}

extension Stack {
    /// Takes its place inside the stack that makes it, when one does: what was written down for it is used up.
    mutating func takePlace(_ transaction: Transaction) throws {
        guard let nesting = try transaction.get(Nesting.collection, scope + name)?.value else { return }
        try transaction.delete(Nesting.collection, scope + name)
        parentID = nesting.parentID
        rootID = nesting.rootID
        origin = nesting.origin
        isProtected = try transaction.get(StackStore.stacks, nesting.rootID)?.value.isProtected ?? false
    }
}

/// Why the last operation on a stack failed, read from its events.
struct FailureStory: Sendable {
    /// What CloudFormation says of the stack: `The following resource(s) failed to create: [A].`; nil when nothing.
    let summary: String?
    /// What failed first, through all nested stacks down to the innermost: its place, its type and its reason. Nil when
    /// no resource failed.
    let firstCause: String?
    /// What failed in the stack itself, first cause first; what was only broken off after it is left out.
    let failures: [StackEvent]
    /// The ARN of the nested stack in which it began; nil when it began in the stack itself.
    let nested: String?

    /// Reads the events of the stack's last operation.
    init(of stack: Stack, _ ledger: Ledger) async throws {
        let events = try await Self.events(of: stack, ledger).filter { $0.operationID == stack.operationID }
        let own = events.filter { $0.physicalID == stack.id && $0.reason != nil && $0.reason != "User Initiated" }
        summary = own.first?.reason
        failures = Self.failures(events, stack)
        var innermost: String?
        var path: [String] = []
        var cause = Self.first(events, stack)
        while let event = cause {
            path.append(event.logicalID)
            guard event.type == "AWS::CloudFormation::Stack", path.count < Nesting.depthLimit,
                let child = try await ledger.get(StackStore.stacks, event.physicalID)?.value,
                let deeper = Self.first(try await Self.events(of: child, ledger, until: event.time), child)
            else { break }
            (cause, innermost) = (deeper, child.id)
        }
        nested = innermost
        firstCause = cause.map { "\(path.joined(separator: "/")) (\($0.type)): \($0.reason ?? $0.status)" }
    }

    private static func events(of stack: Stack, _ ledger: Ledger) async throws -> [StackEvent] {
        try await ledger.list(StackStore.events, prefix: stack.id + "|").map(\.value).reversed()
    }

    /// The events of the operation that was the last one then: its parent may have gone on to undo it since.
    private static func events(of stack: Stack, _ ledger: Ledger, until time: Timestamp) async throws -> [StackEvent] {
        let events = try await events(of: stack, ledger).filter { $0.time <= time }
        return events.filter { $0.operationID == events.last?.operationID }
    }

    /// The first resource that failed of itself: others are only broken off after it.
    private static func first(_ events: [StackEvent], _ stack: Stack) -> StackEvent? {
        failures(events, stack).first
    }

    private static func failures(_ events: [StackEvent], _ stack: Stack) -> [StackEvent] {
        events.filter {
            $0.status.hasSuffix("_FAILED") && $0.physicalID != stack.id && $0.reason?.hasSuffix("cancelled") != true
        }
    }
}
