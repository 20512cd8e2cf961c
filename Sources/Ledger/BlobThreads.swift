internal import Dispatch
internal import Foundation
internal import Synchronization

/// The threads that wait for disks on behalf of tasks.
///
/// Reading, writing and above all syncing a file may take tens of milliseconds. Swift's cooperative pool has one
/// thread per core and expects none of them to wait, so file work is handed to these few threads and the task sleeps
/// meanwhile. They are the process's, not a store's: the disk they wait for is one as well.
final class BlobThreads: Sendable {
    static let shared = BlobThreads()

    /// So many files are worked on at once. More would only queue in the kernel.
    private static let count = 4

    private struct State {
        // Not a slice: that would keep taken jobs, and whatever they hold open, alive.
        var jobs: [@Sendable () -> Void] = []
        var threads = 0
    }
    private let state = Mutex(State())
    /// As many signals as there are jobs nobody took yet.
    private let ready = DispatchSemaphore(value: 0)

    /// Carries the work out on one of the threads and returns what it returns.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result { try work() }) }
        }
    }

    /// Carries the work out on one of the threads, soon.
    func submit(_ job: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            guard state.threads < Self.count else { return false }
            state.threads += 1
            return true
        }
        ready.signal()
        // Started when first needed: a server that keeps only small bodies never has them.
        if needsThread { Thread.detachNewThread { self.work() } }
    }

    private func work() {
        while true {
            ready.wait()
            let job = state.withLock { state in state.jobs.isEmpty ? nil : state.jobs.removeFirst() }
            job?()
        }
    }
}
