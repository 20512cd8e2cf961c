internal import Ledger
internal import Notation

/// An event and its stream.
struct FoundEvent: Sendable {
    let event: LogEvent
    let stream: String

    var position: LogPosition { LogPosition(time: event.time, stream: stream, number: event.number) }
}

/// What to look for. Times are milliseconds since 1970.
struct LogSearch: Sendable {
    var group: LogGroup
    /// The one stream to look in; nil for several.
    var stream: LogStream?
    /// Which streams count, when several are looked in.
    var isWanted: @Sendable (String) -> Bool = { _ in true }
    /// Where to begin: events at this position or later.
    var from: LogPosition
    /// Events before this time.
    var end = Int64.max
    var matches: @Sendable (String) -> Bool = { _ in true }
    var limit: Int
    /// The most bytes an answer holds. Source: CloudWatch Logs API Reference, GetLogEvents and FilterLogEvents.
    var byteLimit = 1 << 20
}

/// What a search found, in order.
struct LogPage: Sendable {
    var events: [FoundEvent] = []
    /// Where to go on; nil when nothing is left.
    var next: LogPosition?
}

extension LogStore {
    /// So many segments are read at a time.
    private static var pageSize: Int { 16 }
    /// After so many a search pauses and gives what it has, so that no call runs for long: about 64 MB.
    private static var scanLimit: Int { 256 }

    /// The first events from a position on, in order of time, stream and arrival.
    func search(_ search: LogSearch) async throws -> LogPage {
        var found = Candidates(limit: search.limit, byteLimit: search.byteLimit)
        let horizon = search.group.horizon(ledger.surroundings.now) ?? .min
        let start = max(search.from.time, horizon)
        var after = Collections.segmentKey(search.group.id, last: start, "")
        var scanned = 0
        while true {
            let page = try await segments(search, after: after)
            for document in page {
                let segment = document.value
                // No segment from here on begins earlier than this.
                let frontier = segment.last - Segment.spanLimit
                if frontier >= search.end || found.isFull(before: frontier) { return found.page(before: nil) }
                if scanned >= Self.scanLimit, frontier > start { return found.page(before: frontier) }
                scanned += 1
                guard search.isWanted(segment.streamName) else { continue }
                for event in segment.events where event.time >= start && event.time < search.end {
                    let position = LogPosition(time: event.time, stream: segment.streamName, number: event.number)
                    if position >= search.from, search.matches(event.message) {
                        found.add(FoundEvent(event: event, stream: segment.streamName))
                    }
                }
            }
            guard page.count == Self.pageSize, let last = page.last?.key else { return found.page(before: nil) }
            after = last
        }
    }

    private func segments(_ search: LogSearch, after: String) async throws -> [Document<Segment>] {
        if let stream = search.stream {
            return try await ledger.find(Collections.segments, "stream", stream.id, after: after, limit: Self.pageSize)
        }
        return try await ledger.list(
            Collections.segments, prefix: search.group.id + "/", after: after, limit: Self.pageSize)
    }

    /// The last events of a stream before a position, in order. Looks back further and further until there are enough.
    func latest(_ stream: LogStream, _ group: LogGroup, before end: LogPosition, from start: Int64, limit: Int)
        async throws -> LogPage
    {
        let oldest = max(start, stream.firstEvent ?? 0)
        let newest = min(end.time, (stream.lastEvent ?? 0) + 1)
        var reach: Int64 = 10_000
        while true {
            let from = max(oldest, newest - reach)
            var tail = Tail(limit: limit, byteLimit: 1 << 20)
            var search = LogSearch(
                group: group, stream: stream, from: LogPosition(time: from, stream: "", number: 0),
                end: end.time == .max ? .max : end.time + 1,
                limit: 10_000, byteLimit: 4 << 20)
            while true {
                let page = try await self.search(search)
                for event in page.events where event.event.position < end { tail.add(event) }
                guard let next = page.next else { break }
                search.from = next
            }
            if tail.trim() || from <= oldest { return LogPage(events: tail.events) }
            reach *= 8
        }
    }
}
