internal import Ledger
internal import ServiceLifecycle

/// Stands first among the long-running parts, so that it ends last: by then nothing writes any more.
struct LedgerKeeper: Service {
    func run() async throws { try await gracefulShutdown() }
}
