internal import Ledger
internal import Notation

extension LogStore {
    /// Writes buffered lines, as part of that write; makes group and stream when they are not there.
    func write(_ lines: [Line], _ target: Target, _ transaction: Transaction) throws {
        let now = transaction.now
        var group: LogGroup
        if let known = try transaction.get(Collections.groups, target.scope + target.group)?.value {
            group = known
        } else {
            group = LogGroup(
                name: target.group, scope: target.scope, id: transaction.surroundings.chance.hexadecimal(16),
                created: now)
        }
        var stream =
            try transaction.get(Collections.streams, Collections.streamKey(group, target.stream))?.value
            ?? LogStream(name: target.stream, id: transaction.surroundings.chance.hexadecimal(16), created: now)
        try append(lines, &stream, &group, transaction)
    }

    /// Numbers lines, stores them in segments, and sees to the group's filters once they are on disk.
    func append(_ lines: [Line], _ stream: inout LogStream, _ group: inout LogGroup, _ transaction: Transaction) throws
    {
        let now = transaction.now.milliseconds
        var events: [LogEvent] = []
        events.reserveCapacity(lines.count)
        for line in lines {
            events.append(
                LogEvent(
                    time: line.time, message: line.message, ingestion: now, number: stream.eventCount + events.count))
        }
        guard let first = events.map(\.time).min(), let last = events.map(\.time).max() else { return }
        try store(events, &stream, group, transaction)
        let bytes = lines.reduce(0) { $0 + LogEvent.size($1.message) }
        stream.eventCount += events.count
        stream.firstEvent = min(stream.firstEvent ?? first, first)
        stream.lastEvent = max(stream.lastEvent ?? last, last)
        stream.lastIngestion = now
        stream.storedBytes += bytes
        group.storedBytes += bytes
        try transaction.put(Collections.streams, Collections.streamKey(group, stream.name), stream)
        try transaction.put(Collections.groups, group.key, group)
        try dispatcher.dispatch(events, group, stream, transaction)
    }

    private func store(
        _ events: [LogEvent], _ stream: inout LogStream, _ group: LogGroup, _ transaction: Transaction
    ) throws {
        var old = stream.openSegment
        var open = try old.flatMap { try transaction.get(Collections.segments, $0)?.value }
        for event in events {
            if open?.append(event) ?? false { continue }
            if let full = open { _ = try save(full, replacing: old, group, transaction) }
            old = nil
            open = Segment(streamID: stream.id, streamName: stream.name, event)
        }
        guard let open else { return }
        let key = try save(open, replacing: old, group, transaction)
        stream.openSegment = open.bytes < Segment.openLimit ? key : nil
    }

    private func save(
        _ segment: Segment, replacing old: String?, _ group: LogGroup, _ transaction: Transaction
    ) throws -> String {
        let suffix = "\(segment.streamID)-\(segment.events.first?.number ?? 0)"
        let key = Collections.segmentKey(group.id, last: segment.last, suffix)
        if let old, old != key { try transaction.delete(Collections.segments, old) }
        try transaction.put(Collections.segments, key, segment)
        return key
    }
}
