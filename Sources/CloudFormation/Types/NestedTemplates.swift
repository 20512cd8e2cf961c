internal import Cloud
internal import Ledger
internal import Notation

/// The templates that a nested stack had before its parent changed it, by the properties it had then.
///
/// A parent that turns back gives its child the template of before, whatever has become of the object in S3 since.
struct NestedTemplates: Sendable {
    /// How many are kept of each nested stack: a parent may be changed again and again before it is in a good state.
    static let limit = 5

    /// A template that a nested stack had.
    struct Record: Codable, Sendable {
        /// As it was given.
        var text: String
        /// The request that was about to change it: asked again after a crash, it finds the child changed already.
        var key: String
        var time: Timestamp
    }

    /// By nested stack and the digest of its properties.
    static let collection = Collection<Record>("cloudformation nested template")

    let ledger: Ledger

    private static func key(_ id: String, _ properties: JSON) -> String {
        "\(id)|\(StableID.uuid(properties.text(.canonical)))"
    }

    /// Keeps what the nested stack is now, before that request changes it. A repeat of the request changes nothing.
    ///
    /// When an earlier update of the parent has changed it without coming to a good end, the template of before that
    /// one stays: it is what the parent goes back to.
    func remember(_ id: String, _ properties: JSON, before request: ResourceRequest) async throws {
        try await ledger.write { transaction in
            let key = Self.key(id, properties)
            let known = try transaction.get(Self.collection, key)?.value
            let place = StackStore.key(request.stackID, request.logicalID)
            let resource = try transaction.get(StackStore.resources, place)?.value
            if known != nil, resource?.original?.isInsideNew == true { return }
            guard known?.key != request.key,
                let child = try transaction.get(StackStore.stacks, id)?.value, !child.status.isInProgress,
                let revision = child.good,
                let text = try transaction.get(StackStore.templates, revision.templateKey)?.value.original
            else { return }
            try transaction.put(Self.collection, key, Record(text: text, key: request.key, time: transaction.now))
            let all = try transaction.list(Self.collection, prefix: id + "|").sorted { $0.value.time > $1.value.time }
            for old in all.dropFirst(Self.limit) { try transaction.delete(Self.collection, old.key) }
        }
    }

    /// The template that the nested stack had with those properties; nil when it is not known any more.
    func text(_ id: String, _ properties: JSON) async throws -> String? {
        try await ledger.get(Self.collection, Self.key(id, properties))?.value.text
    }

    /// Forgets them, once the nested stack is gone.
    func forget(_ id: String) async throws {
        guard try await !ledger.list(Self.collection, prefix: id + "|").isEmpty else { return }
        try await ledger.write { transaction in
            for known in try transaction.list(Self.collection, prefix: id + "|") {
                try transaction.delete(Self.collection, known.key)
            }
        }
    }
}
