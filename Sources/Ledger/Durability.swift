/// When a write returns.
package enum Durability: Sendable {
    /// When it is on disk.
    case synced
    /// When readers see it. The disk has it before anything that is written later, and soon by itself; a power cut
    /// before that takes it back, with all that was written after it. For work whose every effect lies in the ledger
    /// and which is done again when it is lost. What leaves the house must wait for ``Ledger/synced()``.
    ///
    /// Source of the idea: Nightingale et al., "Rethink the Sync" (OSDI 2006), external synchrony.
    case ordered
}

extension Ledger {
    @TaskLocal static var durability = Durability.synced

    /// Runs the closure with all its writes, on any ledger, being of that durability.
    ///
    /// - Throws: what the closure throws.
    package static func withDurability<Value: Sendable>(
        _ durability: Durability, _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await $durability.withValue(durability) { try await body() }
    }

    /// Returns once all that readers may have seen by now is on disk: at once, unless ordered writes are on their way.
    ///
    /// - Throws: ``LedgerError`` with `.unusable` when the disk failed. Then nothing can be written until a restart.
    package func synced() async throws { try await commits.synced() }
}
