package import Cloud
package import Ledger
internal import LedgerTesting
package import Notation

/// A door with a temporary ledger behind it, for the tests of services.
package struct TestCloud: Sendable {
    /// The door.
    package let cloud: Cloud
    /// The ledger, removed after the test.
    package let ledger: Ledger
    /// Who calls unless told otherwise: the root of account 123456789012 in eu-west-1.
    package let caller = Caller.root(account: "123456789012", region: "eu-west-1")

    /// A door and the ledger behind it, for tests that make both themselves.
    package init(cloud: Cloud, ledger: Ledger) {
        self.cloud = cloud
        self.ledger = ledger
    }

    /// Calls an operation.
    @discardableResult
    package func call(_ service: String, _ operation: String, _ input: JSON = [:]) async throws -> JSON {
        try await cloud.call(service, operation, input, as: caller)
    }

    /// The refusal an operation answers with; nil when it succeeds.
    package func refusal(_ service: String, _ operation: String, _ input: JSON = [:]) async throws -> AWSError? {
        do {
            try await call(service, operation, input)
            return nil
        } catch let error as AWSError { return error }
    }
}

/// Runs the closure with a door behind which `makeServices` put its services.
package func withTestCloud<Result>(
    _ surroundings: Surroundings = Surroundings(),
    services makeServices: (_ cloud: Cloud, _ ledger: Ledger) throws -> [any CloudService],
    _ body: (TestCloud) async throws -> Result
) async throws -> Result {
    try await withTemporaryLedger(surroundings) { ledger in
        let cloud = Cloud(surroundings: surroundings, endpoint: "http://127.0.0.1:4566", validate: { _, _, _ in nil })
        cloud.install(try makeServices(cloud, ledger))
        return try await body(TestCloud(cloud: cloud, ledger: ledger))
    }
}
