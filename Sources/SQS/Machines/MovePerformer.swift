import Cloud
import Ledger
import Notation

/// Moves messages from a dead letter queue, a portion at a time; each portion is one write.
struct MovePerformer: Performer {
    typealias Engine = MessageMove

    let service: SQSService

    func perform(_ command: MessageMove.Command, of id: String, key: String) async throws -> MessageMove.Event? {
        guard let task = try await service.moves.machine(id) else { return nil }
        guard let source = try await service.queue(arn: task.source) else {
            return .failed("AWS.SimpleQueueService.NonExistentQueue")
        }
        let live = try await service.queues.live(source)
        let places = live.visible(limit: command.limit, now: service.ledger.surroundings.now)
        guard !places.isEmpty else { return .moved(0, isLast: true) }
        return try await move(places, source, live, to: task.destination)
    }

    /// A message moved twice is none: what a crash let happen is gone from the source the second time.
    private func move(
        _ places: [Int64], _ source: Queue, _ live: LiveQueue, to destination: String?
    ) async throws -> MessageMove.Event {
        var targets: [String: (queue: Queue, live: LiveQueue, ticket: Int)] = [:]
        var homes: [(place: Int64, arn: String)] = []
        for place in places {
            let message = try await service.ledger.get(Message.all, Message.key(source.generation, place))?.value
            guard let arn = destination ?? message?.deadLetterSource else {
                return .failed("CouldNotDetermineMessageSource")
            }
            if targets[arn] == nil {
                guard let queue = try await service.queue(arn: arn) else {
                    return .failed("AWS.SimpleQueueService.NonExistentQueue")
                }
                let target = try await service.queues.live(queue)
                targets[arn] = (queue, target, target.ticket())
            }
            homes.append((place, arn))
        }
        let taken = homes.compactMap { home in live.remove(home.place, counts: false).map { (home.place, $0) } }
        let (wanted, known) = (homes, targets)
        do {
            let count = try await service.ledger.write { write in
                try wanted.reduce(0) { sum, home in
                    guard let target = known[home.arn] else { return sum }
                    return sum + (try Self.move(home.place, source, target, write) ? 1 : 0)
                }
            }
            for target in targets.values {
                target.live.publish(target.ticket, bytes: 0, now: service.ledger.surroundings.now)
            }
            return .moved(count, isLast: false)
        } catch {
            for target in targets.values { target.live.abandon(target.ticket) }
            live.restore(taken, now: service.ledger.surroundings.now)
            throw error
        }
    }

    /// A redriven message is like a new one: its age and its count begin anew.
    private static func move(
        _ place: Int64, _ source: Queue, _ target: (queue: Queue, live: LiveQueue, ticket: Int), _ write: Transaction
    ) throws -> Bool {
        let key = Message.key(source.generation, place)
        guard var message = try write.get(Message.all, key)?.value else { return false }
        try write.deleteMessage(source.generation, place)
        message.sent = write.now
        message.delayedUntil = nil
        message.deadLetterSource = nil
        guard
            case .new(let sequence) = target.live.stage(
                message, deduplication: nil, ticket: target.ticket, now: write.now)
        else { return false }
        try write.put(Message.all, Message.key(target.queue.generation, sequence), message)
        return true
    }
}
