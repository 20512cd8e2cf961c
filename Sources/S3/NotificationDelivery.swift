internal import Cloud
internal import HTTP
internal import Ledger
internal import Logging
internal import Notation

extension S3Service {
    private static let reader = "s3.notifications"
    /// How many events may be read again after a crash although nothing was sent for them: noting the place with every
    /// object written would cost each of them a second sync.
    private static let noteEvery: Int64 = 1000

    /// Tells functions, queues and topics what happens to objects, as the buckets' notification configurations ask,
    /// until cancelled. Run by the composition root.
    ///
    /// A reader of the one log with a durable place: what was written before a crash is told after it, at least once.
    package func deliverNotifications() async throws {
        var noted = try await ledger.cursor(Self.reader)
        for try await logged in ledger.follow(after: noted) {
            let isSent = try await deliver(logged.event)
            guard isSent || logged.sequence - noted >= Self.noteEvery else { continue }
            noted = logged.sequence
            let place = noted
            try await ledger.write { write in try write.setCursor(Self.reader, place) }
        }
    }

    private func deliver(_ event: LedgerEvent) async throws -> Bool {
        guard event.source == "aws.s3", let name = Notification.name(event),
            let bucketName = event.detail["bucket"]?["name"]?.string, let key = event.detail["object"]?["key"]?.string,
            let bucket = try await ledger.get(Shelf.buckets, bucketName)?.value
        else { return false }
        var isSent = false
        for kind in Notification.Kind.allCases {
            for target in bucket.settings["notification"]?[kind.list]?.array ?? []
            where Notification.isWanted(name, key: key, by: target) {
                let message = Notification.message(event, name: name, bucket, target)
                try await send(message, to: target[kind.member]?.string ?? "", kind, bucket)
                isSent = true
            }
        }
        return isSent
    }

    /// Hands the message over. Tries again while the target itself is in trouble; a refusal ends it.
    private func send(_ message: JSON, to target: String, _ kind: Notification.Kind, _ bucket: Bucket) async throws {
        let log = Logger(label: "s3")
        for attempt in 1...5 {
            do { return try await tell(target, kind, message, bucket) } catch let error as AWSError {
                let mayPass = !error.isSender || error.status == 429
                guard mayPass, attempt < 5 else {
                    log.warning(
                        "a notification was not delivered",
                        metadata: ["bucket": "\(bucket.name)", "target": "\(target)", "error": "\(error)"])
                    return
                }
                let time = ledger.surroundings.time
                try await time.sleep(until: ledger.surroundings.now + .milliseconds(100 << attempt))
            }
        }
    }
}
