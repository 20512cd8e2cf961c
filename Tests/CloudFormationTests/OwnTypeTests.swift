import Cloud
import CloudFormationTemplate
import CloudFormationTesting
import CloudTesting
import HTTP
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import CloudFormation

@Suite("The types of CloudFormation itself")
struct OwnTypeTests {
    private static let custom = """
        Resources:
          C:
            Type: Custom::Thing
            Properties: {ServiceToken: 'arn:aws:lambda:eu-west-1:123456789012:function:maker', Number: 5, Flag: true}
        Outputs:
          Answer: {Value: !GetAtt C.Answer}
          Id: {Value: !Ref C}
        """
    private static let maker = "arn:aws:lambda:eu-west-1:123456789012:function:maker"

    private func answer(_ event: JSON, _ inbox: ResponseInbox, _ message: JSON) async {
        let path = event["ResponseURL"]?.string?.replacing("http://127.0.0.1:4566", with: "") ?? ""
        _ = await inbox.receive(HTTPRequest(method: "PUT", target: path, body: .bytes(message.bytes())))
    }

    @Test("a function makes a custom resource, is told of changes, and unmakes it")
    func customResource() async throws {
        try await withWorkshop { shop in
            shop.toys.functions.withLock { functions in
                functions[Self.maker] = { event, inbox in
                    shop.toys.change { $0.calls.append(event["RequestType"]?.string ?? "") }
                    let answer: JSON = [
                        "Status": "SUCCESS", "PhysicalResourceId": "made",
                        "Data": ["Answer": event["ResourceProperties"]?["Number"] ?? ""],
                    ]
                    await self.answer(event, inbox, answer)
                    return Reply([:], payload: .bytes([]))
                }
            }
            let stack = try await shop.create("c", Self.custom)
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            #expect(stack["Outputs"]?.array?.map { $0["OutputValue"] } == ["5", "made"])
            let updated = try await shop.update("c", Self.custom.replacing("Number: 5", with: "Number: 6"))
            #expect(updated["Outputs"]?[0]?["OutputValue"] == "6")
            _ = try await shop.call("DeleteStack", ["StackName": "c"])
            try await shop.settled(stack["StackId"]?.string ?? "")
            #expect(shop.toys.calls == ["Create", "Update", "Delete"])
        }
    }

    @Test("a function that exits without answering is known at once, with its last log lines")
    func silentFunction() async throws {
        try await withWorkshop { shop in
            shop.toys.functions.withLock { functions in
                functions[Self.maker] = { _, _ in
                    Reply(
                        ["FunctionError": "Unhandled", "LogResult": "VHJhY2ViYWNrOiBib29t"],
                        payload: .bytes(Array("{}".utf8)))
                }
            }
            let stack = try await shop.create("c", Self.custom)
            #expect(stack["StackStatus"] == "ROLLBACK_COMPLETE")
            let failure = try await shop.events("c").first { $0["ResourceStatus"] == "CREATE_FAILED" }
            let reason = failure?["ResourceStatusReason"]?.string ?? ""
            #expect(reason.contains("failed without having answered"))
            #expect(reason.hasSuffix("Last log lines:\nTraceback: boom"))
        }
    }

    @Test("what is answered with NoEcho is used and not shown, but in outputs as on AWS")
    func hidden() async throws {
        try await withWorkshop { shop in
            shop.toys.functions.withLock { functions in
                functions[Self.maker] = { event, inbox in
                    let answer: JSON = [
                        "Status": "SUCCESS", "PhysicalResourceId": "made", "NoEcho": true,
                        "Data": ["Answer": "swordfish", "Size": "7"],
                    ]
                    await self.answer(event, inbox, answer)
                    return Reply([:], payload: .bytes([]))
                }
            }
            let template = Self.custom.replacing(
                "Outputs:",
                with:
                    "  T:\n    Type: Test::Thing\n"
                    + "    Properties: {Password: !Sub 'x-${C.Answer}', Size: !GetAtt C.Size}\nOutputs:"
            )
            let stack = try await shop.create("c", template)
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            #expect(stack["Outputs"]?[0]?["OutputValue"] == "swordfish")
            #expect(shop.toys.things.values.contains { $0["Password"] == "x-swordfish" && $0["Size"] == "7" })
            let told = try await shop.events("c").filter { $0["LogicalResourceId"] == "T" }
            #expect(told.last?["ResourceProperties"] == .string(#"{"Password":"x-****","Size":"****"}"#))
            #expect(!told.contains { $0.text().contains("swordfish") })
            var input = shop.input("c", template.replacing("'x-${C.Answer}'", with: "'y-${C.Answer}'"))
            input["ChangeSetName"] = "s"
            _ = try await shop.call("CreateChangeSet", input)
            let set = try await shop.call(
                "DescribeChangeSet", ["StackName": "c", "ChangeSetName": "s", "IncludePropertyValues": true])
            #expect(set["Changes"]?.text().contains("y-****") == true, "\(set)")
            #expect(!set.text().contains("swordfish"))
            _ = try await shop.call("DetectStackDrift", ["StackName": "c"])
            let drifts = try await shop.call("DescribeStackResourceDrifts", ["StackName": "c"])
            #expect(drifts["StackResourceDrifts"]?.array?.isEmpty == false)
            #expect(!drifts.text().contains("swordfish"))
        }
    }

    @Test("an answer of failure is the reason, and what stands nevertheless is deleted")
    func failedAnswer() async throws {
        try await withWorkshop { shop in
            shop.toys.functions.withLock { functions in
                functions[Self.maker] = { event, inbox in
                    shop.toys.change { $0.calls.append(event["RequestType"]?.string ?? "") }
                    let isCreation = event["RequestType"] == "Create"
                    await self.answer(
                        event, inbox,
                        [
                            "Status": isCreation ? "FAILED" : "SUCCESS", "Reason": "no room",
                            "PhysicalResourceId": "half",
                        ])
                    return Reply()
                }
            }
            let stack = try await shop.create("c", Self.custom)
            #expect(stack["StackStatus"] == "ROLLBACK_COMPLETE")
            #expect(shop.toys.calls == ["Create", "Delete"])
            let failure = try await shop.events("c").first { $0["ResourceStatus"] == "CREATE_FAILED" }
            #expect(failure?["ResourceStatusReason"]?.string?.contains("Message returned: no room") == true)
        }
    }

    @Test("a macro is a function that changes templates, whole ones and parts")
    func macro() async throws {
        try await withWorkshop { shop in
            shop.toys.functions.withLock { functions in
                functions["doubler"] = { event, _ in
                    guard event["params"]?["By"] != "zero" else {
                        let bad: JSON = [
                            "requestId": event["requestId"] ?? "", "status": "failed", "errorMessage": "no zeros",
                        ]
                        return Reply([:], payload: .bytes(bad.bytes()))
                    }
                    var fragment = event["fragment"] ?? [:]
                    if fragment["Resources"] != nil {
                        fragment["Resources"]?["Extra"] = ["Type": "Test::Thing"]
                    } else {
                        fragment["Size"] = event["templateParameterValues"]?["N"] ?? 0
                    }
                    let answer: JSON = [
                        "requestId": event["requestId"] ?? "", "status": "success", "fragment": fragment,
                    ]
                    return Reply([:], payload: .bytes(answer.bytes()))
                }
            }
            let caps: JSON = ["Capabilities": ["CAPABILITY_AUTO_EXPAND"]]
            try await shop.create(
                "m",
                "Resources:\n  M: {Type: AWS::CloudFormation::Macro, Properties: {Name: Doubler, FunctionName: doubler}}"
            )
            let template = """
                Transform: [Doubler]
                Parameters: {N: {Type: Number, Default: 4}}
                Resources:
                  A: {Type: Test::Thing, Properties: {'Fn::Transform': {Name: Doubler, Parameters: {By: x}}}}
                """
            #expect(
                try await shop.refusal("CreateStack", shop.input("s", template))
                    == "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
            let stack = try await shop.create("s", template, caps)
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            #expect(shop.toys.things.count == 2)
            #expect(shop.toys.things.values.contains { $0["Size"]?.loose == "4" })
            #expect(
                try await shop.refusal(
                    "CreateStack", shop.input("t", template.replacing("By: x", with: "By: zero"), caps))
                    == "ValidationError: Transform 123456789012::Doubler failed with: no zeros")
            #expect(
                try await shop.refusal(
                    "CreateStack", shop.input("t", template.replacing("Doubler", with: "None"), caps))
                    == "ValidationError: No transform named 123456789012::None found.")
        }
    }

    @Test("the inbox takes JSON objects at addresses it knows, once")
    func inbox() async throws {
        try await withWorkshop { shop in
            let inbox = shop.service.inbox
            func put(_ target: String, _ body: String, method: String = "PUT") async -> Int {
                await inbox.receive(HTTPRequest(method: method, target: target, body: .bytes(Array(body.utf8)))).status
            }
            #expect(await put("/_slipway/cloudformation/t", "{}") == 404, "it was never handed out")
            #expect(try await inbox.messages("t").isEmpty)
            #expect(try await inbox.open("t").hasSuffix("/_slipway/cloudformation/t"))
            #expect(await put("/_slipway/cloudformation/t", "{\"Status\": \"SUCCESS\"}") == 200)
            #expect(await put("/_slipway/cloudformation/t", "{\"Status\": \"FAILED\"}") == 200)
            _ = try await inbox.open("t")
            let kept = try await inbox.response("t")
            #expect(kept?["Status"] == "SUCCESS")
            #expect(await put("/_slipway/cloudformation/t", "nonsense") == 400)
            #expect(await put("/_slipway/cloudformation/", "{}") == 404)
            #expect(await put("/other", "{}") == 404)
            #expect(await put("/_slipway/cloudformation/t", "{}", method: "DELETE") == 405)
            #expect(await put("/_slipway/cloudformation/t", String(repeating: " ", count: 300_000)) == 413)
            let large = String(repeating: "x", count: 200_000)
            var answers: [Int] = []
            for number in 0..<6 {
                answers.append(
                    await put("/_slipway/cloudformation/t", "{\"UniqueId\": \"\(number)\", \"Data\": \"\(large)\"}"))
            }
            #expect(answers == [200, 200, 200, 200, 200, 413], "an address takes a megabyte in all")
            try await inbox.close("t")
            #expect(await put("/_slipway/cloudformation/t", "{}") == 404)
        }
    }

    @Test("a wait condition stands when enough signals have come, and fails with the first bad one")
    func waiting() async throws {
        let template = """
            Resources:
              H: {Type: AWS::CloudFormation::WaitConditionHandle}
              W: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref H, Timeout: 600, Count: 2}}
            Outputs:
              Data: {Value: !GetAtt W.Data}
            """
        try await withWorkshop { shop in
            for (name, status, end) in [
                ("good", "SUCCESS", "CREATE_COMPLETE"), ("bad", "FAILURE", "ROLLBACK_COMPLETE"),
            ] {
                _ = try await shop.call("CreateStack", shop.input(name, template))
                let handle = try await eventually("the handle stands") {
                    let asked: JSON = ["StackName": .string(name), "LogicalResourceId": "H"]
                    return try? await shop.call("DescribeStackResource", asked)["StackResourceDetail"]?[
                        "PhysicalResourceId"]?.string
                }
                let path = handle.replacing("http://127.0.0.1:4566", with: "")
                for (id, kind) in [("a", "SUCCESS"), ("b", status)] {
                    let message: JSON = [
                        "UniqueId": .string(id), "Status": .string(kind), "Data": .string(id + "!"), "Reason": "why",
                    ]
                    _ = await shop.service.inbox.receive(
                        HTTPRequest(method: "PUT", target: path, body: .bytes(message.bytes())))
                }
                let stack = try await shop.settled(name)
                #expect(stack["StackStatus"] == .string(end))
                if end == "CREATE_COMPLETE" {
                    #expect(stack["Outputs"]?[0]?["OutputValue"] == "{\"a\":\"a!\",\"b\":\"b!\"}")
                }
            }
        }
    }

    @Test("a stack inside a stack is made, changed and removed with it")
    func nested() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.objects["b/child"] =
                    "Parameters: {Size: {Type: String}}\nResources:\n  T: {Type: Test::Thing, Properties: {Size: !Ref Size}}\nOutputs:\n  N: {Value: !Ref T}"
            }
            let parent = """
                Resources:
                  Child:
                    Type: AWS::CloudFormation::Stack
                    Properties: {TemplateURL: 's3://b/child', Parameters: {Size: 3}}
                Outputs:
                  Thing: {Value: !GetAtt Child.Outputs.N}
                """
            let stack = try await shop.create("parent", parent)
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            let thing = try #require(stack["Outputs"]?[0]?["OutputValue"]?.string)
            #expect(shop.toys.things[thing]?["Size"] == "3")
            let all = try await shop.call("DescribeStacks")["Stacks"]?.array ?? []
            #expect(all.contains { $0["ParentId"] == stack["StackId"] })
            try await shop.update("parent", parent.replacing("Size: 3", with: "Size: 4"))
            #expect(shop.toys.things[thing]?["Size"] == "4")
            _ = try await shop.call("DeleteStack", ["StackName": "parent"])
            #expect(try await shop.settled(stack["StackId"]?.string ?? "")["StackStatus"] == "DELETE_COMPLETE")
            #expect(shop.toys.things.isEmpty)
        }
    }

    // MARK: Aliases under CodeDeploy

    private func alias(_ version: String) -> String {
        """
        Resources:
          Live:
            Type: AWS::Lambda::Alias
            Properties: {FunctionName: orders, Name: live, FunctionVersion: '\(version)'}
            UpdatePolicy:
              CodeDeployLambdaAliasUpdate: {ApplicationName: app, DeploymentGroupName: group, BeforeAllowTrafficHook: check}
        """
    }

    @Test("an alias with the update policy is shifted by CodeDeploy, on updates of the version only")
    func shifting() async throws {
        try await withWorkshop { shop in
            let created = try await shop.create("a", alias("1"))
            #expect(shop.toys.change { $0.deployments }.isEmpty)
            let stack = try await shop.update("a", alias("2"))
            #expect(stack["StackStatus"] == "UPDATE_COMPLETE")
            let deployment = try #require(shop.toys.change { $0.deployments }.first)
            #expect(deployment["creator"] == "CloudFormation" && deployment["externalId"] == created["StackId"])
            let content = deployment["revision"]?["appSpecContent"]?["content"]?.string ?? ""
            let spec = try JSON(parsing: content)
            #expect(spec["Resources"]?[0]?["Live"]?["Properties"]?["TargetVersion"] == "2")
            #expect(spec["Hooks"] == [["BeforeAllowTraffic": "check"]])
        }
    }

    @Test("a deployment that fails fails the update, and the way back needs no second one")
    func failedShift() async throws {
        try await withWorkshop { shop in
            try await shop.create("a", alias("1"))
            shop.toys.change { $0.deploymentStatus = "Failed" }
            let stack = try await shop.update("a", alias("2"))
            #expect(stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.change { $0.deployments }.count == 1)
            let failure = try await shop.events("a").first { $0["ResourceStatus"] == "UPDATE_FAILED" }
            #expect(
                failure?["ResourceStatusReason"]?.string?.contains(
                    "CodeDeploy deployment d-1 failed (ALARM_ACTIVE): The alarm Errors fired.") == true)
        }
    }

    @Test("taking the update back stops the deployment")
    func cancelledShift() async throws {
        try await withWorkshop { shop in
            try await shop.create("a", alias("1"))
            shop.toys.change { $0.deploymentStatus = "InProgress" }
            _ = try await shop.call("UpdateStack", shop.input("a", alias("2")))
            try await eventually("the deployment has begun") {
                shop.toys.change { $0.deployments.isEmpty } ? nil : true
            }
            _ = try await shop.call("CancelUpdateStack", ["StackName": "a"])
            #expect(try await shop.settled("a")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.change { $0.deploymentStatus } == "Stopped")
        }
    }
}
