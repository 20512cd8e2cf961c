import Cloud
import CloudTesting
import Notation
import Testing

@testable import Lambda

@Suite("Lambda's CloudFormation types", .timeLimit(.minutes(1)))
struct ResourceTests {
    private func request(
        _ f: LambdaFixture, _ logicalID: String, _ properties: JSON, previous: JSON? = nil, physicalID: String? = nil
    ) -> ResourceRequest {
        ResourceRequest(
            cloud: f.test.cloud, caller: f.test.caller, stackID: "arn:stack/shop/1", stackName: "shop",
            logicalID: logicalID, properties: properties, previous: previous, physicalID: physicalID,
            tags: ["team": "a"], key: "key", suffix: "ABCDEF123456")
    }

    private func actions(_ f: LambdaFixture, _ type: String) throws -> ResourceType.Actions {
        try #require(f.test.cloud.resourceType(type)).actions
    }

    private static let function: JSON = [
        "Runtime": "python3.11", "Handler": "index.handler", "Role": LambdaFixture.role, "Timeout": "7",
        "Code": ["ZipFile": "import os\ndef handler(event, context): return os.environ['N']"],
        "Environment": ["Variables": ["N": 1]], "ReservedConcurrentExecutions": 5,
    ]

    @Test("A function of inline code is made, changed, read and removed; repeats do nothing more")
    func functions() async throws {
        try await withLambda { f in
            let function = try actions(f, "AWS::Lambda::Function")
            let made = try await function.create(request(f, "Orders", Self.function))
            #expect(made.physicalID == "shop-Orders-ABCDEF123456")
            #expect(made.attributes["Arn"]?.string?.hasSuffix(":function:shop-Orders-ABCDEF123456") == true)
            let again = try await function.create(request(f, "Orders", Self.function))
            #expect(again.physicalID == made.physicalID)
            let collision = await #expect(throws: AWSError.self) {
                var other = Self.function
                other["FunctionName"] = .string(made.physicalID)
                _ = try await function.create(request(f, "Other", other))
            }
            #expect(collision?.code == "ResourceConflictException")
            let first = try await f.invoke(made.physicalID).text
            #expect(first == "\"1\"")
            var changed = Self.function
            changed["Environment"] = ["Variables": ["N": "2"]]
            changed["Timeout"] = nil
            changed["ReservedConcurrentExecutions"] = nil
            _ = try await function.update?(
                request(f, "Orders", changed, previous: Self.function, physicalID: made.physicalID))
            let second = try await f.invoke(made.physicalID).text
            #expect(second == "\"2\"")
            let read = try await f.test.call("lambda", "GetFunction", ["FunctionName": .string(made.physicalID)])
            #expect(read["Configuration"]?["Timeout"] == 3 && read["Concurrency"] == nil)
            #expect(read["Tags"]?["team"] == "a" && read["Tags"]?["aws:cloudformation:logical-id"] == "Orders")
            let drift = try await function.read?(request(f, "Orders", changed, physicalID: made.physicalID))
            #expect(drift?["Environment"] == ["Variables": ["N": "2"]])
            for _ in 0..<2 { try await function.delete(request(f, "Orders", changed, physicalID: made.physicalID)) }
            let gone = try await function.read?(request(f, "Orders", changed, physicalID: made.physicalID))
            #expect(gone == nil)
        }
    }

    @Test("Version, alias, permission, URL and event settings come and go with their references")
    func others() async throws {
        try await withLambda { f in
            let made = try await actions(f, "AWS::Lambda::Function").create(request(f, "Orders", Self.function))
            let name = JSON.string(made.physicalID)
            let version = try await actions(f, "AWS::Lambda::Version").create(request(f, "V", ["FunctionName": name]))
            #expect(version.physicalID.hasSuffix(":1") && version.attributes["Version"] == "1")
            let aliases = try actions(f, "AWS::Lambda::Alias")
            let live: JSON = ["FunctionName": name, "FunctionVersion": "1", "Name": "live"]
            let alias = try await aliases.create(request(f, "Live", live))
            let repeated = try await aliases.create(request(f, "Live", live))
            #expect(alias.physicalID.hasSuffix(":live") && repeated.physicalID == alias.physicalID)
            let url: JSON = ["TargetFunctionArn": name, "Qualifier": "live", "AuthType": "NONE"]
            let address = try await actions(f, "AWS::Lambda::Url").create(request(f, "Url", url))
            #expect(address.attributes["FunctionUrl"]?.string?.hasPrefix("http://") == true)
            let permission: JSON = [
                "FunctionName": .string(alias.physicalID), "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
                "FunctionUrlAuthType": "NONE",
            ]
            let permissions = try actions(f, "AWS::Lambda::Permission")
            let granted = try await permissions.create(request(f, "Open", permission))
            _ = try await permissions.create(request(f, "Open", permission))
            let policy = try await f.test.call("lambda", "GetPolicy", ["FunctionName": .string(alias.physicalID)])
            #expect(policy["Policy"]?.string?.contains(granted.physicalID) == true)
            let events: JSON = ["FunctionName": name, "Qualifier": "live", "MaximumRetryAttempts": "1"]
            let settings = try await actions(f, "AWS::Lambda::EventInvokeConfig").create(request(f, "E", events))
            for (type, properties, id) in [
                ("AWS::Lambda::EventInvokeConfig", events, settings.physicalID),
                ("AWS::Lambda::Permission", permission, granted.physicalID),
                ("AWS::Lambda::Url", url, address.physicalID), ("AWS::Lambda::Alias", live, alias.physicalID),
                ("AWS::Lambda::Version", ["FunctionName": name], version.physicalID),
            ] as [(String, JSON, String)] {
                let delete = try actions(f, type).delete
                for _ in 0..<2 { try await delete(request(f, "X", properties, physicalID: id)) }
            }
            let versions = try await f.test.call("lambda", "ListVersionsByFunction", ["FunctionName": name])
            #expect(versions["Versions"]?.array?.count == 1)
        }
    }

    @Test("A layer's version and its permission are made and removed")
    func layers() async throws {
        try await withLambda(neighbours: [Shelf(zip: try LambdaFixture.zip(["x": "y"]))]) { f in
            let layers = try actions(f, "AWS::Lambda::LayerVersion")
            let layer = try await layers.create(request(f, "Shared", ["Content": ["S3Bucket": "b", "S3Key": "k"]]))
            #expect(layer.physicalID.hasSuffix(":layer:shop-Shared-ABCDEF123456:1"))
            let permissions = try actions(f, "AWS::Lambda::LayerVersionPermission")
            let properties: JSON = [
                "LayerVersionArn": .string(layer.physicalID), "Action": "lambda:GetLayerVersion", "Principal": "*",
            ]
            let granted = try await permissions.create(request(f, "P", properties))
            try await permissions.delete(request(f, "P", properties, physicalID: granted.physicalID))
            try await layers.delete(request(f, "Shared", [:], physicalID: layer.physicalID))
            let list = try await f.test.call("lambda", "ListLayers")
            #expect(list["Layers"] == [])
        }
    }
}
