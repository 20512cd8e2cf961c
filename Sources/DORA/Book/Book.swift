internal import Cloud
internal import Ledger
internal import Notation

/// Everything that is derived from the log for the figures.
///
/// Filled by ``read(_:)`` alone, one event after the other, so that the same log always gives the same book: it is
/// never
/// written any other way, and can be thrown away and made anew.
struct Book: Sendable {
    /// How long a delivery, a push or a run of a pipeline is remembered.
    static let memory = Duration.seconds(400 * 86_400)

    private(set) var deliveries: [String: Delivery] = [:]
    private(set) var pushes: [String: Push] = [:]
    private(set) var stacks: [String: StackRecord] = [:]
    private(set) var aliases: [String: AliasRecord] = [:]
    private(set) var executions: [String: ExecutionRecord] = [:]
    private(set) var pipelines: [String: PipelineRecord] = [:]
    /// The newest time at which old entries were dropped.
    private(set) var swept = Timestamp(microseconds: 0)
    /// The entries changed since ``takeTouched()``.
    private var touched: Set<Entry> = []

    /// Names one entry.
    enum Entry: Hashable, Sendable {
        case delivery(String), push(String), stack(String), alias(String), execution(String), pipeline(String), swept
    }

    // MARK: Changing entries

    /// Changes a delivery that is there.
    mutating func change(_ id: String, _ body: (inout Delivery) -> Void) {
        guard var value = deliveries[id] else { return }
        body(&value)
        set(value)
    }

    mutating func set(_ delivery: Delivery) {
        deliveries[delivery.id] = delivery
        touched.insert(.delivery(delivery.id))
    }

    mutating func drop(delivery id: String) {
        deliveries[id] = nil
        touched.insert(.delivery(id))
    }

    mutating func set(_ push: Push, _ id: String) {
        pushes[id] = push
        touched.insert(.push(id))
    }

    mutating func stack(_ id: String, _ body: (inout StackRecord) -> Void) {
        body(&stacks[id, default: StackRecord()])
        touched.insert(.stack(id))
    }

    mutating func alias(_ key: String, _ body: (inout AliasRecord) -> Void) {
        body(&aliases[key, default: AliasRecord()])
        touched.insert(.alias(key))
    }

    mutating func execution(_ key: String, _ body: (inout ExecutionRecord) -> Void) {
        guard var value = executions[key] else { return }
        body(&value)
        set(value, execution: key)
    }

    mutating func set(_ value: ExecutionRecord, execution key: String) {
        executions[key] = value
        touched.insert(.execution(key))
    }

    mutating func pipeline(_ key: String, _ body: (inout PipelineRecord) -> Void) {
        body(&pipelines[key, default: PipelineRecord()])
        touched.insert(.pipeline(key))
    }

    mutating func forget(stack id: String) {
        stacks[id] = nil
        touched.insert(.stack(id))
    }

    // MARK: Keeping

    /// The entries changed since the last call.
    mutating func takeTouched() -> Set<Entry> {
        defer { touched = [] }
        return touched
    }

    /// Once a day of the log's own time, drops what is too old to be asked for.
    mutating func sweep(at now: Timestamp) {
        guard now - swept > .seconds(86_400) else { return }
        swept = now
        touched.insert(.swept)
        let edge = now - Self.memory
        for (id, delivery) in deliveries where (delivery.ended ?? delivery.started) < edge { drop(delivery: id) }
        for (id, push) in pushes where push.time < edge {
            pushes[id] = nil
            touched.insert(.push(id))
        }
        for (key, execution) in executions where execution.started < edge {
            executions[key] = nil
            touched.insert(.execution(key))
        }
    }
}

extension Book: Equatable {
    /// Whether both say the same; what was changed lately is not part of that.
    static func == (left: Book, right: Book) -> Bool {
        left.deliveries == right.deliveries && left.pushes == right.pushes && left.stacks == right.stacks
            && left.aliases == right.aliases && left.executions == right.executions
            && left.pipelines == right.pipelines && left.swept == right.swept
    }
}

extension Book {
    /// The collections that a book is kept in, an entry a document.
    enum Shelf {
        static let deliveries = Collection<Delivery>("dora.delivery")
        static let pushes = Collection<Push>("dora.push")
        static let stacks = Collection<StackRecord>("dora.stack")
        static let aliases = Collection<AliasRecord>("dora.alias")
        static let executions = Collection<ExecutionRecord>("dora.execution")
        static let pipelines = Collection<PipelineRecord>("dora.pipeline")
        static let swept = Collection<Timestamp>("dora.swept")
    }

    /// The book as it was kept.
    ///
    /// - Throws: `LedgerError` when the ledger cannot be read.
    static func load(_ ledger: Ledger) async throws -> Book {
        var book = Book()
        for one in try await ledger.list(Shelf.deliveries) { book.deliveries[one.key] = one.value }
        for one in try await ledger.list(Shelf.pushes) { book.pushes[one.key] = one.value }
        for one in try await ledger.list(Shelf.stacks) { book.stacks[one.key] = one.value }
        for one in try await ledger.list(Shelf.aliases) { book.aliases[one.key] = one.value }
        for one in try await ledger.list(Shelf.executions) { book.executions[one.key] = one.value }
        for one in try await ledger.list(Shelf.pipelines) { book.pipelines[one.key] = one.value }
        book.swept = try await ledger.get(Shelf.swept, "swept")?.value ?? book.swept
        return book
    }

    /// Keeps those entries, in the write that also notes how far the log was read.
    func keep(_ entries: Set<Entry>, _ transaction: Transaction) throws {
        for entry in entries {
            switch entry {
            case .delivery(let key): try put(Shelf.deliveries, key, deliveries[key], transaction)
            case .push(let key): try put(Shelf.pushes, key, pushes[key], transaction)
            case .stack(let key): try put(Shelf.stacks, key, stacks[key], transaction)
            case .alias(let key): try put(Shelf.aliases, key, aliases[key], transaction)
            case .execution(let key): try put(Shelf.executions, key, executions[key], transaction)
            case .pipeline(let key): try put(Shelf.pipelines, key, pipelines[key], transaction)
            case .swept: try put(Shelf.swept, "swept", swept, transaction)
            }
        }
    }

    private func put<Value>(
        _ shelf: Collection<Value>, _ key: String, _ value: Value?, _ transaction: Transaction
    ) throws {
        if let value { try transaction.put(shelf, key, value) } else { try transaction.delete(shelf, key) }
    }
}
