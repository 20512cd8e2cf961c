import Cloud
import Ledger
import Notation

extension SQSService {
    struct StartMoveInput: Decodable, Sendable {
        let SourceArn: String, DestinationArn: String?, MaxNumberOfMessagesPerSecond: Int?
    }
    struct HandleOutput: Encodable { let TaskHandle: String }
    struct HandleInput: Decodable, Sendable { let TaskHandle: String }
    struct CancelOutput: Encodable { let ApproximateNumberOfMessagesMoved: Int }
    struct MovesInput: Decodable, Sendable { let SourceArn: String, MaxResults: Int? }
    struct MovesOutput: Encodable { let Results: [MoveView] }
    struct MoveView: Encodable {
        let TaskHandle: String?, Status: String, SourceArn: String, DestinationArn: String?
        let MaxNumberOfMessagesPerSecond: Int?, ApproximateNumberOfMessagesMoved: Int
        let ApproximateNumberOfMessagesToMove: Int, FailureReason: String?, StartedTimestamp: Int64

        init(_ task: MoveTask) {
            let machine = task.machine
            // Only a running task can be cancelled, so only it has a handle.
            TaskHandle = machine.status == .running ? task.id : nil
            Status = machine.status.rawValue
            SourceArn = machine.source
            DestinationArn = machine.destination
            MaxNumberOfMessagesPerSecond = machine.perSecond
            ApproximateNumberOfMessagesMoved = machine.moved
            ApproximateNumberOfMessagesToMove = machine.count
            FailureReason = machine.failure
            StartedTimestamp = machine.started.milliseconds
        }
    }

    var moving: [Operation] {
        [
            Operation("StartMessageMoveTask", enforces: "SourceArn DestinationArn MaxNumberOfMessagesPerSecond") {
                (input: StartMoveInput, call) in try await startMove(input, call)
            },
            Operation("CancelMessageMoveTask", enforces: "TaskHandle") { (input: HandleInput, _) in
                guard let machine = try await moves.machine(input.TaskHandle) else {
                    throw AWSError("ResourceNotFoundException", "Task does not exist.", status: 404)
                }
                guard machine.status == .running else {
                    throw AWSError("UnsupportedOperation", "Only active tasks can be cancelled.")
                }
                try await moves.send(.cancelled, to: input.TaskHandle)
                return CancelOutput(ApproximateNumberOfMessagesMoved: machine.moved)
            },
            Operation("ListMessageMoveTasks", enforces: "SourceArn MaxResults") { (input: MovesInput, _) in
                guard try await queue(arn: input.SourceArn) != nil else { throw Self.noSource() }
                let limit = input.MaxResults ?? 1
                guard (1...10).contains(limit) else {
                    throw AWSError.invalid("\(limit)", "MaxResults", "Must be between 1 and 10, if provided.")
                }
                let tasks = try await moves(from: input.SourceArn)
                return MovesOutput(Results: tasks.prefix(limit).map { MoveView($0) })
            },
        ]
    }

    private static func noSource() -> AWSError {
        AWSError(
            "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.",
            status: 404)
    }

    /// A queue's moves, the newest first.
    private func moves(from arn: String) async throws -> [MoveTask] {
        try await ledger.find(MoveTask.all, "source", arn).map(\.value)
            .sorted { $0.machine.started > $1.machine.started }
    }

    private func startMove(_ input: StartMoveInput, _ call: Call) async throws -> HandleOutput {
        guard let source = try await queue(arn: input.SourceArn) else { throw Self.noSource() }
        guard try await !ledger.find(Queue.all, "deadLetterTarget", source.arn, limit: 1).isEmpty else {
            throw AWSError("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        }
        if let destination = input.DestinationArn {
            guard let target = try await queue(arn: destination), target.arn != source.arn,
                target.isFIFO == source.isFIFO
            else {
                throw AWSError(
                    "ResourceNotFoundException",
                    "The resource that you specified for the DestinationArn parameter doesn't exist or cannot take the messages.",
                    status: 404)
            }
        }
        if let rate = input.MaxNumberOfMessagesPerSecond, !(1...500).contains(rate) {
            throw AWSError.invalid("\(rate)", "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500, if provided.")
        }
        let known = try await moves(from: source.arn)
        guard !known.contains(where: { $0.machine.status == .running || $0.machine.status == .cancelling }) else {
            throw AWSError(
                "UnsupportedOperation",
                "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
            )
        }
        let count = try await queues.live(source).counts(now: call.time).visible
        let id = cloud.surroundings.chance.uuid()
        let machine = MessageMove(
            source: source.arn, destination: input.DestinationArn, perSecond: input.MaxNumberOfMessagesPerSecond,
            started: call.time)
        try await ledger.write { write in
            // AWS shows the last ten of a queue.
            for old in known.dropFirst(9) {
                try moves.remove(old.id, in: write)
                try write.delete(MoveTask.all, old.id)
            }
            try moves.begin(id, machine, with: .begun(count: count), in: write)
            try write.note(call, source)
        }
        return HandleOutput(TaskHandle: id)
    }
}
