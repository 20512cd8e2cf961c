import Logging
import Synchronization

/// Carries lines from all execution environments to the ``LogSink``, in order, in as few calls as they come in.
final class LogShipper: Sendable {
    private let sink: any LogSink
    private let log: Logger
    private let waiting = Mutex<[ObjectIdentifier: EnvironmentLog]>([:])
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(sink: any LogSink, log: Logger) {
        self.sink = sink
        self.log = log
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Notes that there are lines to fetch.
    func hasNews(_ source: EnvironmentLog) {
        let isFirst = waiting.withLock { waiting in
            waiting[ObjectIdentifier(source)] = source
            return waiting.count == 1
        }
        if isFirst { signal.yield() }
    }

    /// Ships until cancelled, and then what is left.
    func run() async {
        for await _ in signals { await ship() }
        await ship()
    }

    /// Ends ``run()`` after what waits now.
    func finish() { signal.finish() }

    private func ship() async {
        let sources = waiting.withLock { waiting in
            defer { waiting = [:] }
            return Array(waiting.values)
        }
        for source in sources {
            let lines = source.take()
            if lines.isEmpty { continue }
            let place = source.place
            do {
                try await sink.write(
                    lines, group: place.group, stream: place.stream, account: place.account, region: place.region)
            } catch {
                log.error(
                    "log lines of a function are lost",
                    metadata: ["group": "\(place.group)", "lines": "\(lines.count)", "error": "\(error)"])
            }
        }
    }
}
