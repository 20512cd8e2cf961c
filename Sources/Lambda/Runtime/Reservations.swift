import Ledger
import Synchronization

/// How much of an account's concurrency functions have reserved: a sum over all functions, kept while nothing changes.
final class Reservations: Sendable {
    private let ledger: Ledger
    private let sums = Mutex<[String: Int]>([:])

    init(ledger: Ledger) { self.ledger = ledger }

    /// What a function without a reservation shares with the others like it.
    func unreserved(_ function: Function, rules: EnvironmentPool.Rules) async throws -> Int {
        rules.accountConcurrency - (try await reserved(function.account, function.region))
    }

    /// The sum of all reservations in an account and region.
    func reserved(_ account: String, _ region: String) async throws -> Int {
        let scope = "\(account)/\(region)/"
        if let known = sums.withLock({ $0[scope] }) { return known }
        let sum = try await ledger.list(LambdaStore.functions, prefix: scope).reduce(0) {
            $0 + ($1.value.reserved ?? 0)
        }
        sums.withLock { $0[scope] = sum }
        return sum
    }

    /// Forgets the sums: a reservation was changed.
    func changed() { sums.withLock { $0 = [:] } }
}
