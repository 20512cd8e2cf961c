internal import Notation

/// A line of a log.
struct LogEvent: Sendable, Hashable {
    /// When it happened, in milliseconds since 1970.
    let time: Int64
    let message: String
    /// When it was taken in, likewise.
    let ingestion: Int64
    /// Its place among all events its stream ever had.
    let number: Int

    /// Where it stands in its stream: by time, and by arrival among equals.
    var position: LogPosition { LogPosition(time: time, stream: "", number: number) }

    /// What AWS counts for an event: its UTF-8 bytes and 26 more.
    static func size(_ message: String) -> Int { message.utf8.count + 26 }
}

/// The id an event has in answers: 56 digits, as AWS's.
enum EventID {
    static func text(_ event: LogEvent, _ streamID: String) -> String {
        let stream = String(UInt64(streamID, radix: 16) ?? 0)
        return padded(String(event.time), 15) + padded(stream, 20) + padded(String(event.number), 21)
    }

    static func padded(_ digits: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A place in a stream, or among several.
struct LogPosition: Sendable, Hashable, Comparable {
    let time: Int64
    let stream: String
    let number: Int

    static func < (left: LogPosition, right: LogPosition) -> Bool {
        if left.time != right.time { return left.time < right.time }
        if left.stream != right.stream { return left.stream < right.stream }
        return left.number < right.number
    }
}

/// A run of events of one stream, stored together.
struct Segment: Codable, Sendable {
    let streamID: String
    let streamName: String
    /// In the order they came in; their numbers follow one another.
    private(set) var events: [LogEvent]
    private(set) var bytes: Int
    private(set) var first: Int64
    private(set) var last: Int64

    /// A segment this large is closed. Small ones are rewritten as events come in, so the bound is low.
    static let openLimit = 32 << 10
    /// A segment never grows beyond this, unless one event is larger: it is what a reader holds in memory at a time.
    static let sizeLimit = 256 << 10
    /// Nor does it span more time, in milliseconds: a reader who is past this stops looking for earlier events.
    static let spanLimit: Int64 = 60_000

    init(streamID: String, streamName: String, _ event: LogEvent) {
        self.streamID = streamID
        self.streamName = streamName
        events = [event]
        bytes = LogEvent.size(event.message)
        (first, last) = (event.time, event.time)
    }

    /// Adds an event unless the segment has become too large or too long for it.
    mutating func append(_ event: LogEvent) -> Bool {
        let size = LogEvent.size(event.message)
        guard bytes + size <= Self.sizeLimit, max(last, event.time) - min(first, event.time) <= Self.spanLimit else {
            return false
        }
        events.append(event)
        bytes += size
        (first, last) = (min(first, event.time), max(last, event.time))
        return true
    }

    // MARK: Stored form: columns, so that names are not repeated for each event

    private enum CodingKeys: String, CodingKey { case stream, name, number, times, ingestions, messages }

    init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        streamID = try box.decode(String.self, forKey: .stream)
        streamName = try box.decode(String.self, forKey: .name)
        let number = try box.decode(Int.self, forKey: .number)
        let times = try box.decode([Int64].self, forKey: .times)
        let ingestions = try box.decode([Int64].self, forKey: .ingestions)
        let messages = try box.decode([String].self, forKey: .messages)
        guard times.count == messages.count, ingestions.count == messages.count, let start = times.min(),
            let end = times.max()
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .times, in: box, debugDescription: "The columns differ in length.")
        }
        events = messages.indices.map {
            LogEvent(time: times[$0], message: messages[$0], ingestion: ingestions[$0], number: number + $0)
        }
        bytes = messages.reduce(0) { $0 + LogEvent.size($1) }
        (first, last) = (start, end)
    }

    func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(streamID, forKey: .stream)
        try box.encode(streamName, forKey: .name)
        try box.encode(events.first?.number ?? 0, forKey: .number)
        // As trees: one step instead of one for each element.
        try box.encode(JSON.array(events.map { .int(Int($0.time)) }), forKey: .times)
        try box.encode(JSON.array(events.map { .int(Int($0.ingestion)) }), forKey: .ingestions)
        try box.encode(JSON.array(events.map { .string($0.message) }), forKey: .messages)
    }
}
