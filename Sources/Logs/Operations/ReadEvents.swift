internal import Cloud
internal import Ledger
internal import Notation

extension LogsService {
    private struct GetInput: Decodable {
        let logGroupName, logGroupIdentifier, nextToken: String?
        let logStreamName: String
        let startTime, endTime: Int64?
        let limit: Int?
        let startFromHead: Bool?
    }
    private struct FilterInput: Decodable {
        let logGroupName, logGroupIdentifier, logStreamNamePrefix, filterPattern, nextToken: String?
        let logStreamNames: [String]?
        let startTime, endTime: Int64?
        let limit: Int?
        let interleaved: Bool?
    }

    /// The most events one answer holds.
    private static let pageLimit = 10_000

    // MARK: GetLogEvents

    var getLogEvents: Operation {
        Operation(
            "GetLogEvents",
            enforces: "logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead"
        ) { (input: GetInput, call) in
            let name = try GroupReference(
                logGroupName: input.logGroupName, logGroupIdentifier: input.logGroupIdentifier
            ).name()
            try await store.flush()
            let group = try await group(name, call.caller)
            let stream = try await stream(input.logStreamName, group)
            return try await page(input, group, stream)
        }
    }

    private func page(_ input: GetInput, _ group: LogGroup, _ stream: LogStream) async throws -> JSON {
        let limit = min(input.limit ?? Self.pageLimit, Self.pageLimit)
        let start = max(input.startTime ?? 0, 0)
        let token = try input.nextToken.map { try StreamToken($0, stream.name) }
        let page: LogPage
        if token?.isForward ?? (input.startFromHead ?? false) {
            let place = token?.position ?? LogPosition(time: start, stream: stream.name, number: 0)
            page = try await store.search(
                LogSearch(
                    group: group, stream: stream,
                    from: max(place, LogPosition(time: start, stream: stream.name, number: 0)),
                    end: input.endTime ?? .max, limit: limit))
        } else {
            let place = token?.position ?? LogPosition(time: .max, stream: "", number: 0)
            let end = min(place, LogPosition(time: input.endTime ?? .max, stream: "", number: 0))
            page = try await store.latest(
                stream, group, before: LogPosition(time: end.time, stream: "", number: end.number), from: start,
                limit: limit)
        }
        // Without events the place stays: at the end of a stream the token comes back as it was given.
        let fallback = token?.position ?? LogPosition(time: start, stream: stream.name, number: 0)
        let first = page.events.first?.position ?? fallback
        let next =
            page.next
            ?? page.events.last.map { LogPosition(time: $0.event.time, stream: $0.stream, number: $0.event.number + 1) }
        return [
            "events": .array(
                page.events.map { found in
                    [
                        "timestamp": .int(Int(found.event.time)), "message": .string(found.event.message),
                        "ingestionTime": .int(Int(found.event.ingestion)),
                    ]
                }),
            "nextForwardToken": .string(StreamToken(isForward: true, position: next ?? fallback).text),
            "nextBackwardToken": .string(StreamToken(isForward: false, position: first).text),
        ]
    }

    // MARK: FilterLogEvents

    var filterLogEvents: Operation {
        Operation(
            "FilterLogEvents",
            enforces:
                "logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime "
                + "filterPattern nextToken limit interleaved"
        ) { (input: FilterInput, call) in
            let name = try GroupReference(
                logGroupName: input.logGroupName, logGroupIdentifier: input.logGroupIdentifier
            ).name()
            guard input.logStreamNames == nil || input.logStreamNamePrefix == nil else {
                throw Refusal.invalid("logStreamNamePrefix and logStreamNames cannot both be specified.")
            }
            try await store.flush()
            let group = try await group(name, call.caller)
            let search = try await search(input, group)
            let page = try await store.search(search)
            var ids: [String: String] = [:]
            for stream in Set(page.events.map(\.stream)) {
                ids[stream] = try await ledger.get(Collections.streams, Collections.streamKey(group, stream))?.value.id
            }
            var output: JSON = [
                "events": .array(
                    page.events.map { found in
                        [
                            "logStreamName": .string(found.stream), "timestamp": .int(Int(found.event.time)),
                            "message": .string(found.event.message), "ingestionTime": .int(Int(found.event.ingestion)),
                            "eventId": .string(EventID.text(found.event, ids[found.stream] ?? "")),
                        ]
                    }), "searchedLogStreams": [],
            ]
            if let next = page.next { output["nextToken"] = .string(SearchToken.text(next)) }
            return output
        }
    }

    private func search(_ input: FilterInput, _ group: LogGroup) async throws -> LogSearch {
        let pattern: FilterPattern
        do { pattern = try FilterPattern(parsing: input.filterPattern ?? "") } catch let error as FilterPatternError {
            throw Refusal.pattern(error)
        }
        var search = LogSearch(
            group: group, from: LogPosition(time: max(0, input.startTime ?? 0), stream: "", number: 0),
            end: input.endTime.map { $0 < .max ? $0 + 1 : $0 } ?? .max,
            limit: min(input.limit ?? Self.pageLimit, Self.pageLimit))
        search.matches = { pattern.matches($0) }
        if let token = input.nextToken { search.from = max(search.from, try SearchToken.position(token)) }
        if let names = input.logStreamNames {
            var streams: [LogStream] = []
            for name in names { streams.append(try await stream(name, group)) }
            if streams.count == 1 { search.stream = streams.first }
            let wanted = Set(names)
            search.isWanted = { wanted.contains($0) }
        } else if let prefix = input.logStreamNamePrefix {
            search.isWanted = { $0.hasPrefix(prefix) }
        }
        return search
    }
}

/// A place in a stream as GetLogEvents tells it: `f/` or `b/` and 56 digits.
struct StreamToken {
    let isForward: Bool
    let position: LogPosition

    init(isForward: Bool, position: LogPosition) {
        self.isForward = isForward
        self.position = position
    }

    init(_ text: String, _ stream: String) throws {
        let digits = text.dropFirst(2)
        guard text.hasPrefix("f/") || text.hasPrefix("b/"), digits.count == 56, let time = Int64(digits.prefix(20)),
            let number = Int(digits.suffix(18))
        else { throw Refusal.badToken }
        self.init(isForward: text.hasPrefix("f/"), position: LogPosition(time: time, stream: stream, number: number))
    }

    var text: String {
        (isForward ? "f/" : "b/") + EventID.padded(String(position.time), 20)
            + EventID.padded(String(position.number), 36)
    }
}

/// A place among streams as FilterLogEvents tells it.
enum SearchToken {
    static func text(_ position: LogPosition) -> String {
        Base64.encode("\(position.time)/\(position.number)/\(position.stream)".utf8)
    }

    static func position(_ token: String) throws -> LogPosition {
        let parts = (Base64.decodeText(token) ?? "").split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let time = Int64(parts[0]), let number = Int(parts[1]) else { throw Refusal.badToken }
        return LogPosition(time: time, stream: String(parts[2]), number: number)
    }
}
