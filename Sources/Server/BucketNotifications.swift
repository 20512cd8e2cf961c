internal import S3
internal import ServiceLifecycle

/// Tells functions what happens to objects. Can stop at any moment: what was not told yet is told after the next start.
struct BucketNotifications: Service {
    let buckets: S3Service

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await buckets.deliverNotifications() }
        } catch is CancellationError {}
    }
}
