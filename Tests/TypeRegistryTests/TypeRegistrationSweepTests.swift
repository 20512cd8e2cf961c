import CloudFormation
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import TypeRegistry

@Suite("Registrations that nobody asks for any more")
struct TypeRegistrationSweepTests {
    @Test("a registration goes after 90 days")
    func times() async throws {
        let time = VirtualTime()
        var desk: TypeRegistryService?
        try await withTestCloud(Surroundings(time: time)) { cloud, ledger in
            let registry = TypeRegistryService(CloudFormationService(cloud: cloud, ledger: ledger))
            desk = registry
            return [registry]
        } _: { test in
            let sweep = try #require(desk?.sweep)
            let now = time.now
            try await test.ledger.write { write in
                try write.put(
                    TypeRegistration.collection, "1/r/t",
                    TypeRegistration(token: "t", name: "A::B::C::MODULE", status: "FAILED", description: "", time: now))
            }
            try await withRunning([sweep]) {
                try await eventually("it sleeps") { time.nextWake != nil ? true : nil }
                #expect(try await test.ledger.list(TypeRegistration.collection).count == 1)
                time.advance(by: .seconds(90 * 86_400 + 1))
                try await eventually("the round after 90 days") {
                    try await test.ledger.list(TypeRegistration.collection).isEmpty ? true : nil
                }
            }
        }
    }
}
