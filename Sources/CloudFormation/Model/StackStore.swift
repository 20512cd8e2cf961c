package import Ledger
package import Notation

/// The documents of this service. Names and forms are promises to data folders that exist.
package enum StackStore {
    /// Stacks, by ARN; found by name while they are not deleted, by what they export and import.
    package static let stacks = Collection<Stack>(
        "cloudformation stack",
        lookups: [
            "name": { $0.status == .deleteComplete ? [] : [$0.scope + $0.name] },
            "export": { stack in
                stack.status == .deleteComplete ? [] : stack.exports.map { stack.scope + $0.name }
            },
            "import": { stack in
                guard stack.status != .deleteComplete else { return [] }
                return Set(stack.revision.imports + (stack.good?.imports ?? [])).map { stack.scope + $0 }
            },
            "parent": { $0.parentID.map { [$0] } ?? [] },
        ])

    /// Resources, by stack and logical id; found by physical id.
    package static let resources = Collection<StackResource>(
        "cloudformation resource",
        lookups: ["physical": { $0.current.map { [$0.physicalID] } ?? [] }])

    /// Events, by stack, newest first.
    package static let events = Collection<StackEvent>("cloudformation event")

    /// What happened while change sets were made, by stack, newest first: DescribeStackEvents knows nothing of it.
    package static let changeSetEvents = Collection<StackEvent>("cloudformation change set event")

    /// Templates, by stack and operation.
    package static let templates = Collection<StackTemplate>("cloudformation template")

    /// Change sets, by ARN; found by stack.
    package static let changeSets = Collection<ChangeSet>(
        "cloudformation change set",
        lookups: ["stack": { [$0.stackID] }, "parent": { $0.parentID.map { [$0] } ?? [] }])

    /// What was begun under a client's token: the same call again begins nothing.
    package static let tokens = Collection<TokenUse>("cloudformation token")

    /// Looks for drift, by id.
    package static let detections = Collection<DriftDetection>("cloudformation drift detection")

    /// The key of a resource.
    static func key(_ stackID: String, _ logicalID: String) -> String { "\(stackID)|\(logicalID)" }
}

/// A template as it was given and as it is after transforms.
package struct StackTemplate: Codable, Sendable {
    /// As given.
    package var original: String
    /// After transforms, as JSON text.
    package var processed: String
    /// The fragments of the modules in it, by type: used again, it gets the same. Nil when it has none.
    package var modules: [String: JSON]?
}

/// The use of a client's token.
package struct TokenUse: Codable, Sendable {
    /// The operation it was used for.
    package var operation: String
    /// What was answered.
    package var answer: String
    /// What was asked, condensed; nil in uses of before that was kept.
    package var request: String?
    /// The operation on the stack that it began; nil where it began none.
    package var operationID: String?
    /// When; nil in uses of before that was kept.
    package var time: Timestamp?
}

extension Stack {
    /// What it exports: the outputs of its last good state.
    package var exports: [(name: String, value: String)] {
        (good ?? revision).outputs.compactMap { output in output.exportName.map { ($0, output.value) } }
    }
}
