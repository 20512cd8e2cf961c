internal import Ledger

/// Names of exports that operations have claimed and whose stacks do not have them yet.
enum ExportClaims {
    /// A claim.
    struct Claim: Codable, Sendable {
        /// The stack that has it.
        var stackID: String
        /// That stack's name.
        var stackName: String
    }

    /// By account, region and name.
    static let claims = Collection<Claim>("cloudformation export claim")

    private static func scope(_ subject: OperationSubject) -> String { "\(subject.account)/\(subject.region)/" }

    /// Takes the names for the stack, all or none. A second call of the same stack takes nothing more.
    ///
    /// - Returns: the names that others have or have claimed, each with the name of the stack; empty when all are
    ///   taken.
    static func take(
        _ names: [String], _ subject: OperationSubject, _ transaction: Transaction
    ) throws -> [String: String] {
        let scope = scope(subject)
        var taken: [String: String] = [:]
        for name in names {
            let owners = try transaction.find(StackStore.stacks, "export", scope + name).map(\.value)
            let claim = try transaction.get(claims, scope + name)?.value
            taken[name] =
                owners.first { $0.id != subject.stackID }?.name
                ?? claim.flatMap { $0.stackID == subject.stackID ? nil : $0.stackName }
        }
        guard taken.isEmpty else { return taken }
        for name in names {
            let claim = Claim(stackID: subject.stackID, stackName: subject.stackName)
            try transaction.put(claims, scope + name, claim)
        }
        return [:]
    }

    /// Gives the stack's claims back: it has the names now, or never will.
    static func release(_ names: [String], _ subject: OperationSubject, _ transaction: Transaction) throws {
        for name in names {
            let key = scope(subject) + name
            guard try transaction.get(claims, key)?.value.stackID == subject.stackID else { continue }
            try transaction.delete(claims, key)
        }
    }
}
