import Cloud
import Ledger
import Logging
import Notation
import Patterns
import Synchronization

/// Feeds one function from one queue: waits for messages as the function's role, invokes, and deletes what is done.
///
/// It keeps nothing: messages of a batch that a crash or a failure cut short become visible again by themselves.
final class QueuePoller: Sendable {
    private struct State {
        var isStopping = false
        var polling: Task<JSON, any Error>?
        var session: RoleSession?
        var result: String?
    }

    /// Batches under way at once unless the mapping says otherwise: what AWS begins with.
    private static let concurrency = 5
    /// Lambda quotas: the payload of an invocation.
    private static let payloadLimit = 6_291_456

    let mapping: EventSourceMapping
    private let parts: LambdaParts
    private let patterns: [EventPattern]
    private let state = Mutex(State())

    init(mapping: EventSourceMapping, parts: LambdaParts) {
        self.mapping = mapping
        self.parts = parts
        patterns = mapping.filters.compactMap { try? EventPattern($0) }
    }

    /// What became of the last batch.
    var result: String? { state.withLock { $0.result } }

    /// Ends polling; batches under way are finished.
    func stop() {
        let polling = state.withLock { state in
            state.isStopping = true
            return state.polling
        }
        polling?.cancel()
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } || Task.isCancelled }

    /// Polls until it is stopped or cancelled.
    func run() async {
        let limit = mapping.maximumConcurrency ?? Self.concurrency
        var pause = Duration.seconds(1)
        await withTaskGroup(of: Bool.self) { group in
            var underWay = 0
            while !isStopping {
                if underWay >= limit {
                    if await group.next() == false { pause = await rest(pause) } else { pause = .seconds(1) }
                    underWay -= 1
                    continue
                }
                do {
                    let batch = try await gather()
                    guard !batch.items.isEmpty else { continue }
                    group.addTask { await self.handle(batch) }
                    underWay += 1
                } catch {
                    guard !isStopping else { break }
                    note("PROBLEM: \((error as? AWSError)?.message ?? "\(error)")")
                    pause = await rest(pause)
                }
            }
        }
    }

    /// Waits after a failure, longer each time.
    private func rest(_ pause: Duration) async -> Duration {
        let time = parts.surroundings.time
        try? await time.sleep(until: parts.surroundings.now + pause)
        return min(pause * 2, .seconds(60))
    }

    private func note(_ result: String) { state.withLock { $0.result = result } }

    // MARK: Receiving

    /// A batch: what there is at once, or as much as comes within the window.
    private func gather() async throws -> QueueBatch {
        var batch = QueueBatch(items: [])
        var bytes = 0
        var deadline: Timestamp?
        repeat {
            let now = parts.surroundings.now
            let wait = deadline.map { Int(max(0, ($0 - now).inSeconds).rounded(.up)) } ?? 20
            let found = try await receive(min(10, mapping.batchSize - batch.items.count), wait: min(wait, 20))
            if found.isEmpty, deadline == nil { return batch }
            let (wanted, unwanted) = split(found)
            if !unwanted.isEmpty { try await delete(unwanted) }
            batch.items += wanted
            bytes += wanted.reduce(0) { $0 + ($1.record["body"]?.string?.utf8.count ?? 0) + 1000 }
            if deadline == nil { deadline = now + .seconds(mapping.windowSeconds) }
        } while mapping.windowSeconds > 0 && batch.items.count < mapping.batchSize && bytes < Self.payloadLimit / 2
            && parts.surroundings.now < (deadline ?? .init(microseconds: 0)) && !isStopping
        return batch
    }

    private func split(_ items: [QueueBatch.Item]) -> (wanted: [QueueBatch.Item], unwanted: [QueueBatch.Item]) {
        guard !patterns.isEmpty else { return (items, []) }
        return (items.filter { $0.matches(patterns) }, items.filter { !$0.matches(patterns) })
    }

    private func receive(_ most: Int, wait: Int) async throws -> [QueueBatch.Item] {
        let caller = try await caller()
        let input: JSON = [
            "QueueUrl": .string(mapping.queueURL(parts.cloud.endpoint)), "MaxNumberOfMessages": .int(most),
            "WaitTimeSeconds": .int(wait), "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        ]
        let cloud = parts.cloud
        // Waited for right below; a task of its own, so that stopping ends the wait and not the batches under way.
        let polling = Task { try await cloud.call("sqs", "ReceiveMessage", input, as: caller) }
        let mayPoll = state.withLock { state in
            if !state.isStopping { state.polling = polling }
            return !state.isStopping
        }
        if !mayPoll { polling.cancel() }
        let answer = try await withTaskCancellationHandler {
            try await polling.value
        } onCancel: {
            polling.cancel()
        }
        return (answer["Messages"]?.array ?? []).map {
            QueueBatch.Item($0, source: mapping.source, region: mapping.region)
        }
    }

    /// The function's role, asked for anew before its session ends.
    private func caller() async throws -> Caller {
        let now = parts.surroundings.now
        if let session = state.withLock({ $0.session }), session.expires > now + .seconds(300) { return session.caller }
        let name = try FunctionName(parsing: mapping.functionARN, for: mapping.owner)
        let function = try await parts.store.function(name)
        let session = try await parts.cloud.assume(
            function.latest.role, session: function.name, for: "lambda.amazonaws.com", as: mapping.owner)
        state.withLock { $0.session = session }
        return session.caller
    }

    // MARK: Invoking

    /// Runs a batch. False when the function could not be invoked, and polling should slow down.
    private func handle(_ batch: QueueBatch) async -> Bool {
        do {
            let name = try FunctionName(parsing: mapping.functionARN, for: mapping.owner)
            let target = try await parts.store.target(name, draw: parts.surroundings.chance.fraction())
            let outcome = try await parts.invoker.invoke(
                Invoker.Request(id: parts.surroundings.chance.uuid(), target: target, payload: batch.payload))
            let done = batch.done(
                reportsItems: mapping.reportsItems, functionError: outcome.functionError, answer: outcome.payload)
            try await delete(done)
            note(done.count == batch.items.count ? "OK" : "PROBLEM: Function call failed")
            return true
        } catch {
            parts.log.warning(
                "a batch of a queue goes back", metadata: ["mapping": "\(mapping.id)", "error": "\(error)"])
            note("PROBLEM: \((error as? AWSError)?.message ?? "\(error)")")
            return false
        }
    }

    private func delete(_ items: [QueueBatch.Item]) async throws {
        var rest = items[...]
        while !rest.isEmpty {
            let entries = rest.prefix(10).enumerated().map { place, item -> JSON in
                ["Id": .string("\(place)"), "ReceiptHandle": .string(item.receipt)]
            }
            rest = rest.dropFirst(10)
            let input: JSON = [
                "QueueUrl": .string(mapping.queueURL(parts.cloud.endpoint)), "Entries": .array(entries),
            ]
            try await parts.cloud.call("sqs", "DeleteMessageBatch", input, as: try await caller())
        }
    }
}
