import Cloud
import CloudFormationTemplate
import CloudFormationTesting
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import CloudFormation

@Suite("Hooks")
struct HookTests {
    private static let role = "arn:aws:iam::123456789012:role/hooks"

    private func hook(_ change: (inout Hook) -> Void = { _ in }) -> Hook {
        var hook = Hook(
            name: "Private::Test::Judge", arn: "arn", judge: .function("f"), stops: true, isEnabled: true,
            operations: ["RESOURCE"], executionRole: "r", stackID: "s")
        change(&hook)
        return hook
    }

    private func target(_ change: (inout HookTarget) -> Void = { _ in }) -> HookTarget {
        var target = HookTarget(
            operation: "RESOURCE", action: "CREATE", name: "AWS::S3::Bucket", logicalID: "B", stackID: "arn:s",
            stackName: "orders", roleARN: nil)
        change(&target)
        return target
    }

    @Test("a hook is asked about what it names, and nothing else")
    func matching() {
        #expect(hook().applies(to: target()))
        #expect(!hook { $0.isEnabled = false }.applies(to: target()))
        #expect(!hook { $0.operations = ["STACK"] }.applies(to: target()))
        #expect(!hook().applies(to: target { $0.name = "AWS::CloudFormation::GuardHook" }))
        #expect(
            !hook { $0.operations = ["STACK"] }.applies(
                to: target {
                    $0.operation = "STACK"
                    $0.name = "STACK"
                    $0.stackID = "s"
                }))
        let filters: [(JSON, Bool)] = [
            (["TargetNames": ["AWS::S3::*"]], true), (["TargetNames": ["AWS::SQS::*"]], false),
            (["TargetNames": ["AWS::S?::Bucket"], "Actions": ["CREATE", "UPDATE"]], true),
            (["Actions": ["DELETE"]], false),
            (
                [
                    "Targets": [
                        ["TargetName": "AWS::S3::Bucket", "Action": "DELETE"], ["TargetName": "*", "Action": "CREATE"],
                    ]
                ], true
            ),
            (["Targets": [["TargetName": "AWS::S3::Bucket", "Action": "DELETE"]]], false),
        ]
        for (filter, expected) in filters {
            #expect(hook { $0.targetFilters = filter }.applies(to: target()) == expected, "\(filter)")
        }
        let stacks: [(JSON, Bool)] = [
            (["FilteringCriteria": "ALL", "StackNames": ["Include": ["orders"]]], true),
            (["FilteringCriteria": "ALL", "StackNames": ["Exclude": ["ord*"]]], false),
            (
                ["FilteringCriteria": "ALL", "StackNames": ["Include": ["orders"]], "StackRoles": ["Include": ["x"]]],
                false
            ),
            (
                ["FilteringCriteria": "ANY", "StackNames": ["Include": ["orders"]], "StackRoles": ["Include": ["x"]]],
                true
            ),
        ]
        for (filter, expected) in stacks {
            #expect(hook { $0.stackFilters = filter }.applies(to: target()) == expected, "\(filter)")
        }
    }

    @Test(
        "patterns",
        arguments: [
            ("*", "", true), ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "abbd", false), ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("**a**", "xax", true), ("", "", true), ("", "a", false), ("a*b*c", "a1b2b3c", true),
        ])
    func patterns(pattern: String, text: String, expected: Bool) {
        #expect(WildcardPattern(pattern).matches(text) == expected)
    }

    @Test("a pattern that is made to be slow is not")
    func slow() {
        #expect(
            !WildcardPattern(String(repeating: "a*", count: 200) + "z").matches(
                String(repeating: "a", count: 2000) + "b" + "c"))
    }

    private func hooks(_ operations: String, mode: String = "FAIL") -> String {
        """
        Resources:
          H:
            Type: AWS::CloudFormation::LambdaHook
            Properties:
              Alias: Private::Test::Judge
              ExecutionRole: \(Self.role)
              FailureMode: \(mode)
              HookStatus: ENABLED
              LambdaFunction: judge
              TargetOperations: [\(operations)]
        """
    }

    /// Answers `FAILED` for what has the size 9, or whose template speaks of it.
    private func judge(_ shop: Workshop) {
        shop.toys.change { $0.roles = [Self.role] }
        shop.toys.functions.withLock { functions in
            functions["judge"] = { event, _ in
                let size = event["requestData"]?["targetModel"]?["resourceProperties"]?["Size"]?.loose
                let answer: JSON =
                    size == "9"
                    ? ["hookStatus": "FAILED", "errorCode": "NonCompliant", "message": "9 is too much"]
                    : ["hookStatus": "SUCCESS"]
                return Reply(["StatusCode": 200], payload: .bytes(answer.bytes()))
            }
        }
    }

    private func thing(_ size: Int) -> String { "Resources: {A: {Type: Test::Thing, Properties: {Size: \(size)}}}" }

    @Test("a hook stops a resource, its words are in the events, and the way back is free")
    func stops() async throws {
        try await withWorkshop { shop in
            judge(shop)
            try await shop.create("hooks", hooks("RESOURCE"))
            try await shop.create("s", thing(1))
            let failed = try await shop.update("s", thing(9))
            #expect(failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.things.values.compactMap { $0["Size"]?.loose.string } == ["1"])
            let events = try await shop.events("s")
            let said = events.first { $0["HookStatus"] == "HOOK_COMPLETE_FAILED" }
            #expect(said?["HookType"] == "Private::Test::Judge")
            #expect(said?["HookStatusReason"] == "9 is too much")
            let reason = events.first { $0["ResourceStatus"] == "UPDATE_FAILED" }?["ResourceStatusReason"]
            #expect(reason == "The following hook(s) failed: [Private::Test::Judge]")
            let id = try await shop.settled("s")["StackId"] ?? ""
            let results =
                try await shop.call("ListHookResults", ["TargetType": "RESOURCE", "TargetId": id])["HookResults"]?.array
                ?? []
            #expect(
                Set(results.compactMap { $0["Status"]?.string }) == ["HOOK_COMPLETE_SUCCEEDED", "HOOK_COMPLETE_FAILED"])
            let one = try await shop.call("GetHookResult", ["HookResultId": results[0]["HookResultId"] ?? ""])
            #expect(one["Target"]?["TargetTypeName"] == "Test::Thing")
        }
    }

    @Test("one that warns lets go on; one that cannot be asked stops, and can be taken away")
    func warns() async throws {
        try await withWorkshop { shop in
            judge(shop)
            try await shop.create("hooks", hooks("RESOURCE", mode: "WARN"))
            #expect(try await shop.create("s", thing(9))["StackStatus"] == "CREATE_COMPLETE")
            #expect(try await shop.events("s").contains { $0["HookStatus"] == "HOOK_COMPLETE_FAILED" })
            try await shop.update("hooks", hooks("RESOURCE"))
            shop.toys.functions.withLock { $0 = [:] }
            #expect(try await shop.create("t", thing(1))["StackStatus"] == "ROLLBACK_COMPLETE")
            #expect(try await shop.events("t").contains { $0["HookStatus"] == "HOOK_FAILED" })
            let id = try await shop.settled("hooks")["StackId"]?.string ?? ""
            _ = try await shop.call("DeleteStack", ["StackName": "hooks"])
            #expect(try await shop.settled(id)["StackStatus"] == "DELETE_COMPLETE")
            #expect(try await shop.create("u", thing(9))["StackStatus"] == "CREATE_COMPLETE")
        }
    }

    @Test("rules in cfn-guard's language judge resources")
    func rules() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.roles = [Self.role]
                state.objects["b/rules.guard"] = """
                    let things = Resources.*[ ResourceType == 'Test::Thing' ]
                    rule small when %things !empty {
                        %things.ResourceProperties.Size <= 5 <<Keep it small>>
                    }
                    """
            }
            let template = """
                Resources:
                  H:
                    Type: AWS::CloudFormation::GuardHook
                    Properties:
                      Alias: Private::Test::Rules
                      ExecutionRole: \(Self.role)
                      FailureMode: FAIL
                      HookStatus: ENABLED
                      RuleLocation: {Uri: s3://b/rules.guard}
                      TargetOperations: [RESOURCE]
                """
            #expect(try await shop.create("rules", template)["StackStatus"] == "CREATE_COMPLETE")
            #expect(try await shop.create("s", thing(1))["StackStatus"] == "CREATE_COMPLETE")
            #expect(try await shop.create("t", thing(9))["StackStatus"] == "ROLLBACK_COMPLETE")
            let said = try await shop.events("t").first { $0["HookStatus"] == "HOOK_COMPLETE_FAILED" }?[
                "HookStatusReason"]?.string
            #expect(said?.contains("small") == true, "\(said ?? "")")
            #expect(said?.contains("Keep it small") == true)
            shop.toys.change { $0.objects["b/rules.guard"] = "rule broken {{{" }
            #expect(try await shop.create("u", thing(1))["StackStatus"] == "ROLLBACK_COMPLETE")
        }
    }

    @Test("hooks for stacks fail the operation, hooks for change sets the change set, before anything is touched")
    func stacks() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.roles = [Self.role] }
            let seen = SeenDocuments()
            shop.toys.functions.withLock { functions in
                functions["judge"] = { event, inbox in
                    let address = event["requestData"]?["payload"]?.string ?? ""
                    let path = ResponseInbox.path + (address.split(separator: "/").last ?? "")
                    let response = await inbox.receive(HTTPRequest(method: "GET", target: path))
                    let bytes = (try? await response.body.collected(limit: 1 << 20)) ?? []
                    let document = (try? JSON(parsing: bytes)) ?? [:]
                    seen.add(document)
                    let isBad = document["template"]?.string?.contains("Size: 9") == true
                    let answer: JSON =
                        isBad ? ["hookStatus": "FAILED", "message": "too much"] : ["hookStatus": "SUCCESS"]
                    return Reply(["StatusCode": 200], payload: .bytes(answer.bytes()))
                }
            }
            try await shop.create("hooks", hooks("STACK, CHANGE_SET"))
            try await shop.create("bad", thing(9))
            #expect(
                try await shop.story("bad") == [
                    "bad CREATE_IN_PROGRESS", "bad CREATE_IN_PROGRESS", "bad ROLLBACK_IN_PROGRESS",
                    "bad ROLLBACK_COMPLETE",
                ])
            let events = try await shop.events("bad")
            #expect(events[1]["HookStatus"] == "HOOK_COMPLETE_FAILED")
            #expect(events[1]["HookStatusReason"]?.string?.contains("too much") == true)
            #expect(
                events[2]["ResourceStatusReason"]
                    == "The following hook(s) failed: [Private::Test::Judge]. Rollback requested by user.")
            #expect(shop.toys.calls.isEmpty)
            try await shop.create("s", thing(1))
            let updated = try await shop.update("s", thing(9))
            #expect(updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.things.values.allSatisfy { $0["Size"] == 1 })
            var input = shop.input("s", thing(9))
            input["ChangeSetName"] = "c"
            _ = try await shop.call("CreateChangeSet", input)
            let set = try await shop.call("DescribeChangeSet", ["StackName": "s", "ChangeSetName": "c"])
            #expect(set["Status"] == "FAILED")
            #expect(set["StatusReason"]?.string?.contains("too much") == true)
            let asked: JSON = ["ChangeSetName": set["ChangeSetId"] ?? "", "Filters": ["FailedEvents": true]]
            let told = try await shop.call("DescribeEvents", asked)["OperationEvents"]
            #expect(told?.array?.count == 1 && told?[0]?["EventType"] == "HOOK_INVOCATION_ERROR")
            #expect(told?[0]?["HookStatusReason"]?.string?.contains("too much") == true)
            #expect(seen.all.contains { $0["previousTemplate"] == nil && $0["template"] != nil })
            #expect(seen.all.contains { $0["previousTemplate"]?.string?.contains("Size: 1") == true })
            #expect(seen.all.contains { $0["changedResources"]?.array?.isEmpty == false })
        }
    }

    @Test("a nested stack that its parent takes back is judged by no hook, of stacks or of resources")
    func wayBack() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.roles = [Self.role]
                state.objects["b/v1"] = "Resources:\n  T: {Type: Test::Thing, Properties: {Size: 1}}"
                state.objects["b/v2"] = "Resources:\n  T: {Type: Test::Thing, Properties: {Size: 2}}"
            }
            let asked = SeenDocuments()
            shop.toys.functions.withLock { functions in
                functions["judge"] = { event, _ in
                    asked.add(event)
                    // Nothing may be changed to what it was.
                    let isBack = event["requestData"]?["targetModel"]?["resourceProperties"]?["Size"]?.loose == "1"
                    let isUpdate = event["actionInvocationPoint"] == "UPDATE_PRE_PROVISION"
                    let answer: JSON =
                        isBack && isUpdate ? ["hookStatus": "FAILED", "message": "no"] : ["hookStatus": "SUCCESS"]
                    return Reply(["StatusCode": 200], payload: .bytes(answer.bytes()))
                }
            }
            let parent = { (version: String, more: String) in
                "Resources:\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 's3://b/\(version)'}}\n"
                    + more
            }
            try await shop.create("hooks", hooks("STACK, RESOURCE"))
            try await shop.create("outer", parent("v1", ""))
            let before = asked.all.count
            let failed = try await shop.update(
                "outer",
                parent("v2", "  Bad: {Type: Test::Thing, DependsOn: Child, Properties: {Fail: create}}"))
            #expect(failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.things.values.map { $0["Size"] } == [1])
            // Asked were: about the outer stack, its child as a resource and as a stack, what is in it, and Bad.
            #expect(asked.all.count - before == 5)
        }
    }
}

/// What a function was given to read.
private final class SeenDocuments: Sendable {
    private let documents = Mutex<[JSON]>([])
    func add(_ document: JSON) { documents.withLock { $0.append(document) } }
    var all: [JSON] { documents.withLock { $0 } }
}
