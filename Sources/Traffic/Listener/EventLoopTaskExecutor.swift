internal import NIOCore

/// Runs tasks on an event loop's thread, so that a request whose answer is at hand never changes threads.
///
/// What runs here must not block: whatever waits for a disk or a process does so on threads of its own.
final class EventLoopTaskExecutor: TaskExecutor {
    let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
