import Cloud
import Ledger
import Logging
import Notation
import Sandbox

/// What an invocation brought back.
struct InvocationResult: Sendable {
    /// The function's answer, or the error's JSON.
    var payload: [UInt8]
    /// `Unhandled` when the function failed; nil when it answered.
    var functionError: String?
    /// The version that ran.
    let version: String
    /// The end of its log, when that was asked for.
    var logTail: [UInt8]?
}

/// Runs invocations: concurrency, a warm or a new environment, time limit, log lines and figures.
struct Invoker: Sendable {
    /// One invocation as it was asked for.
    struct Request: Sendable {
        let id: String
        let target: LambdaStore.Target
        let payload: [UInt8]
        var clientContext: String?
        var wantsTail = false
    }

    /// How long the code around the handler may take to load (Lambda Developer Guide, "Init phase").
    private static let initLimit = Duration.seconds(10)

    let pool: EnvironmentPool
    let starter: EnvironmentStarter
    let surroundings: Surroundings
    let metrics: any MetricSink
    let reservations: Reservations
    let log: Logger

    /// Runs a function and waits for what comes of it.
    ///
    /// - Throws: ``AWSError`` `TooManyRequestsException` when no concurrency is left.
    func invoke(_ request: Request) async throws -> InvocationResult {
        let function = request.target.function
        let unreserved = try await reservations.unreserved(function, rules: pool.rules)
        let figures = InvocationFigures(request.target, at: surroundings.now)
        switch pool.enter(function.id, reserved: function.reserved, unreserved: unreserved) {
        case .failure(let throttle):
            metrics.add(figures.throttled())
            throw LambdaError.throttled(throttle.reason)
        case .success(let running):
            defer { pool.leave(function.id, reserved: function.reserved) }
            return await run(request, figures: figures, running: running)
        }
    }

    private func run(_ request: Request, figures: InvocationFigures, running: Int) async -> InvocationResult {
        if let warm = pool.take(EnvironmentStarter.key(request.target), at: surroundings.now) {
            return await run(request, on: warm, figures, running, initDuration: nil)
        }
        let begun = surroundings.now
        let environment: ExecutionEnvironment
        do {
            environment = try await starter.start(request.target)
        } catch {
            return refused(request, error, figures, running)
        }
        let verdict = await within(Self.initLimit, environment) { await environment.started() }
        let initDuration = surroundings.now - begun
        guard case .response = verdict else {
            return await failedStart(request, verdict, environment, figures, running, initDuration)
        }
        for line in Self.log(request).started(nil, initDuration, surroundings.now) { environment.log.write(line) }
        return await run(request, on: environment, figures, running, initDuration: initDuration)
    }

    /// Waits for a verdict, and ends the environment when the time is up first.
    private func within(
        _ limit: Duration, _ environment: ExecutionEnvironment, _ wait: () async -> Verdict
    ) async -> Verdict {
        await withTaskGroup(of: Void.self) { group in
            let time = surroundings.time
            let deadline = surroundings.now + limit
            group.addTask {
                guard (try? await time.sleep(until: deadline)) != nil else { return }
                environment.expire()
            }
            // Cancelled means that the server stops: it does not wait for a function of fifteen minutes.
            let verdict = await withTaskCancellationHandler(operation: wait) { environment.expire() }
            group.cancelAll()
            return verdict
        }
    }

    private func run(
        _ request: Request, on environment: ExecutionEnvironment, _ figures: InvocationFigures, _ running: Int,
        initDuration: Duration?
    ) async -> InvocationResult {
        let target = request.target
        let system = Self.log(request)
        environment.log.begin(system.begin(request.id, target.asked.arn, surroundings.now))
        let begun = surroundings.now
        let limit = Duration.seconds(target.configuration.timeout)
        let delivery = Delivery(
            requestID: request.id, functionARN: target.asked.arn, payload: request.payload, deadline: begun + limit,
            clientContext: request.clientContext)
        let verdict = await within(limit, environment) { await environment.run(delivery) }
        let duration = surroundings.now - begun
        let outcome = InvocationOutcome(verdict, request.id, target.configuration, now: surroundings.now)
        let report = InvocationReport(
            requestID: request.id, duration: duration, initDuration: initDuration,
            memorySize: target.configuration.memorySize, outcome: outcome)
        environment.log.willFinish()
        pool.release(environment, at: surroundings.now)
        var result = InvocationResult(
            payload: outcome.payload, functionError: outcome.functionError, version: target.version)
        let program = environment.program
        // The last lines follow what the function printed, which may still lie in its pipes. Only a caller who asked
        // for the log waits for that.
        let finish: @Sendable () -> [UInt8] = { [metrics, surroundings] in
            metrics.add(figures.finished(duration, isError: outcome.functionError != nil, running: running))
            return environment.log.finish(
                system.end(report, peakMemoryBytes: program?.peakMemoryBytes, surroundings.now))
        }
        if !request.wantsTail, let program {
            program.flushOutput { _ = finish() }
        } else {
            await program?.flushOutput()
            result.logTail = finish()
        }
        return result
    }

    private static func log(_ request: Request) -> SystemLog {
        SystemLog(request.target.configuration, version: request.target.version)
    }

    // MARK: Starts that fail

    /// The code could not be loaded. As on AWS, the invocation fails with the start's error, and the next one tries
    /// again.
    private func failedStart(
        _ request: Request, _ verdict: Verdict, _ environment: ExecutionEnvironment, _ figures: InvocationFigures,
        _ running: Int, _ initDuration: Duration
    ) async -> InvocationResult {
        environment.kill()
        let outcome = InvocationOutcome(
            verdict, request.id, request.target.configuration, now: surroundings.now, isStart: true)
        let report = InvocationReport(
            requestID: request.id, duration: initDuration, initDuration: nil,
            memorySize: request.target.configuration.memorySize, outcome: outcome)
        await environment.program?.flushOutput()
        let (system, now) = (Self.log(request), surroundings.now)
        for line in system.started(outcome, initDuration, now) { environment.log.write(line) }
        environment.log.begin(system.begin(request.id, request.target.asked.arn, now))
        let tail = environment.log.finish(
            system.end(report, peakMemoryBytes: environment.program?.peakMemoryBytes, now))
        metrics.add(figures.finished(initDuration, isError: true, running: running))
        return InvocationResult(
            payload: outcome.payload, functionError: outcome.functionError, version: request.target.version,
            logTail: request.wantsTail ? tail : nil)
    }

    /// No process could be started at all.
    private func refused(
        _ request: Request, _ error: any Error, _ figures: InvocationFigures, _ running: Int
    ) -> InvocationResult {
        let refusal =
            error as? EnvironmentStarter.Refusal
            ?? EnvironmentStarter.Refusal(
                type: "Sandbox.StartFailed", message: (error as? AWSError)?.description ?? "\(error)")
        log.warning(
            "a function could not be started",
            metadata: ["function": "\(request.target.asked.arn)", "error": "\(refusal.message)"])
        metrics.add(figures.finished(.zero, isError: true, running: running))
        let payload: JSON = [
            "errorType": .string(refusal.type),
            "errorMessage": .string("RequestId: \(request.id) Error: \(refusal.message)"),
        ]
        return InvocationResult(
            payload: payload.bytes(), functionError: "Unhandled", version: request.target.version,
            logTail: request.wantsTail ? Array("\(refusal.message)\n".utf8) : nil)
    }
}
