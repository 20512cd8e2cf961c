import Ledger
import Notation
import Sandbox
import Synchronization

/// One invocation on its way to a runtime.
struct Delivery: Sendable {
    let requestID: String
    let functionARN: String
    let payload: [UInt8]
    let deadline: Timestamp
    /// As the client sent it, decoded; nil when it sent none.
    let clientContext: String?
}

/// How an invocation, or a runtime's start, came out.
enum Verdict: Sendable {
    /// The function answered.
    case response([UInt8])
    /// The function or its runtime reported an error: its JSON, as it is answered to the caller.
    case fault([UInt8])
    /// The process ended before it answered.
    case exited(RunningProgram.Exit)
    /// Time was up.
    case timedOut
}

/// One process that runs a function's code, one invocation at a time, and its side of the Runtime API.
///
/// Source of the rules: AWS Lambda Developer Guide, "Building a custom runtime" and "Runtime API".
final class ExecutionEnvironment: Sendable, ProgramListener {
    private struct State {
        var program: RunningProgram?
        /// The runtime's open question for the next invocation.
        var poll: CheckedContinuation<Delivery?, Never>?
        /// The invocation that waits for the runtime to ask.
        var waiting: Delivery?
        var current: (id: String, verdict: CheckedContinuation<Verdict, Never>)?
        /// How the start came out: nil while it lasts; an empty response when the runtime asked for work.
        var start: Verdict?
        var starter: CheckedContinuation<Verdict, Never>?
        var exit: RunningProgram.Exit?
        var isRetired = false
        var idleSince: Timestamp?
        var invocations = 0
    }

    /// The unguessable part of the address that the runtime asks at.
    let token: String
    /// What it runs: environments of the same key are alike.
    let key: String
    let functionKey: String
    let log: EnvironmentLog
    /// When it must no longer be given work: its credentials end.
    let expiration: Timestamp
    private let ended: @Sendable (ExecutionEnvironment) -> Void
    private let state = Mutex(State())

    init(
        token: String, key: String, functionKey: String, log: EnvironmentLog, expiration: Timestamp,
        ended: @escaping @Sendable (ExecutionEnvironment) -> Void
    ) {
        self.token = token
        self.key = key
        self.functionKey = functionKey
        self.log = log
        self.expiration = expiration
        self.ended = ended
    }

    // MARK: The server's side

    /// Gives it its process, and kills that when the environment was retired meanwhile.
    func attach(_ program: RunningProgram) {
        let isRetired = state.withLock { state in
            state.program = program
            return state.isRetired
        }
        if isRetired { program.kill() }
    }

    var program: RunningProgram? { state.withLock { $0.program } }

    /// Waits until the runtime asks for work, or has failed to get that far.
    func started() async -> Verdict {
        await withCheckedContinuation { continuation in
            let known: Verdict? = state.withLock { state in
                if state.start == nil { state.starter = continuation }
                return state.start
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Hands an invocation to the runtime and waits for what comes of it. One at a time.
    func run(_ delivery: Delivery) async -> Verdict {
        await withCheckedContinuation { continuation in
            let (poll, exit) = state.withLock {
                state -> (CheckedContinuation<Delivery?, Never>?, RunningProgram.Exit?) in
                if let exit = state.exit { return (nil, exit) }
                state.current = (delivery.requestID, continuation)
                state.invocations += 1
                guard let poll = state.poll else {
                    state.waiting = delivery
                    return (nil, nil)
                }
                state.poll = nil
                return (poll, nil)
            }
            poll?.resume(returning: delivery)
            if let exit { continuation.resume(returning: .exited(exit)) }
        }
    }

    /// Ends the start or the invocation under way as timed out, and the process with it.
    func expire() {
        let waiting = state.withLock { state in
            state.isRetired = true
            let waiting = [state.current?.verdict, state.starter]
            state.current = nil
            state.starter = nil
            return waiting
        }
        for one in waiting { one?.resume(returning: .timedOut) }
        kill()
    }

    /// Makes it take no more work; kills it when it has none.
    func retire() {
        let isBusy = state.withLock { state in
            state.isRetired = true
            return state.current != nil || state.start == nil
        }
        if !isBusy { kill() }
    }

    func kill() {
        let program = state.withLock { state in
            state.isRetired = true
            return state.program
        }
        program?.kill()
    }

    /// Whether it can take another invocation.
    func isUsable(at now: Timestamp) -> Bool {
        state.withLock { $0.exit == nil && !$0.isRetired && $0.current == nil } && now < expiration
    }

    /// Since when it has had nothing to do; set by the pool.
    var idleSince: Timestamp? {
        get { state.withLock { $0.idleSince } }
        set { state.withLock { $0.idleSince = newValue } }
    }

    // MARK: The runtime's side

    /// The runtime asks for its next invocation: waits for one; nil when there will be none.
    func next() async -> Delivery? {
        await withCheckedContinuation { continuation in
            var starter: CheckedContinuation<Verdict, Never>?
            let answer: Delivery?? = state.withLock { state in
                if state.start == nil {
                    state.start = .response([])
                    starter = state.starter
                    state.starter = nil
                }
                if state.exit != nil || state.poll != nil { return .some(nil) }
                if let waiting = state.waiting {
                    state.waiting = nil
                    return .some(waiting)
                }
                state.poll = continuation
                return nil
            }
            starter?.resume(returning: .response([]))
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// The runtime answers or reports on an invocation. False when that is not the one under way.
    func settle(_ requestID: String, _ verdict: Verdict) -> Bool {
        let current = state.withLock { state -> CheckedContinuation<Verdict, Never>? in
            guard state.current?.id == requestID else { return nil }
            defer { state.current = nil }
            return state.current?.verdict
        }
        current?.resume(returning: verdict)
        return current != nil
    }

    /// The runtime reports that it cannot start.
    func failStart(_ report: [UInt8]) {
        let starter = state.withLock { state in
            defer { state.starter = nil }
            if state.start == nil { state.start = .fault(report) }
            return state.starter
        }
        starter?.resume(returning: .fault(report))
    }

    // MARK: ProgramListener

    func printed(_ bytes: [UInt8], to stream: ProgramStream) { log.append(bytes) }

    func ended(_ exit: RunningProgram.Exit) {
        let (poll, waiting) = state.withLock { state in
            state.exit = exit
            if state.start == nil { state.start = .exited(exit) }
            let found = (state.poll, [state.current?.verdict, state.starter])
            state.poll = nil
            state.current = nil
            state.starter = nil
            return found
        }
        poll?.resume(returning: nil)
        for one in waiting { one?.resume(returning: .exited(exit)) }
        ended(self)
    }
}
