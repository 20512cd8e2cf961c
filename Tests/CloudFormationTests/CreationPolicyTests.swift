import Cloud
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Creation policies and signals")
struct CreationPolicyTests {
    private static func template(_ signal: String, _ rest: String = "") -> String {
        """
        Resources:
          W: {Type: 'AWS::CloudFormation::WaitCondition', CreationPolicy: {ResourceSignal: \(signal)}\(rest)}
          After: {Type: Test::Thing, DependsOn: W}
        """
    }

    private func signal(_ shop: Workshop, _ id: String, _ status: String = "SUCCESS", of name: String = "W") -> JSON {
        ["StackName": "s", "LogicalResourceId": .string(name), "UniqueId": .string(id), "Status": .string(status)]
    }

    private func begun(_ shop: Workshop, _ template: String) async throws {
        _ = try await shop.call("CreateStack", shop.input("s", template))
        try await eventually("the wait") { try await shop.story("s").contains("W CREATE_IN_PROGRESS") ? true : nil }
    }

    @Test("a wait condition stands when it has its signals, each told of and each counted once")
    func signals() async throws {
        try await withWorkshop { shop in
            try await begun(shop, Self.template("{Count: 2, Timeout: PT1H}"))
            for id in ["one", "one", "two"] { _ = try await shop.call("SignalResource", signal(shop, id)) }
            #expect(try await shop.settled("s")["StackStatus"] == "CREATE_COMPLETE")
            let reasons = try await shop.events("s").compactMap { $0["ResourceStatusReason"]?.string }
            #expect(
                reasons.filter { $0.hasPrefix("Received") }.sorted() == [
                    "Received SUCCESS signal with UniqueId one", "Received SUCCESS signal with UniqueId two",
                ])
            #expect(
                try await shop.refusal("SignalResource", signal(shop, "three"))
                    == "ValidationError: Resource W is in CREATE_COMPLETE state and cannot be signaled.")
            #expect(
                try await shop.refusal("SignalResource", signal(shop, "three", of: "After"))
                    == "ValidationError: Resource After is in CREATE_COMPLETE state and cannot be signaled.")
        }
    }

    @Test("a failure fails it at once")
    func failure() async throws {
        try await withWorkshop { shop in
            try await begun(shop, Self.template("{Timeout: PT1H}"))
            _ = try await shop.call("SignalResource", signal(shop, "one", "FAILURE"))
            #expect(try await shop.settled("s")["StackStatus"] == "ROLLBACK_COMPLETE")
            let failed = try await shop.events("s").first { $0["ResourceStatus"] == "CREATE_FAILED" }
            #expect(
                failed?["ResourceStatusReason"]?.string?.contains("Received FAILURE signal with UniqueId one") == true)
            #expect(shop.toys.calls.isEmpty)
        }
    }

    @Test("signals that do not come in time fail it, and say how many are missing")
    func timeout() async throws {
        try await withWorkshop { shop in
            let stack = try await shop.create("s", Self.template("{Count: 3, Timeout: PT0S}"))
            #expect(stack["StackStatus"] == "ROLLBACK_COMPLETE")
            let failed = try await shop.events("s").first { $0["ResourceStatus"] == "CREATE_FAILED" }
            #expect(
                failed?["ResourceStatusReason"]?.string?.contains(
                    "Failed to receive 3 resource signal(s) within the specified duration") == true)
        }
    }

    private static let refused: [(String, String)] = [
        (
            "Resources:\n  A: {Type: Test::Thing, CreationPolicy: {ResourceSignal: {}}}",
            "CreationPolicy is not supported for Test::Thing"
        ),
        (template("{}", ", Properties: {Count: 1}"), "A wait condition with a CreationPolicy takes no properties"),
        (template("{Timeout: P1D}"), "Timeout of ResourceSignal must be an ISO 8601 duration"),
        (template("{Timeout: PT13H}"), "Timeout of ResourceSignal must be an ISO 8601 duration"),
        (template("{Count: -1}"), "Count of ResourceSignal must be a whole number"),
        (template("{Counts: 1}"), "ResourceSignal has no Counts that is supported here"),
        ("Resources:\n  W: {Type: 'AWS::CloudFormation::WaitCondition'}", "Property Handle cannot be empty"),
        (
            "Resources:\n  A:\n    Type: AWS::Lambda::Alias\n    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: a}}\n"
                + "    Properties: {FunctionName: f, FunctionVersion: '1', Name: live}",
            "CodeDeployLambdaAliasUpdate must have DeploymentGroupName"
        ),
    ]

    @Test("policies that could not have their effect are refused", arguments: refused)
    func refusals(_ template: String, _ words: String) async throws {
        try await withWorkshop { shop in
            let refusal = try await shop.refusal("CreateStack", shop.input("s", template))
            #expect(refusal?.hasPrefix("ValidationError: " + words) == true, "\(refusal ?? "nothing")")
        }
    }

    @Test(
        "durations", arguments: [("PT5M", 300), ("PT1H30M", 5400), ("PT90S", 90), ("PT1H0M1S", 3601)])
    func durations(_ text: String, _ seconds: Int) { #expect(CreationPolicy.duration(text) == .seconds(seconds)) }

    @Test("what is no duration", arguments: ["", "PT", "P1D", "PTM", "PT5", "PT1M1H", "PT1M1M", "5M", "PT-1M"])
    func noDurations(_ text: String) { #expect(CreationPolicy.duration(text) == nil) }
}
