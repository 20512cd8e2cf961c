import Glibc

/// Work that blocks, such as expanding an archive, on a thread made for it: neither Swift's pool nor an event loop may
/// wait for a disk.
package enum OwnThread {
    /// Runs the body on a new thread and returns what it returns.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let job = Job { continuation.resume(returning: body()) }
            var thread = pthread_t()
            // Safe: the pointer's count is raised here and taken over by the thread, once.
            let own = Unmanaged.passRetained(job).toOpaque()
            let failure = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
                    return nil
                }, own)
            guard failure != 0 else {
                pthread_detach(thread)
                return
            }
            Unmanaged<Job>.fromOpaque(own).release()
            job.body()  // No thread is to be had: late is better than never.
        }
    }

    /// The same for a body that throws.
    package static func run<Value: Sendable>(
        throwing body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await run { Result { try body() } }.get()
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
