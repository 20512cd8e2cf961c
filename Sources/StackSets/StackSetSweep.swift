internal import CloudFormation
internal import Ledger

/// What is forgotten of stack sets.
enum StackSetSweep {
    /// Templates that stack sets had before, once no operation may still need them.
    static func sweepTemplates(_ broom: Broom) async throws {
        let all = try await broom.keys(StackSetStore.templates)
        guard !all.isEmpty else { return }
        try await broom.inPortions(all) { transaction, key in
            let setID = key.split(separator: "|").first.map(String.init) ?? ""
            let open = try transaction.list(StackSetStore.operations).contains {
                $0.value.setID == setID && !$0.value.isOver
            }
            let sets = try transaction.list(StackSetStore.sets).map(\.value)
            guard !open, !sets.contains(where: { $0.revision.templateKey == key }) else { return }
            try transaction.delete(StackSetStore.templates, key)
        }
    }
}
