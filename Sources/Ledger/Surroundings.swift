internal import Synchronization
#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif
package import Notation

/// What code may not fetch for itself: the time, and chance. Given by the composition root, or by a test.
package struct Surroundings: Sendable {
    /// The time.
    package let time: any TimeSource
    /// Random bytes.
    package let chance: any Chance

    /// These sources; the system's unless told otherwise.
    package init(time: any TimeSource = SystemTime(), chance: any Chance = SystemChance()) {
        self.time = time
        self.chance = chance
    }

    /// The present moment.
    package var now: Timestamp { time.now }
}

/// Where the time comes from.
package protocol TimeSource: Sendable {
    /// The present moment.
    var now: Timestamp { get }
    /// Returns once the moment has come; at once when it is past.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(until moment: Timestamp) async throws
}

/// The machine's wall clock.
package struct SystemTime: TimeSource {
    package init() {}

    package var now: Timestamp {
        var spec = timespec()
        clock_gettime(CLOCK_REALTIME, &spec)
        return Timestamp(microseconds: Int64(spec.tv_sec) * 1_000_000 + Int64(spec.tv_nsec) / 1000)
    }

    package func sleep(until moment: Timestamp) async throws {
        try await Task.sleep(for: moment - now, tolerance: .zero, clock: .continuous)
    }
}

/// A clock that stands still until it is moved: for rehearsals and tests. Safe to share.
package final class VirtualTime: TimeSource {
    private struct State {
        var now: Timestamp
        var sleepers: [Int: (until: Timestamp, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var nextSleeper = 0
    }
    private let state: Mutex<State>

    /// A clock that shows that moment.
    package init(now: Timestamp = Timestamp(seconds: 1_750_000_000)) { state = Mutex(State(now: now)) }

    package var now: Timestamp { state.withLock { $0.now } }

    /// How many tasks wait for the clock to move.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// The earliest moment somebody waits for.
    package var nextWake: Timestamp? { state.withLock { $0.sleepers.values.map(\.until).min() } }

    package func sleep(until moment: Timestamp) async throws {
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isPast = state.withLock { state in
                    guard moment > state.now, !Task.isCancelled else { return true }
                    state.sleepers[id] = (moment, continuation)
                    return false
                }
                guard isPast else { return }
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    continuation.resume()
                }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock forward and wakes whoever waited for a moment up to then, earliest first. Never moves back.
    package func advance(to moment: Timestamp) {
        let due = state.withLock { state in
            state.now = max(state.now, moment)
            let due = state.sleepers.filter { $0.value.until <= state.now }.sorted { $0.value.until < $1.value.until }
            for (id, _) in due { state.sleepers.removeValue(forKey: id) }
            return due.map(\.value.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Moves the clock forward by that much.
    package func advance(by duration: Duration) { advance(to: now + duration) }
}

/// Where randomness comes from: ids, tokens, draws.
package protocol Chance: Sendable {
    /// The next 64 random bits.
    func next() -> UInt64
}

/// The system's cryptographically secure source.
package struct SystemChance: Chance {
    package init() {}
    package func next() -> UInt64 { UInt64.random(in: .min ... .max) }
}

/// A repeatable source (SplitMix64): the same seed gives the same draws. Not for secrets.
package final class SeededChance: Chance, RandomNumberGenerator {
    private let state: Mutex<UInt64>

    /// A source whose draws follow from the seed.
    package init(seed: UInt64) { state = Mutex(seed) }

    package func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}

extension Chance {
    /// A number from 0 up to, not including, 1.
    package func fraction() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// That many characters drawn from the alphabet, which has at most 64.
    package func text(_ count: Int, of alphabet: StaticString) -> String {
        let letters = UnsafeBufferPointer(start: alphabet.utf8Start, count: alphabet.utf8CodeUnitCount)
        var drawn: [UInt8] = []
        drawn.reserveCapacity(count)
        var bits: UInt64 = 0
        for place in 0..<count {
            // Six letters a draw leave the remainders' skew below one in ten million.
            if place % 6 == 0 { bits = next() }
            drawn.append(letters[Int(bits % UInt64(letters.count))])
            bits /= UInt64(letters.count)
        }
        return String(decoding: drawn, as: UTF8.self)
    }

    /// That many lower-case hexadecimal digits.
    package func hexadecimal(_ count: Int) -> String { text(count, of: "0123456789abcdef") }

    /// That many capitals and digits, as AWS's short ids have.
    package func alphanumeric(_ count: Int) -> String { text(count, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") }

    /// A random UUID (version 4) in lower case.
    package func uuid() -> String {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var place = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    buffer[place] = UInt8(ascii: "-")
                    place += 1
                }
                let half = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (digit & 15))) & 15
                buffer[place] = value < 10 ? 0x30 + value : 0x57 + value
                place += 1
            }
            return place
        }
    }
}
