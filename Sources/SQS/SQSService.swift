package import Cloud
package import Ledger
internal import Logging
package import Notation
package import ServiceLifecycle

/// Amazon SQS: standard and FIFO queues.
package struct SQSService: CloudService {
    package let id = "sqs"
    let cloud: Cloud
    let ledger: Ledger
    let queues: LiveQueues
    let metrics: (any QueueMetrics)?
    let moves: MachineRunner<MessageMove>
    let sweeper: Sweeper

    /// The service behind that door.
    ///
    /// - Parameter metrics: Where figures about queues go; nowhere without it.
    package init(cloud: Cloud, ledger: Ledger, metrics: (any QueueMetrics)? = nil) {
        self.cloud = cloud
        self.ledger = ledger
        self.metrics = metrics
        queues = LiveQueues(ledger: ledger)
        moves = MachineRunner(ledger: ledger, project: MoveTask.project)
        sweeper = Sweeper(ledger: ledger, queues: queues, metrics: metrics)
        moves.use(MovePerformer(service: self))
    }

    package var operations: [Operation] {
        making + attributes + labels + sending + receiving + deleting + holding + moving
    }

    package var resourceTypes: [ResourceType] { [Self.queueType, Self.policyType, Self.inlinePolicyType] }

    /// What runs for as long as the house is open: the sweep of what is too old, and the moving of dead letters.
    package var services: [any Service] { [sweeper, moves] }

    /// Ends long polls, so that they do not hold up a server that stops.
    package func close() { queues.close() }

    /// The policy of the queue with that ARN, for whoever decides about access; nil when it has none, or there is no
    /// such queue.
    package func policy(ofQueueARN arn: String) async throws -> String? {
        guard let key = Queue.key(ofARN: arn) else { return nil }
        return try await ledger.get(Queue.all, key)?.value.policy
    }

    // MARK: Finding queues

    /// The queue that a request's URL means.
    ///
    /// - Throws: ``AWSError`` with `QueueDoesNotExist` or `InvalidAddress`.
    func queue(_ url: String, _ caller: Caller) async throws -> Queue {
        guard let found = try await ledger.get(Queue.all, try Queue.key(ofURL: url, caller)) else {
            throw AWSError.noQueue()
        }
        return found.value
    }

    /// The queue of that ARN; nil when there is none.
    func queue(arn: String) async throws -> Queue? {
        guard let key = Queue.key(ofARN: arn) else { return nil }
        return try await ledger.get(Queue.all, key)?.value
    }
}

/// Where figures about queues go. Met by the composition root, with CloudWatch behind it.
package protocol QueueMetrics: Sendable {
    /// Adds figures of one queue, by their names in the namespace `AWS/SQS`. Called once a minute for a queue in use.
    func add(_ figures: [QueueFigure], queue: String, account: String, region: String, at moment: Timestamp)
}

/// A figure about a queue.
package struct QueueFigure: Sendable, Hashable {
    /// Such as `NumberOfMessagesSent`.
    package let name: String
    /// CloudWatch's word for its unit.
    package let unit: String
    /// The figure.
    package let value: Double
}

extension Transaction {
    /// The queue inside this write.
    func queue(_ key: String) throws -> Queue {
        guard let found = try get(Queue.all, key)?.value else { throw AWSError.noQueue() }
        return found
    }

    /// Notes a call that changed a queue in the one log, as CloudTrail shows it. Messages are never in it.
    func note(_ call: Call, _ queue: Queue) throws {
        try append(
            LedgerEvent(
                time: now, source: "aws.sqs", detailType: "AWS API Call via CloudTrail", account: queue.account,
                region: queue.region, resources: [queue.arn],
                detail: [
                    "eventSource": "sqs.amazonaws.com", "eventName": .string(call.operation), "eventType": "AwsApiCall",
                    "awsRegion": .string(queue.region), "eventTime": .string(now.iso8601()),
                    "requestID": .string(call.requestID),
                    "userIdentity": ["arn": .string(call.caller.principal), "accountId": .string(call.caller.account)],
                    "requestParameters": ["queueName": .string(queue.name)],
                ]))
    }
}
