internal import Foundation
package import Ledger
package import ServiceLifecycle

/// Runs the closure with a ledger in a folder of its own that is removed afterwards.
package func withTemporaryLedger<Result>(
    _ surroundings: Surroundings = Surroundings(), _ body: (Ledger) async throws -> Result
) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(try Ledger(folder: folder, surroundings: surroundings))
}

/// Runs the closure while the services run; they are cancelled when it returns.
package func withRunning<Result: Sendable>(
    _ services: [any Service], _ body: () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for service in services { group.addTask { try await service.run() } }
        defer { group.cancelAll() }
        return try await body()
    }
}

/// Why a test gave up waiting.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String
}

/// Waits until the closure returns a value, asking again whenever other tasks had a turn. For conditions that no event announces.
///
/// - Throws: ``NeverHappened`` when the limit has passed.
@discardableResult
package func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(60), _ probe: () async throws -> Value?
) async throws -> Value {
    let start = ContinuousClock.now
    while ContinuousClock.now - start < limit {
        if let value = try await probe() { return value }
        try await Task.sleep(for: .milliseconds(2))
    }
    throw NeverHappened(description: "\(what) did not happen within \(limit)")
}
