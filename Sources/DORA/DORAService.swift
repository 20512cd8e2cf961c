package import Cloud
package import Ledger
internal import Notation
package import ServiceLifecycle

/// The DORA figures: how often and how quickly changes reach the users of each service, and how often and how long they
/// hurt. Made of the event log alone.
package struct DORAService: CloudService {
    /// No service of AWS's has this id.
    package let id = "slipway-dora"
    let cloud: Cloud
    let ledger: Ledger
    let reader: LogReader

    /// The service behind that door.
    package init(cloud: Cloud, ledger: Ledger) {
        self.cloud = cloud
        self.ledger = ledger
        reader = LogReader(ledger)
    }

    /// What runs for as long as the house is open: keeps up with the log.
    package var services: [any Service] { [FollowingLog(service: self)] }

    /// The figures of the last 30 days of every service in the house, as Prometheus reads them. See ``Exposition``.
    ///
    /// - Throws: `LedgerError` when the ledger cannot be read.
    package func metrics() async throws -> String {
        Exposition(Histories(try await reader.book()), now: ledger.surroundings.now).text
    }
}

/// Keeps up with the log: reads, keeps, and has commits looked up. Can stop at any moment.
struct FollowingLog: Service {
    let service: DORAService

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await follow() }
        } catch is CancellationError {}
    }

    private func follow() async throws {
        let finder = CommitFinder(cloud: service.cloud, ledger: service.ledger)
        while !Task.isCancelled {
            let book = try await service.reader.book()
            try await finder.explain(book)
            let kept = try await service.reader.keep()
            var news = service.ledger.follow(after: kept).makeAsyncIterator()
            _ = try await news.next()
        }
    }
}
