import Ledger
import Notation
import Sandbox
import Synchronization

/// All execution environments: those at work, those kept warm, and how many invocations run at once.
final class EnvironmentPool: Sendable {
    /// How the pool behaves; the figures are AWS's where AWS has one.
    struct Rules: Sendable {
        /// Invocations at once in an account and region (Lambda quotas).
        var accountConcurrency = 1000
        /// How much of that must stay unreserved.
        var unreservedMinimum = 100
        /// How long an environment without work is kept.
        var keepWarm = Duration.seconds(600)
        /// How many environments without work are kept; each holds an interpreter's memory.
        var warmLimit = 64
    }

    private struct State {
        var byToken: [String: ExecutionEnvironment] = [:]
        /// Those without work, by key, the last used last.
        var idle: [String: [ExecutionEnvironment]] = [:]
        var idleCount = 0
        var running: [String: Int] = [:]
        var runningUnreserved: [String: Int] = [:]
    }

    let rules: Rules
    private let state = Mutex(State())

    init(rules: Rules) { self.rules = rules }

    // MARK: Concurrency

    /// Counts an invocation in. Every success needs a ``leave(_:reserved:)``.
    ///
    /// - Parameter unreserved: How much of the account's concurrency no function has reserved.
    /// - Returns: How many invocations of the function run now, this one included.
    func enter(_ name: FunctionName, reserved: Int?, unreserved: Int) -> Result<Int, Throttle> {
        let scope = "\(name.account)/\(name.region)"
        return state.withLock { state in
            let own = state.running[name.key, default: 0]
            if let reserved {
                guard own < reserved else { return .failure(Throttle(reason: .reserved)) }
            } else {
                guard state.runningUnreserved[scope, default: 0] < unreserved else {
                    return .failure(Throttle(reason: .account))
                }
                state.runningUnreserved[scope, default: 0] += 1
            }
            state.running[name.key] = own + 1
            return .success(own + 1)
        }
    }

    /// Counts an invocation out, with the same arguments as it came in.
    func leave(_ name: FunctionName, reserved: Int?) {
        state.withLock { state in
            state.running[name.key, default: 1] -= 1
            if state.running[name.key] == 0 { state.running[name.key] = nil }
            if reserved == nil { state.runningUnreserved["\(name.account)/\(name.region)", default: 1] -= 1 }
        }
    }

    struct Throttle: Error {
        let reason: ThrottleReason
    }

    // MARK: Environments

    /// An environment of that key without work, the one used last; nil when there is none.
    func take(_ key: String, at now: Timestamp) -> ExecutionEnvironment? {
        while let found = takeAny(key) {
            if found.isUsable(at: now) { return found }
            found.retire()
        }
        return nil
    }

    private func takeAny(_ key: String) -> ExecutionEnvironment? {
        state.withLock { state in
            guard let found = state.idle[key]?.popLast() else { return nil }
            if state.idle[key]?.isEmpty == true { state.idle[key] = nil }
            state.idleCount -= 1
            return found
        }
    }

    /// Takes in a new environment, so that its runtime is known when it asks for work.
    func add(_ environment: ExecutionEnvironment) {
        state.withLock { $0.byToken[environment.token] = environment }
    }

    /// Keeps an environment warm after an invocation, or lets it go when it is of no more use.
    func release(_ environment: ExecutionEnvironment, at now: Timestamp) {
        guard environment.isUsable(at: now) else { return environment.retire() }
        environment.idleSince = now
        let surplus: ExecutionEnvironment? = state.withLock { state in
            guard state.byToken[environment.token] != nil else { return environment }
            state.idle[environment.key, default: []].append(environment)
            state.idleCount += 1
            guard state.idleCount > rules.warmLimit else { return nil }
            return removeOldest(&state)
        }
        surplus?.retire()
    }

    private func removeOldest(_ state: inout State) -> ExecutionEnvironment? {
        let oldest = state.idle.min { left, right in
            (left.value.first?.idleSince?.microseconds ?? 0) < (right.value.first?.idleSince?.microseconds ?? 0)
        }
        guard let key = oldest?.key, var rest = state.idle[key], !rest.isEmpty else { return nil }
        let found = rest.removeFirst()
        state.idle[key] = rest.isEmpty ? nil : rest
        state.idleCount -= 1
        return found
    }

    /// Forgets an environment whose process has ended.
    func remove(_ environment: ExecutionEnvironment) {
        state.withLock { state in
            state.byToken[environment.token] = nil
            guard var rest = state.idle[environment.key] else { return }
            let before = rest.count
            rest.removeAll { $0 === environment }
            state.idleCount -= before - rest.count
            state.idle[environment.key] = rest.isEmpty ? nil : rest
        }
    }

    /// The environment whose runtime asks at that address; nil when there is none (any more).
    func environment(_ token: String) -> ExecutionEnvironment? { state.withLock { $0.byToken[token] } }

    /// Retires the environments of keys that begin so, except those of one key.
    func retire(prefix: String, except kept: String? = nil) {
        let found = state.withLock { state in
            let found = state.byToken.values.filter { $0.key.hasPrefix(prefix) && $0.key != kept }
            for key in state.idle.keys where key.hasPrefix(prefix) && key != kept {
                state.idleCount -= state.idle[key]?.count ?? 0
                state.idle[key] = nil
            }
            return found
        }
        for one in found { one.retire() }
    }

    /// Retires what has been without work for too long.
    func retireCold(at now: Timestamp) {
        let cold = state.withLock { state in
            var cold: [ExecutionEnvironment] = []
            for (key, all) in state.idle {
                let old = all.filter { now - ($0.idleSince ?? now) >= rules.keepWarm || now >= $0.expiration }
                if old.isEmpty { continue }
                cold += old
                let rest = all.filter { one in !old.contains { $0 === one } }
                state.idle[key] = rest.isEmpty ? nil : rest
            }
            state.idleCount -= cold.count
            return cold
        }
        for one in cold { one.retire() }
    }

    /// Kills all environments, at work or warm, and waits until nothing is left of them.
    func killAll() async {
        let all = state.withLock { Array($0.byToken.values) }
        for one in all { one.kill() }
        for one in all { await one.program?.waitUntilRemoved() }
    }

    /// How many environments there are, at work or warm.
    var count: Int { state.withLock { $0.byToken.count } }
}
