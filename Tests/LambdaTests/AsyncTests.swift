import Cloud
import CloudTesting
import FoundationEssentials
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import Lambda

@Suite("Asynchronous invocations", .timeLimit(.minutes(2)))
struct AsyncTests {
    @Test("An accepted event runs, and its result goes to the destination")
    func success() async throws {
        try await withLambda { f in
            let told = ["app.py": "import json\ndef handler(e, c): print('TOLD', json.dumps(e, sort_keys=True))"]
            try await f.create("listener", told)
            try await f.create("worker", ["app.py": "def handler(e, c): return e['n'] + 1"])
            try await f.test.call(
                "lambda", "PutFunctionEventInvokeConfig",
                [
                    "FunctionName": "worker",
                    "DestinationConfig": [
                        "OnSuccess": ["Destination": "arn:aws:lambda:eu-west-1:123456789012:function:listener"]
                    ],
                ])
            let answer = try await f.invoke("worker", #"{"n": 41}"#, ["InvocationType": "Event"])
            #expect(answer.output["StatusCode"] == 202)
            #expect(answer.text.isEmpty)
            let line = await f.logs.line { $0.hasPrefix("TOLD ") }
            let record = try JSON(parsing: String(line.dropFirst(5)))
            #expect(record["requestPayload"] == ["n": 41])
            #expect(record["responsePayload"] == 42)
            #expect(record["requestContext"]?["condition"] == "Success")
            #expect(record["requestContext"]?["functionArn"]?.string?.hasSuffix(":function:worker:$LATEST") == true)
        }
    }

    @Test("A failed attempt is told at once, with its error, and tried again later")
    func failure() async throws {
        try await withLambda { f in
            try await f.create("hook", ["app.py": "def handler(e, c): raise RuntimeError('not healthy')"])
            _ = try await f.invoke("hook", #"{"DeploymentId": "d-1"}"#, ["InvocationType": "Event"])
            var heard = f.observer.failures.makeAsyncIterator()
            let failure = try #require(await heard.next())
            #expect(failure.error == "RuntimeError: not healthy")
            #expect(failure.willRetry && failure.attempt == 1)
            #expect(failure.payload == Array(#"{"DeploymentId": "d-1"}"#.utf8))
            #expect(failure.functionARN == "arn:aws:lambda:eu-west-1:123456789012:function:hook")
        }
    }

    @Test("Without retries the first failure is the last, and the log has it")
    func exhausted() async throws {
        try await withLambda { f in
            try await f.create("hook", ["app.py": "import os\ndef handler(e, c): os._exit(1)"])
            try await f.test.call(
                "lambda", "PutFunctionEventInvokeConfig", ["FunctionName": "hook", "MaximumRetryAttempts": 0])
            _ = try await f.invoke("hook", "{}", ["InvocationType": "Event"])
            var heard = f.observer.failures.makeAsyncIterator()
            #expect(await heard.next()?.willRetry == false)
            let event = try await eventually("the failure is in the log") {
                try await f.test.ledger.events(after: 0).first {
                    $0.event.detailType == "Lambda Function Asynchronous Invocation Failure"
                }
            }
            #expect(event.event.detail["condition"] == "RetriesExhausted")
            #expect(event.event.detail["error"]?.string?.hasPrefix("Runtime.ExitError: ") == true)
        }
    }

    @Test("Reserved concurrency turns invocations away, at zero all of them")
    func reserved() async throws {
        try await withLambda { f in
            try await f.create("busy", ["app.py": "import time\ndef handler(e, c): time.sleep(e)"])
            try await f.test.call(
                "lambda", "PutFunctionConcurrency", ["FunctionName": "busy", "ReservedConcurrentExecutions": 1])
            async let long = f.invoke("busy", "1")
            try await eventually("the first one runs") { f.service.environmentCount == 1 ? true : nil }
            let refusal = await #expect(throws: AWSError.self) { _ = try await f.invoke("busy", "0") }
            #expect(refusal?.code == "TooManyRequestsException" && refusal?.status == 429)
            #expect(refusal?.members["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded")
            let first = try await long.text
            let next = try await f.invoke("busy", "0").text
            #expect(first == "null" && next == "null")
            try await f.test.call(
                "lambda", "PutFunctionConcurrency", ["FunctionName": "busy", "ReservedConcurrentExecutions": 0])
            let second = await #expect(throws: AWSError.self) { _ = try await f.invoke("busy", "0") }
            #expect(second?.status == 429)
            #expect(f.metrics.sum("Throttles") == 2)
            let tooMuch = try await f.test.refusal(
                "lambda", "PutFunctionConcurrency", ["FunctionName": "busy", "ReservedConcurrentExecutions": 901])
            #expect(tooMuch?.message.contains("below its minimum value of [100]") == true)
            try await f.test.call("lambda", "DeleteFunctionConcurrency", ["FunctionName": "busy"])
            let last = try await f.invoke("busy", "0").text
            #expect(last == "null")
        }
    }

    @Test("Many at once each get their own environment, and all of them their own answer")
    func concurrent() async throws {
        try await withLambda { f in
            try await f.create("echo", ["app.py": "import time\ndef handler(e, c):\n    time.sleep(0.2)\n    return e"])
            try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<6 { group.addTask { (number, try await f.invoke("echo", "\(number)").text) } }
                for try await (number, text) in group { #expect(text == "\(number)") }
            }
            #expect((1...6).contains(f.service.environmentCount))
        }
    }
}

@Suite("The asynchronous invocation's machine")
struct AsyncMachineTests {
    private static let start = Timestamp(seconds: 1_750_000_000)

    private func machine(retries: Int = 2, age: Int = 21_600, onFailure: String? = nil) -> AsyncInvocation {
        AsyncInvocation(
            request: .init(
                requestID: "r", account: "1", region: "x", function: "f", payload: "", accepted: Self.start,
                maximumRetries: retries, maximumAgeSeconds: age, onFailure: onFailure))
    }

    private func failed(_ number: Int) -> AsyncInvocation.Attempt { .init(number: number, result: .failed, error: "E") }

    @Test("It tries after one minute and after two, then gives up", arguments: [0, 1, 2])
    func schedule(retries: Int) throws {
        var simulation = MachineSimulation(machine(retries: retries), start: Self.start)
        var moments: [Int] = []
        try simulation.send(.accepted)
        try simulation.run(world: { command, _, now in
            guard case .invoke(let attempt) = command else { return nil }
            moments.append(Int((now - Self.start).inSeconds))
            return .attempted(failed(attempt))
        })
        #expect(moments == Array([0, 60, 180].prefix(retries + 1)))
        #expect(simulation.isFinished)
        #expect(simulation.log.map { $0.detail["condition"] } == ["RetriesExhausted"])
    }

    @Test("Throttled attempts are repeated until the event is too old")
    func throttled() throws {
        var simulation = MachineSimulation(machine(age: 60, onFailure: "arn"), start: Self.start)
        var moments: [Int] = []
        var delivered: [String] = []
        try simulation.send(.accepted)
        try simulation.run(world: { command, _, now in
            switch command {
            case .invoke(let attempt):
                moments.append(Int((now - Self.start).inSeconds))
                return .attempted(.init(number: attempt, result: .throttled))
            case .deliver(let condition, _):
                delivered.append(condition)
                return .delivered
            }
        })
        #expect(moments == [0, 1, 3, 7, 15, 31])
        #expect(delivered == ["EventAgeExceeded"])
    }

    @Test(
        "Whatever is doubled, late or lost in a crash, it ends, and tells its destination of the end",
        arguments: 0..<200)
    func rough(seed: Int) throws {
        var simulation = MachineSimulation(
            machine(onFailure: "arn"), seed: UInt64(seed), roughness: .rough, start: Self.start)
        let chance = SeededChance(seed: UInt64(seed))
        var attempts = Set<Int>()
        var delivered = false
        var succeeded = false
        try simulation.send(.accepted)
        try simulation.run(world: { command, _, _ in
            switch command {
            case .invoke(let attempt):
                attempts.insert(attempt)
                let kinds: [AsyncInvocation.Attempt.Result] = [.failed, .failed, .throttled, .succeeded]
                let result = kinds[Int(chance.next() % 4)]
                if result == .succeeded { succeeded = true }
                return .attempted(.init(number: attempt, result: result))
            case .deliver:
                delivered = true
                return .delivered
            }
        })
        #expect(simulation.isFinished)
        #expect(attempts.max() ?? 9 <= 3)
        #expect(delivered || succeeded)
    }
}
