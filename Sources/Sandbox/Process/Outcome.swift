import Synchronization

/// A value that is settled once and may be waited for by many, before and after.
final class Outcome<Value: Sendable>: Sendable {
    private enum State {
        case pending([CheckedContinuation<Value, Never>])
        case settled(Value)
    }

    private let state = Mutex<State>(.pending([]))

    /// The value, or nil while it is open.
    var settled: Value? {
        state.withLock { if case .settled(let value) = $0 { value } else { nil } }
    }

    /// Settles the value and wakes all who wait. Later calls change nothing.
    func settle(_ value: Value) {
        let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
            guard case .pending(let waiting) = state else { return [] }
            state = .settled(value)
            return waiting
        }
        for one in waiting { one.resume(returning: value) }
    }

    /// Waits for the value. Not ended by cancellation: whoever settles it is bound to do so.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let settled: Value? = state.withLock { state in
                switch state {
                case .settled(let value): return value
                case .pending(let waiting):
                    state = .pending(waiting + [continuation])
                    return nil
                }
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }
}
