import Cloud
import Ledger
import Notation

extension SQSService {
    struct CreateInput: Decodable, Sendable {
        let QueueName: String, Attributes: [String: String]?, tags: [String: String]?
    }
    struct URLOutput: Encodable { let QueueUrl: String }
    struct FindInput: Decodable, Sendable { let QueueName: String, QueueOwnerAWSAccountId: String? }
    struct ListInput: Decodable, Sendable { let QueueNamePrefix: String?, NextToken: String?, MaxResults: Int? }
    struct ListOutput: Encodable { let QueueUrls: [String]?, NextToken: String? }
    struct URLInput: Decodable, Sendable { let QueueUrl: String }
    struct SourcesInput: Decodable, Sendable { let QueueUrl: String, NextToken: String?, MaxResults: Int? }
    struct SourcesOutput: Encodable { let queueUrls: [String], NextToken: String? }

    var making: [Operation] {
        [
            Operation("CreateQueue", enforces: "QueueName Attributes tags") { (input: CreateInput, call) in
                try await create(input, call)
            },
            Operation("GetQueueUrl", enforces: "QueueName QueueOwnerAWSAccountId") { (input: FindInput, call) in
                let key =
                    "\(input.QueueOwnerAWSAccountId ?? call.caller.account)/\(call.caller.region)/\(input.QueueName)"
                guard let found = try await ledger.get(Queue.all, key) else { throw AWSError.noQueue() }
                return URLOutput(QueueUrl: found.value.url(call.endpoint))
            },
            Operation("ListQueues", enforces: "QueueNamePrefix NextToken MaxResults") { (input: ListInput, call) in
                let prefix = call.caller.key(input.QueueNamePrefix ?? "")
                let (found, next) = try await page(input.MaxResults, input.NextToken, call) { after, limit in
                    try await ledger.list(Queue.all, prefix: prefix, after: after, limit: limit)
                }
                return ListOutput(QueueUrls: found.isEmpty ? nil : found, NextToken: next)
            },
            Operation("ListDeadLetterSourceQueues", enforces: "QueueUrl NextToken MaxResults") {
                (input: SourcesInput, call) in
                let queue = try await queue(input.QueueUrl, call.caller)
                let (found, next) = try await page(input.MaxResults, input.NextToken, call) { after, limit in
                    try await ledger.find(Queue.all, "deadLetterTarget", queue.arn, after: after, limit: limit)
                }
                return SourcesOutput(queueUrls: found, NextToken: next)
            },
            Operation("DeleteQueue", enforces: "QueueUrl") { (input: URLInput, call) in
                let key = try Queue.key(ofURL: input.QueueUrl, call.caller)
                let generation = try await ledger.write { write in
                    let queue = try write.queue(key)
                    try write.delete(Queue.all, key)
                    try write.put(Leftover.all, queue.generation, Leftover(generation: queue.generation))
                    try write.note(call, queue)
                    return queue.generation
                }
                await queues.forget(generation)
                sweeper.look()
                return Nothing()
            },
            Operation("PurgeQueue", enforces: "QueueUrl") { (input: URLInput, call) in
                try await purge(try Queue.key(ofURL: input.QueueUrl, call.caller), call)
                return Nothing()
            },
        ]
    }

    /// Makes a queue, or finds the one of the same name and attributes.
    private func create(_ input: CreateInput, _ call: Call) async throws -> URLOutput {
        let given = input.Attributes ?? [:]
        try QueueAttributes.checkName(input.QueueName, isFIFO: given["FifoQueue"] == "true")
        try QueueAttributes.check(given, queue: input.QueueName)
        try QueueAttributes.checkTogether(given)
        try Self.checkTags(input.tags ?? [:], call)
        let caller = call.caller
        let queue = try await ledger.write { write in
            let key = caller.key(input.QueueName)
            if let known = try write.get(Queue.all, key)?.value {
                try Self.check(given, against: known)
                return known
            }
            let queue = Queue(
                name: input.QueueName, account: caller.account, region: caller.region,
                generation: write.surroundings.chance.hexadecimal(16), attributes: given.filter { !$0.value.isEmpty },
                tags: input.tags ?? [:], created: write.now, modified: write.now)
            try QueueAttributes.checkRedrive(queue, write)
            try write.put(Queue.all, key, queue)
            try write.note(call, queue)
            return queue
        }
        return URLOutput(QueueUrl: queue.url(call.endpoint))
    }

    /// Refuses a second CreateQueue that wants another queue. Only what it states is compared.
    private static func check(_ given: [String: String], against known: Queue) throws {
        let shown = QueueAttributes.shown(known, QueueCounts())
        for (name, value) in given.sorted(by: { $0.key < $1.key }) where shown[name] ?? "" != value {
            if name == "FifoQueue", value == "false", !known.isFIFO { continue }
            throw AWSError(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for attribute \(name)")
        }
    }

    /// A page of queues' URLs; the token is the key of the last one shown.
    private func page(
        _ size: Int?, _ token: String?, _ call: Call,
        _ fetch: (_ after: String, _ limit: Int) async throws -> [Document<Queue>]
    ) async throws -> ([String], String?) {
        if let size, !(1...1000).contains(size) {
            throw AWSError.invalid("\(size)", "MaxResults", "Must be between 1 and 1000, if provided.")
        }
        let limit = size ?? 1000
        let after = try token.map { text in
            guard let key = PageMark.open(text, call) else {
                throw AWSError.invalid(text, "NextToken", "It is not a token of this operation.")
            }
            return key
        }
        let found = try await fetch(after ?? "", limit + 1)
        let shown = found.prefix(limit)
        // Without a page size AWS gives a thousand and no token.
        let next = found.count > limit && size != nil ? shown.last.map { PageMark.seal($0.key, call) } : nil
        return (shown.map { $0.value.url(call.endpoint) }, next)
    }

    private func purge(_ key: String, _ call: Call) async throws {
        let generation = try await ledger.write { write in
            var queue = try write.queue(key)
            if let last = queue.purged, write.now - last < .seconds(60) {
                throw AWSError(
                    "PurgeQueueInProgress",
                    "Only one PurgeQueue operation on \(queue.name) is allowed every 60 seconds.", status: 403)
            }
            let old = queue.generation
            queue.generation = write.surroundings.chance.hexadecimal(16)
            queue.purged = write.now
            try write.put(Queue.all, key, queue)
            try write.put(Leftover.all, old, Leftover(generation: old))
            try write.note(call, queue)
            return old
        }
        await queues.forget(generation)
        sweeper.look()
    }
}
