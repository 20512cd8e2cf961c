import Cloud
import CloudFormation
import CloudTesting
import Ledger
import Notation
import Testing

@Suite("Exceptions from policies")
struct PolicyOverrideTests {
    private static let desk = "slipway-cloudformation"

    private func withDesk(_ body: (TestCloud) async throws -> Void) async throws {
        try await withTestCloud(services: { _, ledger in [PolicyOverrides(ledger: ledger)] }, body)
    }

    private func wish(_ test: TestCloud, _ days: Double, reason: String = "why", rule: String = "r") -> JSON {
        let end = test.ledger.surroundings.now.seconds + days * 86_400
        return ["stackName": "orders", "rule": .string(rule), "reason": .string(reason), "expires": .double(end)]
    }

    @Test("an exception is kept with its maker and stands in the log; a second one takes its place")
    func keeping() async throws {
        try await withDesk { test in
            try await test.call(Self.desk, "PutPolicyOverride", wish(test, 1))
            try await test.call(Self.desk, "PutPolicyOverride", wish(test, 2, reason: "other"))
            let list = try await test.call(Self.desk, "ListPolicyOverrides", ["stackName": "orders"])["overrides"]
            #expect(list?.array?.count == 1 && list?[0]?["reason"] == "other" && list?[0]?["isOver"] == false)
            #expect(list?[0]?["by"]?.string == test.caller.principal)
            let none = try await test.call(Self.desk, "ListPolicyOverrides", ["stackName": "else"])
            #expect(none["overrides"] == [])
            #expect(try await test.call(Self.desk, "ListPolicyOverrides")["overrides"]?.array?.count == 1)
        }
    }

    @Test("one that is taken back is gone; taking back what is not there does nothing")
    func withdrawing() async throws {
        try await withDesk { test in
            try await test.call(Self.desk, "PutPolicyOverride", wish(test, 1))
            for _ in 0..<2 {
                try await test.call(Self.desk, "DeletePolicyOverride", ["stackName": "orders", "rule": "r"])
            }
            #expect(try await test.call(Self.desk, "ListPolicyOverrides")["overrides"] == [])
        }
    }

    @Test("an end that is past or too far, and no reason, are refused", arguments: [-1.0, 0, 367])
    func refusals(days: Double) async throws {
        try await withDesk { test in
            let late = try await test.refusal(Self.desk, "PutPolicyOverride", wish(test, days))
            #expect(late?.code == "ValidationException")
            let silent = wish(test, 1, reason: " \n")
            let silentAnswer = try await test.refusal(Self.desk, "PutPolicyOverride", silent)
            #expect(silentAnswer?.code == "ValidationException")
            let nameless = wish(test, 1, rule: "")
            let namelessAnswer = try await test.refusal(Self.desk, "PutPolicyOverride", nameless)
            #expect(namelessAnswer?.code == "ValidationException")
        }
    }
}
