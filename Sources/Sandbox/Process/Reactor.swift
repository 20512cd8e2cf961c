import CLinux
import Glibc
import Synchronization

/// The one thread that starts programs, reads their pipes and learns of their ends.
///
/// A thread of its own because two things need one that blocks and never ends: `epoll_wait` (Swift's own pool must
/// not be blocked), and "die with your parent", which the kernel ties to the *thread* that started a program; a pool's
/// threads come and go, and with them the programs they started would.
final class Reactor: Sendable {
    /// What belongs to the thread alone.
    final class Loop {
        /// Whose thread it is.
        let reactor: Reactor
        private let poll: Int32
        fileprivate var handlers: [UInt64: (descriptor: Int32, handler: (Loop) -> Void)] = [:]
        private var nextToken: UInt64 = 1
        /// Where pipes are read into before their bytes are copied out at their true length.
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

        fileprivate init(_ reactor: Reactor) {
            self.reactor = reactor
            poll = reactor.poll
        }
        deinit { scratch.deallocate() }

        /// Calls the handler on this thread whenever the descriptor is readable, until it is unwatched. nil when the
        /// kernel refuses.
        func watch(_ descriptor: Int32, _ handler: @escaping (Loop) -> Void) -> UInt64? {
            let token = nextToken
            nextToken += 1
            guard linux_epoll_add(poll, descriptor, token) == 0 else { return nil }
            handlers[token] = (descriptor, handler)
            return token
        }

        /// Ends that watch; the descriptor stays open.
        func unwatch(_ token: UInt64) {
            guard let (descriptor, _) = handlers.removeValue(forKey: token) else { return }
            _ = linux_epoll_remove(poll, descriptor)
        }
    }

    private let poll: Int32
    private let wakeup: Int32
    private let jobs = Mutex<[@Sendable (Loop) -> Void]>([])

    /// Starts the thread. It lasts as long as the process.
    init() throws {
        poll = linux_epoll_create()
        wakeup = linux_eventfd()
        guard poll >= 0, wakeup >= 0, linux_epoll_add(poll, wakeup, 0) == 0 else {
            throw SandboxError(.startFailed, "Cannot watch programs: \(systemMessage(errno)).")
        }
        var thread = pthread_t()
        // Safe: the pointer's count is raised here and taken over by the thread, once.
        let own = Unmanaged.passRetained(self).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Reactor>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, own)
        guard failure == 0 else {
            Unmanaged<Reactor>.fromOpaque(own).release()
            throw SandboxError(
                .startFailed, "Cannot start the thread that watches programs: \(systemMessage(failure)).")
        }
        pthread_detach(thread)
    }

    /// Runs the job on the thread, soon and in the order given.
    func perform(_ job: @escaping @Sendable (Loop) -> Void) {
        let first = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        guard first else { return }
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    /// Runs the job on the thread and waits for its result.
    func result<Value: Sendable>(of job: @escaping @Sendable (Loop) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            perform { continuation.resume(returning: job($0)) }
        }
    }

    private func run() {
        let loop = Loop(self)
        var tokens = [UInt64](repeating: 0, count: 64)
        while true {
            let count = linux_epoll_wait(poll, &tokens, 64)
            let ready = tokens.prefix(max(0, Int(count)))
            // Jobs first: what a program does in answer to something must not be seen before what was asked for before.
            if ready.contains(0) { runJobs(loop) }
            for token in ready where token != 0 { loop.handlers[token]?.handler(loop) }
        }
    }

    private func runJobs(_ loop: Loop) {
        var count: UInt64 = 0
        _ = read(wakeup, &count, 8)
        let due = jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in due { job(loop) }
    }
}

/// The system's words for an error number.
func systemMessage(_ number: Int32) -> String {
    String(cString: strerror(number))
}
