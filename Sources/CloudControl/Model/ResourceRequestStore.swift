internal import Ledger
internal import Notation

/// The documents of Cloud Control.
enum ResourceRequestStore {
    /// A request as it can be asked about: kept in step with its machine.
    struct Record: Codable, Sendable {
        /// Where it stands, as ProgressEvent.
        var progress: JSON
        /// When it was asked for.
        var asked: Timestamp
        /// `CREATE`, `UPDATE` or `DELETE`.
        var kind: String
        /// Its status.
        var status: String
    }

    /// What was asked for under a client's token.
    struct Use: Codable, Sendable {
        /// The request's token.
        var token: String
        /// What was asked for, to tell a repeat from another request.
        var digest: String
    }

    /// By account, region and request token.
    static let requests = Collection<Record>("cloudcontrol request record")
    /// By account, region and client token.
    static let uses = Collection<Use>("cloudcontrol client token")
    /// The request under way for a resource, by account, region, type and identifier.
    static let locks = Collection<String>("cloudcontrol lock")

    static func lock(_ subject: ResourceRequestMachine.Subject) -> String? {
        subject.physicalID.map { "\(subject.account)/\(subject.region)/\(subject.type)/\($0)" }
    }

    /// Keeps the record in step with the machine, inside the write that commits the step.
    static func project(_ transaction: Transaction, _ id: String, _ after: ResourceRequestMachine) throws {
        let subject = after.subject
        let key = "\(subject.account)/\(subject.region)/\(subject.token)"
        let record = Record(
            progress: after.progress, asked: after.asked, kind: subject.kind.rawValue, status: after.status.rawValue)
        try transaction.put(requests, key, record)
        guard after.status.isOver, let lock = lock(subject) else { return }
        try transaction.delete(locks, lock)
    }
}
