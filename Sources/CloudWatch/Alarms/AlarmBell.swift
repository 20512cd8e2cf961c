internal import Synchronization

/// Tells the evaluator which alarms to judge now. Ringing costs next to nothing and never waits.
final class AlarmBell: Sendable {
    private let rung = Mutex<Set<String>>([])
    /// One value whenever there is something to do; never more than one waiting.
    let calls: AsyncStream<Void>
    private let call: AsyncStream<Void>.Continuation

    init() { (calls, call) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Asks for a judgement of these alarms, by the keys of their documents.
    func ring(_ alarms: Set<String>) {
        let isFirst = rung.withLock { rung in
            defer { rung.formUnion(alarms) }
            return rung.isEmpty
        }
        if isFirst { call.yield() }
    }

    /// Wakes the evaluator without naming an alarm.
    func knock() { call.yield() }

    /// The alarms rung for since the last call of this.
    func take() -> Set<String> {
        rung.withLock { rung in
            defer { rung = [] }
            return rung
        }
    }
}
