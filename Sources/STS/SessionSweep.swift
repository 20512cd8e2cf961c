internal import Ledger
internal import Notation
internal import Synchronization

/// Removes temporary keys an hour after their end: until then requests signed with them are told why they are refused.
///
/// Done by whoever is given new keys, once an hour: where none are given out, none pile up.
final class SessionSweep: Sendable {
    private let ledger: Ledger
    private let last = Mutex<Timestamp?>(nil)

    init(ledger: Ledger) { self.ledger = ledger }

    func runIfDue() async throws {
        let now = ledger.surroundings.now
        let isDue = last.withLock { last in
            if let last, now < last + .seconds(3600) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let limit = now - .seconds(3600)
        var place = ""
        while true {
            let page = try await ledger.list(Session.collection, after: place, limit: 500)
            guard let end = page.last else { return }
            place = end.key
            let ended = page.filter { $0.value.expires < limit }.map(\.key)
            guard !ended.isEmpty else { continue }
            try await ledger.write { write in for key in ended { try write.delete(Session.collection, key) } }
        }
    }
}
