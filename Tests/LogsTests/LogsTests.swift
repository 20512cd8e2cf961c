import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import Logs

private let start: Int64 = 1_750_000_000_000

/// Remembers the metric values it is given.
final class RecordedMetrics: MetricRecording {
    let values = Mutex<[String]>([])

    func record(
        _ namespace: String, _ name: String, dimensions: [(String, String)], value: Double, unit: String,
        at moment: Timestamp?,
        account: String, region: String
    ) {
        let sets = dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
        values.withLock {
            $0.append("\(namespace)/\(name){\(sets)} \(value) \(unit) @\((moment?.milliseconds ?? 0) - start)")
        }
    }
}

func withLogs(
    time: VirtualTime = VirtualTime(now: Timestamp(microseconds: start * 1000)), chance: any Chance = SystemChance(),
    _ body: (TestCloud, LogsService, RecordedMetrics) async throws -> Void
) async throws {
    let metrics = RecordedMetrics()
    var service: LogsService?
    try await withTestCloud(Surroundings(time: time, chance: chance)) { cloud, ledger in
        let made = LogsService(cloud: cloud, ledger: ledger, metrics: metrics)
        service = made
        return [made]
    } _: { test in
        try await body(test, try #require(service), metrics)
    }
}

extension TestCloud {
    /// Makes a group and streams.
    func make(_ group: String, _ streams: [String]) async throws {
        try await call("logs", "CreateLogGroup", ["logGroupName": .string(group)])
        for stream in streams {
            try await call(
                "logs", "CreateLogStream", ["logGroupName": .string(group), "logStreamName": .string(stream)])
        }
    }

    /// Puts events at milliseconds after the start.
    @discardableResult
    func put(_ group: String, _ stream: String, _ events: [(Int64, String)]) async throws -> JSON {
        try await call(
            "logs", "PutLogEvents",
            [
                "logGroupName": .string(group), "logStreamName": .string(stream),
                "logEvents": .array(events.map { ["timestamp": .int(Int(start + $0.0)), "message": .string($0.1)] }),
            ])
    }
}

@Suite("CloudWatch Logs")
struct LogsTests {
    private func messages(_ answer: JSON) -> [String] {
        (answer["events"]?.array ?? []).compactMap { $0["message"]?.string }
    }

    @Test("gives a stream's events forwards and backwards, and tokens that stand still at the ends")
    func pages() async throws {
        try await withLogs { test, _, _ in
            try await test.make("g", ["s"])
            try await test.put("g", "s", (0..<10).map { (Int64($0), "e\($0)") })
            var input: JSON = ["logGroupName": "g", "logStreamName": "s", "startFromHead": true, "limit": 4]
            var seen: [[String]] = []
            for _ in 0..<4 {
                let answer = try await test.call("logs", "GetLogEvents", input)
                seen.append(messages(answer))
                input["nextToken"] = answer["nextForwardToken"]
            }
            #expect(seen == [["e0", "e1", "e2", "e3"], ["e4", "e5", "e6", "e7"], ["e8", "e9"], []])
            let end = try await test.call("logs", "GetLogEvents", input)
            #expect(end["nextForwardToken"] == input["nextToken"])
            try await test.put("g", "s", [(9, "late"), (20, "new")])
            #expect(messages(try await test.call("logs", "GetLogEvents", input)) == ["late", "new"])
            let tail = try await test.call(
                "logs", "GetLogEvents", ["logGroupName": "g", "logStreamName": "s", "limit": 3])
            #expect(messages(tail) == ["e9", "late", "new"])
            let before = try await test.call(
                "logs", "GetLogEvents",
                [
                    "logGroupName": "g", "logStreamName": "s", "limit": 3,
                    "nextToken": tail["nextBackwardToken"] ?? .null,
                ])
            #expect(messages(before) == ["e6", "e7", "e8"])
            let range = try await test.call(
                "logs", "GetLogEvents",
                [
                    "logGroupName": "g", "logStreamName": "s", "startTime": .int(Int(start + 2)),
                    "endTime": .int(Int(start + 5)), "startFromHead": true,
                ])
            #expect(messages(range) == ["e2", "e3", "e4"])
            #expect(
                try await test.refusal(
                    "logs", "GetLogEvents", ["logGroupName": "g", "logStreamName": "s", "nextToken": "f/12"])?.code
                    == "InvalidParameterException")
        }
    }

    @Test(
        "filters the streams of a group in order of time, page by page, each event once",
        arguments: 1...8 as ClosedRange<UInt64>)
    func filtered(seed: UInt64) async throws {
        let chance = SeededChance(seed: seed)
        try await withLogs(chance: chance) { test, _, _ in
            try await test.make("g", ["a", "b", "c"])
            var expected: [(Int64, String)] = []
            for batch in 0..<30 {
                let base = Int64(chance.next() % 600_000)
                let events = (0..<Int(1 + chance.next() % 8)).map {
                    (
                        base + Int64($0 * 700),
                        "m\(batch)-\($0) \(String(repeating: "x", count: Int(chance.next() % 3000)))"
                    )
                }
                try await test.put("g", ["a", "b", "c"][Int(chance.next() % 3)], events)
                expected += events
            }
            var input: JSON = ["logGroupName": "g", "limit": 7, "interleaved": true, "filterPattern": "m -m7"]
            var found: [JSON] = []
            repeat {
                let answer = try await test.call("logs", "FilterLogEvents", input)
                found += answer["events"]?.array ?? []
                input["nextToken"] = answer["nextToken"]
            } while input["nextToken"] != nil && found.count < 1000
            let wanted = expected.filter { !$0.1.contains("m7") }
            #expect(found.compactMap { $0["timestamp"]?.int } == wanted.map { Int(start + $0.0) }.sorted())
            #expect(Set(found.compactMap { $0["message"]?.string }) == Set(wanted.map(\.1)))
            #expect(Set(found.compactMap { $0["eventId"]?.string }).count == wanted.count)
            let all = try await test.call(
                "logs", "FilterLogEvents",
                ["logGroupName": "g", "startTime": .int(Int(start + 100_000)), "endTime": .int(Int(start + 200_000))])
            #expect((all["events"]?.array ?? []).count == expected.filter { (100_000...200_000).contains($0.0) }.count)
            for stream in ["a", "b", "c"] {
                let tail = try await test.call(
                    "logs", "GetLogEvents", ["logGroupName": "g", "logStreamName": .string(stream), "limit": 9])
                let times = (tail["events"]?.array ?? []).compactMap { $0["timestamp"]?.int }
                let one = try await test.call(
                    "logs", "FilterLogEvents", ["logGroupName": "g", "logStreamNames": [.string(stream)]])
                #expect(times == (one["events"]?.array ?? []).compactMap { $0["timestamp"]?.int }.suffix(9))
            }
        }
    }

    @Test("shows lines that other services write at once, makes their group and stream, and loses none of ten thousand")
    func sink() async throws {
        try await withLogs { test, service, _ in
            for batch in 0..<100 {
                service.store.append(
                    (0..<100).map { (start + Int64(batch), "line \(batch * 100 + $0)") }, group: "/aws/lambda/f",
                    stream: "s\(batch % 3)",
                    account: test.caller.account, region: test.caller.region)
            }
            let first = try await test.call("logs", "FilterLogEvents", ["logGroupName": "/aws/lambda/f"])
            #expect(messages(first).count == 10_000)
            #expect(Set(messages(first)).count == 10_000)
            let streams = try await test.call(
                "logs", "DescribeLogStreams",
                ["logGroupName": "/aws/lambda/f", "orderBy": "LastEventTime", "descending": true])
            #expect(streams["logStreams"]?.array?.compactMap { $0["logStreamName"]?.string } == ["s0", "s2", "s1"])
            #expect(streams["logStreams"]?[0]?["lastEventTimestamp"]?.int == Int(start + 99))
        }
    }

    @Test("drops lines when its buffer is full, and says in the stream how many")
    func overflow() async throws {
        try await withLogs { test, service, _ in
            let large = String(repeating: "x", count: 1 << 20)
            for _ in 0..<40 {
                service.store.append(
                    [(start, large)], group: "g", stream: "s", account: test.caller.account, region: test.caller.region)
            }
            let last = try await test.call(
                "logs", "GetLogEvents", ["logGroupName": "g", "logStreamName": "s", "limit": 40])
            #expect(
                messages(last).last == "[slipway] 8 log events were dropped here: more than 32 MB waited to be written."
            )
        }
    }

    @Test("writes the buffer by itself when nobody reads")
    func keeper() async throws {
        let time = VirtualTime(now: Timestamp(microseconds: start * 1000))
        try await withLogs(time: time) { test, service, _ in
            try await withRunning(service.services) {
                service.store.append(
                    [(start, "hello")], group: "g", stream: "s", account: test.caller.account,
                    region: test.caller.region)
                try await eventually("the line to be on disk") {
                    time.advance(by: .milliseconds(300))
                    return try await test.ledger.list(Collections.segments).isEmpty ? nil : true
                }
            }
        }
    }

    @Test("takes no events that are too new, too old or past their retention, and says which")
    func rejects() async throws {
        try await withLogs { test, _, _ in
            try await test.make("g", ["s"])
            let day: Int64 = 86_400_000
            let old = try await test.put("g", "s", [(-14 * day - 9, "a"), (-14 * day - 1, "b"), (-14 * day + 1, "c")])
            #expect(old["rejectedLogEventsInfo"] == ["tooOldLogEventEndIndex": 2])
            let new = try await test.put("g", "s", [(0, "d"), (7_200_001, "e")])
            #expect(new["rejectedLogEventsInfo"] == ["tooNewLogEventStartIndex": 1])
            try await test.call("logs", "PutRetentionPolicy", ["logGroupName": "g", "retentionInDays": 1])
            let expired = try await test.put("g", "s", [(-day - 5, "f"), (-day + 5, "g")])
            #expect(expired["rejectedLogEventsInfo"] == ["expiredLogEventEndIndex": 1])
            let left = try await test.call("logs", "FilterLogEvents", ["logGroupName": "g"])
            #expect(messages(left) == ["g", "d"])
        }
    }

    @Test("removes what is past its retention, or belonged to what was deleted")
    func sweeps() async throws {
        let time = VirtualTime(now: Timestamp(microseconds: start * 1000))
        try await withLogs(time: time) { test, service, _ in
            try await test.make("short", ["s"])
            try await test.make("long", ["s", "t"])
            try await test.call("logs", "PutRetentionPolicy", ["logGroupName": "short", "retentionInDays": 1])
            for group in ["short", "long"] {
                for minute in 0..<40 { try await test.put(group, "s", [(Int64(minute) * 61_000, "m")]) }
            }
            try await test.put("long", "t", [(0, "kept")])
            try await service.store.sweep()
            #expect(try await test.ledger.list(Collections.segments).count == 81)
            time.advance(by: .seconds(2 * 86_400))
            try await service.store.sweep()
            #expect(try await test.ledger.list(Collections.segments).count == 41)
            try await test.call("logs", "DeleteLogStream", ["logGroupName": "long", "logStreamName": "s"])
            try await test.make("again", [])
            try await service.store.sweep()
            #expect(try await test.ledger.list(Collections.segments).count == 1)
            try await test.call("logs", "DeleteLogGroup", ["logGroupName": "long"])
            try await test.make("long", [])
            #expect(try await test.call("logs", "DescribeLogStreams", ["logGroupName": "long"])["logStreams"] == [])
            try await service.store.sweep()
            #expect(try await test.ledger.list(Collections.segments).isEmpty)
            #expect(try await test.ledger.list(Collections.garbage).isEmpty)
        }
    }

    @Test("turns matching events into metric values, with dimensions, fields and default values")
    func metricFilters() async throws {
        try await withLogs { test, _, metrics in
            try await test.make("g", ["s"])
            func put(_ name: String, _ pattern: String, _ transformation: JSON) async throws {
                try await test.call(
                    "logs", "PutMetricFilter",
                    [
                        "logGroupName": "g", "filterName": .string(name), "filterPattern": .string(pattern),
                        "metricTransformations": [transformation],
                    ])
            }
            try await put(
                "errors", "ERROR",
                ["metricName": "Errors", "metricNamespace": "App", "metricValue": "1", "defaultValue": 0])
            try await put(
                "bytes", "{ $.bytes > 0 }",
                [
                    "metricName": "Bytes", "metricNamespace": "App", "metricValue": "$.bytes", "unit": "Bytes",
                    "dimensions": ["Path": "$.path"],
                ])
            try await test.put(
                "g", "s", [(1, "fine"), (2, "{\"bytes\": 12, \"path\": \"/a\"}"), (3, "{\"bytes\": 5}")])
            try await test.put("g", "s", [(4, "ERROR: no")])
            let seen = try await eventually("the metrics") { metrics.values.withLock { $0.count == 3 ? $0 : nil } }
            #expect(
                Set(seen) == [
                    "App/Errors{} 0.0 None @3", "App/Bytes{Path=/a} 12.0 Bytes @2", "App/Errors{} 1.0 None @4",
                ])
            let shown = try await test.call(
                "logs", "DescribeMetricFilters", ["logGroupName": "g", "filterNamePrefix": "e"])
            #expect(
                shown["metricFilters"]?[0]?["metricTransformations"]?[0]?["metricName"] == "Errors"
                    && shown["metricFilters"]?.array?.count == 1)
            let tested = try await test.call(
                "logs", "TestMetricFilter", ["filterPattern": "[a, b]", "logEventMessages": ["x y", "z"]])
            #expect(
                tested == [
                    "matches": [["eventNumber": 1, "eventMessage": "x y", "extractedValues": ["$a": "x", "$b": "y"]]]
                ])
            let wrong: JSON = ["metricName": "M", "metricNamespace": "N", "metricValue": "$.x"]
            let refusal = try await test.refusal(
                "logs", "PutMetricFilter",
                ["logGroupName": "g", "filterName": "w", "filterPattern": "ERROR", "metricTransformations": [wrong]])
            #expect(refusal?.code == "InvalidParameterException")
        }
    }

    @Test("describes groups by prefix, pattern and page, and refuses what is there or not there")
    func groups() async throws {
        try await withLogs { test, _, _ in
            for name in ["/a/one", "/a/two", "/b/one"] { try await test.make(name, []) }
            func names(_ input: JSON) async throws -> [String] {
                try await test.call("logs", "DescribeLogGroups", input)["logGroups"]?.array?.compactMap {
                    $0["logGroupName"]?.string
                } ?? []
            }
            #expect(try await names(["logGroupNamePrefix": "/a"]) == ["/a/one", "/a/two"])
            #expect(try await names(["logGroupNamePattern": "one"]) == ["/a/one", "/b/one"])
            #expect(try await names(["limit": 2]) == ["/a/one", "/a/two"])
            #expect(try await names(["limit": 2, "nextToken": "/a/two"]) == ["/b/one"])
            #expect(
                try await test.refusal("logs", "CreateLogGroup", ["logGroupName": "/a/one"])?.code
                    == "ResourceAlreadyExistsException")
            #expect(
                try await test.refusal("logs", "DeleteLogGroup", ["logGroupName": "x"])?.message
                    == "The specified log group does not exist.")
            #expect(
                try await test.refusal("logs", "GetLogEvents", ["logGroupName": "/a/one", "logStreamName": "x"])?
                    .message == "The specified log stream does not exist.")
            #expect(try await test.refusal("logs", "StartQuery", [:])?.code == "NotImplemented")
            try await test.call(
                "logs", "TagResource",
                ["resourceArn": "arn:aws:logs:eu-west-1:123456789012:log-group:/a/one", "tags": ["k": "v"]])
            #expect(try await test.call("logs", "ListTagsLogGroup", ["logGroupName": "/a/one"])["tags"] == ["k": "v"])
        }
    }

    @Test(
        "takes no batch that breaks PutLogEvents' rules",
        arguments: [
            ([(5, "b"), (4, "a")], "chronological order"), ([(0, "a"), (86_400_001, "b")], "span more than 24 hours"),
            ([(0, String(repeating: "x", count: 1 << 20))], "too large"),
            (Array(repeating: (0, "x"), count: 10_001), "exceeds the maximum"),
        ] as [([(Int64, String)], String)])
    func batches(events: [(Int64, String)], message: String) async throws {
        try await withLogs { test, _, _ in
            try await test.make("g", ["s"])
            let refusal = await #expect(throws: AWSError.self) { try await test.put("g", "s", events) }
            #expect(refusal?.code == "InvalidParameterException" && refusal?.message.contains(message) == true)
        }
    }
}
