internal import Ledger
internal import Notation

/// Lets reports go when their time is over, with the cases or files in them. What was exported to a bucket stays.
///
/// Source: AWS CodeBuild User Guide, "Working with reports": a report expires 30 days after it was made.
struct ReportSweep: Sendable {
    let ledger: Ledger
    /// How long after its end a report may still be seen.
    private static let pause = Duration.seconds(3600)

    /// Removes what has expired. Done again after a crash, it goes on with what is left.
    func sweep() async throws {
        let now = ledger.surroundings.now
        var place = ""
        while true {
            let page = try await ledger.list(Report.collection, after: place, limit: 500)
            guard let end = page.last else { return }
            place = end.key
            let ended = page.filter { $0.value.expires <= now }.map(\.key)
            guard !ended.isEmpty else { continue }
            try await ledger.write { transaction in
                for key in ended {
                    try transaction.delete(Report.collection, key)
                    try transaction.delete(ReportContents.collection, key)
                }
            }
        }
    }

    /// Sweeps until cancelled. A sweep that fails is done again the next time.
    func run() async {
        let surroundings = ledger.surroundings
        while !Task.isCancelled {
            try? await sweep()
            guard (try? await surroundings.time.sleep(until: surroundings.now + Self.pause)) != nil else { return }
        }
    }
}
