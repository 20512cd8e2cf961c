internal import Ledger
internal import Logging
package import Notation
internal import Synchronization

/// Keeps the samples of all metrics: takes them in without waiting, and finds them again by series and time.
///
/// New samples lie in memory, summed up by bucket, and are written to a journal every second; once a minute the
/// journal is folded into chunks by series. kill -9 loses what came in since the last flush, a second's worth;
/// nothing else.
package final class MetricStore: Sendable {
    /// Why a sample was not taken in.
    enum Refusal: Error { case full }

    struct State {
        /// Came in since the last flush.
        var pending: [Series: Points] = [:]
        /// On its way into the journal.
        var flushing: [Series: Points] = [:]
        /// In the journal, for compaction `number`.
        var journaled: [Series: Points] = [:]
        /// On its way into chunks, as compaction `number - 1`.
        var compacting: [Series: Points] = [:]
        var number = 1
        var page: Int64 = 0
        var watchers: [Series: Set<String>] = [:]
        var buckets = 0
        var dropped = 0
    }

    /// So many buckets may wait for the next compaction: about 100 MB of sparse ones. More are dropped, counted and
    /// told of in the log.
    static let bucketLimit = 400_000

    let state = Mutex(State())
    let ledger: Ledger
    private let bell: AlarmBell
    private let time: any TimeSource
    let log = Logger(label: "cloudwatch")

    init(ledger: Ledger, bell: AlarmBell) {
        self.ledger = ledger
        self.bell = bell
        time = ledger.surroundings.time
    }

    /// Takes in a sample, at a resolution of one second, and returns at once: for Slipway's own metrics.
    ///
    /// Alarms on the metric are judged again right away. When memory for new samples is full the sample is dropped
    /// and counted.
    ///
    /// - Parameters:
    ///   - unit: In AWS's words, such as `Milliseconds`.
    ///   - moment: When it was measured; now when nil.
    ///   - account, region: Whose metric it is.
    package func record(
        _ namespace: String, _ name: String, dimensions: [(String, String)] = [], value: Double, unit: String = "None",
        at moment: Timestamp? = nil, account: String, region: String
    ) {
        let metric = MetricID(namespace, name, dimensions.map { Dimension($0.0, $0.1) })
        let series = Series(scope: "\(account)/\(region)/", metric: metric)
        let seconds = (moment ?? time.now).microseconds.floored(to: 1_000_000) / 1_000_000
        try? add(series, Distribution(value), unit: unit, at: seconds, resolution: .second)
    }

    /// Takes in samples of one second. Too old for their resolution they go to the tier that fits their age.
    ///
    /// - Throws: ``Refusal`` when memory for new samples is full.
    func add(_ series: Series, _ samples: Distribution, unit: String, at second: Int64, resolution: Tier)
        throws(Refusal)
    {
        let age = time.now.microseconds / 1_000_000 - second
        guard let tier = resolution.holding(age: age) else { return }
        let moment = Moment(tier: tier, start: second.floored(to: tier.width), unit: unit)
        let (isFull, watchers) = state.withLock { state -> (Bool, Set<String>?) in
            if state.buckets >= Self.bucketLimit, state.pending[series]?[moment] == nil {
                state.dropped += 1
                return (true, nil)
            }
            let isNew = state.pending[series, default: [:]].updateOrInsert(moment, samples)
            if isNew { state.buckets += 1 }
            return (false, state.watchers[series])
        }
        if isFull { throw .full }
        if let watchers { bell.ring(watchers) }
    }

    /// Has the bell rung for that alarm whenever a sample of one of the series comes in; for no series, no longer.
    func watch(_ alarm: String, _ series: [Series]) {
        state.withLock { state in
            for (known, alarms) in state.watchers where alarms.contains(alarm) {
                state.watchers[known]?.remove(alarm)
                if alarms.count == 1 { state.watchers[known] = nil }
            }
            for one in series { state.watchers[one, default: []].insert(alarm) }
        }
    }
}

extension Points {
    /// Adds samples to a bucket. Says whether the bucket is new.
    fileprivate mutating func updateOrInsert(_ moment: Moment, _ samples: Distribution) -> Bool {
        guard let index = index(forKey: moment) else {
            self[moment] = samples
            return true
        }
        values[index].merge(samples)
        return false
    }
}
