import Cloud
import FoundationEssentials
import HTTP
import Ledger
import Logging
import Notation
import Sandbox
import Synchronization
import Testing

@testable import Lambda

@Suite("Lambda's rules, without a process")
struct RuleTests {
    @Test(
        "An alias's draw follows its weights",
        arguments: [
            (0.0, "2"), (0.09, "2"), (0.1, "1"), (0.99, "1"), (1.0, "1"),
        ])
    func draw(value: Double, expected: String) {
        let alias = Alias(name: "live", functionVersion: "1", weights: ["2": 0.1])
        #expect(alias.version(draw: value) == expected)
        #expect(Alias(name: "live", functionVersion: "1").version(draw: value) == "1")
    }

    @Test("Over many draws a version gets its share", arguments: [0.0, 0.1, 0.5, 1.0])
    func share(weight: Double) {
        let alias = Alias(name: "live", functionVersion: "1", weights: ["2": weight])
        let chance = SeededChance(seed: 7)
        let count = (0..<10_000).count { _ in alias.version(draw: chance.fraction()) == "2" }
        #expect(abs(Double(count) / 10_000 - weight) < 0.02)
    }

    @Test(
        "Runtimes are told apart",
        arguments: [
            ("python3.12", RuntimeName.Family.python, [3, 12]), ("nodejs22.x", .nodejs, [22]),
            ("provided", .provided, []),
            ("provided.al2023", .provided, []),
        ] as [(String, RuntimeName.Family, [Int])])
    func runtimes(text: String, family: RuntimeName.Family, version: [Int]) throws {
        let name = try #require(RuntimeName(text))
        #expect(name.family == family && name.version == version)
    }

    @Test(
        "What Slipway cannot run is no runtime",
        arguments: ["java21", "dotnet8", "ruby3.3", "go1.x", "python", "", "providedx"])
    func noRuntimes(text: String) { #expect(RuntimeName(text) == nil) }

    @Test(
        "The nearest interpreter is taken, a newer one before an equally far older one",
        arguments: [
            ([[3, 9], [3, 11], [3, 13]], [3, 12], [3, 13]), ([[3, 9], [3, 11]], [3, 14], [3, 11]),
            ([[3, 8], [3, 12]], [3, 12], [3, 12]), ([[2, 7], [3, 6]], [3, 14], [3, 6]),
        ])
    func nearest(installed: [[Int]], wanted: [Int], expected: [Int]) {
        let all = installed.map { Interpreter(family: .python, version: $0, path: "/x", prefix: nil) }
        #expect(all.min { $0.distance(to: wanted) < $1.distance(to: wanted) }?.version == expected)
    }

    @Test("A substitution is told, the very version is not")
    func warnings() throws {
        let runtime = try #require(RuntimeName("nodejs20.x"))
        let node = Interpreter(family: .nodejs, version: [18], path: "/x", prefix: nil)
        #expect(EnvironmentStarter.warning(runtime, node)?.contains("runs on nodejs 18") == true)
        let same = Interpreter(family: .nodejs, version: [20], path: "/x", prefix: nil)
        #expect(EnvironmentStarter.warning(runtime, same) == nil)
    }

    @Test(
        "An interpreter outside the system's folders brings its own along",
        arguments: [
            ("/home/ana/.pyenv/versions/3.12.1/bin/python3.12", "/home/ana/.pyenv/versions/3.12.1"),
            ("/usr/bin/python3.11", nil), ("/opt/node/bin/node", "/opt/node"),
        ] as [(String, String?)])
    func prefixes(path: String, expected: String?) { #expect(InterpreterSearch.prefix(path) == expected) }

    private func report(_ verdict: Verdict, initDuration: Duration? = nil) -> [String] {
        var configuration = FunctionConfiguration()
        configuration.memorySize = 128
        let outcome = InvocationOutcome(verdict, "r-1", configuration, now: Timestamp(seconds: 0))
        return InvocationReport(
            requestID: "r-1", duration: .microseconds(12_345), initDuration: initDuration, memorySize: 128,
            outcome: outcome
        ).lines(peakMemoryBytes: 40 << 20)
    }

    @Test("REPORT has AWS's form: hundredths, rounded-up billing, memory in whole megabytes")
    func reports() {
        let base = "REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: "
        #expect(
            report(.response([])) == [
                "END RequestId: r-1", base + "13 ms\tMemory Size: 128 MB\tMax Memory Used: 41 MB",
            ])
        #expect(
            report(.response([]), initDuration: .milliseconds(100)).last
                == base + "113 ms\tMemory Size: 128 MB\tMax Memory Used: 41 MB\tInit Duration: 100.00 ms")
        #expect(report(.timedOut).first == "1970-01-01T00:00:00.000Z r-1 Task timed out after 3.00 seconds")
        #expect(report(.timedOut).last?.hasSuffix("\tStatus: timeout") == true)
        let memory = RunningProgram.Exit(status: .signal(9), outOfMemory: true, peakMemoryBytes: nil)
        #expect(report(.exited(memory)).last?.hasSuffix("\tStatus: error\tError Type: Runtime.OutOfMemory") == true)
    }

    private func system(_ level: String, _ verdict: Verdict) throws -> [JSON] {
        var configuration = FunctionConfiguration()
        (configuration.memorySize, configuration.logFormat, configuration.systemLogLevel) = (128, "JSON", level)
        let now = Timestamp(seconds: 0)
        let log = SystemLog(configuration, version: "7")
        let outcome = InvocationOutcome(verdict, "r-1", configuration, now: now)
        let report = InvocationReport(
            requestID: "r-1", duration: .microseconds(12_345), initDuration: .milliseconds(100), memorySize: 128,
            outcome: outcome)
        let function = FunctionName(account: "1", region: "r", name: "f")
        let lines =
            log.starting("python:3.12", warning: nil, function: function, stream: "s", now)
            + log.started(nil, .milliseconds(100), now) + [log.begin("r-1", "arn:f", now)].compactMap(\.self)
            + log.end(report, peakMemoryBytes: 40 << 20, now)
        return try lines.map { try JSON(parsing: $0) }
    }

    @Test(
        "System lines are JSON records of the level that is asked for",
        arguments: [
            ("DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
            ("INFO", ["initStart", "start", "report"]), ("WARN", []),
        ] as [(String, [String])])
    func systemLevels(level: String, types: [String]) throws {
        let lines = try system(level, .response([1, 2]))
        #expect(lines.map { $0["type"]?.string } == types.map { "platform." + $0 })
        let failed = try system(level, .timedOut).map { $0["type"]?.string ?? "" }
        #expect(failed.suffix(2) == ["platform.runtimeDone", "platform.report"], "what fails is told at every level")
    }

    @Test("A record has the members of AWS's")
    func systemRecords() throws {
        let lines = try system("DEBUG", .response([1, 2]))
        let start: JSON = ["requestId": "r-1", "functionArn": "arn:f", "version": "7"]
        #expect(lines[3]["record"] == start && lines[3]["time"] == "1970-01-01T00:00:00.000Z")
        let metrics: JSON = [
            "durationMs": 12.345, "billedDurationMs": 113, "memorySizeMB": 128, "maxMemoryUsedMB": 41,
            "initDurationMs": 100.0,
        ]
        #expect(lines[5]["record"]?["status"] == "success" && lines[5]["record"]?["requestId"] == "r-1")
        for (name, value) in metrics.object ?? [:] {
            #expect(lines[5]["record"]?["metrics"]?[name]?.double == value.double, "\(name)")
        }
        #expect(lines[4]["record"]?["metrics"]?["producedBytes"] == 2)
        let fault = try system("INFO", .fault(Array(#"{"errorType": "KeyError"}"#.utf8)))
        #expect(fault.last?["record"]?["status"] == "error" && fault.last?["record"]?["errorType"] == "KeyError")
    }

    @Test(
        "Lines below the application's level are left out; what has no level counts as INFO",
        arguments: [
            ("WARN", "plain", false), ("INFO", "plain", true), ("WARN", #"{"level": "error"}"#, true),
            ("WARN", #"{"level": "INFO"}"#, false), ("ERROR", #"{"log_level": "ERROR"}"#, true),
            ("ERROR", #"{"level": "WARNING"}"#, false), ("DEBUG", #"{"level": "TRACE"}"#, false),
            ("FATAL", #"{"level": "CRITICAL"}"#, true), ("WARN", "{no json", false),
        ])
    func applicationLevels(level: String, line: String, isKept: Bool) {
        var configuration = FunctionConfiguration()
        (configuration.logFormat, configuration.applicationLogLevel) = ("JSON", level)
        #expect(ApplicationLogFilter(configuration)?.keeps(line) == isKept)
        configuration.logFormat = "Text"
        #expect(ApplicationLogFilter(configuration) == nil)
    }

    @Test("Pages follow each other without gap or repeat", arguments: 1...7)
    func pages(size: Int) throws {
        let all = ["a", "b", "c", "d", "e", "f"]
        var seen: [String] = []
        var marker: String?
        repeat {
            let page = try Page(all, Self.listing("ListFunctions", size, marker), key: \.self)
            seen += page.items
            marker = page.next
        } while marker != nil
        #expect(seen == all)
        let mark = try #require(try Page(all, Self.listing("ListFunctions", 1, nil), key: \.self).next)
        for (operation, mark) in [("ListLayers", mark), ("ListFunctions", "a"), ("ListFunctions", "WzFd")] {
            #expect(throws: AWSError.self) { _ = try Page(all, Self.listing(operation, 1, mark), key: \.self) }
        }
    }

    private static func listing(_ operation: String, _ size: Int, _ marker: String?) -> Call {
        var input: JSON = ["MaxItems": .int(size)]
        input["Marker"] = marker.map(JSON.string)
        return Call(
            service: "lambda", operation: operation, caller: .root(account: "123456789012", region: "eu-west-1"),
            requestID: "r", time: Timestamp(seconds: 0), input: input, endpoint: "http://127.0.0.1")
    }

    @Test(
        "Percent-encoding is undone, and what is none stays",
        arguments: [
            ("a%20b", "a b"), ("%C3%A9", "é"), ("100%", "100%"), ("%zz", "%zz"), ("a+b", "a+b"),
        ])
    func decoding(text: String, expected: String) { #expect(PercentEncoding.decode(text) == expected) }

    @Test("Inline code is a zip that expands to its one file, the same each time")
    func inlineCode() throws {
        let zip = try InlineCode.zip([(name: "index.js", text: "exports.handler = 'é'")])
        #expect(try InlineCode.zip([(name: "index.js", text: "exports.handler = 'é'")]) == zip)
        let folder = "/tmp/slipway-inline-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bytes = try #require(Data(base64Encoded: zip).map(Array.init))
        #expect(try Archive.expand(bytes, into: folder).entries == 1)
        let text = try String(contentsOf: URL(filePath: folder + "/index.js"), encoding: .utf8)
        #expect(text == "exports.handler = 'é'")
    }
}

@Suite("The log of an environment")
struct EnvironmentLogTests {
    private struct NoSink: LogSink {
        func write(_ lines: [LogLine], group: String, stream: String, account: String, region: String) async throws {}
    }

    private func makeLog() -> EnvironmentLog {
        let shipper = LogShipper(sink: NoSink(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let place = EnvironmentLog.Place(group: "g", stream: "s", account: "1", region: "r")
        return EnvironmentLog(place, time: VirtualTime(), shipper: shipper)
    }

    private func texts(_ log: EnvironmentLog) -> [String] { log.take().map(\.message) }

    @Test("Lines come in any pieces; a carriage return keeps lines together")
    func pieces() {
        let log = makeLog()
        for piece in ["one\ntw", "o\n", "Traceback:\r  File\n", "rest"] { log.append(Array(piece.utf8)) }
        #expect(texts(log) == ["one", "two", "Traceback:\n  File"])
        log.finish([])
        #expect(texts(log) == ["rest"])
    }

    @Test("An invocation's first line waits for the last ones of those before")
    func order() {
        let log = makeLog()
        log.begin("START 1")
        log.append(Array("a\n".utf8))
        log.willFinish()
        log.begin("START 2")
        log.willFinish()
        log.begin("START 3")
        let first = log.finish(["END 1"])
        log.append(Array("b\n".utf8))
        let second = log.finish(["END 2"])
        #expect(texts(log) == ["START 1", "a", "END 1", "START 2", "b", "END 2", "START 3"])
        #expect(String(decoding: first, as: UTF8.self) == "START 1\na\nEND 1\n")
        #expect(String(decoding: second, as: UTF8.self) == "START 2\nb\nEND 2\n")
    }

    @Test("What nobody fetches is dropped beyond a megabyte, and said so; the tail is its last 4 KB")
    func bounds() {
        let log = makeLog()
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        for _ in 0..<2_000 { log.append(line) }
        #expect(log.finish(["END"]).count == 4_096)
        let kept = texts(log)
        #expect(kept.count < 1_100)
        #expect(kept.last?.hasSuffix("log lines dropped: they came too fast]") == true)
        log.append(line)
        #expect(texts(log).count == 1)
    }
}

@Suite("Environments and their pool")
struct EnvironmentPoolTests {
    private struct NoSink: LogSink {
        func write(_ lines: [LogLine], group: String, stream: String, account: String, region: String) async throws {}
    }
    private static let now = Timestamp(seconds: 1_750_000_000)
    private static let orders = FunctionName(account: "1", region: "r", name: "orders")

    private func environment(_ key: String, token: String, in pool: EnvironmentPool) -> ExecutionEnvironment {
        let shipper = LogShipper(sink: NoSink(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let log = EnvironmentLog(
            .init(group: "g", stream: "s", account: "1", region: "r"), time: VirtualTime(), shipper: shipper)
        let made = ExecutionEnvironment(
            token: token, key: key, functionKey: "1/r/orders", log: log, expiration: Self.now + .seconds(3_600),
            ended: { pool.remove($0) })
        pool.add(made)
        return made
    }

    private let exit = RunningProgram.Exit(status: .code(1), outOfMemory: false, peakMemoryBytes: nil)

    @Test("The environment used last is taken first, and none that is of no use")
    func order() {
        let pool = EnvironmentPool(rules: .init())
        let (one, two) = (environment("k", token: "1", in: pool), environment("k", token: "2", in: pool))
        pool.release(one, at: Self.now)
        pool.release(two, at: Self.now)
        #expect(pool.take("other", at: Self.now) == nil)
        two.ended(exit)
        #expect(pool.take("k", at: Self.now) === one)
        #expect(pool.take("k", at: Self.now) == nil)
        pool.release(one, at: Self.now)
        #expect(pool.take("k", at: Self.now + .seconds(3_600)) == nil)
    }

    @Test("What was retired, is cold or too many goes")
    func retiring() {
        var rules = EnvironmentPool.Rules()
        rules.warmLimit = 2
        let pool = EnvironmentPool(rules: rules)
        let all = (0..<4).map { environment("f|v\($0)|", token: "\($0)", in: pool) }
        for (number, one) in all.enumerated() { pool.release(one, at: Self.now + .seconds(number)) }
        #expect(pool.take("f|v0|", at: Self.now) == nil && pool.take("f|v1|", at: Self.now) == nil)
        pool.retire(prefix: "f|", except: "f|v3|")
        #expect(pool.take("f|v2|", at: Self.now) == nil)
        pool.retireCold(at: Self.now + .seconds(602))
        #expect(pool.take("f|v3|", at: Self.now) === all[3])
        pool.release(all[3], at: Self.now)
        pool.retireCold(at: Self.now + .seconds(600))
        #expect(pool.take("f|v3|", at: Self.now) == nil)
    }

    @Test("Concurrency is counted, reserved apart from the rest")
    func concurrency() throws {
        let pool = EnvironmentPool(rules: .init())
        let other = FunctionName(account: "1", region: "r", name: "other")
        #expect(try pool.enter(Self.orders, reserved: 2, unreserved: 1).get() == 1)
        #expect(try pool.enter(Self.orders, reserved: 2, unreserved: 1).get() == 2)
        #expect(throws: EnvironmentPool.Throttle.self) { try pool.enter(Self.orders, reserved: 2, unreserved: 1).get() }
        #expect(try pool.enter(other, reserved: nil, unreserved: 1).get() == 1)
        #expect { try pool.enter(other, reserved: nil, unreserved: 1).get() } throws: {
            ($0 as? EnvironmentPool.Throttle)?.reason == .account
        }
        pool.leave(other, reserved: nil)
        pool.leave(Self.orders, reserved: 2)
        #expect(try pool.enter(Self.orders, reserved: 2, unreserved: 1).get() == 2)
        #expect(try pool.enter(other, reserved: nil, unreserved: 1).get() == 1)
    }

    @Test("The Runtime API answers strangers, wrong ids and shut-down environments with errors")
    func runtimeAPI() async throws {
        let pool = EnvironmentPool(rules: .init())
        let one = environment("k", token: "secret", in: pool)
        let api = RuntimeAPI(pool: pool)
        func status(_ method: String, _ target: String, _ body: String = "") async -> Int {
            await api.respond(HTTPRequest(method: method, target: target, body: .bytes(Array(body.utf8)))).status
        }
        #expect(await status("GET", "/guess/2018-06-01/runtime/invocation/next") == 403)
        #expect(await status("GET", "/") == 403)
        #expect(await status("GET", "/secret/2020-01-01/extension/register") == 404)
        #expect(await status("GET", "/secret/2018-06-01/runtime/else/where") == 404)
        #expect(await status("POST", "/secret/2018-06-01/runtime/invocation/r-9/response", "1") == 400)
        async let verdict = one.run(
            Delivery(requestID: "r-1", functionARN: "arn", payload: [1], deadline: Self.now, clientContext: nil))
        let next = await api.respond(
            HTTPRequest(method: "GET", target: "/secret/2018-06-01/runtime/invocation/next"))
        #expect(next.fields["Lambda-Runtime-Aws-Request-Id"] == "r-1")
        #expect(next.fields["Lambda-Runtime-Deadline-Ms"] == "1750000000000")
        #expect(next.fields["Lambda-Runtime-Trace-Id"]?.hasSuffix("Sampled=0") == true)
        #expect(await status("POST", "/secret/2018-06-01/runtime/invocation/r-2/response", "1") == 400)
        #expect(await status("POST", "/secret/2018-06-01/runtime/invocation/r-1/response", "42") == 202)
        #expect(await status("POST", "/secret/2018-06-01/runtime/invocation/r-1/response", "43") == 400)
        guard case .response(let bytes) = await verdict else {
            Issue.record("no answer came")
            return
        }
        #expect(bytes == Array("42".utf8))
        one.ended(exit)
        #expect(await status("GET", "/secret/2018-06-01/runtime/invocation/next") == 403)
        guard
            case .exited = await one.run(
                Delivery(requestID: "r-3", functionARN: "arn", payload: [], deadline: Self.now, clientContext: nil))
        else {
            Issue.record("a dead environment took an invocation")
            return
        }
    }
}
