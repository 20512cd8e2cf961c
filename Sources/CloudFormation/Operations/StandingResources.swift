internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What an update asks of the resources that stand, whatever their properties say.
extension CloudFormationService {
    /// Holds every resource to its type: a logical id keeps the one that it was made with.
    ///
    /// - Throws: ``AWSError`` `ValidationError` in AWS's words.
    func checkTypes(_ stack: Stack, _ accepted: TemplateIntake.Accepted) async throws {
        let changed = try await resources(of: stack.id).filter { resource in
            guard let current = resource.current, let wanted = accepted.resolved[resource.logicalID] else {
                return false
            }
            return current.type != wanted.type
        }
        guard !changed.isEmpty else { return }
        let names = changed.map(\.logicalID).sorted().joined(separator: ", ")
        throw AWSError("ValidationError", "\(Self.typesChange) [\(names)]")
    }

    /// How the refusal of new types begins.
    static let typesChange =
        "Update of resource type is not permitted. The new template modifies resource type of the following resources:"

    /// The nested stacks that stand and stay. Each update asks all of them: what lies under their templates' addresses
    /// may be new, and only they know (API Reference, ResourceChangeDetail: ChangeSource `Automatic`).
    func standingNestedStacks(_ stack: Stack, _ accepted: TemplateIntake.Accepted) async throws -> [String] {
        let wanted = accepted.resolved.resources.filter { $0.type == NestedStack.typeName }.map(\.logicalID)
        guard !wanted.isEmpty else { return [] }
        let standing = Set(
            try await resources(of: stack.id).filter { $0.current?.type == NestedStack.typeName }.map(\.logicalID))
        return wanted.filter(standing.contains).sorted()
    }
}
